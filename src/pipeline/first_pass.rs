//! What one thread does with one unit of work. This module does not know what becomes of the finds of all.

use super::copies::SeenDocument;
use super::duplicates::{self, Building, Digests, NumberedRecord, RecordFingerprint, Rereader};
use super::keywords::{AskedKeywords, ShapeKeywords};
use super::partial_results::PartialResults;
use super::reread::{ChunkHasher, RecordIdCollector, RecordLoader};
use super::spool::{Rows, Shelf};
use super::timeline::TimelineOptions;
use super::{Progress, RunOptions, UnitTally, documents};
use crate::base::{Locator, Ticks};
use crate::detect::{
    self, Asleep, CandidateEvent, Detector, KeyBuffer, MatchResult, Memo, RuleActivity, RuleHit, RuleIndex, ShapePlan,
    ShapeWatch,
};
use crate::ecs::{self, Field};
use crate::eql::KeyValues;
use crate::event::{Clock, Event, Fields, OrderKey, Value};
use crate::process::Connection;
use crate::source::{
    self, ChunkExtent, Fault, FaultKind, Input, InputFormat, Item, JsonDocument, Record, RecordRef, Scratch, Visit,
    Visitor, WorkUnit,
};
use crate::sysmon::{self, ExtractCache, Extractors, LazyEvent};
use crate::timeline::{RowContents, RowTemplate, RowWriter, Subject};
use hashbrown::HashMap;
use rayon::prelude::*;
use std::borrow::Cow;
use std::cell::LazyCell;
use std::sync::{Arc, Mutex, PoisonError};

/// Above this many shapes the evidence is playing games: start anew rather than grow.
const MOST_SHAPES: usize = 4096;

/// The event ID of a connection.
const CONNECTION: u32 = 3;

/// What all threads share.
pub struct Worker<'run> {
    pub inputs: &'run [Input],
    pub detector: &'run Detector,
    pub options: &'run RunOptions,
    pub progress: &'run dyn Progress,
    /// Which rules may come to something.
    pub waking: &'run RuleActivity,
    /// What rules ask for that can be too long.
    pub keywords: AskedKeywords,
    pub digests: Digests,
    /// Plans that some thread has made already, by event ID and names of entries.
    pub plans: Mutex<HashMap<ShapeKey, Arc<ShapePlans>>>,
    /// The rows of the timeline, if one is wanted.
    pub shelf: Option<Mutex<Shelf>>,
    /// Why the timeline could not be kept.
    pub shelf_error: Mutex<Option<std::io::Error>>,
    /// What threads have used before and another one can use again.
    pub spare: Mutex<Vec<ThreadState>>,
}

/// What a thread uses for a while.
pub struct PooledState<'w> {
    own: ThreadState,
    spare: &'w Mutex<Vec<ThreadState>>,
}

impl std::ops::Deref for PooledState<'_> {
    type Target = ThreadState;

    fn deref(&self) -> &ThreadState {
        &self.own
    }
}

impl std::ops::DerefMut for PooledState<'_> {
    fn deref_mut(&mut self) -> &mut ThreadState {
        &mut self.own
    }
}

impl Drop for PooledState<'_> {
    fn drop(&mut self) {
        let own = std::mem::take(&mut self.own);
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(own);
    }
}

type ShapeKey = (u32, Box<[Arc<str>]>);

/// What one thread uses again from unit to unit.
#[derive(Default)]
pub struct ThreadState {
    scratch: Scratch,
    plans: Plans,
    asking: Asking,
    building: Building,
    row_cells: ExtractCache,
    rows: RowWriter,
    row_ends: Vec<usize>,
    /// Connections that show addresses of their hosts.
    connections: Vec<Connection>,
}

/// What is known of records that are like others before.
#[derive(Default)]
struct Plans {
    /// The place of the plan of each shape, by its number and event ID.
    places: HashMap<ShapeNumber, usize>,
    /// The plans, each with what its conditions have said of values before. Shapes of the same event ID and names of entries have one together: each host
    /// can have templates of its own.
    all: Vec<(Arc<ShapePlans>, Memo)>,
    /// The ones that were used last, in slots that follow from the numbers.
    recent: Vec<Option<(ShapeNumber, usize)>>,
    /// About how many bytes all memories together take, but for the one that was used last.
    bytes: usize,
    /// The plan that was used last, and how many bytes its memory took before.
    last: Option<(usize, usize)>,
    /// The sender that was last asked for, and whether it is Sysmon on Windows.
    sender: Option<(u64, bool)>,
}

/// The number of a shape and the event ID.
type ShapeNumber = (u32, u32);

/// How many plans can be found without looking them up.
const RECENT_PLANS: usize = 64;

/// Most bytes of what a thread remembers of values.
const MOST_REMEMBERED: usize = 32 << 20;

impl Plans {
    /// The plan of the shape of a record.
    fn of(&mut self, glance: &RecordRef<'_>, worker: &Worker<'_>) -> (&ShapePlans, &mut Memo) {
        let key = (glance.shape(), glance.event_id());
        let slot = (key.0 as usize).wrapping_mul(5).wrapping_add(key.1 as usize) % RECENT_PLANS;
        let place = match self.recent.get(slot) {
            Some(Some((known, place))) if *known == key => *place,
            _ => self.look_up(key, slot, glance, worker),
        };
        self.bound(place);
        let (shape, memo) = &mut self.all[place];
        (shape, memo)
    }

    /// Keeps what is remembered within bounds; `place` is the plan that is used next.
    fn bound(&mut self, place: usize) {
        if let Some((last, before)) = self.last {
            self.bytes = (self.bytes + self.all[last].1.bytes()).saturating_sub(before);
        }
        if self.bytes > MOST_REMEMBERED {
            self.all.iter_mut().for_each(|(_, memo)| memo.clear());
            self.bytes = 0;
        }
        self.last = Some((place, self.all[place].1.bytes()));
    }

    /// The place of a plan that is not in its slot; puts it there.
    fn look_up(&mut self, key: ShapeNumber, slot: usize, glance: &RecordRef<'_>, worker: &Worker<'_>) -> usize {
        if self.places.len() > MOST_SHAPES || self.recent.is_empty() {
            self.places.clear();
            self.all.clear();
            (self.bytes, self.last) = (0, None);
            self.recent = vec![None; RECENT_PLANS];
        }
        let place = *self.places.entry(key).or_insert_with(|| {
            let plan = worker.plan(glance);
            let known = self.all.iter().position(|(known, _)| Arc::ptr_eq(known, &plan));
            known.unwrap_or_else(|| {
                self.all.push((plan, Memo::default()));
                self.all.len() - 1
            })
        });
        self.recent[slot] = Some((key, place));
        place
    }

    /// Whether a record is of Sysmon on Windows.
    fn is_on_windows(&mut self, glance: &RecordRef<'_>) -> bool {
        match self.sender {
            Some((sender, known)) if sender == glance.sender() => known,
            _ => {
                let is_on_windows = glance.provider().eq_ignore_ascii_case(sysmon::PROVIDER);
                self.sender = Some((glance.sender(), is_on_windows));
                is_on_windows
            }
        }
    }
}

/// What it takes to ask rules of an event.
#[derive(Default)]
struct Asking {
    cells: ExtractCache,
    keys: KeyValues,
    buffer: KeyBuffer,
    /// Rules of which something in the unit was left out.
    asleep: Asleep,
}

/// What is known of records of a shape.
pub struct ShapePlans {
    rules: ShapePlan,
    /// The ways to the columns of a timeline, if one is wanted and all can be found at a glance.
    columns: Option<(Extractors, RowTemplate)>,
    /// Names that are looked for, if a record can have one.
    watch: Option<ShapeWatch>,
    /// What rules ask for that can be too long, if a record can have some.
    keywords: Option<ShapeKeywords>,
    is_creation: bool,
}

/// What became of a Sysmon record that is not a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Disposition {
    /// It became an event.
    Mapped,
    /// It lies outside of the window of time.
    OutsideWindow,
    /// It is not among the event IDs and computers that are wanted.
    Filtered,
}

impl<'run> Worker<'run> {
    /// A worker that has done nothing.
    pub fn new(
        inputs: &'run [Input],
        detector: &'run Detector,
        options: &'run RunOptions,
        progress: &'run dyn Progress,
        waking: &'run RuleActivity,
    ) -> Self {
        Self {
            inputs,
            detector,
            options,
            progress,
            waking,
            keywords: AskedKeywords::new(detector),
            digests: Digests::default(),
            plans: Mutex::default(),
            shelf: options.timeline.as_ref().map(|timeline| Mutex::new(Shelf::new(timeline.limits.clone()))),
            shelf_error: Mutex::default(),
            spare: Mutex::default(),
        }
    }

    /// What a thread needs to work with.
    pub fn borrow(&self) -> PooledState<'_> {
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let new = || {
            let scratch = Scratch::default().wanting(sysmon::is_provider).slow(self.options.slow_reader);
            ThreadState { scratch, ..ThreadState::default() }
        };
        PooledState { own: spare.unwrap_or_else(new), spare: &self.spare }
    }

    /// Reads units to their ends. What they have is put together as it is found, as far as one thread reads them one after the other.
    pub fn read_all(&self, units: &[WorkUnit]) -> PartialResults {
        let part = || Box::new((self.borrow(), PartialResults::default()));
        let read = units.par_iter().fold(part, |mut part, unit| {
            let (own, found) = &mut *part;
            self.read(unit, own, found);
            part
        });
        read.map(|part| part.1).reduce(PartialResults::default, PartialResults::merge)
    }

    /// Reads a unit to its end, and adds what is in it.
    pub fn read(&self, unit: &WorkUnit, own: &mut ThreadState, found: &mut PartialResults) {
        let mut scratch = std::mem::take(&mut own.scratch);
        let input = unit.input;
        found.begin_unit();
        let mut reading = UnitVisitor {
            worker: self,
            own,
            input,
            is_choosy: self.is_choosy(),
            found,
            mark: ChunkMark::default(),
            hits: None,
            subject: None,
        };
        let stats = source::visit_unit(self.inputs, unit, &mut scratch, &mut reading);
        own.scratch = scratch;
        let asleep = std::mem::take(&mut own.asking.asleep);
        if !asleep.is_empty() {
            found.asleep.push((*unit, asleep));
        }
        own.connections.drain(..).for_each(|connection| found.addresses.learn(&connection));
        if let Some(shelf) = &self.shelf {
            // The next unit will have about as many.
            let length = own.rows.bytes().len();
            let bytes = own.rows.take();
            own.rows.reserve(length + length / 8);
            let rows = Rows { bytes, ends: std::mem::take(&mut own.row_ends) };
            if let Err(error) = shelf.lock().unwrap_or_else(PoisonError::into_inner).add(rows) {
                self.shelf_error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        }
        found.tally.chunks += stats.chunks;
        found.tally.records += stats.records;
        self.progress.advance(stats.bytes);
    }

    /// The records of Sysmon in the given chunks of a unit, by number.
    fn numbers_of(&self, unit: &WorkUnit, chunks: &[Locator], own: &mut ThreadState) -> Vec<NumberedRecord> {
        let mut scratch = std::mem::take(&mut own.scratch);
        let mut numbering = RecordIdCollector { chunks, groups: &mut own.building, found: Vec::new(), mark: 0 };
        source::visit_unit(self.inputs, unit, &mut scratch, &mut numbering);
        let found = numbering.found;
        own.scratch = scratch;
        found
    }

    /// Digests of the given chunks of a unit.
    fn digests_of(&self, unit: &WorkUnit, chunks: &[Locator], own: &mut ThreadState) -> Vec<(Locator, u64)> {
        let mut scratch = std::mem::take(&mut own.scratch);
        let (digests, input) = (&self.digests, unit.input);
        let mut digesting = ChunkHasher { chunks, digests, origin: Locator { input, offset: 0 }, found: Vec::new() };
        source::visit_unit(self.inputs, unit, &mut scratch, &mut digesting);
        let found = digesting.found;
        own.scratch = scratch;
        found
    }

    /// Whether another tool has kept a record, and may have lost parts of it.
    fn is_partial(&self, record: &Record) -> bool {
        matches!(self.inputs[record.origin.input as usize].format, InputFormat::Json | InputFormat::Csv)
    }

    /// Whether a record can be a copy, or have some. One whose number a tool has lost may be equal to another by chance.
    fn can_be_copy(&self, record: &Record) -> bool {
        record.record_id.is_some() || !self.is_partial(record)
    }

    fn seen(&self, record: &Record) -> RecordFingerprint {
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

    fn disposition_of(&self, record: &Record) -> Disposition {
        self.disposition(Some(record.event_id), || Cow::Borrowed(&record.computer), self.time(record))
    }

    fn disposition<'c>(&self, id: Option<u32>, computer: impl FnOnce() -> Cow<'c, str>, time: Ticks) -> Disposition {
        if !self.options.filter.wants(id, computer) {
            return Disposition::Filtered;
        }
        if self.options.window.contains(time) { Disposition::Mapped } else { Disposition::OutsideWindow }
    }

    /// Whether what becomes of a record depends on more than the rules.
    fn is_choosy(&self) -> bool {
        let RunOptions { window, filter, .. } = self.options;
        filter.is_active() || window.from.is_some() || window.to.is_some() || self.wants_everything()
    }

    /// Whether every event is wanted in full.
    fn wants_everything(&self) -> bool {
        self.options.inventory || self.holds(RowContents::Document)
    }

    /// Whether a timeline is wanted that tells of connections from whom to whom they are.
    pub fn tells_connections(&self) -> bool {
        self.holds(RowContents::Details) || self.holds(RowContents::Record)
    }

    /// Whether a timeline is wanted whose rows hold that.
    fn holds(&self, contents: RowContents) -> bool {
        self.options.timeline.as_ref().is_some_and(|timeline| timeline.contents == contents)
    }

    fn map(&self, record: &Record) -> Event {
        sysmon::map(record, &self.inputs[record.origin.input as usize].display, self.options.mapping)
    }

    /// The records of a unit that were read at these places, in their order, each made into something.
    fn load<T>(
        &self,
        unit: &WorkUnit,
        origins: &[Locator],
        own: &mut ThreadState,
        make: impl Fn(&Record) -> T,
    ) -> Vec<T> {
        let mut scratch = std::mem::take(&mut own.scratch);
        let mut loading = RecordLoader { origins, make, found: Vec::new(), mark: 0 };
        source::visit_unit(self.inputs, unit, &mut scratch, &mut loading);
        own.scratch = scratch;
        loading.found
    }

    /// The same over many units and all threads.
    fn load_all<T: Send>(&self, origins: &[Locator], make: impl Fn(&Record) -> T + Sync) -> Vec<T> {
        let units = source::units_again(self.inputs, origins);
        let load =
            |own: &mut PooledState<'_>, (unit, origins): &(WorkUnit, &[Locator])| self.load(unit, origins, own, &make);
        units.par_iter().map_init(|| self.borrow(), load).flatten_iter().collect()
    }

    /// The events of some places, given in their order.
    pub fn events(&self, origins: &[Locator]) -> Vec<Arc<Event>> {
        self.load_all(origins, |record| Arc::new(self.map(record)))
    }

    fn shape(&self, glance: &RecordRef<'_>) -> ShapePlans {
        let mapping = self.options.mapping;
        let constants = sysmon::constants(glance.event_id(), mapping);
        let columns = self.options.timeline.as_ref().and_then(|TimelineOptions { contents, .. }| {
            let mut ways = Extractors::new(glance.event_id(), mapping, glance.names());
            let outline = RowTemplate::new(&mut ways, *contents, &constants)?;
            Some((ways, outline))
        });
        let watch = self.detector.watch().shape(glance, mapping);
        let keywords = self.keywords.shape(glance, mapping);
        let is_creation = constants.is_process_creation();
        ShapePlans { rules: self.detector.shape(glance), columns, watch, keywords, is_creation }
    }

    fn plan(&self, glance: &RecordRef<'_>) -> Arc<ShapePlans> {
        let key = (glance.event_id(), glance.names().into());
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        if plans.len() > MOST_SHAPES {
            plans.clear();
        }
        plans.entry(key).or_insert_with(|| Arc::new(self.shape(glance))).clone()
    }
}

/// A unit while it is read.
struct UnitVisitor<'w> {
    worker: &'w Worker<'w>,
    own: &'w mut ThreadState,
    input: u32,
    /// Whether some records are not wanted, or others wanted in full, whatever the rules say.
    is_choosy: bool,
    found: &'w mut PartialResults,
    mark: ChunkMark,
    /// What rules make of the record that comes next in full, if they were asked already.
    hits: Option<Vec<(RuleIndex, RuleHit)>>,
    /// What is known of that record, if all that is wanted of it beside is the record itself.
    subject: Option<Subject>,
}

/// How much there was when a chunk began.
#[derive(Clone, Copy, Default)]
struct ChunkMark {
    candidates: detect::CandidateMark,
    rows: (usize, usize),
    connections: usize,
    faults: usize,
    seen: usize,
    long_keywords: usize,
    tally: UnitTally,
    logged: Option<(Ticks, Ticks)>,
}

impl Visitor for UnitVisitor<'_> {
    fn begin_chunk(&mut self, offset: u64) {
        let found = &self.found;
        self.mark = ChunkMark {
            candidates: found.candidates.mark(),
            rows: (self.own.rows.bytes().len(), self.own.row_ends.len()),
            connections: self.own.connections.len(),
            faults: found.faults.len(),
            seen: found.seen.len(),
            long_keywords: found.long_keywords.len(),
            tally: found.tally,
            logged: found.logged,
        };
        self.own.building.begin(Locator { input: self.input, offset });
    }

    fn glance(&mut self, glance: &RecordRef<'_>) -> Visit {
        let worker = self.worker;
        let clock = worker.options.clock;
        if self.is_choosy
            && let Some(verdict) = self.choose(glance)
        {
            return verdict;
        }
        let ThreadState { plans, building, asking, rows, row_cells, row_ends, connections, .. } = &mut *self.own;
        if !plans.is_on_windows(glance) {
            return Visit::NeedRecord;
        }
        // The shape is looked up once: this is done for every record there is.
        let (shape, memo) = plans.of(glance, worker);
        if worker.shelf.is_some() && shape.columns.is_none() {
            return Visit::NeedRecord;
        }
        let path = &worker.inputs[self.input as usize].display;
        if let Some(watch) = shape.watch.as_ref().filter(|_| !worker.detector.watch().is_settled()) {
            if watch.is_whole() {
                return Visit::NeedRecord;
            }
            watch.note(worker.detector.watch(), &LazyEvent::new(watch.ways(), glance, row_cells, path));
        }
        match &shape.rules {
            rules if !rules.may_matter(glance) => {}
            ShapePlan::Fields(plan) => {
                let Asking { cells, keys, buffer, asleep } = asking;
                let detector = worker.detector;
                let event = LazyCell::new(|| plan.event(glance, cells, path));
                let candidates = &mut self.found.candidates;
                let order = || order_of(&event, glance, clock);
                match plan.sight(detector, glance, &event, (keys, buffer), memo, (worker.waking, asleep)) {
                    MatchResult::Nothing => {}
                    MatchResult::Candidate(pattern) => {
                        let place = (order(), shape.is_creation);
                        candidates.push(&*event, place, pattern, detector.digester(), buffer);
                    }
                    MatchResult::Close(hits)
                        if !worker.options.outlines && hits.iter().any(|(_, hit)| matches!(hit, RuleHit::Event)) =>
                    {
                        // What is found in the event alone is an alert, which needs all of it.
                        self.hits = Some(hits);
                        return Visit::NeedRecord;
                    }
                    MatchResult::Close(hits) => {
                        let candidate = candidate(&event, order(), shape.is_creation, keys, hits);
                        candidates.add(candidate, detector.rules(), detector.digester());
                    }
                }
            }
            ShapePlan::Nothing | ShapePlan::Whole(_) => return Visit::NeedRecord,
        }
        if let Some(keywords) = &shape.keywords {
            worker.keywords.note(keywords, glance, (row_cells, path), &mut self.found.long_keywords);
        }
        if let Some((ways, _)) = shape.columns.as_ref().filter(|_| worker.holds(RowContents::Record)) {
            let event = LazyEvent::new(ways, glance, row_cells, path);
            self.subject = Some(Subject::new(&event, order_of(&event, glance, clock), shape.is_creation));
            return Visit::NeedRecord;
        }
        building.add_glance(glance, Disposition::Mapped);
        self.found.note_time(glance.time_created(), glance.time_created());
        if let Some((ways, outline)) = &shape.columns {
            let event = LazyEvent::new(ways, glance, row_cells, path);
            rows.glance(&event, outline, order_of(&event, glance, clock), shape.is_creation);
            row_ends.push(rows.bytes().len());
            if glance.event_id() == CONNECTION && worker.tells_connections() {
                connections.extend(connection_of(&event).filter(Connection::shows_own_address));
            }
        }
        Visit::Skip
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Record(record) => self.take(&record),
            Item::Document(document) => self.take_document(document),
            Item::Skipped => self.found.tally.other_providers += 1,
            Item::Fault(fault) => self.found.note(fault),
        }
    }

    fn restart_chunk(&mut self) {
        let ChunkMark { candidates, rows, connections, faults, seen, long_keywords, tally, logged } = self.mark;
        self.found.candidates.truncate(candidates);
        self.own.rows.truncate(rows.0);
        self.own.row_ends.truncate(rows.1);
        self.own.connections.truncate(connections);
        self.found.faults.truncate(faults);
        self.found.seen.truncate(seen);
        self.found.long_keywords.truncate(long_keywords);
        self.found.tally = tally;
        self.found.logged = logged;
        (self.hits, self.subject) = (None, None);
        if let Some(origin) = self.own.building.origin() {
            self.own.building.begin(origin);
        }
    }

    fn end_chunk(&mut self, bytes: &[u8]) {
        let header = self.worker.digests.of_header(bytes);
        if let Some(chunk) = self.own.building.end(header) {
            for (counted, count) in chunk.counts() {
                self.found.counts.add(counted, u64::from(count));
            }
            self.found.chunks.push(chunk);
        }
    }

    fn chunk_extent(&mut self, extent: ChunkExtent) {
        self.found.extents.push(extent);
    }
}

impl UnitVisitor<'_> {
    /// What becomes of a record whatever the rules say, if that can be told.
    fn choose(&mut self, glance: &RecordRef<'_>) -> Option<Visit> {
        let RunOptions { window, clock, filter, .. } = self.worker.options;
        if filter.is_active() && !filter.wants(Some(glance.event_id()), || glance.computer().text().into()) {
            self.own.building.add_glance(glance, Disposition::Filtered);
            return Some(Visit::Skip);
        }
        let windowed = window.from.is_some() || window.to.is_some();
        if windowed && *clock == Clock::Logged && !window.contains(glance.time_created()) {
            self.own.building.add_glance(glance, Disposition::OutsideWindow);
            return Some(Visit::Skip);
        }
        let needs_all = self.worker.wants_everything() || (windowed && *clock == Clock::Utc);
        needs_all.then_some(Visit::NeedRecord)
    }

    fn take(&mut self, record: &Record) {
        let (hits, subject) = (self.hits.take(), self.subject.take());
        if !sysmon::is_sysmon(record) {
            self.found.tally.other_providers += 1;
            return;
        }
        let disposition = self.worker.disposition_of(record);
        let counted = (Some(record.event_id), disposition);
        if self.own.building.origin().is_some() {
            let (group, number) = duplicates::number_of(record);
            self.own.building.add(group, number, counted);
        } else {
            if self.worker.can_be_copy(record) {
                self.found.seen.push(self.worker.seen(record));
            }
            self.found.counts.add(counted, 1);
        }
        if disposition != Disposition::Mapped {
            return;
        }
        if record.is_recovered {
            self.found.tally.recovered += 1;
            self.own.building.add_recovered();
        }
        if let Some(subject) = subject {
            self.found.note_time(record.time_created, record.time_created);
            if record.event_id == CONNECTION {
                let data = |name: &str| record.data.iter().find(|(have, _)| **have == *name).map(|(_, text)| &**text);
                let connection = Connection::of_record(&record.computer, data);
                self.own.connections.extend(connection.filter(Connection::shows_own_address));
            }
            return self.keep_record(record, &subject);
        }
        let event = self.worker.map(record);
        let hits = hits.unwrap_or_else(|| {
            if event.document.text(ecs::HOST_OS_TYPE) == Some("windows") {
                self.worker.detector.hits_of_sysmon(record.event_id, &event.document)
            } else {
                self.worker.detector.hits(&event.document)
            }
        });
        self.keep(event, Some(record), hits);
    }

    fn take_document(&mut self, given: JsonDocument) {
        let worker = self.worker;
        let origin = given.origin;
        match documents::event(given, &worker.options.roles) {
            Ok(event) => {
                let fingerprint = documents::fingerprint(&event);
                let sysmon_id = documents::sysmon_id(&event.document);
                let event_id = sysmon_id.map(u32::from);
                let code = || event.document.text(ecs::EVENT_CODE)?.parse().ok();
                let computer = || event.document.text(ecs::HOST_NAME).unwrap_or_default().into();
                let disposition =
                    worker.disposition(event_id.or_else(code), computer, event.time(worker.options.clock));
                let seen =
                    fingerprint.map(|fingerprint| SeenDocument::new(fingerprint, origin, sysmon_id, disposition));
                self.found.documents.extend(seen);
                self.found.counts.add((event_id, disposition), 1);
                if disposition == Disposition::Mapped {
                    let hits = worker.detector.hits(&event.document);
                    self.keep(event, None, hits);
                }
            }
            Err(reason) => {
                let input = &worker.inputs[origin.input as usize].display;
                self.found.note(Fault::lost(input, FaultKind::Time, reason).at(origin.offset));
            }
        }
    }

    /// Keeps an event, and what rules make of it. `record` is what it was mapped from, if it is no document.
    fn keep(&mut self, event: Event, record: Option<&Record>, hits: Vec<(RuleIndex, RuleHit)>) {
        let RunOptions { timeline, inventory, clock, .. } = self.worker.options;
        self.found.note_time(event.logged, event.logged);
        if record.is_none() {
            self.worker.detector.watch().note_document(&event.document);
        } else {
            self.worker.detector.watch().note(&event.document);
        }
        self.worker.keywords.note_document(&event.document, event.origin, &mut self.found.long_keywords);
        if *inventory {
            let id =
                record.map(|record| record.event_id).or_else(|| documents::sysmon_id(&event.document).map(u32::from));
            self.found.inventory.add(id, &event.document);
        }
        if let Some(timeline) = timeline {
            if self.worker.tells_connections() {
                let connection = connection_of(&event.document);
                self.own.connections.extend(connection.filter(Connection::shows_own_address));
            }
            let order = event.order(*clock);
            if let Some(record) = record.filter(|_| timeline.contents == RowContents::Record) {
                let is_creation = event.document.is_process_creation();
                self.keep_record(record, &Subject::new(&event.document, order, is_creation));
            } else {
                self.own.rows.event(&event, order, timeline.contents);
                self.own.row_ends.push(self.own.rows.bytes().len());
            }
        }
        for (rule, hit) in &hits {
            if let RuleHit::Joined(candidate) = hit {
                candidate.hits().for_each(|(filter, _)| self.worker.waking.note(*rule, filter));
            }
        }
        if !hits.is_empty() {
            let candidate = CandidateEvent::whole(Arc::new(event), *clock, hits);
            self.found.candidates.add(candidate, self.worker.detector.rules(), self.worker.detector.digester());
        }
    }
}

impl UnitVisitor<'_> {
    /// Keeps a record as the row of a timeline.
    fn keep_record(&mut self, record: &Record, subject: &Subject) {
        let chunk = self.own.building.origin().map(|chunk| source::chunk_number(chunk.offset));
        let path = &self.worker.inputs[self.input as usize].display;
        self.own.rows.record(subject, record, chunk, path);
        self.own.row_ends.push(self.own.rows.bytes().len());
    }
}

/// The connection that an event tells of, if it does.
fn connection_of(event: &dyn Fields) -> Option<Connection> {
    Connection::read(|field| event.values(&Field::Known(field)).first().map(ToString::to_string))
}

/// The place of a record in the order of events.
fn order_of(event: &LazyEvent<'_>, glance: &RecordRef<'_>, clock: Clock) -> OrderKey {
    let time = match clock {
        Clock::Logged => glance.time_created(),
        Clock::Utc => event.timestamp(),
    };
    OrderKey::new(time, Some(glance.record_id()), glance.origin())
}

/// What is kept of an event that rules may need, but not at once.
fn candidate(
    event: &LazyEvent<'_>,
    order: OrderKey,
    is_creation: bool,
    keys: &mut KeyValues,
    hits: Vec<(RuleIndex, RuleHit)>,
) -> CandidateEvent {
    let text = |field| event.values(&Field::Known(field)).first().and_then(Value::as_text);
    CandidateEvent {
        order,
        host: keys.share(text(ecs::HOST_NAME).unwrap_or_default()),
        entity_id: text(ecs::PROCESS_ENTITY_ID).map(|id| keys.share(id)),
        is_creation,
        hits,
        event: None,
    }
}

impl Rereader for Worker<'_> {
    fn digests(&self, chunks: &[Locator]) -> Vec<(Locator, u64)> {
        let units = source::units_again(self.inputs, chunks);
        let digests =
            |own: &mut PooledState<'_>, (unit, chunks): &(WorkUnit, &[Locator])| self.digests_of(unit, chunks, own);
        units.par_iter().map_init(|| self.borrow(), digests).flatten_iter().collect()
    }

    fn numbers(&self, chunks: &[Locator]) -> Vec<NumberedRecord> {
        let units = source::units_again(self.inputs, chunks);
        let numbers =
            |own: &mut PooledState<'_>, (unit, chunks): &(WorkUnit, &[Locator])| self.numbers_of(unit, chunks, own);
        units.par_iter().map_init(|| self.borrow(), numbers).flatten_iter().collect()
    }

    fn seen(&self, records: &[Locator]) -> Vec<RecordFingerprint> {
        self.load_all(records, |record| self.seen(record))
    }
}
