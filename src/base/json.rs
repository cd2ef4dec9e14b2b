//! Texts and numbers as JSON has them, written where they are to stand.
//!
//! A timeline is mostly paths, and a path is mostly letters: this looks at sixteen bytes at a time and writes them as they are if none of them is special.
//! The result is what `serde_json` writes, byte for byte; a test holds that. This module does not know objects.

/// Adds a text with the quotes around it.
pub fn push_text(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for block in blocks {
        if block.iter().fold(false, |special, byte| special | is_special(*byte)) {
            push_special(out, block);
        } else {
            out.extend_from_slice(block);
        }
    }
    if rest.iter().fold(false, |special, byte| special | is_special(*byte)) {
        push_special(out, rest);
    } else {
        out.extend_from_slice(rest);
    }
    out.push(b'"');
}

/// Bytes that are looked at together.
const BLOCK: usize = 16;

/// Whether a byte cannot stand in a text as it is.
const fn is_special(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

/// Adds at most [`BLOCK`] bytes, of which some are special: nearly always backslashes, which come so often in paths that to branch on them costs more
/// than to write one behind every byte and to write over most.
fn push_special(out: &mut Vec<u8>, block: &[u8]) {
    if block.iter().any(|byte| *byte < 0x20) {
        return push_controls(out, block);
    }
    let mut escaped = [0_u8; 2 * BLOCK + 1];
    let mut length = 0;
    for byte in block {
        escaped[length] = b'\\';
        length += usize::from(is_special(*byte));
        escaped[length] = *byte;
        length += 1;
    }
    out.extend_from_slice(&escaped[..length]);
}

/// Adds bytes with control characters among them.
#[cold]
fn push_controls(out: &mut Vec<u8>, block: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in block {
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
