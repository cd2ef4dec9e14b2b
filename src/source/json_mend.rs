//! JSON that is almost JSON: bytes that are no UTF-8, half surrogate pairs, control characters as they are, and numbers that JSON does not have.
//!
//! Tools write such documents every day: an old code page, a path cut in the middle of a pair, `NaN`. Nothing but the damaged character is lost by reading
//! them, and a reader is told. Only what `serde_json` has refused comes here.

/// A document that can be read, and what was done for that.
#[derive(Debug, PartialEq, Eq)]
pub struct Mended {
    pub bytes: Vec<u8>,
    pub what: Vec<&'static str>,
}

const NOT_UTF8: &str = "bytes that are not UTF-8, read as U+FFFD";
const HALF_A_PAIR: &str = "half a surrogate pair, read as U+FFFD";
const CONTROL: &str = "control characters that are not escaped";
const NO_NUMBER: &str = "a number that JSON does not have, read as null";

/// Repairs a document; `None` if it has no such defect.
pub fn mend(document: &[u8]) -> Option<Mended> {
    let mut mended = Mended { bytes: Vec::with_capacity(document.len() + 16), what: Vec::new() };
    let text = String::from_utf8_lossy(document);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        mended.did(NOT_UTF8);
    }
    let bytes = text.as_bytes();
    let (mut at, mut in_text) = (0, false);
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest[0] {
            b'"' => {
                in_text = !in_text;
                mended.keep(rest, 1)
            }
            b'\\' if in_text => mended.escape(rest),
            control @ ..0x20 if in_text => {
                mended.did(CONTROL);
                mended.bytes.extend_from_slice(format!("\\u{control:04x}").as_bytes());
                1
            }
            b'N' | b'I' | b'-' if !in_text => mended.number(rest),
            _ => mended.keep(rest, 1),
        };
    }
    (!mended.what.is_empty()).then_some(mended)
}

impl Mended {
    fn did(&mut self, what: &'static str) {
        if !self.what.contains(&what) {
            self.what.push(what);
        }
    }

    /// Keeps the first bytes as they are; how many were taken.
    fn keep(&mut self, rest: &[u8], count: usize) -> usize {
        let count = count.min(rest.len());
        self.bytes.extend_from_slice(&rest[..count]);
        count
    }

    fn escape(&mut self, rest: &[u8]) -> usize {
        let Some(first) = unit(rest) else { return self.keep(rest, 2) };
        let second = rest.get(6..).and_then(unit);
        match (first, second) {
            (0xd800..=0xdbff, Some(0xdc00..=0xdfff)) => self.keep(rest, 12),
            (0xd800..=0xdfff, _) => {
                self.did(HALF_A_PAIR);
                self.bytes.extend_from_slice(b"\\ufffd");
                6
            }
            _ => self.keep(rest, 6),
        }
    }

    fn number(&mut self, rest: &[u8]) -> usize {
        let Some(name) = ["NaN", "-Infinity", "Infinity"].iter().find(|name| rest.starts_with(name.as_bytes())) else {
            return self.keep(rest, 1);
        };
        self.did(NO_NUMBER);
        self.bytes.extend_from_slice(b"null");
        name.len()
    }
}

/// The UTF-16 unit of an escape `\u0041`.
fn unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    let text = str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests;
