//! The results of some units of evidence, and how those of several are merged.
//!
//! This module does not know how units are read.

use super::begins::HostBegins;
use super::computers::Computers;
use super::copies::SeenDocument;
use super::counts::{RecordCounts, UnitTally};
use super::disposition::Disposition;
use super::duplicates::{self, ChunkSeen, Duplicates, RecordFingerprint, Rereader};
use super::keywords::LongKeyword;
use crate::detect::Inventory;
use crate::process::HostAddresses;
use crate::source::{ChunkExtent, Fault};

/// Most faults of one unit that are listed. Hostile evidence can hold one in every few bytes, and a list of them all would fill the memory.
pub const FAULTS_PER_UNIT: usize = 1000;

/// The results of some units.
#[derive(Default)]
pub struct PartialResults {
    /// Which fields the events have, if that is wanted.
    pub inventory: Inventory,
    /// The addresses that hosts have shown as their own, if a timeline tells of connections in words.
    pub addresses: HostAddresses,
    /// Values that are too long to be keywords.
    pub long_keywords: Vec<LongKeyword>,
    /// Every chunk with records of Sysmon, to know duplicates by.
    pub chunks: Vec<ChunkSeen>,
    /// Every chunk that is not empty, to know by what is missing between them.
    pub extents: Vec<ChunkExtent>,
    /// Every record of other files.
    pub seen: Vec<RecordFingerprint>,
    /// Every document.
    pub documents: Vec<SeenDocument<Disposition>>,
    /// Records and documents by kind.
    pub counts: RecordCounts,
    pub faults: Vec<Fault>,
    /// How many of them are of units that were read before.
    faults_before: usize,
    pub tally: UnitTally,
    /// When the events of each host begin, if some rule looks for new terms.
    pub begins: HostBegins,
    /// The computers of the events.
    pub computers: Computers,
}

impl PartialResults {
    /// Begins a unit.
    pub fn begin_unit(&mut self) {
        self.faults_before = self.faults.len();
    }

    /// Keeps a fault, unless there are too many of them already; it is counted in any case.
    pub fn note(&mut self, fault: Fault) {
        self.tally.unreadable += u64::from(fault.is_record());
        if self.faults.len() - self.faults_before < FAULTS_PER_UNIT {
            self.faults.push(fault);
        } else {
            self.tally.unlisted_faults += 1;
        }
    }

    /// Merges two results. Their order does not matter: everything is sorted before it is used.
    pub fn merge(mut self, mut other: Self) -> Self {
        // The smaller one is moved into the larger: what many merges copy in all then grows with the logarithm of the number of units only.
        if self.chunks.len() < other.chunks.len() {
            std::mem::swap(&mut self, &mut other);
        }
        self.chunks.append(&mut other.chunks);
        self.extents.append(&mut other.extents);
        self.long_keywords.append(&mut other.long_keywords);
        append(&mut self.seen, other.seen);
        append(&mut self.documents, other.documents);
        self.counts.add_all(&other.counts);
        self.faults.append(&mut other.faults);
        self.inventory.merge(other.inventory);
        self.addresses.merge(other.addresses);
        self.tally.add(&other.tally);
        self.begins.merge(other.begins);
        self.computers.merge(other.computers);
        self
    }

    /// Finds the duplicates, and moves their records from the counts of their categories to that of duplicates.
    pub fn remove_duplicates(&mut self, reader: &dyn Rereader) -> Duplicates {
        let mut duplicates: Duplicates = duplicates::find(std::mem::take(&mut self.chunks), &self.seen, reader);
        self.seen = Vec::new();
        duplicates.add_documents(std::mem::take(&mut self.documents));
        if duplicates.is_empty() {
            return duplicates;
        }
        self.tally.duplicates += duplicates.counts.total();
        self.tally.recovered = self.tally.recovered.saturating_sub(duplicates.recovered);
        for (category, count) in &duplicates.counts.0 {
            let have = self.counts.0.entry(*category).or_default();
            *have = have.saturating_sub(*count);
        }
        duplicates
    }
}

/// Adds to the longer of two lists: nothing that is large is copied. Their order does not matter.
fn append<T>(list: &mut Vec<T>, mut other: Vec<T>) {
    if list.len() < other.len() {
        std::mem::swap(list, &mut other);
    }
    list.append(&mut other);
}
