//! Values of a template instance: where they are, and their text as Windows renders it.
//!
//! Types that Sysmon and the common providers do not use (arrays, floats, dates outside of the record's own time) are `None`.

use super::super::xml::push_allowed;
use super::template::Bytes;
use std::fmt::Write as _;

/// The type of a FILETIME.
pub const FILETIME: u8 = 0x11;

/// One value: its type and place.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub kind: u8,
    pub start: usize,
    pub length: usize,
    /// For a text of no characters: as good as none.
    blank: bool,
}

impl Slot {
    /// Whether an attribute or optional gap is left out for this value.
    pub fn is_empty(self) -> bool {
        self.kind == 0 || (matches!(self.kind, 0x01 | 0x02 | 0x0e | 0x21) && self.length == 0) || self.blank
    }
}

/// Reads the table of values that starts at `at`.
pub fn read_slots(bytes: Bytes<'_>, at: usize, to: usize, slots: &mut Vec<Slot>) -> Option<()> {
    slots.clear();
    let count = usize::try_from(bytes.u32(at)?).ok()?;
    let mut start = at.checked_add(4)?.checked_add(count.checked_mul(4)?)?;
    for number in 0..count {
        let descriptor = at + 4 + number * 4;
        let (length, kind) = (usize::from(bytes.u16(descriptor)?), bytes.u8(descriptor + 2)?);
        if start + length > to || !size_fits(kind, length) {
            return None;
        }
        let blank = kind == 0x01 && length >= 2 && bytes.u16(start)? == 0;
        slots.push(Slot { kind, start, length, blank });
        start += length;
    }
    // Behind the values a fragment ends, by its mark or because nothing is left.
    (start == to || bytes.u8(start) == Some(0)).then_some(())
}

/// Whether a value of this type can have this many bytes; types that are not understood never can.
fn size_fits(kind: u8, length: usize) -> bool {
    match kind {
        0x00 | 0x0e | 0x21 => true,
        0x01 => length.is_multiple_of(2),
        0x03 | 0x04 => length == 1,
        0x05 | 0x06 => length == 2,
        0x07 | 0x08 | 0x0d | 0x14 => length == 4,
        0x09 | 0x0a | FILETIME | 0x15 => length == 8,
        0x0f => length == 16,
        0x13 => length >= 8 && (length - 8).is_multiple_of(4),
        _ => false,
    }
}

/// Adds the text of a value.
pub fn write(bytes: Bytes<'_>, slot: Slot, out: &mut String) -> Option<()> {
    let raw = bytes.slice(slot.start, slot.length)?;
    let start = slot.start;
    let done = match slot.kind {
        0x00 => Ok(()),
        0x01 => return text(raw, out),
        0x03 => write!(out, "{}", bytes.u8(start)?.cast_signed()),
        0x04 => write!(out, "{}", bytes.u8(start)?),
        0x05 => write!(out, "{}", bytes.u16(start)?.cast_signed()),
        0x06 => write!(out, "{}", bytes.u16(start)?),
        0x07 => write!(out, "{}", bytes.u32(start)?.cast_signed()),
        0x08 => write!(out, "{}", bytes.u32(start)?),
        0x09 => write!(out, "{}", bytes.u64(start)?.cast_signed()),
        0x0a => write!(out, "{}", bytes.u64(start)?),
        0x0d => match bytes.u32(start)?.cast_signed() {
            0 => out.write_str("false"),
            1 => out.write_str("true"),
            other => write!(out, "{other}"),
        },
        0x0e => raw.iter().try_for_each(|byte| write!(out, "{byte:02X}")),
        0x0f => return guid(bytes, start, out),
        0x13 => return sid(raw, out),
        0x14 => write!(out, "0x{:x}", bytes.u32(start)?),
        0x15 => write!(out, "0x{:x}", bytes.u64(start)?),
        _ => return None,
    };
    done.ok()
}

/// A text up to its first zero.
fn text(raw: &[u8], out: &mut String) -> Option<()> {
    let units = raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).take_while(|&unit| unit != 0);
    let begin = out.len();
    out.reserve(raw.len() / 2);
    for c in char::decode_utf16(units) {
        out.push(c.ok()?);
    }
    if !super::super::xml::is_plain(&out[begin..]) {
        let raw = out.split_off(begin);
        push_allowed(out, &raw);
    }
    Some(())
}

fn guid(bytes: Bytes<'_>, at: usize, out: &mut String) -> Option<()> {
    let tail = bytes.slice(at + 8, 8)?;
    let (first, second, third) = (bytes.u32(at)?, bytes.u16(at + 4)?, bytes.u16(at + 6)?);
    write!(out, "{{{first:08x}-{second:04x}-{third:04x}-{:02x}{:02x}-", tail[0], tail[1]).ok()?;
    tail[2..].iter().try_for_each(|byte| write!(out, "{byte:02x}")).ok()?;
    out.push('}');
    Some(())
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
