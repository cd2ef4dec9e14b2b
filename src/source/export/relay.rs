//! Lines of a system log that carry events: Sysmon on Linux writes its events as XML to syslog, and collectors forward those of Windows in the same way.
//!
//! A line is a time, a host, a program, and the event. Daemons write what cannot stand in a line as octal numbers: rsyslog `#012` for a line feed, others
//! `\012`, and then `\134` for the backslash itself. This module sees one line, or one event, at a time.

use std::borrow::Cow;

/// Whether a text is how a line of a system log begins: a priority, a version or a day of the week, if at all, and a time.
pub(in crate::source) fn is_log_line(line: &str) -> bool {
    let mut rest = line.trim_start_matches(['\u{feff}', '\0', ' ']);
    if let Some((number, after)) = rest.strip_prefix('<').and_then(|priority| priority.split_once('>'))
        && is_number(number, 1..=3)
    {
        rest = after.strip_prefix("1 ").unwrap_or(after);
    }
    let mut words = rest.split_ascii_whitespace();
    let mut first = words.next().unwrap_or_default();
    if DAYS.contains(&first) {
        first = words.next().unwrap_or_default();
    }
    if MONTHS.contains(&first) {
        let (day, time) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        return is_number(day, 1..=2) && is_clock(time);
    }
    match first.split_once('T') {
        Some((date, time)) => is_date(date) && is_clock(time),
        None => is_date(first) && words.next().is_some_and(is_clock),
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn is_number(text: &str, digits: std::ops::RangeInclusive<usize>) -> bool {
    digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2024-03-05`
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut next = |digits| parts.next().is_some_and(|part| is_number(part, digits..=digits));
    next(4) && next(2) && next(2) && parts.next().is_none()
}

/// `09:14:03`, with whatever follows.
fn is_clock(text: &str) -> bool {
    let start = text.as_bytes().first_chunk::<8>();
    let fits = |(at, byte): (usize, &u8)| if at % 3 == 2 { *byte == b':' } else { byte.is_ascii_digit() };
    start.is_some_and(|start| start.iter().enumerate().all(fits))
}

/// An event as it was before a daemon wrote it in a line.
///
/// `#ooo` is read as a character that cannot stand in a line, or, where the line has no other byte beyond ASCII, as a byte of UTF-8. `\ooo` is read only if every
/// backslash of the event begins one, as it is when the backslash itself is written so: in a path `\101` is a folder.
pub(super) fn unescape(event: &[u8]) -> Cow<'_, [u8]> {
    let slashed = has_only_octal_backslashes(event);
    if !slashed && memchr::memchr(b'#', event).is_none() {
        return Cow::Borrowed(event);
    }
    let wide = event.is_ascii().then(|| resolved(event, slashed, true)).filter(|bytes| str::from_utf8(bytes).is_ok());
    Cow::Owned(wide.unwrap_or_else(|| resolved(event, slashed, false)))
}

fn has_only_octal_backslashes(event: &[u8]) -> bool {
    let mut places = memchr::memchr_iter(b'\\', event).peekable();
    places.peek().is_some() && places.all(|at| octal(&event[at + 1..]).is_some())
}

fn resolved(event: &[u8], slashed: bool, wide: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(event.len());
    let mut rest = event;
    while let Some(at) = memchr::memchr2(b'#', b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let is_slash = rest[at] == b'\\';
        let number = octal(&rest[at + 1..]).filter(|&byte| match byte {
            // Which numbers an `&#012;` stands for is the business of XML.
            _ if !is_slash && out.ends_with(b"&") => false,
            _ if is_slash => slashed,
            0x01..=0x1f | 0x7f => true,
            0x80.. => wide,
            _ => false,
        });
        out.push(number.unwrap_or(rest[at]));
        rest = &rest[at + if number.is_some() { 4 } else { 1 }..];
    }
    out.extend_from_slice(rest);
    out
}

/// The byte that three octal digits at the start stand for.
fn octal(text: &[u8]) -> Option<u8> {
    let digits = text.first_chunk::<3>().filter(|digits| digits.iter().all(|digit| (b'0'..=b'7').contains(digit)))?;
    u8::try_from(digits.iter().fold(0_u32, |number, digit| number * 8 + u32::from(digit - b'0'))).ok()
}

#[cfg(test)]
mod tests;
