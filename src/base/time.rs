//! Instants as Windows counts them: 100 ns ticks since 1601-01-01 UTC (FILETIME).
//!
//! Everything inside evql compares and subtracts ticks; calendar text exists only at the edges, where this module converts it.
//! Time zones other than UTC never leave this module.

use std::fmt;

/// An instant in 100 ns steps since 1601-01-01T00:00:00Z, as in a FILETIME.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticks(pub i64);

/// Seconds between 1601-01-01 and 1970-01-01.
const UNIX_EPOCH_SECONDS: i64 = 11_644_473_600;

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

    /// Reads Sysmon's `UtcTime`, which has exactly the form `yyyy-MM-dd HH:mm:ss.SSS`; anything else is `None`.
    pub fn parse_sysmon_utc(text: &str) -> Option<Self> {
        let shape = b"dddd-dd-dd dd:dd:dd.ddd";
        let bytes = text.as_bytes();
        let fits = bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(byte, form)| match form {
                b'd' => byte.is_ascii_digit(),
                _ => byte == form,
            });
        if !fits || &bytes[17..19] == b"60" {
            return None; // jiff reads a leap second as :59; Elastic's date processor refuses it.
        }
        let (date, time) = (&text[..10], &text[11..]);
        Self::parse_rfc3339(&format!("{date}T{time}Z"))
    }

    /// The instant `milliseconds` after 1970-01-01 UTC, if it can be counted in ticks.
    pub fn from_unix_millis(milliseconds: i64) -> Option<Self> {
        let since_1601 = milliseconds.checked_add(UNIX_EPOCH_SECONDS * 1000)?;
        since_1601.checked_mul(Self::PER_MILLISECOND).map(Self)
    }

    /// Whole milliseconds since 1601, rounded down: the resolution of Elasticsearch's `date` type.
    pub const fn whole_millis(self) -> i64 {
        self.0.div_euclid(Self::PER_MILLISECOND)
    }

    /// RFC 3339 in UTC with all seven digits, as Windows writes `TimeCreated`.
    pub fn rfc3339_full(self) -> String {
        self.timestamp().map_or_else(|| self.out_of_range(), |at| format!("{at:.7}"))
    }

    /// RFC 3339 in UTC with milliseconds, as Elastic writes `@timestamp`; all seven digits if finer than that.
    pub fn rfc3339(self) -> String {
        if self.0 % Self::PER_MILLISECOND == 0 {
            self.timestamp().map_or_else(|| self.out_of_range(), |at| format!("{at:.3}"))
        } else {
            self.rfc3339_full()
        }
    }

    /// ISO 8601 in UTC with microseconds and a numeric offset, `2019-05-12T18:35:05.155949+00:00`.
    pub fn rfc3339_micros(self) -> String {
        self.timestamp().map_or_else(|| self.out_of_range(), |at| format!("{at:.6}").replace('Z', "+00:00"))
    }

    /// As spreadsheets and Windows' own tools write it, with all seven digits: `2019-05-12 18:35:05.1559493`.
    pub fn spaced_full(self) -> String {
        self.timestamp().map_or_else(|| self.out_of_range(), |at| format!("{at:.7}").replace('T', " ").replace('Z', ""))
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

    fn timestamp(self) -> Option<jiff::Timestamp> {
        let seconds = self.0.div_euclid(Self::PER_SECOND) - UNIX_EPOCH_SECONDS;
        let nanos = i32::try_from(self.0.rem_euclid(Self::PER_SECOND)).ok()? * 100;
        jiff::Timestamp::new(seconds, nanos).ok()
    }

    /// FILETIMEs reach past the year 9999, calendars of RFC 3339 do not.
    fn out_of_range(self) -> String {
        format!("FILETIME {}", self.0)
    }
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
