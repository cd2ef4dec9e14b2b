//! Whether bytes are a text that a person could read.

/// How much speaks for bytes being a text, before they are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextTrust {
    /// Only that they could be decoded.
    Low,
    /// What stands around them says that they are encoded.
    High,
}

/// A text, and whether it was UTF-16.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainText {
    pub text: String,
    pub is_utf16: bool,
}

/// One in so many characters may be a control character where it is known that a text was encoded.
const CONTROLS: usize = 32;
/// Fewest characters that are called a text.
const FEWEST: usize = 3;

/// The text that bytes are in UTF-16 (little endian) or UTF-8; `None` if they are none.
pub fn plain_text(bytes: &[u8]) -> Option<PlainText> {
    let utf16 = utf16_text(bytes).map(|text| PlainText { text, is_utf16: true });
    utf16.or_else(|| utf8_text(bytes).map(|text| PlainText { text, is_utf16: false }))
}

/// A text of which every second byte is zero, but for letters beyond Latin: as many as half of them, or more behind a mark.
fn utf16_text(bytes: &[u8]) -> Option<String> {
    let (marked, bytes) = match bytes.strip_prefix(b"\xff\xfe") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    let pairs = || bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    let ascii = pairs().filter(|unit| matches!(unit, 0x09 | 0x0a | 0x0d | 0x20..=0x7e)).count();
    if !marked && ascii * 2 < pairs().count() {
        return None;
    }
    let text: Result<String, _> = char::decode_utf16(pairs()).collect();
    text.ok().map(|text| text.trim_end_matches('\0').to_owned())
}

fn utf8_text(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        // Cut within the last character.
        Err(error) if error.error_len().is_none() => str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    Some(text.trim_end_matches('\0').to_owned())
}

impl PlainText {
    /// Whether it consists of characters that people write.
    pub fn can_be_read(&self, trust: TextTrust) -> bool {
        let (mut all, mut controls, mut words) = (0_usize, 0_usize, 0_usize);
        for c in self.text.chars() {
            all += 1;
            match c {
                '\t' | '\n' | '\r' | ' ' => words += 1,
                c if c.is_alphanumeric() => words += 1,
                // Also what stands for no character, and those of private use.
                c if c.is_control() || matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{ffff}') => controls += 1,
                _ => {}
            }
        }
        let (allowed, fewest_words) = match trust {
            TextTrust::High => (all / CONTROLS, all / 4),
            TextTrust::Low => (0, all.div_ceil(2)),
        };
        all >= FEWEST && controls <= allowed && words >= fewest_words.max(1)
    }
}
