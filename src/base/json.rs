//! Texts and numbers as JSON has them, written where they are to stand.
//!
//! A timeline is mostly paths and numbers: this looks at many bytes at once, and copies what stands before the next special one.
//! The result is what `serde_json` writes, byte for byte; a test holds that. This module does not know objects.

use super::number::{HEX, push_decimal};
use std::ops::Range;

/// Bytes of a text that are escaped at a time.
const PIECE: usize = 64;
/// Bytes that are copied together.
const BLOCK: usize = 16;

/// Adds a text with the quotes around it.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    end_text(out, text);
}

/// Adds a text with the quote behind it, where the one before it stands already.
pub fn end_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    bytes.chunks(PIECE).for_each(|piece| push_piece(out, piece));
    out.push(b'"');
}

/// Adds a piece of a text.
fn push_piece(out: &mut Vec<u8>, piece: &[u8]) {
    let mut padded = [b' '; PIECE + BLOCK];
    padded[..piece.len()].copy_from_slice(piece);
    let mut specials = padded.first_chunk().map_or(0, specials);
    if specials == 0 {
        return out.extend_from_slice(piece);
    }
    // Never more than twice the bytes of the piece, and the rest of a block: whole blocks are copied, whatever of them counts. What cannot stand as it is are
    // nearly always backslashes, every few letters in a path.
    let mut escaped = [0_u8; 2 * PIECE + BLOCK];
    let (mut from, mut length) = (0, 0);
    loop {
        let end = piece.len().min(specials.trailing_zeros() as usize);
        for at in (0..end - from).step_by(BLOCK) {
            escaped[length + at..length + at + BLOCK].copy_from_slice(&padded[from + at..from + at + BLOCK]);
        }
        length += end - from;
        if specials == 0 {
            return out.extend_from_slice(&escaped[..length]);
        }
        if padded[end] < 0x20 {
            out.extend_from_slice(&escaped[..length]);
            return push_controls(out, &piece[end..]);
        }
        escaped[length] = b'\\';
        length += 1;
        from = end;
        specials &= specials - 1;
    }
}

/// The bytes that cannot stand in a text as they are, as bits of a number, the first lowest. Without branches, so that many bytes are looked at at once.
fn specials(bytes: &[u8; PIECE]) -> u64 {
    let mut marks = [0_u8; PIECE];
    for (mark, byte) in marks.iter_mut().zip(bytes) {
        *mark = u8::from(*byte < 0x20) | u8::from(*byte == b'"') | u8::from(*byte == b'\\');
    }
    // Puts the lowest bits of eight bytes side by side.
    let gather = |marks: &[u8; 8]| u64::from_le_bytes(*marks).wrapping_mul(0x0102_0408_1020_4080) >> 56;
    let (eights, _) = marks.as_chunks();
    eights.iter().rev().fold(0, |all, marks| all << 8 | gather(marks))
}

/// Adds the rest of a text that has control characters.
#[cold]
fn push_controls(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        let letter = match byte {
            b'"' | b'\\' => *byte,
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 => {
                out.extend_from_slice(b"\\u00");
                out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xf)]]);
                continue;
            }
            _ => {
                out.push(*byte);
                continue;
            }
        };
        out.extend([b'\\', letter]);
    }
}

/// A text of which many parts are to be written: it is looked through once for all of them.
#[derive(Debug, Default)]
pub struct EscapedText {
    /// The bytes that cannot stand as they are, by pieces of the text.
    specials: Vec<u64>,
    /// A place to escape in, which stays as long as it once had to be.
    escaped: Vec<u8>,
}

impl EscapedText {
    /// Looks through a text.
    pub fn look(&mut self, text: &str) {
        let (pieces, rest) = text.as_bytes().as_chunks();
        self.specials.clear();
        self.specials.extend(pieces.iter().map(specials));
        let mut padded = [b' '; PIECE];
        padded[..rest.len()].copy_from_slice(rest);
        self.specials.push(specials(&padded));
    }

    /// Adds a part of the text that was looked through, with the quote behind it.
    pub fn end_text(&mut self, out: &mut Vec<u8>, text: &str, part: Range<usize>) {
        let bytes = text.as_bytes();
        let mut at = self.next_special(&part);
        if at == part.end {
            out.extend_from_slice(&bytes[part]);
            return out.push(b'"');
        }
        // Never more than twice the bytes of the part, and the rest of a block.
        let most = 2 * part.len() + BLOCK;
        if self.escaped.len() < most {
            self.escaped.resize(most, 0);
        }
        let (mut from, mut length) = (part.start, 0);
        loop {
            length += copy(&bytes[from..], at - from, &mut self.escaped[length..]);
            if at == part.end {
                break out.extend_from_slice(&self.escaped[..length]);
            }
            if bytes[at] < 0x20 {
                out.extend_from_slice(&self.escaped[..length]);
                break push_controls(out, &bytes[at..part.end]);
            }
            self.escaped[length] = b'\\';
            length += 1;
            from = at;
            at = self.next_special(&(at + 1..part.end));
        }
        out.push(b'"');
    }

    /// Where the first byte of a part is that cannot stand as it is; the end if there is none.
    fn next_special(&self, part: &Range<usize>) -> usize {
        let first = part.start / PIECE;
        let mut before = part.start % PIECE;
        for (at, specials) in self.specials.iter().enumerate().skip(first).take_while(|(at, _)| at * PIECE < part.end) {
            let left = specials >> before << before;
            if left != 0 {
                return part.end.min(at * PIECE + left.trailing_zeros() as usize);
            }
            before = 0;
        }
        part.end
    }
}

/// Copies so many bytes, block by block as long as there are whole ones; gives their number.
fn copy(from: &[u8], length: usize, to: &mut [u8]) -> usize {
    for at in (0..length).step_by(BLOCK) {
        match from.get(at..at + BLOCK) {
            Some(block) => to[at..at + BLOCK].copy_from_slice(block),
            None => to[at..length].copy_from_slice(&from[at..length]),
        }
    }
    length
}

/// Adds an integer.
pub fn push_long(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    push_decimal(number.unsigned_abs(), out);
}

#[cfg(test)]
mod tests;
