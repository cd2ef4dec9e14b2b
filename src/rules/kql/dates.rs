//! Dates as people write them in a query: parts may be missing, and a date then stands for all the time that it leaves open.

use crate::base::Ticks;

/// Whether a date is written as mathematics, which needs to know when a rule runs.
pub fn is_relative(text: &str) -> bool {
    text.starts_with("now") || text.contains("||")
}

/// The first and the last instant that a date stands for; `None` if it is none.
///
/// What is missing is filled as Elasticsearch does for a range: months and days with 1, and hours, minutes and seconds with 0 or with their last.
pub fn bounds(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    // A year has four digits; a longer number counts milliseconds since 1970.
    if is_number && text.len() > 4 {
        return Some((text.to_owned(), text.to_owned()));
    }
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let mut parts = date.split('-');
    let mut part = |digits: usize| match parts.next() {
        None => Some(None),
        Some(part) => (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())).then_some(Some(part)),
    };
    let (year, month, day) = (part(4)??, part(2)?.unwrap_or("01"), part(2)?.unwrap_or("01"));
    if parts.next().is_some() {
        return None;
    }
    let zone_at = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(zone_at);
    let zone = if zone.is_empty() { "Z" } else { zone };
    let bound = |filled: &str| {
        // `12:30` is filled to `12:30:00` or `12:30:59`.
        let rest = filled.get(clock.len()..).unwrap_or_default();
        format!("{year}-{month}-{day}T{clock}{rest}{zone}")
    };
    let (first, last) = (bound("00:00:00.000"), bound("23:59:59.999"));
    Ticks::parse_rfc3339(&first)?;
    Some((first, last))
}

#[cfg(test)]
mod tests;
