//! Many texts looked for in one, in a single pass, to tell which of many owners of such texts need a closer look.
//!
//! Letter case never counts, and a text with a character beyond ASCII that folds to ASCII is never ruled out, since a search by bytes would not see it.
//! So what is found is a superset, and the closer look decides. This module does not know what the owners are.

use super::ngram::Grams;
use super::wildcard::KELVIN;

/// Finds the owners of texts. Those of texts beyond ASCII are only told of where the other text is beyond ASCII too.
#[derive(Clone, Debug, Default)]
pub struct PartFinder {
    grams: Grams,
    /// The owner of each text.
    owners: Vec<usize>,
    /// Owners of a text that is too short to be looked for.
    everywhere: Vec<usize>,
    /// Owners of a text beyond ASCII, which no text of ASCII has in it.
    beyond: Vec<usize>,
}

impl PartFinder {
    /// A finder for texts, each with its owner.
    pub fn new(parts: impl IntoIterator<Item = (String, usize)>) -> Self {
        let (within, beyond): (Vec<_>, Vec<_>) = parts.into_iter().partition(|(part, _)| part.is_ascii());
        let is_telling = |(part, _): &(String, usize)| part.len() >= Grams::SHORTEST;
        let (telling, others): (Vec<_>, Vec<_>) = within.into_iter().partition(is_telling);
        let lower = telling.into_iter().map(|(part, owner)| (part.to_ascii_lowercase(), owner));
        let (parts, owners): (Vec<String>, Vec<usize>) = lower.unzip();
        Self {
            grams: Grams::new(parts.iter().map(String::as_bytes)),
            owners,
            everywhere: others.into_iter().map(|(_, owner)| owner).collect(),
            beyond: beyond.into_iter().map(|(_, owner)| owner).collect(),
        }
    }

    /// Tells of the owners whose text may be in this one, perhaps more than once.
    pub fn find(&self, text: &str, mut found: impl FnMut(usize)) {
        self.everywhere.iter().copied().for_each(&mut found);
        if self.owners.is_empty() && self.beyond.is_empty() {
            return;
        }
        let is_ascii = text.is_ascii();
        if !is_ascii {
            self.beyond.iter().copied().for_each(&mut found);
        }
        if !is_ascii && text.contains(KELVIN) {
            // It folds to `k`: bytes cannot tell, and every owner gets its closer look.
            self.owners.iter().copied().for_each(found);
        } else {
            self.grams.find(text.to_ascii_lowercase().as_bytes(), |at| found(self.owners[at]));
        }
    }
}

#[cfg(test)]
mod tests;
