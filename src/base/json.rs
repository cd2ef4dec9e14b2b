//! Texts and numbers as JSON has them, written where they are to stand.
//!
//! A timeline is mostly paths and numbers: this looks at many bytes at once, and copies what stands before the next special one.
//! The result is what `serde_json` writes, byte for byte; a test holds that. This module does not know objects.

/// Adds a text with the quotes around it.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if has_special(bytes) {
        push_escaped(out, bytes);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

/// 1 for a byte that cannot stand in a text as it is, else 0.
fn special(byte: u8) -> u8 {
    u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\')
}

/// Whether any byte cannot. Bytes are looked at in blocks, without branches between them, so that it can be done at once; the last block overlaps.
fn has_special(bytes: &[u8]) -> bool {
    let mut marks = [0_u8; BLOCK];
    if let Some(last) = bytes.last_chunk() {
        bytes.as_chunks().0.iter().for_each(|block| mark_special(block, &mut marks));
        mark_special(last, &mut marks);
    } else if let (Some(first), Some(last)) =
        (bytes.first_chunk::<{ BLOCK / 2 }>(), bytes.last_chunk::<{ BLOCK / 2 }>())
    {
        let mut block = [0; BLOCK];
        block[..BLOCK / 2].copy_from_slice(first);
        block[BLOCK / 2..].copy_from_slice(last);
        mark_special(&block, &mut marks);
    } else {
        return bytes.iter().any(|byte| special(*byte) != 0);
    }
    u128::from_ne_bytes(marks) != 0
}

/// Marks the places of special bytes.
#[inline]
fn mark_special(block: &[u8; BLOCK], marks: &mut [u8; BLOCK]) {
    for (mark, byte) in marks.iter_mut().zip(block) {
        *mark |= special(*byte);
    }
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// What stands for a byte, and how much of it counts.
static ESCAPES: ([[u8; 2]; 256], [u8; 256]) = {
    let (mut pairs, mut lengths) = ([[0; 2]; 256], [1; 256]);
    let mut byte = 0_u8;
    loop {
        pairs[byte as usize] = [byte; 2];
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    pairs[b'"' as usize] = *b"\\\"";
    lengths[b'"' as usize] = 2;
    pairs[b'\\' as usize] = *b"\\\\";
    lengths[b'\\' as usize] = 2;
    (pairs, lengths)
};

/// Adds a text of which some bytes are special. Nearly always these are backslashes, every few letters in a path: too often to ask each byte what it is.
/// So two bytes are written for each, of which one or two count.
fn push_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    const PIECE: usize = 63;
    let (pairs, lengths) = &ESCAPES;
    for piece in bytes.chunks(PIECE) {
        if piece.iter().fold(0, |any, byte| any | u8::from(*byte < 0x20)) != 0 {
            push_controls(out, piece);
            continue;
        }
        let mut escaped = [0_u8; 2 * PIECE + 4];
        let mut length = 0;
        for byte in piece {
            // Never more than twice the bytes of a piece: the mask says so to the compiler.
            let at = length & (2 * PIECE + 1);
            escaped[at..at + 2].copy_from_slice(&pairs[usize::from(*byte)]);
            length += usize::from(lengths[usize::from(*byte)]);
        }
        out.extend_from_slice(&escaped[..length]);
    }
}

/// Adds the rest of a text that has control characters.
#[cold]
fn push_controls(out: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
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

/// Adds an integer.
pub fn push_long(out: &mut Vec<u8>, number: i64) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests;
