//! Many texts looked for in one, in a single pass, to tell which of many owners of such texts need a closer look.
//!
//! Letter case never counts, and a text with characters beyond ASCII is never ruled out: such characters can fold to ASCII, which a search by bytes
//! would not see. So what is found is a superset, and the closer look decides. This module does not know what the owners are.

use aho_corasick::AhoCorasick;

/// Finds the owners of texts in ASCII.
#[derive(Clone, Debug, Default)]
pub struct PartFinder {
    /// `None` if there is nothing to look for, or if it could not be built.
    finder: Option<AhoCorasick>,
    /// The owner of each text.
    owners: Vec<usize>,
    /// Owners of an empty text, which is in every text.
    everywhere: Vec<usize>,
}

impl PartFinder {
    /// A finder for texts, each with its owner.
    pub fn new(parts: impl IntoIterator<Item = (String, usize)>) -> Self {
        let (telling, empty): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(part, _)| !part.is_empty());
        let (parts, owners): (Vec<String>, Vec<usize>) = telling.into_iter().unzip();
        let build = || AhoCorasick::builder().ascii_case_insensitive(true).build(&parts).ok();
        let finder = if parts.is_empty() { None } else { build() };
        Self { finder, owners, everywhere: empty.into_iter().map(|(_, owner)| owner).collect() }
    }

    /// The owners whose text may be in this one, perhaps more than once.
    pub fn find<'t>(&'t self, text: &'t str) -> impl Iterator<Item = usize> + 't {
        let finder = self.finder.as_ref().filter(|_| text.is_ascii());
        let found = finder.into_iter().flat_map(move |finder| finder.find_overlapping_iter(text));
        let found = found.map(|part| self.owners[part.pattern().as_usize()]);
        let unsure = if finder.is_none() { self.owners.as_slice() } else { &[] };
        self.everywhere.iter().chain(unsure).copied().chain(found)
    }
}
