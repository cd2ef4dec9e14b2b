//! Texts that are looked up without regard to letter case, and without copying the text that is looked up.
//!
//! Folding is that of patterns ([`fold`]), so that a lookup and a comparison never disagree.

use super::wildcard::fold;
use hashbrown::Equivalent;
use std::hash::{Hash, Hasher};

/// A text as the key of a map, folded already.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FoldedText(Box<str>);

/// A text to look up, folded as it is read.
#[derive(Clone, Copy, Debug)]
pub struct Folded<'a>(pub &'a str);

impl FoldedText {
    /// The key for a text.
    pub fn new(text: &str) -> Self {
        Self(text.chars().map(fold).collect())
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Hash for FoldedText {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.chars().for_each(|c| state.write_u32(c.into()));
    }
}

impl Hash for Folded<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.chars().for_each(|c| state.write_u32(fold(c).into()));
    }
}

impl Equivalent<FoldedText> for Folded<'_> {
    fn equivalent(&self, key: &FoldedText) -> bool {
        self.0.chars().map(fold).eq(key.0.chars())
    }
}
