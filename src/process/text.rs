//! Texts out of evidence that are held for long: cut to a bounded length, with the number of characters that were cut; and shared where they repeat.

use crate::base::interner::Interner;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Most texts that a pool shares.
const MOST_POOLED: usize = 1 << 16;

/// A text, perhaps cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CutText {
    /// The part that was kept.
    pub text: Arc<str>,
    /// How many characters were cut off.
    pub cut: u32,
}

impl CutText {
    /// A text of at most so many bytes, cut between two characters.
    pub fn new(text: &str, most: usize) -> Self {
        let (kept, cut) = split(text, most);
        Self { text: kept.into(), cut }
    }

    /// The text with at most so many bytes.
    #[must_use]
    pub fn clipped(&self, most: usize) -> Self {
        if self.text.len() <= most { self.clone() } else { Self::new(&self.text, most) }
    }
}

/// The start of a text, and how many characters follow it.
fn split(text: &str, most: usize) -> (&str, u32) {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let kept = &text[..end];
    let cut = text[kept.len()..].chars().count();
    (kept, u32::try_from(cut).unwrap_or(u32::MAX))
}

impl fmt::Display for CutText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if self.cut > 0 { write!(f, "… (+{} characters)", self.cut) } else { Ok(()) }
    }
}

/// Texts that are shared, whatever their length.
#[derive(Debug)]
pub struct Pool(Interner);

impl Default for Pool {
    fn default() -> Self {
        Self(Interner::new(MOST_POOLED, usize::MAX))
    }
}

impl Pool {
    /// A text, shared with those that were asked for before.
    pub fn share(&mut self, text: &str) -> Arc<str> {
        self.0.share(text)
    }

    /// A shared text of at most `most` bytes; behind a longer one stands how many characters were cut.
    pub fn share_cut(&mut self, text: &str, most: usize) -> Arc<str> {
        if text.len() <= most {
            return self.share(text);
        }
        let (kept, cut) = split(text, most);
        self.share(&format!("{kept}… (+{cut} characters)"))
    }
}
