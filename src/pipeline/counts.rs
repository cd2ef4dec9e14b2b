//! Counts that workers add up unit by unit, and from which duplicates are subtracted at the end.

use super::disposition::Disposition;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// The key that records are counted by: Sysmon's event ID (`None` for a document that is no Sysmon event) and the disposition.
pub type RecordCategory = (Option<u32>, Disposition);

/// Numbers of records and documents by [`RecordCategory`].
#[derive(Clone, Debug, Default)]
pub struct RecordCounts(pub HashMap<RecordCategory, u64>);

impl RecordCounts {
    /// Adds `count` records of a category.
    pub fn add(&mut self, category: RecordCategory, count: u64) {
        *self.0.entry(category).or_default() += count;
    }

    /// Adds the counts of another.
    pub fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(category, count)| self.add(*category, *count));
    }

    /// Sums the counts of all categories.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// Counts that are added up unit by unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitTally {
    /// Chunks of 64 KiB with content.
    pub chunks: u64,
    /// Records met, readable or not.
    pub records: u64,
    /// Records of other providers than Sysmon.
    pub other_providers: u64,
    /// Sysmon records that were read before, from another copy.
    pub duplicates: u64,
    /// Records that became events and were recovered: no ordinary reader of the log shows them.
    pub recovered: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Faults that were counted but are not listed, because their piece of evidence has too many.
    pub unlisted_faults: u64,
}

impl UnitTally {
    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        self.chunks += other.chunks;
        self.records += other.records;
        self.other_providers += other.other_providers;
        self.duplicates += other.duplicates;
        self.recovered += other.recovered;
        self.unreadable += other.unreadable;
        self.unlisted_faults += other.unlisted_faults;
    }
}
