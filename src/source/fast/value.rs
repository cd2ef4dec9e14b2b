//! Values of a template instance: their text as Windows renders it.
//!
//! Types that Sysmon and the common providers do not use (arrays, floats, dates outside of the record's own time) are `None`.

use super::byte_view::ByteView;
use crate::base::guid;
use crate::base::number::HEX;
use std::fmt::Write as _;

/// The type of a text in UTF-16.
pub const TEXT: u8 = 0x01;
/// The type of an unsigned number of two bytes.
pub const U16: u8 = 0x06;
/// The type of an unsigned number of eight bytes.
pub const U64: u8 = 0x0a;
/// The type of a boolean of four bytes.
pub const BOOLEAN: u8 = 0x0d;
/// The type of a GUID.
pub const GUID: u8 = 0x0f;
/// The type of a FILETIME.
pub const FILETIME: u8 = 0x11;
/// The type of a security identifier.
pub const SID: u8 = 0x13;
/// The type of a value that is binary XML itself.
pub const BINXML: u8 = 0x21;

/// How many bytes a value of a type has, where that does not vary; `None` too for types that are not understood.
pub fn size(kind: u8) -> Option<usize> {
    match kind {
        0x03 | 0x04 => Some(1),
        0x05 | U16 => Some(2),
        0x07 | 0x08 | 0x0d | 0x14 => Some(4),
        0x09 | U64 | FILETIME | 0x15 => Some(8),
        GUID => Some(16),
        _ => None,
    }
}

/// Adds the text of a value of that type with these bytes.
pub fn write_raw(kind: u8, raw: &[u8], out: &mut String) -> Option<()> {
    let bytes = ByteView::new(raw);
    let done = match kind {
        0x00 => Ok(()),
        TEXT => {
            text(raw, out);
            Ok(())
        }
        0x03 => write!(out, "{}", bytes.u8(0)?.cast_signed()),
        0x04 | U16 | 0x08 | U64 => return number(unsigned(kind, raw)?, out),
        0x05 => write!(out, "{}", bytes.u16(0)?.cast_signed()),
        0x07 => write!(out, "{}", bytes.u32(0)?.cast_signed()),
        0x09 => write!(out, "{}", bytes.u64(0)?.cast_signed()),
        BOOLEAN => match bytes.u32(0)?.cast_signed() {
            0 => out.write_str("false"),
            1 => out.write_str("true"),
            other => write!(out, "{other}"),
        },
        0x0e => raw.iter().try_for_each(|byte| write!(out, "{byte:02X}")),
        GUID => out.write_str(str::from_utf8(&guid::text(raw.try_into().ok()?)).ok()?),
        SID => return sid(raw, out),
        0x14 => write!(out, "0x{:x}", bytes.u32(0)?),
        0x15 => write!(out, "0x{:x}", bytes.u64(0)?),
        _ => return None,
    };
    done.ok()
}

/// Adds the same as bytes, which is quicker for the types that most values have.
pub fn push_raw(kind: u8, raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match kind {
        TEXT if narrow(without_end(raw), out) => {}
        0x04 | U16 | 0x08 | U64 => number(unsigned(kind, raw)?, out)?,
        GUID => out.extend_from_slice(&guid::text(raw.try_into().ok()?)),
        0x14 => hexadecimal(ByteView::new(raw).u32(0)?.into(), out),
        0x15 => hexadecimal(ByteView::new(raw).u64(0)?, out),
        _ => {
            let mut text = String::new();
            write_raw(kind, raw, &mut text)?;
            out.extend_from_slice(text.as_bytes());
        }
    }
    Some(())
}

/// A value of an unsigned type, which is written in decimal.
pub fn unsigned(kind: u8, raw: &[u8]) -> Option<u64> {
    let bytes = ByteView::new(raw);
    match kind {
        0x04 => bytes.u8(0).map(u64::from),
        U16 => bytes.u16(0).map(u64::from),
        0x08 => bytes.u32(0).map(u64::from),
        U64 => bytes.u64(0),
        _ => None,
    }
}

/// Adds a number: far quicker than formatting, and numbers are many.
fn number(mut number: u64, out: &mut impl TextSink) -> Option<()> {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).ok()?;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.add(&digits[at..]);
    Some(())
}

/// Adds a number as `0x` and its digits.
fn hexadecimal(number: u64, out: &mut impl TextSink) {
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

/// Whether every unit is a printable character of ASCII: no end of text, no control character.
pub fn is_printable_ascii(raw: &[u8]) -> bool {
    let (blocks, rest) = raw.as_chunks::<16>();
    let printable = |unit: [u8; 2]| u16::from_le_bytes(unit).wrapping_sub(0x20) < 0x5f;
    let good = |block: &[u8; 16]| {
        let (units, _) = block.as_chunks::<2>();
        units.iter().fold(true, |good, unit| good & printable(*unit))
    };
    blocks.iter().all(good) && rest.chunks_exact(2).all(|unit| printable([unit[0], unit[1]]))
}

/// A buffer that text is added to.
trait TextSink {
    fn length(&self) -> usize;
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

/// Adds a text if every unit is a printable character of ASCII; adds nothing if not.
fn narrow(raw: &[u8], out: &mut impl TextSink) -> bool {
    if raw.len() <= 128 {
        return narrow_piece::<64>(raw, out);
    }
    let begin = out.length();
    let all = raw.chunks(512).all(|piece| narrow_piece::<256>(piece, out));
    if !all {
        out.shorten(begin);
    }
    all
}

/// Adds a text of at most `N` units if each is a printable character of ASCII; adds nothing if not.
fn narrow_piece<const N: usize>(raw: &[u8], out: &mut impl TextSink) -> bool {
    // Narrowed into a buffer first and taken only if all units fit: that makes one pass without a branch per unit. Of two sizes of buffer the
    // small one spares most texts the zeroing of the large one.
    let mut narrow = [0_u8; N];
    let length = raw.len() / 2;
    let mut marks = [0; UNITS / 2];
    let (to, _) = narrow.as_chunks_mut();
    for (block, to) in raw.as_chunks().0.iter().zip(to) {
        narrow_block(block, to, &mut marks);
    }
    // The last block overlaps with the one before, or is filled up with spaces.
    if let (Some(last), Some(to)) = (raw.last_chunk(), narrow[..length].last_chunk_mut()) {
        narrow_block(last, to, &mut marks);
    } else if let Some(to) = narrow.first_chunk_mut() {
        let mut last = SPACES;
        last[..raw.len()].copy_from_slice(raw);
        narrow_block(&last, to, &mut marks);
    }
    let is_narrow = marks.iter().fold(0, |all, mark| all | mark) & 0x8000 == 0;
    if is_narrow {
        out.add(&narrow[..length]);
    }
    is_narrow
}

/// Units of UTF-16 that are looked at together.
const UNITS: usize = 16;

const SPACES: [u8; 2 * UNITS] = {
    let mut spaces = [0; 2 * UNITS];
    let mut at = 0;
    while at < spaces.len() {
        spaces[at] = b' ';
        at += 2;
    }
    spaces
};

/// The low bytes of some units, and marks whose highest bit tells that some unit is not printable ASCII. Without branches, so that it can be done at once.
#[inline]
fn narrow_block(raw: &[u8; 2 * UNITS], to: &mut [u8; UNITS], marks: &mut [u16; UNITS / 2]) {
    let mut units = [0; UNITS];
    for (unit, raw) in units.iter_mut().zip(raw.as_chunks().0) {
        *unit = u16::from_le_bytes(*raw);
    }
    for (at, mark) in marks.iter_mut().enumerate() {
        *mark |= mark_of(units[at]) | mark_of(units[at + UNITS / 2]);
    }
    *to = units.map(|unit| unit.to_le_bytes()[0]);
}

/// The highest bit is set exactly if the unit is not printable ASCII.
const fn mark_of(unit: u16) -> u16 {
    // Printable is 0x20..=0x7e. Less 0x20, that is 0..0x5f: larger ones get the highest bit by the addition, or have it already.
    let above = unit.wrapping_sub(0x20);
    above | above.wrapping_add(0x8000 - 0x5f)
}

/// The units of a text. Texts often carry their end with them.
fn without_end(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(&[0, 0]).filter(|_| raw.len().is_multiple_of(2)).unwrap_or(raw)
}

/// A text up to its first zero.
fn text(raw: &[u8], out: &mut String) {
    let raw = without_end(raw);
    if narrow(raw, out) {
        return;
    }
    let units = raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).take_while(|&unit| unit != 0);
    out.reserve(raw.len() / 2);
    // Half a pair is no character.
    out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

fn sid(raw: &[u8], out: &mut String) -> Option<()> {
    let (head, parts) = raw.split_at_checked(8)?;
    if parts.len() != usize::from(head[1]) * 4 {
        return None;
    }
    let authority = head[2..].iter().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte));
    write!(out, "S-{}-{authority}", head[0]).ok()?;
    parts
        .chunks_exact(4)
        .try_for_each(|part| write!(out, "-{}", u32::from_le_bytes([part[0], part[1], part[2], part[3]])))
        .ok()
}

#[cfg(test)]
mod tests;
