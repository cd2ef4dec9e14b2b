//! The work of the first pass on each record of a unit: match rules, count, note it for duplicates, write its row.
//!
//! A record is first shown as it stands in its chunk ([`RecordRef`]). For nearly all of them that is enough: rules are matched against values in place, and
//! the row of a timeline is written from them. Only where some part needs the whole event is the record asked for ([`Visit::NeedRecord`]) and comes
//! again as an [`Item`]. This module does not know how the results of several units are merged.

use super::copies::SeenDocument;
use super::counts::UnitTally;
use super::disposition::Disposition;
use super::options::RunOptions;
use super::partial_results::PartialResults;
use super::worker::{ThreadState, Worker};
use super::{documents, duplicates};
use crate::base::Locator;
use crate::detect::{self, CandidateEvent, RuleHit, RuleIndex, ShapePlan};
use crate::ecs::{self, Field};
use crate::event::{Clock, Event, Fields, OrderKey};
use crate::process::Connection;
use crate::source::{self, ChunkExtent, Fault, FaultKind, Item, JsonDocument, Record, RecordRef, Visit, Visitor};
use crate::sysmon::{self, LazyEvent};
use crate::timeline::{RowContents, Subject};
use std::cell::LazyCell;
use std::sync::Arc;

/// Visits one unit, with the state of the thread that reads it.
pub struct UnitVisitor<'w> {
    worker: &'w Worker<'w>,
    state: &'w mut ThreadState,
    input: u32,
    /// See [`Worker::is_selective`].
    is_selective: bool,
    found: &'w mut PartialResults,
    mark: ChunkMark,
    /// The sort key of the row of the record that comes next in full, if all that is needed beside is the record itself, unmapped.
    subject: Option<Subject>,
}

impl<'w> UnitVisitor<'w> {
    /// A visitor of a unit of an input, whose results are added to `found`.
    pub fn new(worker: &'w Worker<'w>, input: u32, state: &'w mut ThreadState, found: &'w mut PartialResults) -> Self {
        Self {
            worker,
            state,
            input,
            is_selective: worker.is_selective(),
            found,
            mark: ChunkMark::default(),
            subject: None,
        }
    }
}

/// The sizes of all results when a chunk began.
#[derive(Clone, Copy, Default)]
struct ChunkMark {
    candidates: detect::CandidateMark,
    rows: (usize, usize),
    connections: usize,
    faults: usize,
    seen: usize,
    long_keywords: usize,
    tally: UnitTally,
}

impl Visitor for UnitVisitor<'_> {
    fn begin_chunk(&mut self, offset: u64) {
        self.found.computers.keep();
        let found = &self.found;
        self.mark = ChunkMark {
            candidates: self.state.matching.writer.mark(),
            rows: (self.state.rows.bytes().len(), self.state.row_ends.len()),
            connections: self.state.connections.len(),
            faults: found.faults.len(),
            seen: found.seen.len(),
            long_keywords: found.long_keywords.len(),
            tally: found.tally,
        };
        self.state.building.begin(Locator { input: self.input, offset });
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        let worker = self.worker;
        let clock = worker.options.clock;
        if self.is_selective
            && let Some(visit) = self.select(record)
        {
            return visit;
        }
        let ThreadState {
            plans,
            building,
            matching,
            match_cache,
            text_state,
            rows,
            row_cache,
            row_ends,
            connections,
            ..
        } = &mut *self.state;
        if !plans.is_on_windows(record) {
            // Extractors know Sysmon for Windows only. Linux records are few, and the mapping knows both.
            return Visit::NeedRecord;
        }
        // The shape is looked up once: this is done for every record there is.
        let (shape, memo) = plans.of(record, || worker.plan(record));
        if worker.spool.is_some() && shape.columns.is_none() {
            return Visit::NeedRecord;
        }
        let path = &worker.inputs[self.input as usize].display;
        if let Some(watch) = shape.watch.as_ref().filter(|_| !worker.detector.watch().is_settled()) {
            if watch.is_whole() {
                return Visit::NeedRecord;
            }
            watch.note(worker.detector.watch(), &LazyEvent::new(watch.ways(), record, row_cache, path));
        }
        if let (Some(text), Some(search)) = (&shape.text, &worker.options.text)
            && text.may_hold(search, record, path, text_state)
        {
            // Whether it holds the text is a matter of the whole event.
            return Visit::NeedRecord;
        }
        match &shape.rules {
            _ if shape.text.is_some() => {}
            rules if !rules.may_matter(record) => {}
            ShapePlan::Fields(plan) => {
                let event = LazyCell::new(|| plan.event(record, match_cache, path));
                let order = || order_of(&event, record, clock);
                let context = worker.detector.context(&worker.tables);
                plan.match_record(context, record, &event, order, matching, memo);
            }
            ShapePlan::Nothing | ShapePlan::Whole(_) => return Visit::NeedRecord,
        }
        // From here on nothing may ask for the record but a timeline of records: what was counted before would be counted again when it comes.
        if let Some(keywords) = &shape.keywords {
            worker.keywords.note(keywords, record, (row_cache, path), &mut self.found.long_keywords);
        }
        if let Some((extractors, _)) = shape.columns.as_ref().filter(|_| worker.rows_hold(&RowContents::Record)) {
            // The row is the record itself, but what it is sorted by is a matter of the mapping, which need not be done for it.
            let event = LazyEvent::new(extractors, record, row_cache, path);
            self.subject = Some(Subject::new(&event, order_of(&event, record, clock), shape.is_creation));
            return Visit::NeedRecord;
        }
        building.add_record_ref(record, Disposition::Mapped);
        self.found.computers.note_sender(record.sender(), record.time_created(), |name| record.computer().write(name));
        if worker.looks_back {
            self.found.begins.note_written(|host| record.computer().write(host), record.time_created());
        }
        if let Some((extractors, template)) = &shape.columns {
            let event = LazyEvent::new(extractors, record, row_cache, path);
            rows.lazy_event(&event, template, order_of(&event, record, clock), shape.is_creation);
            row_ends.push(rows.bytes().len());
            if worker.tells_connections() && sysmon::is_connection(record.event_id()) {
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
        // The fast reader gave up in the middle of the chunk, and the slow one starts it over. Everything that only grows is cut back to where the chunk
        // began; rules that became active stay so, which costs time and changes no result.
        let ChunkMark { candidates, rows, connections, faults, seen, long_keywords, tally } = self.mark;
        self.state.matching.writer.truncate(candidates);
        self.state.rows.truncate(rows.0);
        self.state.row_ends.truncate(rows.1);
        self.state.connections.truncate(connections);
        self.found.faults.truncate(faults);
        self.found.seen.truncate(seen);
        self.found.long_keywords.truncate(long_keywords);
        self.found.tally = tally;
        self.found.computers.forget();
        self.subject = None;
        if let Some(origin) = self.state.building.origin() {
            self.state.building.begin(origin);
        }
    }

    fn end_chunk(&mut self, bytes: &[u8]) {
        self.found.computers.keep();
        let header = self.worker.header_digest(bytes);
        if let Some(chunk) = self.state.building.end(header) {
            for (category, count) in chunk.counts() {
                self.found.counts.add(category, u64::from(count));
            }
            self.found.chunks.push(chunk);
        }
    }

    fn chunk_extent(&mut self, extent: ChunkExtent) {
        self.found.extents.push(extent);
    }
}

impl UnitVisitor<'_> {
    /// The decision on a record that does not depend on rules, if there is one.
    fn select(&mut self, record: &RecordRef<'_>) -> Option<Visit> {
        match self.worker.options.header_disposition(record) {
            Some(Disposition::Mapped) => self.worker.needs_every_event().then_some(Visit::NeedRecord),
            Some(disposition) => {
                // It counts for duplicates even so: what is missing or doubled in a log does not depend on what was asked for.
                self.state.building.add_record_ref(record, disposition);
                Some(Visit::Skip)
            }
            None => Some(Visit::NeedRecord),
        }
    }

    /// Takes a record that is there in full.
    fn take(&mut self, record: &Record) {
        let subject = self.subject.take();
        if !sysmon::is_sysmon(record) {
            self.found.tally.other_providers += 1;
            return;
        }
        let disposition = self.worker.disposition_of(record);
        let counted = (Some(record.event_id), disposition);
        // Inside a chunk the range of numbers is enough to tell duplicates later, and no memory is used for a record. Other files have no chunks: there a
        // fingerprint of every record is kept.
        if self.state.building.origin().is_some() {
            let (group, number) = duplicates::number_of(record);
            self.state.building.add(group, number, counted);
        } else {
            if self.worker.can_be_copy(record) {
                self.found.seen.push(self.worker.fingerprint(record));
            }
            self.found.counts.add(counted, 1);
        }
        if disposition != Disposition::Mapped {
            return;
        }
        if record.is_recovered {
            self.found.tally.recovered += 1;
            self.state.building.add_recovered();
        }
        if let Some(subject) = subject {
            // Rules were matched before the record was asked for.
            self.found.computers.note(&record.computer, record.time_created);
            if self.worker.looks_back {
                self.found.begins.note(&record.computer, record.time_created);
            }
            if sysmon::is_connection(record.event_id) {
                let data = |name: &str| record.data.iter().find(|(have, _)| **have == *name).map(|(_, text)| &**text);
                let connection = Connection::of_record(&record.computer, data);
                self.state.connections.extend(connection.filter(Connection::shows_own_address));
            }
            return self.keep_record(record, &subject);
        }
        let event = self.worker.map(record);
        let detector = self.worker.detector;
        let hits = if !self.worker.holds_text(&event) {
            Vec::new()
        } else if event.document.text(ecs::HOST_OS_TYPE) == Some("windows") {
            detector.hits_of_sysmon(record.event_id, &event.document)
        } else {
            detector.hits(&event.document)
        };
        self.keep(event, Some(record), hits);
    }

    /// Takes a JSON document.
    fn take_document(&mut self, given: JsonDocument) {
        let worker = self.worker;
        let origin = given.origin;
        match documents::event(given, &worker.options.roles, worker.options.mapping.geo) {
            Ok(event) => {
                let fingerprint = documents::fingerprint(&event);
                let sysmon_id = documents::sysmon_id(&event.document);
                let event_id = sysmon_id.map(u32::from);
                let code = || event.document.text(ecs::EVENT_CODE)?.parse().ok();
                let computer = || event.document.text(ecs::HOST_NAME).unwrap_or_default().into();
                let disposition =
                    worker.options.disposition(event_id.or_else(code), computer, event.time(worker.options.clock));
                let seen =
                    fingerprint.map(|fingerprint| SeenDocument::new(fingerprint, origin, sysmon_id, disposition));
                self.found.documents.extend(seen);
                self.found.counts.add((event_id, disposition), 1);
                if disposition == Disposition::Mapped {
                    let is_wanted = worker.holds_text(&event);
                    let hits = if is_wanted { worker.detector.hits(&event.document) } else { Vec::new() };
                    self.keep(event, None, hits);
                }
            }
            Err(reason) => {
                let input = &worker.inputs[origin.input as usize].display;
                self.found.note(Fault::lost(input, FaultKind::Time, reason).at(origin.offset));
            }
        }
    }

    /// Keeps an event with its hits. `record` is what it was mapped from; `None` for a document.
    fn keep(&mut self, event: Event, record: Option<&Record>, hits: Vec<(RuleIndex, RuleHit)>) {
        let RunOptions { timeline, inventory, clock, .. } = self.worker.options;
        let host = event.document.text(ecs::HOST_NAME).unwrap_or_default();
        self.found.computers.note(record.map_or(host, |record| &record.computer), event.logged);
        if self.worker.looks_back {
            self.found.begins.note(host, event.time(*clock));
        }
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
                self.state.connections.extend(connection.filter(Connection::shows_own_address));
            }
            let order = event.order(*clock);
            if let Some(record) = record.filter(|_| timeline.contents == RowContents::Record) {
                let is_creation = event.document.is_process_creation();
                self.keep_record(record, &Subject::new(&event.document, order, is_creation));
            } else {
                self.state.rows.event(&event, order, &timeline.contents);
                self.state.row_ends.push(self.state.rows.bytes().len());
            }
        }
        if !hits.is_empty() {
            let candidate = CandidateEvent::whole(Arc::new(event), *clock, hits);
            let Worker { detector, tables, .. } = self.worker;
            let writer = &mut self.state.matching.writer;
            writer.write_event(&candidate, detector.rules(), detector.digester(), tables);
        }
    }

    /// Keeps a record as the row of a timeline.
    fn keep_record(&mut self, record: &Record, subject: &Subject) {
        let chunk = self.state.building.origin().map(|chunk| source::chunk_number(chunk.offset));
        let path = &self.worker.inputs[self.input as usize].display;
        self.state.rows.record(subject, record, chunk, path);
        self.state.row_ends.push(self.state.rows.bytes().len());
    }
}

/// The network connection that an event records, if it records one.
fn connection_of(event: &dyn Fields) -> Option<Connection> {
    Connection::read(|field| event.values(&Field::Known(field)).first().map(ToString::to_string))
}

/// The place of a record in the order of events.
fn order_of(event: &LazyEvent<'_>, record: &RecordRef<'_>, clock: Clock) -> OrderKey {
    let time = match clock {
        Clock::Logged => record.time_created(),
        Clock::Utc => event.timestamp(),
    };
    OrderKey::new(time, Some(record.record_id()), record.origin())
}
