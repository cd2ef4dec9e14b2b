//! The state of the first pass: shared by all threads ([`Worker`]), or of one thread and reused from unit to unit ([`ThreadState`]).
//!
//! Beside the pass itself this state serves to read some records or chunks a second time: duplicates are told by it, and events of alerts are loaded by it.

use super::disposition::Disposition;
use super::duplicates::{self, Building, Digests, NumberedRecord, RecordFingerprint, Rereader};
use super::keywords::AskedKeywords;
use super::options::RunOptions;
use super::progress::Progress;
use super::reread::{self, ChunkHasher, RecordIdCollector, scratch};
use super::shape_plans::{MOST_SHAPES, Plans, ShapePlans};
use super::spool::RowSpool;
use super::surveyed_files::FileParts;
use super::threads::StatePool;
use super::timeline::TimelineOptions;
use crate::base::interner::Interner;
use crate::base::spool::{SortSpool, SpoolSpace};
use crate::base::{Locator, Ticks};
use crate::detect::{CandidateTables, CandidateTuple, Detector, FoundAlert, MatchState};
use crate::event::{Clock, Event};
use crate::process::Connection;
use crate::search::{SearchState, ShapeSearch};
use crate::source::{self, Input, InputFormat, Item, Record, RecordRef, Scratch, WorkUnit};
use crate::sysmon::{self, ExtractCache, Extractors};
use crate::timeline::{RowContents, RowTemplate, RowWriter};
use hashbrown::HashMap;
use rayon::prelude::*;
use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The share of memory that candidates take before they are spilled: they are copied once when they are sorted.
pub const CANDIDATE_SHARE: u64 = 8;
/// The share of memory that alerts take, before their events are read, until they are spilled.
pub const ALERT_SHARE: u64 = 16;
/// The share of memory that rows of a timeline take before they are spilled.
const ROW_SHARE: u64 = 4;

/// Event ID and entry names.
type ShapeKey = (u32, Box<[Arc<str>]>);

/// The state that all threads share.
pub struct Worker<'run> {
    pub inputs: &'run [Input],
    pub detector: &'run Detector,
    pub options: &'run RunOptions,
    pub progress: &'run dyn Progress,
    /// The candidates that were found so far.
    pub candidates: SortSpool<CandidateTuple>,
    /// Hosts and patterns by the numbers that candidates have for them.
    pub tables: Arc<CandidateTables>,
    /// The alerts that were found so far.
    pub alerts: SortSpool<FoundAlert>,
    /// Keyword fields that rules ask for, whose values can be too long to be indexed.
    pub keywords: AskedKeywords,
    /// Whether some rule looks for new terms, so that it matters when the evidence of each host begins.
    pub looks_back: bool,
    digests: Digests,
    /// The plans that some thread has made already.
    pub plans: Mutex<HashMap<ShapeKey, Arc<ShapePlans>>>,
    /// The rows of the timeline, if one is wanted.
    pub spool: Option<Mutex<RowSpool>>,
    /// What each input consists of, if that is wanted.
    pub survey: Option<Vec<Mutex<FileParts>>>,
    /// Where spools write.
    pub space: SpoolSpace,
    /// How many bytes of the evidence are not read because they cannot.
    pub unread: AtomicU64,
    /// The states of threads.
    pub states: StatePool<ThreadState>,
}

/// The state of one thread: buffers and caches that are expensive to build and hold nothing of one unit that the next could see.
#[derive(Default)]
pub struct ThreadState {
    pub(super) scratch: Scratch,
    pub(super) plans: Plans,
    pub(super) matching: MatchState,
    pub(super) match_cache: ExtractCache,
    pub(super) text_state: SearchState,
    pub(super) building: Building,
    pub(super) row_cache: ExtractCache,
    pub(super) rows: RowWriter,
    pub(super) row_ends: Vec<usize>,
    /// Connections that show addresses of their hosts.
    pub(super) connections: Vec<Connection>,
    /// Names that a survey has met.
    pub(super) survey_names: Interner,
}

impl<'run> Worker<'run> {
    /// A worker that has read nothing.
    pub fn new(
        inputs: &'run [Input],
        detector: &'run Detector,
        options: &'run RunOptions,
        progress: &'run dyn Progress,
    ) -> Self {
        let space = SpoolSpace::from(options.limits.clone());
        Self {
            inputs,
            detector,
            options,
            progress,
            candidates: SortSpool::new(space.share(CANDIDATE_SHARE)),
            tables: Arc::default(),
            alerts: SortSpool::new(space.share(ALERT_SHARE)),
            keywords: AskedKeywords::new(detector),
            looks_back: detector.looks_back(),
            digests: Digests::default(),
            plans: Mutex::default(),
            spool: options.timeline.as_ref().map(|_| Mutex::new(RowSpool::new(options.limits.share(ROW_SHARE)))),
            survey: options.survey.then(|| inputs.iter().map(|_| Mutex::default()).collect()),
            space,
            unread: AtomicU64::default(),
            states: StatePool::default(),
        }
    }

    /// Does a job with the state of a thread.
    pub fn with_state<R>(&self, job: impl FnOnce(&mut ThreadState) -> R) -> R {
        let scratch = || match &self.survey {
            // It is about the records of every provider.
            Some(_) => Scratch::default().slow(self.options.slow_reader),
            None => scratch(self.options),
        };
        let new = || ThreadState { scratch: scratch(), ..ThreadState::default() };
        self.states.with(new, job)
    }

    /// Whether all of the evidence was read, as far as it can be.
    pub fn is_read_whole(&self) -> bool {
        self.unread.load(Ordering::Relaxed) == 0
    }

    /// Whether a record was exported by another tool, which may have lost parts of it.
    fn is_partial(&self, record: &Record) -> bool {
        matches!(self.inputs[record.origin.input as usize].format, InputFormat::Json | InputFormat::Csv)
    }

    /// Whether a record takes part in the search for duplicates. One whose number a tool has lost may equal another by chance.
    pub fn can_be_copy(&self, record: &Record) -> bool {
        record.record_id.is_some() || !self.is_partial(record)
    }

    /// The fingerprint of a record that was read in full.
    pub fn fingerprint(&self, record: &Record) -> RecordFingerprint {
        let (group, record_id) = duplicates::number_of(record);
        RecordFingerprint {
            fingerprint: duplicates::fingerprint(record),
            is_recovered: record.is_recovered,
            is_partial: self.is_partial(record),
            identity: duplicates::identity(record),
            origin: record.origin,
            group,
            record_id,
            event_id: record.event_id,
            disposition: self.disposition_of(record),
        }
    }

    fn time(&self, record: &Record) -> Ticks {
        match self.options.clock {
            Clock::Logged => record.time_created,
            Clock::Utc => sysmon::timestamp(record),
        }
    }

    /// The disposition of a record that was read in full.
    pub fn disposition_of(&self, record: &Record) -> Disposition {
        self.options.disposition(Some(record.event_id), || Cow::Borrowed(&record.computer), self.time(record))
    }

    /// Whether the fate of a record depends on more than the rules: a filter, a window, or an output that needs every event in full.
    pub fn is_selective(&self) -> bool {
        let RunOptions { window, filter, .. } = self.options;
        filter.is_active() || window.is_active() || self.needs_every_event()
    }

    /// Whether some output needs every event in full.
    pub fn needs_every_event(&self) -> bool {
        self.options.inventory || self.rows_hold(&RowContents::Document)
    }

    /// Whether a timeline is wanted that tells of connections from whom to whom they are.
    pub fn tells_connections(&self) -> bool {
        self.rows_hold(&RowContents::Details) || self.rows_hold(&RowContents::Record)
    }

    /// Whether a timeline is wanted whose rows have these contents.
    pub fn rows_hold(&self, contents: &RowContents) -> bool {
        self.options.timeline.as_ref().is_some_and(|timeline| timeline.contents == *contents)
    }

    /// Whether an event holds the text that is looked for, if one is.
    pub fn holds_text(&self, event: &Event) -> bool {
        self.options.text.as_ref().is_none_or(|search| search.holds(&event.document))
    }

    /// Maps a record to its event.
    pub fn map(&self, record: &Record) -> Event {
        sysmon::map(record, &self.inputs[record.origin.input as usize].display, self.options.mapping)
    }

    /// Reads the units that have some places, given in order, on all threads. The results keep that order.
    fn reread<T: Send>(
        &self,
        places: &[Locator],
        read: impl Fn(&WorkUnit, &[Locator], &mut ThreadState, &mut Scratch) -> Vec<T> + Sync,
    ) -> Vec<T> {
        // Buffers of its own: those of the first pass may be for the records of all providers.
        let read = |scratch: &mut Scratch, (unit, places): &(WorkUnit, &[Locator])| {
            self.with_state(|state| read(unit, places, state, scratch))
        };
        let units = source::units_again(self.inputs, places);
        units.par_iter().map_init(|| scratch(self.options), read).flatten_iter().collect()
    }

    fn make_plan(&self, record: &RecordRef<'_>) -> ShapePlans {
        let mapping = self.options.mapping;
        let constants = sysmon::constants(record.event_id(), mapping);
        let columns = self.options.timeline.as_ref().and_then(|TimelineOptions { contents, .. }| {
            let mut extractors = Extractors::new(record.event_id(), mapping, record.names());
            let template = RowTemplate::new(&mut extractors, contents, &constants)?;
            Some((extractors, template))
        });
        let watch = self.detector.watch().shape(record, mapping);
        let keywords = self.keywords.shape(record, mapping);
        let text = self.options.text.as_ref().map(|search| ShapeSearch::new(search, record, mapping));
        let is_creation = constants.is_process_creation();
        ShapePlans { rules: self.detector.shape(record), columns, watch, keywords, text, is_creation }
    }

    /// The plan for the shape of a record, which some other thread may have made already.
    pub fn plan(&self, record: &RecordRef<'_>) -> Arc<ShapePlans> {
        let key = (record.event_id(), record.names().into());
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() > MOST_SHAPES {
            plans.clear();
        }
        // The plan is made under the lock: all threads meet the first records at once, and would make the same plans side by side otherwise.
        plans.entry(key).or_insert_with(|| Arc::new(self.make_plan(record))).clone()
    }
}

impl Rereader for Worker<'_> {
    fn digests(&self, chunks: &[Locator]) -> Vec<(Locator, u64)> {
        self.reread(chunks, |unit, chunks, _, scratch| {
            let mut hasher = ChunkHasher::new(chunks, &self.digests, unit.input);
            source::visit_unit(self.inputs, unit, scratch, &mut hasher);
            hasher.found
        })
    }

    fn numbers(&self, chunks: &[Locator]) -> Vec<NumberedRecord> {
        self.reread(chunks, |unit, chunks, state, scratch| {
            let mut collector = RecordIdCollector::new(chunks, &mut state.building);
            source::visit_unit(self.inputs, unit, scratch, &mut collector);
            collector.found
        })
    }

    fn seen(&self, records: &[Locator]) -> Vec<RecordFingerprint> {
        let fingerprint = |item: Item| match item {
            Item::Record(record) => Some(self.fingerprint(&record)),
            _ => None,
        };
        reread::load(self.inputs, self.options, records, fingerprint)
    }
}

impl Worker<'_> {
    /// The digest of a chunk's header, by which copies of chunks are suspected.
    pub fn header_digest(&self, chunk: &[u8]) -> u64 {
        self.digests.of_header(chunk)
    }
}
