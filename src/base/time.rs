//! Instants as Windows counts them: 100 ns ticks since 1601-01-01 UTC (FILETIME).
//!
//! Everything inside evql compares and subtracts ticks; calendar text exists only at the edges, where this module converts it.
//! Time zones other than UTC never leave this module. Text in other forms than Windows' own is read by `jiff`; what stands in every record is read and
//! written here, by arithmetic, since a timeline has two instants in each row.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant in 100 ns steps since 1601-01-01T00:00:00Z, as in a FILETIME.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ticks(pub i64);

/// The first instant of the year 9999.
const YEAR_9999: i64 = days_before(9999, 1) * 86_400 * Ticks::PER_SECOND;

/// Seconds between 1601-01-01 and 1970-01-01.
const UNIX_EPOCH_SECONDS: i64 = 11_644_473_600;

/// First FILETIME whose year has five digits. No log has such a time, so that one marks bytes that are no record.
pub const YEAR_10000: u64 = 2_650_467_744_000_000_000;

impl Ticks {
    /// Ticks in one second.
    pub const PER_SECOND: i64 = 10_000_000;
    /// Ticks in one millisecond.
    pub const PER_MILLISECOND: i64 = 10_000;

    /// Reads an RFC 3339 instant such as `2019-05-12T18:35:05.1559493Z`; an offset is applied, digits beyond 100 ns are cut.
    ///
    /// `None` if the text is not such an instant, or has no offset, or lies before 1601.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        Self::from_timestamp(text.parse().ok()?)
    }

    /// Reads an instant in any writing that tools have for it and that names it: as [`Self::parse_rfc3339`] does, and also with a blank between date and
    /// time, with slashes in the date, with any number of decimals or none, with ` UTC` or an offset of two or four digits behind it. Without a zone it is
    /// UTC, which is what tools that leave it out mean.
    ///
    /// Dates whose order of day and month is that of a country are not read: two tools would mean two days.
    pub fn parse_of_tool(text: &str) -> Option<Self> {
        let text = text.trim();
        // What RFC 3339 leaves no doubt about, and nearly all evidence has, comes first.
        Self::parse_rfc3339(text).or_else(|| Self::parse_rfc3339(&as_rfc3339(text)?))
    }

    /// Reads Sysmon's `UtcTime`, which has exactly the form `yyyy-MM-dd HH:mm:ss.SSS`; anything else is `None`.
    pub fn parse_sysmon_utc(text: impl AsRef<[u8]>) -> Option<Self> {
        let shape = b"dddd-dd-dd dd:dd:dd.ddd";
        let bytes: &[u8; 23] = text.as_ref().try_into().ok()?;
        // All places are tested before any number is read: a sign or a blank in a digit's place must not be read as one.
        let fits = bytes.iter().zip(shape).all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            _ => byte == form,
        });
        if !fits {
            return None;
        }
        let number = |from: usize, to: usize| bytes[from..to].iter().fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
        let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
        let (hour, minute, second) = (number(11, 13), number(14, 16), number(17, 19));
        // Elastic's date processor refuses a leap second, which others read as :59.
        let is_time = hour < 24 && minute < 60 && second < 60;
        let is_date = (1601..=9999).contains(&year) && (1..=12).contains(&month);
        if year == 9999 {
            // Not all of its last days can be an instant everywhere.
            let text = str::from_utf8(bytes).ok()?;
            return Self::parse_rfc3339(&format!("{}T{}Z", &text[..10], &text[11..])).filter(|_| is_time);
        }
        if !is_time || !is_date || !(1..=days_in_month(year, month)).contains(&day) {
            return None;
        }
        let seconds = ((days_before(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
        Some(Self(seconds * Self::PER_SECOND + number(20, 23) * Self::PER_MILLISECOND))
    }

    /// The instant `milliseconds` after 1970-01-01 UTC, if it can be counted in ticks.
    pub fn from_unix_millis(milliseconds: i64) -> Option<Self> {
        let since_1601 = milliseconds.checked_add(UNIX_EPOCH_SECONDS * 1000)?;
        since_1601.checked_mul(Self::PER_MILLISECOND).map(Self)
    }

    /// The instant of a FILETIME, if its year is one that text can have.
    pub fn from_filetime(filetime: u64) -> Option<Self> {
        (filetime < YEAR_10000).then(|| i64::try_from(filetime).ok().map(Self)).flatten()
    }

    /// Whole milliseconds since 1601, rounded down: the resolution of Elasticsearch's `date` type.
    pub const fn whole_millis(self) -> i64 {
        self.0.div_euclid(Self::PER_MILLISECOND)
    }

    /// RFC 3339 in UTC with all seven digits, as Windows writes `TimeCreated`.
    pub fn rfc3339_full(self) -> String {
        self.calendar(true).map_or_else(|| self.unusual(true), |text| text.as_str().to_owned())
    }

    /// RFC 3339 in UTC with milliseconds, as Elastic writes `@timestamp`; all seven digits if finer than that.
    pub fn rfc3339(self) -> String {
        self.calendar(false).map_or_else(|| self.unusual(false), |text| text.as_str().to_owned())
    }

    /// Adds what [`Self::rfc3339_full`] gives, or [`Self::rfc3339`] if not `full`.
    pub fn push_rfc3339(self, full: bool, out: &mut Vec<u8>) {
        match self.calendar(full) {
            Some(text) => out.extend_from_slice(&text.bytes[..text.length]),
            None => out.extend_from_slice(self.unusual(full).as_bytes()),
        }
    }

    fn calendar(self, full: bool) -> Option<CalendarText> {
        // From here on nothing can fail: each number has as many digits as its place.
        if !(0..YEAR_9999).contains(&self.0) {
            return None;
        }
        let (second, part) = (self.0 / Self::PER_SECOND, self.0 % Self::PER_SECOND);
        let (day, second) = (second / 86_400, second % 86_400);
        let (year, month, date) = date_of(day);
        let mut text = CalendarText { bytes: *b"0000-00-00T00:00:00.0000000Z", length: 28 };
        let mut put = |from: usize, number: i64| {
            text.bytes[from..from + 2].copy_from_slice(&DIGITS[usize::try_from(number).unwrap_or_default() % 100]);
        };
        put(0, year / 100);
        put(2, year % 100);
        put(5, month);
        put(8, date);
        put(11, second / 3600);
        put(14, second / 60 % 60);
        put(17, second % 60);
        put(20, part / 100_000);
        put(22, part / 1000 % 100);
        put(24, part / 10 % 100);
        text.bytes[26] = DIGITS[usize::try_from(part % 10).unwrap_or_default()][1];
        if !full && part % Self::PER_MILLISECOND == 0 {
            text.bytes[23] = b'Z';
            text.length = 24;
        }
        Some(text)
    }

    /// ISO 8601 in UTC with microseconds and a numeric offset, `2019-05-12T18:35:05.155949+00:00`.
    pub fn rfc3339_micros(self) -> String {
        self.timestamp().map_or_else(|| self.out_of_range(), |at| format!("{at:.6}").replace('Z', "+00:00"))
    }

    /// The form of Sysmon's `UtcTime`, digits beyond milliseconds cut: `2019-05-12 18:35:05.155`.
    pub fn sysmon_utc(self) -> String {
        let cut = Self(self.0.div_euclid(Self::PER_MILLISECOND) * Self::PER_MILLISECOND);
        cut.rfc3339().replace('T', " ").replace('Z', "")
    }

    /// The form of spreadsheets and Windows' own tools, with all seven digits: `2019-05-12 18:35:05.1559493`.
    pub fn spaced_full(self) -> String {
        self.timestamp().map_or_else(|| self.out_of_range(), |at| format!("{at:.7}").replace('T', " ").replace('Z', ""))
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(Self::PER_SECOND) - UNIX_EPOCH_SECONDS
    }

    /// Whole milliseconds since 1970, rounded down.
    pub const fn unix_millis(self) -> i64 {
        self.whole_millis() - UNIX_EPOCH_SECONDS * 1000
    }

    /// Whole microseconds since 1970, rounded down.
    pub const fn unix_micros(self) -> i64 {
        self.0.div_euclid(10) - UNIX_EPOCH_SECONDS * 1_000_000
    }

    fn from_timestamp(at: jiff::Timestamp) -> Option<Self> {
        let ticks =
            (at.as_nanosecond().div_euclid(100)) + i128::from(UNIX_EPOCH_SECONDS) * i128::from(Self::PER_SECOND);
        i64::try_from(ticks).ok().filter(|&ticks| ticks >= 0).map(Self)
    }

    /// An instant outside of the years that FILETIMEs of records are of.
    fn unusual(self, full: bool) -> String {
        match self.timestamp() {
            Some(at) if !full && self.0 % Self::PER_MILLISECOND == 0 => format!("{at:.3}"),
            Some(at) => format!("{at:.7}"),
            None => self.out_of_range(),
        }
    }

    fn timestamp(self) -> Option<jiff::Timestamp> {
        let nanos = i32::try_from(self.0.rem_euclid(Self::PER_SECOND)).ok()? * 100;
        jiff::Timestamp::new(self.unix_seconds(), nanos).ok()
    }

    /// FILETIMEs reach past the year 9999, calendars of RFC 3339 do not.
    fn out_of_range(self) -> String {
        format!("FILETIME {}", self.0)
    }
}

/// Longest text that is looked at: an instant with nanoseconds and a zone is far shorter.
const LONGEST_INSTANT: usize = 64;

/// The instant of a text in the form of RFC 3339, if it only differs from that in what stands between its parts.
fn as_rfc3339(text: &str) -> Option<String> {
    if text.len() > LONGEST_INSTANT || !text.is_ascii() || text.len() < 16 {
        return None;
    }
    let (date, rest) = text.split_at(10);
    let time = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    // The clock ends where the zone begins, which may follow at once (`Z`, `+02:00`) or behind a blank (` UTC`).
    let end = time.find(|c: char| !matches!(c, '0'..='9' | ':' | '.' | ',')).unwrap_or(time.len());
    let (clock, zone) = time.split_at(end);
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let seconds = if clock.len() == 5 { ":00" } else { "" };
    let zone = match zone.trim() {
        "" | "Z" | "z" | "UTC" | "GMT" | "utc" => "Z".to_owned(),
        // `+0000` and `+00` are as good as `+00:00`.
        offset => match offset.as_bytes() {
            [b'+' | b'-', hours @ ..] if hours.len() == 4 && hours.iter().all(u8::is_ascii_digit) => {
                format!("{}:{}", &offset[..3], &offset[3..])
            }
            [b'+' | b'-', hours @ ..] if hours.len() == 2 => format!("{offset}:00"),
            _ => offset.to_owned(),
        },
    };
    let digits = &fraction[..fraction.len().min(9)];
    Some(format!("{}T{clock}{seconds}.{digits}{zone}", date.replace('/', "-")))
}

/// All numbers of two digits.
const DIGITS: [[u8; 2]; 100] = {
    let mut digits = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        digits[number as usize] = [b'0' + number / 10, b'0' + number % 10];
        number += 1;
    }
    digits
};

/// An instant as text of ASCII.
struct CalendarText {
    bytes: [u8; 28],
    length: usize,
}

impl CalendarText {
    fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

const fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1601-01-01 to the first of a month, in years from 1601 on.
const fn days_before(year: i64, month: i64) -> i64 {
    let before = match month {
        2 => 31,
        3 => 59,
        4 => 90,
        5 => 120,
        6 => 151,
        7 => 181,
        8 => 212,
        9 => 243,
        10 => 273,
        11 => 304,
        12 => 334,
        _ => 0,
    };
    let years = year - 1601;
    let leap = if is_leap(year) && month > 2 { 1 } else { 0 };
    // The year 1601 begins a cycle of four centuries, so that leap days are counted from it.
    years * 365 + years / 4 - years / 100 + years / 400 + before + leap
}

/// Year, month and day of the month, from days since 1601-01-01, which are not negative. Counted in years that begin with March, a leap day is the last of its year.
const fn date_of(day: i64) -> (i64, i64, i64) {
    // From the first of March of the year 1600, a multiple of four centuries.
    let day = day + 306;
    let (era, day) = (day / 146_097, day % 146_097);
    let year_of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let date = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = 1600 + era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, date)
}

/// The week of the year, as ISO 8601 counts weeks, of a text that begins with a date in the form `yyyy-MM-dd`.
pub fn iso_week(text: &str) -> Option<i8> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    Some(date.iso_week_date().week())
}

/// A span of ticks in seconds, with as many decimals as it needs: `1.4062498`, `-0.677`, `0`.
pub fn seconds_text(ticks: i64) -> String {
    let (whole, part) = (ticks.unsigned_abs() / 10_000_000, ticks.unsigned_abs() % 10_000_000);
    let sign = if ticks < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{part:07}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests;
