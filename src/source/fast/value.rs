//! Values of a template instance: their text as Windows renders it.
//!
//! Types that Sysmon and the common providers do not use (arrays, floats, dates outside of the record's own time) are `None`.

use super::byte_view::ByteView;
use crate::base::number::{push_decimal, push_hexadecimal};
use crate::base::{guid, utf16};
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
            utf16::push_text(raw, out);
            Ok(())
        }
        0x03 => write!(out, "{}", bytes.u8(0)?.cast_signed()),
        0x04 | U16 | 0x08 | U64 => {
            push_decimal(unsigned(kind, raw)?, out);
            Ok(())
        }
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

/// Adds the text of a value as UTF-8 bytes, which is quicker than [`write_raw`] for the types that most values have.
pub fn push_raw(kind: u8, raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match kind {
        TEXT if utf16::push_printable(utf16::without_end(raw), out) => {}
        0x04 | U16 | 0x08 | U64 => push_decimal(unsigned(kind, raw)?, out),
        GUID => out.extend_from_slice(&guid::text(raw.try_into().ok()?)),
        0x14 => push_hexadecimal(ByteView::new(raw).u32(0)?.into(), out),
        0x15 => push_hexadecimal(ByteView::new(raw).u64(0)?, out),
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
