//! What is heard of logs that are read once more: their bytes, the numbers of their records, or some records in full.
//!
//! This module does not know why they are.

use super::duplicates::{self, Building, Digests, NumberedRecord};
use crate::base::Locator;
use crate::source::{self, Item, Record, RecordRef, Visit, Visitor};
use crate::sysmon;

/// Chunks whose bytes are read again.
pub struct ChunkHasher<'w> {
    /// Sorted.
    pub chunks: &'w [Locator],
    pub digests: &'w Digests,
    /// Of the chunk at hand.
    pub origin: Locator,
    pub found: Vec<(Locator, u64)>,
}

impl Visitor for ChunkHasher<'_> {
    fn wants_chunk(&mut self, offset: u64) -> bool {
        self.chunks.binary_search_by_key(&offset, |chunk| chunk.offset).is_ok()
    }

    fn wants_all_records(&self) -> bool {
        false
    }

    fn wants_record(&self, _: u64) -> bool {
        false
    }

    fn wants_remains(&self) -> bool {
        false
    }

    fn begin_chunk(&mut self, offset: u64) {
        self.origin.offset = offset;
    }

    fn glance(&mut self, _: &RecordRef<'_>) -> Visit {
        Visit::Skip
    }

    fn item(&mut self, _: Item) {}

    fn restart_chunk(&mut self) {}

    fn end_chunk(&mut self, bytes: &[u8]) {
        self.found.push((self.origin, self.digests.of(bytes)));
    }
}

/// Numbers that are read again.
pub struct RecordIdCollector<'w> {
    /// Sorted.
    pub chunks: &'w [Locator],
    pub groups: &'w mut Building,
    pub found: Vec<NumberedRecord>,
    /// How many there were when the chunk began.
    pub mark: usize,
}

impl Visitor for RecordIdCollector<'_> {
    fn wants_chunk(&mut self, offset: u64) -> bool {
        self.chunks.binary_search_by_key(&offset, |chunk| chunk.offset).is_ok()
    }

    fn wants_remains(&self) -> bool {
        false
    }

    fn begin_chunk(&mut self, _: u64) {
        self.mark = self.found.len();
    }

    fn glance(&mut self, glance: &RecordRef<'_>) -> Visit {
        self.found.push((self.groups.group(glance), glance.record_id(), glance.origin()));
        Visit::Skip
    }

    fn item(&mut self, item: Item) {
        if let Item::Record(record) = item
            && sysmon::is_sysmon(&record)
        {
            let (group, number) = duplicates::number_of(&record);
            self.found.push((group, number, record.origin));
        }
    }

    fn restart_chunk(&mut self) {
        self.found.truncate(self.mark);
    }

    fn end_chunk(&mut self, _: &[u8]) {}
}

/// Records that are read again because somebody needs all of them.
pub struct RecordLoader<'w, T, F: Fn(&Record) -> T> {
    /// Sorted.
    pub origins: &'w [Locator],
    pub make: F,
    pub found: Vec<T>,
    /// How many there were when the chunk began.
    pub mark: usize,
}

impl<T, F: Fn(&Record) -> T> Visitor for RecordLoader<'_, T, F> {
    fn wants_chunk(&mut self, offset: u64) -> bool {
        let next = self.origins.partition_point(|origin| origin.offset < offset);
        self.origins.get(next).is_some_and(|origin| source::chunk_start(origin.offset) == offset)
    }

    fn wants_all_records(&self) -> bool {
        false
    }

    fn wants_record(&self, offset: u64) -> bool {
        self.origins.binary_search_by_key(&offset, |origin| origin.offset).is_ok()
    }

    fn begin_chunk(&mut self, _: u64) {
        self.mark = self.found.len();
    }

    fn glance(&mut self, glance: &RecordRef<'_>) -> Visit {
        if self.origins.binary_search(&glance.origin()).is_ok() { Visit::NeedRecord } else { Visit::Skip }
    }

    fn item(&mut self, item: Item) {
        if let Item::Record(record) = item
            && self.origins.binary_search(&record.origin).is_ok()
        {
            self.found.push((self.make)(&record));
        }
    }

    fn restart_chunk(&mut self) {
        self.found.truncate(self.mark);
    }

    fn end_chunk(&mut self, _: &[u8]) {}
}
