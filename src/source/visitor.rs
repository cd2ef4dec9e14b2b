//! The items of a unit of work, and the trait of their consumers.
//!
//! This module does not read anything.

use std::ops::AddAssign;

use super::chunk_extent::ChunkExtent;
use super::fast::{ChunkListener, RecordRef, Visit};
use super::fault::Fault;
use super::json_document::JsonDocument;
use super::record::Record;

/// A record, document or fault of a unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A record that was read.
    Record(Record),
    /// A document that was read.
    Document(JsonDocument),
    /// A record that was met and is not wanted: see `Scratch::wanting`.
    Skipped,
    /// Something that was not, or that is in doubt.
    Fault(Fault),
}

/// Receives everything in a unit, in the order of the file.
pub trait Visitor {
    /// Whether the chunk that begins at this many bytes from the start of the file is to be read, where others of the unit must be passed on the way to it.
    fn wants_chunk(&mut self, _offset: u64) -> bool {
        true
    }
    /// Whether every record is to be heard of, where nothing is wrong; if not, [`wants_record`](Self::wants_record) is asked of each.
    fn wants_all_records(&self) -> bool {
        true
    }
    /// Whether the record that begins at this many bytes from the start of the file is to be heard of.
    fn wants_record(&self, _offset: u64) -> bool {
        true
    }
    /// Whether records are to be heard of that stand in no chunk of their log: what is left of broken ones, and of older ones in unused space.
    fn wants_remains(&self) -> bool {
        true
    }
    /// A chunk of an event log begins at this many bytes from the start of the file. Called for chunks that are not empty.
    fn begin_chunk(&mut self, offset: u64);
    /// A record of the chunk, as it stands there. Most need no more than that. Records that cannot be read in place are items at once.
    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit;
    /// A record, document or fault.
    fn item(&mut self, item: Item);
    /// Takes back everything since the chunk began: it is read again, in another way.
    fn restart_chunk(&mut self);
    /// The chunk has been read; these are all of its bytes that say anything.
    fn end_chunk(&mut self, bytes: &[u8]);
    /// Which of the numbers of its log the chunk has that has just been read.
    fn chunk_extent(&mut self, _extent: ChunkExtent) {}
}

/// Hands on items, one chunk at a time.
pub(super) struct Collector<'s> {
    sink: &'s mut dyn FnMut(Item),
    items: Vec<Item>,
    in_chunk: bool,
}

impl<'s> Collector<'s> {
    /// Hands on to `sink`.
    pub fn new(sink: &'s mut dyn FnMut(Item)) -> Self {
        Self { sink, items: Vec::new(), in_chunk: false }
    }
}

impl Visitor for Collector<'_> {
    fn begin_chunk(&mut self, _: u64) {
        self.in_chunk = true;
    }

    fn record_ref(&mut self, _: &RecordRef<'_>) -> Visit {
        Visit::NeedRecord
    }

    fn item(&mut self, item: Item) {
        // Held until the chunk is read, because a fast reading may be taken back.
        if self.in_chunk {
            self.items.push(item);
        } else {
            (self.sink)(item);
        }
    }

    fn restart_chunk(&mut self) {
        self.items.clear();
    }

    fn end_chunk(&mut self, _: &[u8]) {
        self.in_chunk = false;
        self.items.drain(..).for_each(&mut *self.sink);
    }
}

/// The fast way's words for what a visitor hears.
pub(super) struct Hearing<'v>(pub &'v mut dyn Visitor);

impl ChunkListener for Hearing<'_> {
    fn wants_all(&self) -> bool {
        self.0.wants_all_records()
    }

    fn wants_record(&self, offset: u64) -> bool {
        self.0.wants_record(offset)
    }

    fn pass_over(&mut self) {
        self.0.item(Item::Skipped);
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        self.0.record_ref(record)
    }

    fn record(&mut self, record: Record) {
        self.0.item(Item::Record(record));
    }
}

/// Counts of a unit. Those of several units add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitStats {
    /// Bytes read from disk.
    pub bytes: u64,
    /// Chunk slots that hold something, readable or not; 0 for XML.
    pub chunks: u64,
    /// Chunk slots that were never used: all their bytes are zero.
    pub empty_chunks: u64,
    /// Records met: those handed over as [`Item::Record`] or [`Item::Skipped`], and those lost with a fault for which [`Fault::is_record`] holds.
    pub records: u64,
}

impl AddAssign for UnitStats {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.chunks += other.chunks;
        self.empty_chunks += other.empty_chunks;
        self.records += other.records;
    }
}
