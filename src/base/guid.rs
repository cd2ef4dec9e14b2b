//! GUIDs, as Windows stores them and as its records show them.
//!
//! This module does not know what a GUID is for.

use super::number::HEX;

/// A GUID as Windows stores it: the first three groups with their low bytes first.
pub type Guid = [u8; 16];

/// Letters of a GUID in braces.
pub const LENGTH: usize = 38;

/// Which stored byte comes next in the text.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// How many letters of the text come before each of these bytes.
const PLACES: [usize; 16] = [1, 3, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 29, 31, 33, 35];

/// The digits of a GUID as they stand in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuidDigits {
    /// Two digits each, in the order of the text: `{00112233-…` is 00 11 22 33, and not 33 22 11 00 as it is stored.
    pub bytes: [u8; 16],
    /// Whether one of them is a capital letter.
    pub has_upper: bool,
    /// Whether one of them is a small letter.
    pub has_lower: bool,
}

/// The digits of a GUID in braces with its dashes, letters of either case.
pub fn digits(of: &[u8]) -> Option<GuidDigits> {
    let letters: &[u8; LENGTH] = of.try_into().ok()?;
    let mut read = GuidDigits { bytes: [0; 16], has_upper: false, has_lower: false };
    let is_framed = letters[0] == b'{' && letters[LENGTH - 1] == b'}';
    if !is_framed || DASHES.iter().any(|at| letters[at + 1] != b'-') {
        return None;
    }
    let mut digit = |letter: u8| match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => {
            read.has_lower = true;
            Some(letter - b'a' + 10)
        }
        b'A'..=b'F' => {
            read.has_upper = true;
            Some(letter - b'A' + 10)
        }
        _ => None,
    };
    let mut bytes = [0; 16];
    for (byte, at) in bytes.iter_mut().zip(PLACES) {
        *byte = digit(letters[at])? << 4 | digit(letters[at + 1])?;
    }
    Some(GuidDigits { bytes, ..read })
}

/// A GUID from the order of its text to that in which Windows stores it, or back: both swap the bytes of the first three groups, which are numbers.
///
/// Stored `33 22 11 00 | 55 44 | 77 66 | 88 99 | aa bb cc dd ee ff` is `{00112233-4455-6677-8899-aabbccddeeff}`.
fn reordered(bytes: &[u8; 16]) -> [u8; 16] {
    ORDER.map(|from| bytes[from])
}

/// Writes digits in the order of the text, in braces and with dashes.
pub fn braced(bytes: &[u8; 16], digits: &[u8; 16]) -> [u8; LENGTH] {
    let mut text = [b'-'; LENGTH];
    for (byte, at) in bytes.iter().zip(PLACES) {
        text[at] = digits[usize::from(byte >> 4)];
        text[at + 1] = digits[usize::from(byte & 0xf)];
    }
    (text[0], text[LENGTH - 1]) = (b'{', b'}');
    text
}

/// The text of a GUID: in braces, in lower case.
pub fn text(guid: &Guid) -> [u8; LENGTH] {
    braced(&reordered(guid), HEX)
}

/// The GUID whose text this is, letter for letter.
pub fn parse(of: &str) -> Option<Guid> {
    digits(of.as_bytes()).filter(|digits| !digits.has_upper).map(|digits| reordered(&digits.bytes))
}

/// The text of the zero GUID in normal form, which stands for no GUID at all.
pub const ZERO: &str = "{00000000-0000-0000-0000-000000000000}";

/// The normal form of a GUID, which is that of [`text`], from any usual writing: letters of either case, in braces, parentheses or neither, with
/// dashes at their places or none. `None` if the text is no GUID.
///
/// Versions of Windows and the tools around it write the same GUID in different ways, and joins compare texts.
pub fn normal_form(of: &str) -> Option<[u8; LENGTH]> {
    let of = of.trim();
    let bare = match (of.as_bytes().first()?, of.as_bytes().last()?) {
        (b'{', b'}') | (b'(', b')') => of.get(1..of.len() - 1)?,
        _ => of,
    };
    let bytes = bare.as_bytes();
    let has_dashes = bytes.len() == 36 && DASHES.iter().all(|&at| bytes[at] == b'-');
    if !has_dashes && bytes.len() != 32 {
        return None;
    }
    let mut text = [b'-'; LENGTH];
    (text[0], text[LENGTH - 1]) = (b'{', b'}');
    let mut digits = bytes.iter().enumerate().filter(|(at, _)| !has_dashes || !DASHES.contains(at));
    for at in (0..36).filter(|at| !DASHES.contains(at)) {
        let (_, digit) = digits.next().filter(|(_, digit)| digit.is_ascii_hexdigit())?;
        text[at + 1] = digit.to_ascii_lowercase();
    }
    Some(text)
}

/// The GUID that a text is in any usual writing.
pub fn read(of: &str) -> Option<Guid> {
    parse(str::from_utf8(&normal_form(of)?).ok()?)
}

/// The normal form of a GUID that is in another writing; `None` for what is none, or in that form already.
pub fn rewritten(of: &str) -> Option<String> {
    let normal = normal_form(of)?;
    (normal != *of.as_bytes()).then(|| String::from_utf8_lossy(&normal).into_owned())
}

/// Where the dashes of a GUID stand, without braces.
const DASHES: [usize; 4] = [8, 13, 18, 23];

#[cfg(test)]
mod tests;
