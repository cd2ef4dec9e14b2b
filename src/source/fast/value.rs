//! Values of a template instance: their text as Windows renders it.
//!
//! Types that Sysmon and the common providers do not use (arrays, floats, dates outside of the record's own time) are `None`.

use super::super::xml::push_allowed;
use super::template::Bytes;
use std::fmt::Write as _;

/// The type of a text in UTF-16.
pub const TEXT: u8 = 0x01;
/// The type of an unsigned number of two bytes.
pub const U16: u8 = 0x06;
/// The type of an unsigned number of eight bytes.
pub const U64: u8 = 0x0a;
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
        0x0f => Some(16),
        _ => None,
    }
}

/// Adds the text of a value of that type with these bytes.
pub fn write_raw(kind: u8, raw: &[u8], out: &mut String) -> Option<()> {
    let bytes = Bytes::new(raw);
    let done = match kind {
        0x00 => Ok(()),
        TEXT => return text(raw, out),
        0x03 => write!(out, "{}", bytes.u8(0)?.cast_signed()),
        0x04 | U16 | 0x08 | U64 => return number(unsigned(kind, raw)?, out),
        0x05 => write!(out, "{}", bytes.u16(0)?.cast_signed()),
        0x07 => write!(out, "{}", bytes.u32(0)?.cast_signed()),
        0x09 => write!(out, "{}", bytes.u64(0)?.cast_signed()),
        0x0d => match bytes.u32(0)?.cast_signed() {
            0 => out.write_str("false"),
            1 => out.write_str("true"),
            other => write!(out, "{other}"),
        },
        0x0e => raw.iter().try_for_each(|byte| write!(out, "{byte:02X}")),
        0x0f => return guid(raw, out),
        SID => return sid(raw, out),
        0x14 => write!(out, "0x{:x}", bytes.u32(0)?),
        0x15 => write!(out, "0x{:x}", bytes.u64(0)?),
        _ => return None,
    };
    done.ok()
}

/// A value of an unsigned type, which is written in decimal.
pub fn unsigned(kind: u8, raw: &[u8]) -> Option<u64> {
    let bytes = Bytes::new(raw);
    match kind {
        0x04 => bytes.u8(0).map(u64::from),
        U16 => bytes.u16(0).map(u64::from),
        0x08 => bytes.u32(0).map(u64::from),
        U64 => bytes.u64(0),
        _ => None,
    }
}

/// Adds a number: far quicker than formatting, and numbers are many.
fn number(mut number: u64, out: &mut String) -> Option<()> {
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
    out.push_str(str::from_utf8(&digits[at..]).ok()?);
    Some(())
}

/// Whether every unit is a printable character of ASCII: no end of text, nothing that XML forbids.
pub fn is_printable_ascii(raw: &[u8]) -> bool {
    let (blocks, rest) = raw.as_chunks::<16>();
    let printable = |unit: [u8; 2]| u16::from_le_bytes(unit).wrapping_sub(0x20) < 0x5f;
    let good = |block: &[u8; 16]| {
        let (units, _) = block.as_chunks::<2>();
        units.iter().fold(true, |good, unit| good & printable(*unit))
    };
    blocks.iter().all(good) && rest.chunks_exact(2).all(|unit| printable([unit[0], unit[1]]))
}

/// A text up to its first zero.
fn text(raw: &[u8], out: &mut String) -> Option<()> {
    // Texts often carry their end with them.
    let raw = raw.strip_suffix(&[0, 0]).filter(|_| raw.len().is_multiple_of(2)).unwrap_or(raw);
    if is_printable_ascii(raw) {
        let mut narrow = [0_u8; 256];
        for block in raw.chunks(512) {
            let length = block.len() / 2;
            for (to, from) in narrow.iter_mut().zip(block.chunks_exact(2)) {
                *to = from[0];
            }
            out.push_str(str::from_utf8(&narrow[..length]).ok()?);
        }
        return Some(());
    }
    let units = raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).take_while(|&unit| unit != 0);
    let begin = out.len();
    out.reserve(raw.len() / 2);
    // Half a pair stands for nothing, which the slow way writes as it does what XML forbids.
    out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('_')));
    if !super::super::xml::is_plain(&out[begin..]) {
        let raw = out.split_off(begin);
        push_allowed(out, &raw);
    }
    Some(())
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn guid(raw: &[u8], out: &mut String) -> Option<()> {
    /// Which byte of the value comes next in the text; a gap is a dash.
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let raw: &[u8; 16] = raw.try_into().ok()?;
    let mut text = [b'-'; 38];
    let mut at = 1;
    for (place, from) in ORDER.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(raw[from] >> 4)];
        text[at + 1] = HEX[usize::from(raw[from] & 0xf)];
        at += 2;
    }
    (text[0], text[37]) = (b'{', b'}');
    out.push_str(str::from_utf8(&text).ok()?);
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
