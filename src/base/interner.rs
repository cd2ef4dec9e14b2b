//! Texts that come back again and again (channel names, computer names, SIDs), each held once.
//!
//! The texts come from evidence, so that an interner must not grow with it: at its limit it forgets what it knows and starts anew. Whoever holds a text
//! goes on holding it, and a forgotten text costs one more copy, not a wrong answer. Least-recently-used eviction would keep more, but needs a list that
//! every lookup changes; honest evidence never comes near the limit.

use hashbrown::HashSet;
use std::sync::Arc;

/// Shared copies of texts.
#[derive(Debug)]
pub struct Interner {
    known: HashSet<Arc<str>>,
    /// The bytes of the texts that are known.
    bytes: usize,
    most: usize,
    longest: usize,
}

/// Most bytes of texts that are known: as many as names of any number take, and few of those that evidence was made long with.
const MOST_BYTES: usize = 16 << 20;

impl Default for Interner {
    /// For names: at most 8,192, of at most 256 bytes.
    fn default() -> Self {
        Self::new(8192, 256)
    }
}

impl Interner {
    /// An interner that holds at most so many texts, none of which has more than `longest` bytes; longer ones are copied each time.
    pub fn new(most: usize, longest: usize) -> Self {
        Self { known: HashSet::new(), bytes: 0, most, longest }
    }

    /// A shared copy of a text.
    pub fn share(&mut self, text: &str) -> Arc<str> {
        if text.len() > self.longest {
            return text.into();
        }
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        if self.known.len() >= self.most || self.bytes > MOST_BYTES {
            self.known.clear();
            self.bytes = 0;
        }
        self.bytes += text.len();
        let new: Arc<str> = text.into();
        self.known.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests;
