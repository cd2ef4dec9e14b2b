//! GUIDs, as Windows stores them and as its records show them.
//!
//! This module does not know what a GUID is for.

use super::number::HEX;

/// A GUID as Windows stores it: the first three groups with their low bytes first.
pub type Guid = [u8; 16];

/// Letters of a GUID in braces.
pub const LENGTH: usize = 38;

/// Which byte comes next in the text.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/// How many letters of the text come before each of these bytes.
const PLACES: [usize; 16] = [1, 3, 5, 7, 10, 12, 15, 17, 20, 22, 25, 27, 29, 31, 33, 35];

/// The text of a GUID: in braces, in lower case.
pub fn text(guid: &Guid) -> [u8; LENGTH] {
    let mut text = [b'-'; LENGTH];
    // Stored 33 22 11 00 55 44 77 66 88 99 aa … is {00112233-4455-6677-8899-aa…}: groups of numbers have their low bytes first, the rest does not.
    for (from, at) in ORDER.into_iter().zip(PLACES) {
        text[at] = HEX[usize::from(guid[from] >> 4)];
        text[at + 1] = HEX[usize::from(guid[from] & 0xf)];
    }
    (text[0], text[LENGTH - 1]) = (b'{', b'}');
    text
}

/// The GUID whose text this is, letter for letter.
pub fn parse(of: &str) -> Option<Guid> {
    let letters: &[u8; LENGTH] = of.as_bytes().try_into().ok()?;
    let digit = |letter: u8| HEX.iter().position(|&hex| hex == letter).and_then(|digit| u8::try_from(digit).ok());
    let mut guid = [0; 16];
    for (to, at) in ORDER.into_iter().zip(PLACES) {
        guid[to] = digit(letters[at])? << 4 | digit(letters[at + 1])?;
    }
    // Digits alone were read: braces and dashes are compared by writing the GUID once more.
    (text(&guid) == *letters).then_some(guid)
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
