//! Text in UTF-16, low byte first, as Windows stores it: to and from UTF-8, and how long it is.
//!
//! Nearly every text of a log is plain ASCII: a path, a GUID, a number. In UTF-16 that is every character with a zero behind it, `r e g` being
//! `72 00 65 00 67 00`, so that dropping each second byte gives UTF-8 ([`push_printable`]). Sixteen units are narrowed at a time and checked together, which
//! compilers turn into a few vector instructions, where a decoder takes a branch for each unit. Only texts that have something else in them go through a
//! decoder ([`push_text`]).
//!
//! This module does not know where a text stands, nor how its length is stored.

use super::number::TextSink;

/// The units of a text.
pub fn units(raw: &[u8]) -> impl Iterator<Item = u16> {
    raw.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit))
}

/// The bytes of a text, without a mark of the order of bytes and without an end.
pub fn bytes(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// How many units a text has.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Whether a text has more than so many units.
pub fn is_longer(text: &str, most: usize) -> bool {
    // No character has more units than it has bytes in UTF-8: few texts need be counted.
    text.len() > most && length(text) > most
}

/// A whole text, in which every unit must be part of a character, and none zero.
pub fn text(raw: &[u8]) -> Option<String> {
    char::decode_utf16(units(raw)).map(|c| c.ok().filter(|&c| c != '\0')).collect()
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

/// Adds a text if every unit is a printable character of ASCII; adds nothing if not.
pub fn push_printable(raw: &[u8], out: &mut impl TextSink) -> bool {
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

/// The units of a text without a zero at its end, which texts in binary XML often carry with them.
pub fn without_end(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(&[0, 0]).filter(|_| raw.len().is_multiple_of(2)).unwrap_or(raw)
}

/// Adds a text up to its first zero. Half of a surrogate pair is no character, and becomes U+FFFD.
pub fn push_text(raw: &[u8], out: &mut String) {
    let raw = without_end(raw);
    if push_printable(raw, out) {
        return;
    }
    let units = units(raw).take_while(|&unit| unit != 0);
    out.reserve(raw.len() / 2);
    out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
}

#[cfg(test)]
mod tests;
