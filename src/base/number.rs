//! Numbers as people and tools write them, and bytes as hexadecimal digits.
//!
//! This module does not know what is counted, nor where it is shown.

use std::fmt::Write as _;

/// Hexadecimal digits, in lower case.
pub const HEX: &[u8; 16] = b"0123456789abcdef";

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun: `1 alert`, `2 alerts`.
pub fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// Bytes as lower-case hexadecimal digits, two each.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    text
}

/// Separators between groups of three digits, as spreadsheets and languages have it. A point is not among them: it could begin decimals.
const BETWEEN_GROUPS: [char; 6] = [',', ' ', '\'', '\u{a0}', '\u{2009}', '\u{202f}'];

/// Reads a whole number in any writing that tools have for it: decimal or hexadecimal behind `0x`, with its thousands apart, blanks around.
pub fn read(writing: &str) -> Option<i64> {
    let trimmed = writing.trim();
    let (sign, digits) = trimmed.strip_prefix('-').map_or(("", trimmed), |digits| ("-", digits));
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return read_digits(sign, hex, 16);
    }
    let mut groups = digits.split(BETWEEN_GROUPS);
    let first = groups.next()?;
    if first.len() == digits.len() {
        return read_digits(sign, digits, 10);
    }
    let is_grouped = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    is_grouped.then(|| read_digits(sign, &digits.replace(BETWEEN_GROUPS, ""), 10)).flatten()
}

fn read_digits(sign: &str, digits: &str, radix: u32) -> Option<i64> {
    let all_digits = digits.chars().all(|digit| digit.is_digit(radix));
    all_digits.then(|| i64::from_str_radix(&format!("{sign}{digits}"), radix).ok()).flatten()
}

/// Reads a hexadecimal number behind `0x`, of 64 bits at most.
pub fn read_hex(writing: &str) -> Option<u64> {
    let trimmed = writing.trim();
    let digits = trimmed.strip_prefix("0x").or_else(|| trimmed.strip_prefix("0X"))?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests;
