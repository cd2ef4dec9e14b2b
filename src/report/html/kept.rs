//! A choice of the parts of a page when not all of them fit: the most severe, and of those the earliest.
//!
//! The parts kept are always the beginning of the order of importance, so that a sentence can say what is missing. This module does not know what they hold.

use super::finding::AlertSeverity;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Where a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Importance {
    /// Severity of its alert.
    pub severity: AlertSeverity,
    /// Position of its alert among all, from 1.
    pub position: u64,
    /// Number of its alert on the page.
    pub number: u64,
}

impl Importance {
    /// The importance of an alert.
    pub const fn new(severity: AlertSeverity, position: u64, number: u64) -> Self {
        Self { severity, position, number }
    }

    /// The smaller, the more important.
    const fn key(self) -> (Reverse<AlertSeverity>, u64) {
        (Reverse(self.severity), self.position)
    }
}

impl PartialOrd for Importance {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Importance {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Parts within a size and a number.
#[derive(Debug, Default)]
pub struct Kept {
    parts: BinaryHeap<(Importance, String)>,
    bytes: u64,
    most_bytes: u64,
    most_parts: usize,
    /// Bytes that each part costs beside itself.
    around: u64,
    /// The most important part that was let go: nothing less important is kept.
    cutoff: Option<Importance>,
}

impl Kept {
    /// Nothing yet. Each part costs so many bytes beside itself.
    pub fn new(most_bytes: u64, most_parts: usize, around: usize) -> Self {
        Self { most_bytes, most_parts, around: around as u64, ..Self::default() }
    }

    /// Whether a part of this importance is worth making.
    pub fn has_room_for(&self, importance: Importance) -> bool {
        self.cutoff.is_none_or(|cutoff| importance < cutoff)
    }

    /// How many parts are kept.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// The bytes that all parts take.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Keeps a part, and lets go of the least important while there is too much.
    pub fn add(&mut self, importance: Importance, part: String) {
        self.bytes += part.len() as u64 + self.around;
        self.parts.push((importance, part));
        self.shrink();
    }

    fn shrink(&mut self) {
        // The heap has the least important part on top. Once one was let go, nothing less important may come in later, though it might be small enough:
        // the page says "the least severe are missing", and that must be true of all of them.
        while self.bytes > self.most_bytes || self.parts.len() > self.most_parts {
            let Some((importance, part)) = self.parts.pop() else { return };
            self.bytes -= part.len() as u64 + self.around;
            self.cutoff = Some(self.cutoff.map_or(importance, |cutoff| cutoff.min(importance)));
        }
    }

    /// The parts that fit into a smaller size, in the order of positions.
    pub fn fit(mut self, most_bytes: u64) -> Vec<(Importance, String)> {
        self.most_bytes = self.most_bytes.min(most_bytes);
        self.shrink();
        let mut parts = self.parts.into_vec();
        parts.sort_by_key(|(importance, _)| importance.position);
        parts
    }
}

#[cfg(test)]
mod tests;
