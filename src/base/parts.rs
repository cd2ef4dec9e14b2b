//! Many texts looked for in one, in a single pass, to tell which of many owners of such texts need a closer look.
//!
//! Letter case never counts, and a text with characters beyond ASCII is never ruled out: such characters can fold to ASCII, which a search by bytes
//! would not see. So what is found is a superset, and the closer look decides. This module does not know what the owners are.

use super::ngram::Grams;

/// Finds the owners of texts in ASCII.
#[derive(Clone, Debug, Default)]
pub struct PartFinder {
    grams: Grams,
    /// The owner of each text.
    owners: Vec<usize>,
    /// Owners of a text that is too short to be looked for.
    everywhere: Vec<usize>,
}

impl PartFinder {
    /// A finder for texts, each with its owner.
    pub fn new(parts: impl IntoIterator<Item = (String, usize)>) -> Self {
        let is_telling = |(part, _): &(String, usize)| part.len() >= Grams::SHORTEST && part.is_ascii();
        let (telling, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(is_telling);
        let lower = telling.into_iter().map(|(part, owner)| (part.to_ascii_lowercase(), owner));
        let (parts, owners): (Vec<String>, Vec<usize>) = lower.unzip();
        Self {
            grams: Grams::new(parts.iter().map(String::as_bytes)),
            owners,
            everywhere: others.into_iter().map(|(_, owner)| owner).collect(),
        }
    }

    /// Tells of the owners whose text may be in this one, perhaps more than once.
    pub fn find(&self, text: &str, mut found: impl FnMut(usize)) {
        self.everywhere.iter().copied().for_each(&mut found);
        if self.owners.is_empty() {
            return;
        }
        if text.is_ascii() {
            self.grams.find(text.to_ascii_lowercase().as_bytes(), |at| found(self.owners[at]));
        } else {
            // The Kelvin sign folds to `k`: bytes cannot tell, and every owner gets its closer look.
            self.owners.iter().copied().for_each(found);
        }
    }
}

#[cfg(test)]
mod tests;
