//! Texts that are looked up with or without regard to letter case, and without copying the text that is looked up.
//!
//! Folding is that of patterns ([`fold`]), so that a lookup and a comparison never disagree.

use super::wildcard::{CaseSensitivity, fold};
use hashbrown::Equivalent;
use std::hash::{Hash, Hasher};

/// A text as the key of a map, folded already if case does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoldedText(Box<str>);

/// A text to look up, folded as it is read if case does not count.
#[derive(Clone, Copy, Debug)]
pub struct Folded<'a>(pub &'a str, pub CaseSensitivity);

impl Folded<'_> {
    fn chars(&self) -> impl Iterator<Item = char> {
        let insensitive = self.1 == CaseSensitivity::Insensitive;
        self.0.chars().map(move |c| if insensitive { fold(c) } else { c })
    }
}

impl FoldedText {
    /// The key for a text.
    pub fn new(text: &str, case: CaseSensitivity) -> Self {
        match case {
            CaseSensitivity::Sensitive => Self(text.into()),
            CaseSensitivity::Insensitive if text.is_ascii() => Self(text.to_ascii_lowercase().into()),
            CaseSensitivity::Insensitive => Self(Folded(text, case).chars().collect()),
        }
    }

    /// The text as it was folded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hashes the bytes of a text, eight at a time, as `fold` changes them.
fn hash_bytes<H: Hasher>(text: &[u8], state: &mut H, fold: impl Fn(&mut [u8; 8])) {
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    // Filled up with zeros; the length, which is hashed last, tells such a text from one that ends in zeros.
    last[..rest.len()].copy_from_slice(rest);
    for mut word in words.iter().copied().chain([last]) {
        fold(&mut word);
        state.write_u64(u64::from_le_bytes(word));
    }
    state.write_usize(text.len());
}

impl Hash for FoldedText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_bytes(self.0.as_bytes(), state, |_| ());
    }
}

impl Hash for Folded<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.1 {
            CaseSensitivity::Sensitive => hash_bytes(self.0.as_bytes(), state, |_| ()),
            // Eight letters at a time, and the same hash as the folded key has. A fold of other characters may change how many bytes they have, so
            // that they are folded into a text first.
            CaseSensitivity::Insensitive if self.0.is_ascii() => {
                hash_bytes(self.0.as_bytes(), state, |word| word.make_ascii_lowercase());
            }
            CaseSensitivity::Insensitive => FoldedText::new(self.0, self.1).hash(state),
        }
    }
}

impl Equivalent<FoldedText> for Folded<'_> {
    fn equivalent(&self, key: &FoldedText) -> bool {
        match self.1 {
            CaseSensitivity::Sensitive => *self.0 == *key.0,
            CaseSensitivity::Insensitive if self.0.is_ascii() => self.0.eq_ignore_ascii_case(&key.0),
            CaseSensitivity::Insensitive => self.chars().eq(key.0.chars()),
        }
    }
}

#[cfg(test)]
mod tests;
