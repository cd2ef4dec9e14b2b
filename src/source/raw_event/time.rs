//! Instants as other tools write them.
//!
//! What is lost on the way is known: whether the zone was said, and whether there were parts of a second. This module does not know which field is which time.

use serde_json::{Number, Value};

use crate::base::Ticks;

/// An instant that some tool wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedTime {
    /// The instant; in UTC where no zone was said.
    pub at: Ticks,
    /// Whether the zone was said.
    pub has_zone: bool,
    /// Whether it says more than the second.
    pub is_fine: bool,
}

/// How deep a time may be wrapped in objects.
const DEEPEST: usize = 4;

/// Reads an instant: text with or without a zone, a number since 1970 (seconds to nanoseconds, told by its size) or since 1601, `/Date(…)/` of
/// .NET, or an object that has it under a name of its own.
pub fn read(value: &Value) -> Option<StatedTime> {
    read_nested(value, DEEPEST)
}

fn read_nested(value: &Value, depth: usize) -> Option<StatedTime> {
    match value {
        Value::Number(number) => epoch(&plain_number(number)),
        Value::String(text) => read_text(text),
        Value::Array(members) => match members.as_slice() {
            [one] if depth > 0 => read_nested(one, depth - 1),
            _ => None,
        },
        Value::Object(object) => {
            let names = ["SystemTime", "@SystemTime", "value", "Value", "#text"];
            let inner = names.iter().find_map(|name| object.get(*name)).filter(|_| depth > 0)?;
            read_nested(inner, depth - 1)
        }
        Value::Null | Value::Bool(_) => None,
    }
}

/// Without an exponent, which large floating point numbers are written with.
fn plain_number(number: &Number) -> String {
    match number.as_f64() {
        // What is beyond six digits behind the point of a number of seconds is noise of the floating point.
        Some(float) if number.is_f64() => format!("{float:.6}"),
        _ => number.to_string(),
    }
}

/// Reads the text of an instant.
pub fn read_text(text: &str) -> Option<StatedTime> {
    // Splunk keeps the quotes of attributes.
    let text = text.trim().trim_matches(['\'', '"']);
    if let Some(inner) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/")) {
        // The zone behind it is only for display.
        let end = inner.bytes().skip(1).position(|byte| matches!(byte, b'+' | b'-')).map_or(inner.len(), |at| at + 1);
        return milliseconds(inner.get(..end)?);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return epoch(text);
    }
    calendar(text)
}

fn milliseconds(text: &str) -> Option<StatedTime> {
    let at = Ticks::from_unix_millis(text.parse().ok()?).filter(|at| at.0 >= 0)?;
    Some(StatedTime { at, has_zone: true, is_fine: true })
}

/// A count since 1970, or since 1601 if it is as large as FILETIMEs of our days are.
fn epoch(text: &str) -> Option<StatedTime> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let number: i64 = whole.parse().ok().filter(|number| *number >= 0)?;
    // Up to seven digits of what is behind the point, as ticks of a second.
    let part: i64 = part
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(7)
        .try_fold(0_i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))?;
    let ticks_since_1970 = match number {
        0..=99_999_999_999 => number.checked_mul(Ticks::PER_SECOND)?.checked_add(part)?,
        100_000_000_000..=99_999_999_999_999 => number.checked_mul(Ticks::PER_MILLISECOND)?,
        100_000_000_000_000..=99_999_999_999_999_999 => number.checked_mul(10)?,
        100_000_000_000_000_000..=999_999_999_999_999_999 => {
            return Some(StatedTime { at: Ticks(number), has_zone: true, is_fine: true });
        }
        _ => number / 100,
    };
    let at = Ticks(Ticks::from_unix_millis(0)?.0.checked_add(ticks_since_1970)?);
    Some(StatedTime { at, has_zone: true, is_fine: number > 99_999_999_999 || text.contains('.') })
}

/// `2019-05-12T18:35:05.1559493Z` and its kin: a blank for the `T`, a comma for the point, zones as `Z`, `UTC`, `+02:00`, `+0200` or none.
fn calendar(text: &str) -> Option<StatedTime> {
    let date = text.get(..10)?;
    let rest = text.get(10..)?;
    let rest = rest.strip_prefix(['T', 't', ' '])?.trim_start();
    let clock_end = rest.bytes().position(|byte| !(byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b',')));
    let (clock, zone) = rest.split_at_checked(clock_end.unwrap_or(rest.len()))?;
    let (seconds, part) = match clock.split_once(['.', ',']) {
        Some((seconds, part)) => (seconds, part.get(..part.len().min(9))?),
        None => (clock, ""),
    };
    let zone = zone.trim();
    let has_zone = !zone.is_empty();
    let offset = if has_zone { offset(zone)? } else { "Z".to_owned() };
    let point = if part.is_empty() { "" } else { "." };
    let at = Ticks::parse_rfc3339(&format!("{date}T{seconds}{point}{part}{offset}"))?;
    Some(StatedTime { at, has_zone, is_fine: !part.is_empty() })
}

/// The zone as RFC 3339 writes it.
fn offset(zone: &str) -> Option<String> {
    if ["z", "utc", "gmt"].iter().any(|name| zone.eq_ignore_ascii_case(name)) {
        return Some("Z".to_owned());
    }
    let digits = zone.strip_prefix(['+', '-'])?.replace(':', "");
    let sign = &zone[..1];
    let is_offset = matches!(digits.len(), 2 | 4) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let minutes = digits.get(2..).filter(|minutes| !minutes.is_empty()).unwrap_or("00");
    is_offset.then(|| format!("{sign}{}:{minutes}", &digits[..2]))
}

#[cfg(test)]
mod tests;
