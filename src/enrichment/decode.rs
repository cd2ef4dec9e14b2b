//! Encoded texts in a command line or script, decoded: Base64, URL encoding, gzip, zlib and deflate, UTF-16 and UTF-8, one inside the other.
//!
//! A text is gone through once for runs of Base64 and once for words with URL escapes. What decodes to something that a person could read is a result, and is
//! gone through in turn:
//!
//! ```text
//! powershell -enc SQBFAFgA…               0  Base64, UTF-16         IEX([IO.StreamReader]…FromBase64String('H4sIAAAA…
//!                                         1  Base64, gzip  (in 0)   $c = New-Object Net.WebClient; …
//! ```
//!
//! That it can be read is the whole test, since command lines are full of letters that are no encoding: hashes, GUIDs, paths and keys are bytes without
//! meaning once they are decoded. Where the text itself says that something is encoded (`-enc`, `FromBase64String`), less is asked of it.
//!
//! The bounds: nesting ([`DEEPEST`]), number of results ([`MOST_TEXTS`]), the length of each ([`LONGEST_TEXT`]), and what may be inflated in all
//! ([`MOST_INFLATED`]). Only inflating makes more out of less, so that the last bounds time and memory.

use super::base64_run::{Base64Run, base64_runs};
use super::inflate::{Compression, inflate};
use super::percent::percent_words;
use super::plain_text::{PlainText, TextTrust, plain_text};

/// How many encodings of a text inside the decoded text of another are followed.
pub const DEEPEST: usize = 6;
/// Most texts that are decoded in one command line.
pub const MOST_TEXTS: usize = 16;
/// Longest decoded text that is kept, in bytes. What is encoded in it is looked for in all of it.
pub const LONGEST_TEXT: usize = 16 << 10;
/// Most bytes of all decoded texts of one command line together.
const LONGEST_TEXTS: usize = 64 << 10;
/// Most bytes that are inflated for one command line.
pub const MOST_INFLATED: usize = 1 << 20;

/// A way in which a text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// Base64 of RFC 4648, with or without padding.
    Base64,
    /// Escapes of URLs, `%2F`.
    Url,
    /// Gzip.
    Gzip,
    /// Deflate in the frame of zlib.
    Zlib,
    /// Deflate without a frame, as .NET's `DeflateStream` reads it.
    Deflate,
    /// UTF-16, little endian; UTF-8 is not named.
    Utf16,
}

impl TextEncoding {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base64 => "Base64",
            Self::Url => "URL",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Deflate => "deflate",
            Self::Utf16 => "UTF-16",
        }
    }

    /// The name in documents.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Url => "url",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Deflate => "deflate",
            Self::Utf16 => "utf-16",
        }
    }
}

/// The names of encodings for people, outermost first: `Base64, UTF-16`.
fn encodings_text(encodings: &[TextEncoding]) -> String {
    encodings.iter().map(|encoding| encoding.name()).collect::<Vec<_>>().join(", ")
}

/// A text that was encoded in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedText {
    /// The text, or the part of it that was kept.
    pub text: String,
    /// How it was encoded, the outermost first.
    pub encodings: Vec<TextEncoding>,
    /// The position among the results of the one that it stands in; `None` if it is the command line itself.
    pub within: Option<usize>,
    /// How many characters of it were not kept.
    pub cut: usize,
    /// Whether there is more that was not inflated, nobody knows how much.
    pub is_partly_inflated: bool,
}

/// The texts that were encoded in one command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodedTexts {
    /// In the order of their places; what stands inside another comes right after it.
    pub texts: Vec<DecodedText>,
    /// How many more there were that are not told, being too many, too deep or too large.
    pub left_out: usize,
}

impl DecodedTexts {
    /// Whether nothing was encoded.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.left_out == 0
    }

    /// The first of the texts, each of at most so many bytes; what is left out and cut is counted.
    #[must_use]
    pub fn clipped(mut self, most_texts: usize, most_bytes: usize) -> Self {
        self.left_out += self.texts.len().saturating_sub(most_texts);
        self.texts.truncate(most_texts);
        for DecodedText { text, cut, .. } in &mut self.texts {
            let end = boundary(text, most_bytes);
            *cut += text[end..].chars().count();
            text.truncate(end);
        }
        self
    }

    /// How the text at a position was encoded, with all that it stands in, the outermost first: `Base64, UTF-16 > Base64, gzip`.
    pub fn path(&self, at: usize) -> String {
        let up = std::iter::successors(self.texts.get(at), |text| self.texts.get(text.within?));
        let mut parts: Vec<String> = up.take(DEEPEST).map(|text| encodings_text(&text.encodings)).collect();
        parts.reverse();
        parts.join(" > ")
    }
}

/// The texts that are encoded in a command line, a script or another text.
pub fn decode(text: &str) -> DecodedTexts {
    let mut decoder = NestedDecoder { found: DecodedTexts::default(), inflatable: MOST_INFLATED };
    decoder.scan(text, None, 0);
    decoder.found
}

struct NestedDecoder {
    found: DecodedTexts,
    /// How many bytes may still be inflated.
    inflatable: usize,
}

/// A whole decoded text, before it is cut.
struct UncutText {
    text: String,
    encodings: Vec<TextEncoding>,
    is_partly_inflated: bool,
}

impl UncutText {
    fn new(text: String, encodings: Vec<TextEncoding>) -> Self {
        Self { text, encodings, is_partly_inflated: false }
    }
}

impl NestedDecoder {
    fn scan(&mut self, text: &str, within: Option<usize>, depth: usize) {
        // Nothing marks bare deflate. A script that unpacks it says so by the name of the class.
        let says_deflate = contains_ignoring_case(text, b"deflate");
        for run in base64_runs(text) {
            let mut take = |digits| match self.text_of(&run, digits, says_deflate) {
                Some(whole) => self.keep(whole, within, depth),
                None => false,
            };
            if !take(run.digits) {
                for part in run.parts() {
                    take(part);
                }
            }
        }
        for word in percent_words(text) {
            let plain = plain_text(&word).filter(|plain| !plain.is_utf16 && plain.can_be_read(TextTrust::Low));
            if let Some(plain) = plain {
                self.keep(UncutText::new(plain.text, vec![TextEncoding::Url]), within, depth);
            }
        }
    }

    /// The text that some digits of a run are, if they are one.
    fn text_of(&mut self, run: &Base64Run<'_>, digits: &str, says_deflate: bool) -> Option<UncutText> {
        let bytes = run.bytes_of(digits)?;
        let is_text = |plain: &PlainText| run.trust(digits, plain).is_some_and(|trust| plain.can_be_read(trust));
        if let Some(plain) = plain_text(&bytes).filter(is_text) {
            let encodings = [Some(TextEncoding::Base64), plain.is_utf16.then_some(TextEncoding::Utf16)];
            return Some(UncutText::new(plain.text, encodings.into_iter().flatten().collect()));
        }
        let bare = says_deflate.then_some(Compression::Deflate);
        for compression in Compression::of(&bytes).into_iter().chain(bare) {
            let inflated = inflate(&bytes, compression, self.inflatable);
            self.inflatable -= inflated.bytes.len();
            if inflated.is_partial && inflated.bytes.is_empty() {
                self.found.left_out += 1;
            }
            // What was packed, and gives a text, is no accident.
            let Some(plain) = plain_text(&inflated.bytes).filter(|plain| plain.can_be_read(TextTrust::High)) else {
                continue;
            };
            let packed = match compression {
                Compression::Gzip => TextEncoding::Gzip,
                Compression::Zlib => TextEncoding::Zlib,
                Compression::Deflate => TextEncoding::Deflate,
            };
            let encodings = [Some(TextEncoding::Base64), Some(packed), plain.is_utf16.then_some(TextEncoding::Utf16)];
            let encodings = encodings.into_iter().flatten().collect();
            return Some(UncutText { text: plain.text, encodings, is_partly_inflated: inflated.is_partial });
        }
        None
    }

    /// Adds a result, unless it is told already, and looks for what is encoded in it. True, for the text is known now, or counted.
    fn keep(&mut self, whole: UncutText, within: Option<usize>, depth: usize) -> bool {
        let UncutText { text, encodings, is_partly_inflated } = whole;
        if depth >= DEEPEST || self.found.texts.len() >= MOST_TEXTS {
            self.found.left_out += 1;
            return true;
        }
        let used: usize = self.found.texts.iter().map(|known| known.text.len()).sum();
        let end = boundary(&text, LONGEST_TEXT.min(LONGEST_TEXTS.saturating_sub(used)));
        let is_known = |known: &DecodedText| known.text == text[..end] && known.encodings == encodings;
        if self.found.texts.iter().any(is_known) {
            return true;
        }
        let cut = text[end..].chars().count();
        let at = self.found.texts.len();
        self.found.texts.push(DecodedText { text: text[..end].to_owned(), encodings, within, cut, is_partly_inflated });
        self.scan(&text, Some(at), depth + 1);
        true
    }
}

/// Where a text is cut to have at most so many bytes.
fn boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn contains_ignoring_case(text: &str, word: &[u8]) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
