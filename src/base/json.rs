//! Texts and numbers as JSON has them, written where they are to stand.
//!
//! A timeline is mostly paths and numbers: this looks at many bytes at once, and copies what stands before the next special one.
//! The result is what `serde_json` writes, byte for byte; a test holds that. This module does not know objects.

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
