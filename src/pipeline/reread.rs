//! Visitors for a second reading of some chunks or records: for digests of chunks, for the numbers of their records, or for some records in full.
//!
//! This module does not know what the second reading is for.

use super::documents;
use super::duplicates::{self, Building, Digests, NumberedRecord};
use super::options::RunOptions;
use crate::base::Locator;
use crate::base::spool::SpoolSpace;
use crate::event::Event;
use crate::source::{self, Input, Item, PlacesInUnit, RecordRef, Scratch, Visit, Visitor, WorkUnit};
use crate::sysmon;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Computes digests of all bytes of some chunks.
pub struct ChunkHasher<'w> {
    chunks: &'w [Locator],
    digests: &'w Digests,
    /// The place of the chunk at hand.
    origin: Locator,
    /// Places and digests, in the order of the file.
    pub found: Vec<(Locator, u64)>,
}

impl<'w> ChunkHasher<'w> {
    /// A hasher of `chunks`, which are sorted and all of one input.
    pub fn new(chunks: &'w [Locator], digests: &'w Digests, input: u32) -> Self {
        Self { chunks, digests, origin: Locator { input, offset: 0 }, found: Vec::new() }
    }
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

    fn record_ref(&mut self, _: &RecordRef<'_>) -> Visit {
        Visit::Skip
    }

    fn item(&mut self, _: Item) {}

    fn restart_chunk(&mut self) {}

    fn end_chunk(&mut self, bytes: &[u8]) {
        self.found.push((self.origin, self.digests.of(bytes)));
    }
}

/// Collects the numbers of Sysmon's records in some chunks.
pub struct RecordIdCollector<'w> {
    chunks: &'w [Locator],
    groups: &'w mut Building,
    /// The numbers, in the order of the file.
    pub found: Vec<NumberedRecord>,
    /// How many there were when the chunk began.
    mark: usize,
}

impl<'w> RecordIdCollector<'w> {
    /// A collector of the numbers in `chunks`, which are sorted. `groups` remembers the group of computer and channel from record to record.
    pub fn new(chunks: &'w [Locator], groups: &'w mut Building) -> Self {
        Self { chunks, groups, found: Vec::new(), mark: 0 }
    }
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

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        self.found.push((self.groups.group(record), record.record_id(), record.origin()));
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

/// The buffers of a reader.
pub fn scratch(options: &RunOptions) -> Scratch {
    Scratch::default().wanting(sysmon::is_provider).slow(options.slow_reader)
}

/// Reads events of a run again by their places.
#[derive(Clone, Debug)]
pub struct EventReader {
    /// The files that were read.
    pub inputs: Arc<[Input]>,
    /// The options of the run.
    pub options: Arc<RunOptions>,
    /// The threads.
    pub pool: Arc<rayon::ThreadPool>,
    /// Where spools write.
    pub space: SpoolSpace,
}

impl EventReader {
    /// A reader of these inputs.
    pub fn new(inputs: &[Input], options: &RunOptions, pool: &Arc<rayon::ThreadPool>, space: &SpoolSpace) -> Self {
        let options = Arc::new(options.clone());
        Self { inputs: inputs.into(), options, pool: pool.clone(), space: space.clone() }
    }

    /// The events that were read at some places, in their order. Those that are not there any more are left out.
    pub fn events(&self, origins: &BTreeSet<Locator>) -> Vec<Arc<Event>> {
        let origins: Vec<Locator> = origins.iter().copied().collect();
        let event = |item| event_of(item, &self.inputs, &self.options).map(Arc::new);
        self.pool.install(|| load(&self.inputs, &self.options, &origins, event))
    }

    /// Makes something of each event that was read at some places, given in order, and gives it to `keep` a few at a time, on all threads and in no certain
    /// order.
    pub fn for_each_event<T: Send>(
        &self,
        origins: &[Locator],
        make: impl Fn(Event) -> Option<T> + Sync,
        keep: KeepLoaded<'_, T>,
    ) {
        let make = |item| event_of(item, &self.inputs, &self.options).and_then(&make);
        let units = source::units_again(&self.inputs, origins);
        let load = |scratch: &mut Scratch, (unit, origins): &(WorkUnit, &[Locator])| {
            let mut loader = RecordLoader { keep: Some(keep), ..RecordLoader::new(origins, &make) };
            source::visit_unit(&self.inputs, unit, scratch, &mut loader);
            loader.give();
        };
        self.pool.install(|| units.par_iter().for_each_init(|| scratch(&self.options), load));
    }
}

/// The event of an item, if it is one.
fn event_of(item: Item, inputs: &[Input], options: &RunOptions) -> Option<Event> {
    match item {
        Item::Record(record) => {
            Some(sysmon::map(&record, &inputs[record.origin.input as usize].display, options.mapping))
        }
        Item::Document(document) => documents::event(document, &options.roles, options.mapping.geo).ok(),
        Item::Skipped | Item::Fault(_) => None,
    }
}

/// Makes something of each item that was read at some places, given in order, on all threads. The one way to come from a [`Locator`] back to what stands there.
/// What is not there any more, because the file has changed, is left out.
pub fn load<T: Send>(
    inputs: &[Input],
    options: &RunOptions,
    origins: &[Locator],
    make: impl Fn(Item) -> Option<T> + Sync,
) -> Vec<T> {
    let load = |scratch: &mut Scratch, (unit, origins): &(WorkUnit, &[Locator])| {
        RecordLoader::new(origins, &make).load(inputs, unit, scratch)
    };
    let units = source::units_again(inputs, origins);
    units.par_iter().map_init(|| scratch(options), load).flatten_iter().collect()
}

/// Loads the items at some places in full, each made into something.
struct RecordLoader<'w, T, F: Fn(Item) -> Option<T>> {
    origins: PlacesInUnit<'w>,
    make: F,
    found: Vec<T>,
    /// How many there were when the chunk began.
    mark: usize,
    in_chunk: bool,
    /// Takes what was found, if the loader is not to hold it all.
    keep: Option<KeepLoaded<'w, T>>,
}

/// Takes what was loaded, a few at a time.
pub type KeepLoaded<'k, T> = &'k (dyn Fn(&mut Vec<T>) + Sync);

/// Most items that a loader holds that is not to hold them all.
const MOST_LOADED: usize = 256;

impl<'w, T, F: Fn(Item) -> Option<T>> RecordLoader<'w, T, F> {
    /// A loader of what was read at `origins`, which are sorted and lie in one unit.
    fn new(origins: &'w [Locator], make: F) -> Self {
        let origins = PlacesInUnit(origins);
        Self { origins, make, found: Vec::new(), mark: 0, in_chunk: false, keep: None }
    }

    /// Gives away what was found, if somebody takes it.
    fn give(&mut self) {
        if let Some(keep) = self.keep {
            keep(&mut self.found);
        }
    }

    /// Reads the unit that the origins lie in. What is not there any more, because the file has changed, is left out.
    fn load(mut self, inputs: &[Input], unit: &WorkUnit, scratch: &mut Scratch) -> Vec<T> {
        source::visit_unit(inputs, unit, scratch, &mut self);
        self.found
    }
}

impl<T, F: Fn(Item) -> Option<T>> Visitor for RecordLoader<'_, T, F> {
    fn wants_chunk(&mut self, offset: u64) -> bool {
        self.origins.has_some_in_chunk(offset)
    }

    fn wants_all_records(&self) -> bool {
        false
    }

    fn wants_record(&self, offset: u64) -> bool {
        self.origins.has_offset(offset)
    }

    fn begin_chunk(&mut self, _: u64) {
        (self.mark, self.in_chunk) = (self.found.len(), true);
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        if self.origins.contains(record.origin()) { Visit::NeedRecord } else { Visit::Skip }
    }

    fn item(&mut self, item: Item) {
        // A damaged chunk, or a file without chunks, gives all of its items, whatever was asked for.
        let origin = match &item {
            Item::Record(record) => record.origin,
            Item::Document(document) => document.origin,
            Item::Skipped | Item::Fault(_) => return,
        };
        if self.origins.contains(origin) {
            self.found.extend((self.make)(item));
        }
        // What stands in a chunk may be taken back: see `restart_chunk`.
        if !self.in_chunk && self.found.len() >= MOST_LOADED {
            self.give();
        }
    }

    fn restart_chunk(&mut self) {
        self.found.truncate(self.mark);
    }

    fn end_chunk(&mut self, _: &[u8]) {
        self.in_chunk = false;
    }
}
