//! Texts and numbers as JSON has them, written where they are to stand.
//!
//! A timeline is mostly paths and numbers: this looks at many bytes at once, and copies what stands before the next special one.
//! The result is what `serde_json` writes, byte for byte; a test holds that. This module does not know objects.

/// Bytes of a text that are escaped at a time.
const PIECE: usize = 64;
/// Bytes that are looked at together, as one word.
const WORD: usize = 8;

/// Adds a text with the quotes around it.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2 * WORD);
    out.push(b'"');
    bytes.chunks(PIECE).for_each(|piece| push_piece(out, piece));
    out.push(b'"');
}

/// Adds a piece of a text. Whole words are copied before it is known how much of them counts: nearly always what cannot stand as it is are
/// backslashes, every few letters in a path.
fn push_piece(out: &mut Vec<u8>, piece: &[u8]) {
    // Never more than twice the bytes of the piece, and the rest of a word.
    let mut escaped = [0_u8; 2 * PIECE + 2 * WORD];
    let (mut at, mut length) = (0, 0);
    while at < piece.len() {
        let rest = &piece[at..];
        let word = first_word(rest);
        escaped[length..length + WORD].copy_from_slice(&word.to_le_bytes());
        let plain = specials(word).trailing_zeros() as usize / 8;
        let whole = rest.len().min(WORD);
        if plain >= whole {
            at += whole;
            length += whole;
            continue;
        }
        let byte = rest[plain];
        if byte < 0x20 {
            out.extend_from_slice(&escaped[..length]);
            push_controls(out, rest);
            return;
        }
        escaped[length + plain..length + plain + 2].copy_from_slice(&[b'\\', byte]);
        at += plain + 1;
        length += plain + 2;
    }
    out.extend_from_slice(&escaped[..length]);
}

/// The first bytes as a word, the first of them lowest, with spaces for those that are not there.
fn first_word(bytes: &[u8]) -> u64 {
    if let Some(word) = bytes.first_chunk() {
        return u64::from_le_bytes(*word);
    }
    let mut word = [b' '; WORD];
    word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    u64::from_le_bytes(word)
}

/// Marks bytes that cannot stand in a text as they are. The lowest bit that is set is the highest of the first such byte; above it there may be others
/// that mean nothing, since a subtraction borrows from the next byte.
fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word;
    let controls = word.wrapping_sub(ONES * 0x20) & !word;
    let quotes = zeros(word ^ (ONES * 0x22));
    let backslashes = zeros(word ^ (ONES * 0x5c));
    (controls | quotes | backslashes) & (ONES * 0x80)
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
