//! Documents that were read twice: two exports that overlap, or a file and a copy of it.
//!
//! A text of gigabytes has millions of documents, and of each a word must be kept until the last one was read. So it is a short word: 32 bytes, where a
//! [`super::duplicates::RecordFingerprint`] of a record, which is looked up by its number too, has 72. They are sorted where they are; no second list is
//! made. This module does not know what a document is.

use crate::base::Locator;

/// A document as far as copies of it are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeenDocument<F> {
    /// The first bytes of a hash of all that it says. By chance, two documents of a thousand billion have the same with a probability of one in a thousand
    /// billion.
    fingerprint: [u8; 15],
    input: u32,
    offset: u64,
    /// Sysmon's event ID, which has 16 bits.
    event_id: Option<u16>,
    disposition: F,
}

impl<F: Copy + Ord> SeenDocument<F> {
    /// The short form of a document.
    pub fn new(fingerprint: [u8; 16], origin: Locator, event_id: Option<u16>, disposition: F) -> Self {
        let [fingerprint @ .., _] = fingerprint;
        Self { fingerprint, input: origin.input, offset: origin.offset, event_id, disposition }
    }

    /// Where it was read.
    pub fn origin(&self) -> Locator {
        Locator { input: self.input, offset: self.offset }
    }

    /// Sysmon's event ID, if it is a Sysmon event, and what became of it.
    pub fn counted(&self) -> (Option<u32>, F) {
        (self.event_id.map(u32::from), self.disposition)
    }
}

/// The documents that are copies of one at a lower place.
pub fn copies<F: Copy + Ord>(mut seen: Vec<SeenDocument<F>>) -> impl Iterator<Item = SeenDocument<F>> {
    // The fingerprint is the first field, the place the next: equal documents become neighbours, the lowest place in front, which is the one that stays.
    seen.sort_unstable();
    let mut last = None;
    seen.into_iter().filter(move |seen| last.replace(seen.fingerprint) == Some(seen.fingerprint))
}

#[cfg(test)]
mod tests;
