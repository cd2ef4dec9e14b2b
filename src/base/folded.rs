//! Texts that are looked up with or without regard to letter case, and without copying the text that is looked up.
//!
//! Folding is that of patterns ([`fold`]), so that a lookup and a comparison never disagree.

use super::wildcard::{Case, fold};
use hashbrown::Equivalent;
use std::hash::{Hash, Hasher};

/// A text as the key of a map, folded already if case does not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoldedText(Box<str>);

/// A text to look up, folded as it is read if case does not count.
#[derive(Clone, Copy, Debug)]
pub struct Folded<'a>(pub &'a str, pub Case);

impl Folded<'_> {
    fn chars(&self) -> impl Iterator<Item = char> {
        let insensitive = self.1 == Case::Insensitive;
        self.0.chars().map(move |c| if insensitive { fold(c) } else { c })
    }
}

impl FoldedText {
    /// The key for a text.
    pub fn new(text: &str, case: Case) -> Self {
        Self(Folded(text, case).chars().collect())
    }

    /// The text as it was folded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn hash_chars<H: Hasher>(chars: impl Iterator<Item = char>, state: &mut H) {
    chars.for_each(|c| state.write_u32(c.into()));
}

impl Hash for FoldedText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_chars(self.0.chars(), state);
    }
}

impl Hash for Folded<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_chars(self.chars(), state);
    }
}

impl Equivalent<FoldedText> for Folded<'_> {
    fn equivalent(&self, key: &FoldedText) -> bool {
        self.chars().eq(key.0.chars())
    }
}
