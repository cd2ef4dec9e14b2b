//! Numbers as people and tools write them, and bytes as hexadecimal digits.
//!
//! This module does not know what is counted, nor where it is shown.

use std::fmt::Write as _;

/// Hexadecimal digits, in lower case.
pub const HEX: &[u8; 16] = b"0123456789abcdef";

/// Hexadecimal digits, in capitals.
pub const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";

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

/// A buffer that text is added to: a text, or a row of bytes.
pub trait TextSink {
    /// How many bytes are in it.
    fn length(&self) -> usize;
    /// Takes away what was added after so many bytes.
    fn shorten(&mut self, length: usize);
    /// Adds bytes of ASCII.
    fn add(&mut self, ascii: &[u8]);
}

impl TextSink for Vec<u8> {
    fn length(&self) -> usize {
        self.len()
    }

    fn shorten(&mut self, length: usize) {
        self.truncate(length);
    }

    fn add(&mut self, ascii: &[u8]) {
        self.extend_from_slice(ascii);
    }
}

impl TextSink for String {
    fn length(&self) -> usize {
        self.len()
    }

    fn shorten(&mut self, length: usize) {
        self.truncate(length);
    }

    fn add(&mut self, ascii: &[u8]) {
        self.push_str(str::from_utf8(ascii).unwrap_or_default());
    }
}

/// Adds a number in decimal, without the trait objects that formatting goes through: rows are full of numbers.
pub fn push_decimal(mut number: u64, out: &mut impl TextSink) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.add(&digits[at..]);
}

/// Adds a number as `0x` and its digits.
pub fn push_hexadecimal(number: u64, out: &mut impl TextSink) {
    // `| 1` so that zero has one digit.
    let digits = (u64::BITS - (number | 1).leading_zeros()).div_ceil(4);
    let mut text = [b'0'; 18];
    text[1] = b'x';
    let length = 2 + digits as usize;
    for (place, digit) in text[2..length].iter_mut().rev().enumerate() {
        *digit = HEX[usize::from((number >> (4 * place)).to_le_bytes()[0] & 0xf)];
    }
    out.add(&text[..length]);
}

#[cfg(test)]
mod tests;
