//! Runs of Base64 digits in a text, and how much speaks for each being Base64.

use super::plain_text::{PlainText, TextTrust};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 as it is found in command lines: the padding may be lost, and the last digit may have bits too many.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Fewest digits where the text says that they are Base64.
const FEWEST_IF_SAID: usize = 4;
/// Fewest digits where nothing says so: 15 bytes. Letters at random are text that long less than once in a hundred thousand times.
const FEWEST: usize = 20;
/// How far back from a run it is looked what it is to be, in bytes.
const BACK: usize = 64;

/// A run of digits, without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base64Run<'t> {
    pub digits: &'t str,
    said: Base64Hint,
}

/// What stands in front of a run says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base64Hint {
    Nothing,
    /// It is Base64 of UTF-16, if this is PowerShell; other programs have a `-e` too.
    Utf16,
    /// It is Base64.
    Base64,
}

impl<'t> Base64Run<'t> {
    /// The parts of the run between slashes, which are digits, and separate the parts of paths and addresses too. None if it is sure that the run is one.
    pub fn parts(&self) -> impl Iterator<Item = &'t str> {
        let (digits, may_be_path) = (self.digits, self.said == Base64Hint::Nothing);
        digits.split('/').filter(move |part| may_be_path && part.len() < digits.len())
    }

    /// The bytes that some digits of the run stand for; `None` if they do not look like Base64, and nothing says that they are.
    pub fn bytes_of(&self, digits: &str) -> Option<Vec<u8>> {
        if self.said == Base64Hint::Nothing && !looks_like_base64(digits) {
            return None;
        }
        // One digit alone has six bits, which are no byte: the text was cut there.
        let whole = digits.len() - usize::from(digits.len() % 4 == 1);
        ENGINE.decode(&digits[..whole]).ok()
    }

    /// How much speaks for a text that some digits of the run were decoded to.
    pub fn trust(&self, digits: &str, plain: &PlainText) -> Option<TextTrust> {
        match self.said {
            Base64Hint::Base64 => Some(TextTrust::High),
            Base64Hint::Utf16 if plain.is_utf16 => Some(TextTrust::High),
            Base64Hint::Utf16 | Base64Hint::Nothing => looks_like_base64(digits).then_some(TextTrust::Low),
        }
    }
}

/// Whether digits are many, and of at least three of the four kinds (capitals, small letters, numbers, signs): hashes in hexadecimal, numbers and names are of
/// fewer.
fn looks_like_base64(digits: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| digits.as_bytes().iter().any(kind);
    let kinds = || {
        [
            has(u8::is_ascii_uppercase),
            has(u8::is_ascii_lowercase),
            has(u8::is_ascii_digit),
            has(|byte| matches!(byte, b'+' | b'/')),
        ]
    };
    digits.len() >= FEWEST && kinds().into_iter().filter(|has| *has).count() >= 3
}

/// The runs of a text that may be Base64, in order.
pub fn base64_runs(text: &str) -> impl Iterator<Item = Base64Run<'_>> {
    let bytes = text.as_bytes();
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes[at..].iter().position(is_digit)?;
            let end = bytes[start..].iter().position(|byte| !is_digit(byte)).map_or(bytes.len(), |len| start + len);
            at = end;
            if end - start >= FEWEST_IF_SAID {
                let run = Base64Run { digits: &text[start..end], said: said(&text[..start]) };
                if run.said != Base64Hint::Nothing || run.digits.len() >= FEWEST {
                    return Some(run);
                }
            }
        }
    })
}

/// What stands right in front of Base64 that is decoded: functions, and the type of an address that holds its data.
const DECODERS: [&str; 4] = ["frombase64string", "b64decode", "atob", "base64,"];

/// What a text says about a run that comes after it.
fn said(before: &str) -> Base64Hint {
    let begin = before.len().saturating_sub(BACK);
    let begin = (begin..=before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
    let is_around = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '(' | '[' | ':' | '=' | '\\');
    let near = before[begin..].trim_end_matches(is_around);
    let ends_with = |word: &&str| {
        let end = near.len().checked_sub(word.len()).and_then(|start| near.get(start..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    if DECODERS.iter().any(ends_with) {
        Base64Hint::Base64
    } else if is_parameter(near) {
        Base64Hint::Utf16
    } else {
        Base64Hint::Nothing
    }
}

/// Whether a text ends in a parameter of PowerShell that takes Base64. It may be shortened at will, and carets and backticks of the shell may stand in it.
fn is_parameter(near: &str) -> bool {
    let word = near.rsplit(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).next().unwrap_or_default();
    let mut letters = word.chars().filter(|c| !matches!(c, '^' | '`'));
    // PowerShell takes a slash and three dashes of typesetters for a hyphen.
    if !letters.next().is_some_and(|c| matches!(c, '-' | '/' | '\u{2013}' | '\u{2014}' | '\u{2015}')) {
        return false;
    }
    let name = letters.collect::<String>().to_ascii_lowercase();
    let is_short_for = |whole: &str| !name.is_empty() && whole.starts_with(&name);
    name == "ec" || name == "ea" || is_short_for("encodedcommand") || is_short_for("encodedarguments")
}
