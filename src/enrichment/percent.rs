//! Words with escapes of URLs, `%2F`.

/// Fewest escapes of a word. One or two stand in many addresses, which can be read as they are.
const FEWEST: usize = 3;

/// The words of a text with enough escapes, decoded, in order. Blanks and quotes stand between words.
pub fn percent_words(text: &str) -> impl Iterator<Item = Vec<u8>> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '|' | '`'));
    words.filter(|word| word.len() >= 3 * FEWEST).filter_map(|word| {
        let (decoded, escapes) = unescaped(word.as_bytes());
        (escapes >= FEWEST).then_some(decoded)
    })
}

/// The bytes of a word without escapes, and how many there were. A percent sign that begins none stays.
fn unescaped(word: &[u8]) -> (Vec<u8>, usize) {
    let (mut out, mut escapes, mut at) = (Vec::with_capacity(word.len()), 0, 0);
    while let Some(&byte) = word.get(at) {
        let escape = word.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(hexadecimal);
        out.push(escape.unwrap_or(byte));
        escapes += usize::from(escape.is_some());
        at += if escape.is_some() { 3 } else { 1 };
    }
    (out, escapes)
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let number = digits.iter().try_fold(0, |number, byte| Some(number * 16 + digit(*byte)?))?;
    u8::try_from(number).ok()
}
