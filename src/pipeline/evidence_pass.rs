//! A second pass over the evidence of a run: every event that counts is shown to observers, one for each thread.
//!
//! What the first pass has found out is used: duplicates are passed over, as are the events that the run did not want. Faults were reported then, and are not
//! again. Events are shown at a glance where that is possible. This module does not know what observers gather.

use super::duplicates::Duplicates;
use super::{CHUNKS_PER_UNIT, Progress, RunOptions, documents};
use crate::base::{Locator, Ticks};
use crate::detect::Alert;
use crate::ecs;
use crate::event::{Clock, Event, OrderKey};
use crate::process::prevalence::Watch;
use crate::process::triage::{self, Triage};
use crate::process::{AddressSurvey, Forest, HostAddresses, Missing, ObservedEvent, Observer, ProcessSurvey};
use crate::source::{self, Fault, FileStates, Input, Item, Record, RecordRef, Scratch, Visit, Visitor, WorkUnit};
use crate::sysmon::{self, ExtractCache, Extractors, LazyEvent};
use hashbrown::HashMap;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Above this many shapes the evidence is playing games: start anew rather than grow.
const MOST_SHAPES: usize = 4096;

/// The evidence of a run, to be read again. What came in on standard input is there too: discovery keeps it in a temporary file.
#[derive(Debug)]
pub struct EvidencePass {
    pub(super) inputs: Vec<Input>,
    pub(super) duplicates: Arc<Duplicates>,
    pub(super) options: RunOptions,
    pub(super) pool: Arc<rayon::ThreadPool>,
    /// The files as they were before the first pass.
    pub(super) states: FileStates,
}

/// What a thread uses again from unit to unit.
struct PassThreadState<O> {
    observer: O,
    scratch: Scratch,
    cells: ExtractCache,
    /// The ways to the fields of records of each shape, by its number and event ID; `None` where the whole event is needed.
    shapes: HashMap<(u32, u32), Option<Arc<Extractors>>>,
}

impl EvidencePass {
    /// Shows every event to observers that `new` makes, and gives them back in no certain order.
    pub fn observe<O: Observer>(&self, progress: &dyn Progress, new: &(dyn Fn() -> O + Sync)) -> Vec<O> {
        progress.start(self.inputs.iter().map(|input| input.size).sum());
        let units = source::units(&self.inputs, CHUNKS_PER_UNIT);
        // Each thread takes what another one has put back: there are never more of them than threads.
        let spare: Mutex<Vec<PassThreadState<O>>> = Mutex::default();
        let own = || PassThreadState {
            observer: new(),
            scratch: Scratch::default().wanting(sysmon::is_provider).slow(self.options.slow_reader),
            cells: ExtractCache::default(),
            shapes: HashMap::new(),
        };
        self.pool.install(|| {
            units.par_iter().for_each(|unit| {
                let known = spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let mut own = known.unwrap_or_else(own);
                progress.advance(self.read(unit, &mut own));
                spare.lock().unwrap_or_else(PoisonError::into_inner).push(own);
            });
        });
        progress.finish();
        let all = spare.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.into_iter().map(|own| own.observer).collect()
    }

    /// A fault for each file that is not as it was before the first pass: what is looked up in it then may be of another state.
    pub fn changes(&self) -> Vec<Fault> {
        self.states.changes()
    }

    /// The events that were read at some places, in their order. Those that are not there any more are missing.
    pub fn events(&self, origins: &BTreeSet<Locator>) -> Vec<Arc<Event>> {
        let origins: Vec<Locator> = origins.iter().copied().collect();
        let units = source::units_again(&self.inputs, &origins);
        let load = |(unit, origins): &(WorkUnit, &[Locator])| {
            let mut scratch = Scratch::default().wanting(sysmon::is_provider).slow(self.options.slow_reader);
            let mut loading = EventLoader { pass: self, origins, found: Vec::new(), mark: 0 };
            source::visit_unit(&self.inputs, unit, &mut scratch, &mut loading);
            loading.found
        };
        self.pool.install(|| units.par_iter().flat_map_iter(load).collect())
    }

    /// Every process, as trees.
    pub fn processes(&self, progress: &dyn Progress) -> Forest {
        let wanted = Arc::default();
        let surveys = self.observe(progress, &|| ProcessSurvey::new(&wanted));
        ProcessSurvey::merge(surveys).map_or_else(Forest::default, |survey| Forest::new(survey.table))
    }

    /// What a person would look up first about some alerts of the run. Destinations and names are sought on other hosts in one more pass.
    pub fn triage(&self, alerts: &[Alert], progress: &dyn Progress) -> Triage {
        let plan = triage::TriagePlan::new(alerts);
        let surveys = self.observe(progress, &|| plan.survey());
        let mut triage = Triage::new(plan, surveys);
        if let Some(sought) = triage.watch() {
            let known = triage.addresses.clone();
            triage.watched(self.observe(progress, &|| Watch::new(&sought, &known)));
        }
        let cut = triage.cut();
        if !cut.is_empty() {
            triage.mend(&self.events(&cut));
        }
        triage
    }

    /// The addresses that hosts show as their own, for whoever looks up nothing else.
    pub fn addresses(&self, progress: &dyn Progress) -> HostAddresses {
        AddressSurvey::merge(self.observe(progress, &AddressSurvey::default))
    }

    /// Gives alerts of the run the starts of their processes, where no rule needed them and they are in the evidence nevertheless.
    pub fn complete(&self, alerts: &mut [Alert], progress: &dyn Progress) {
        let missing = Missing::new(alerts);
        if missing.is_empty() {
            return;
        }
        let found = missing.found(&self.observe(progress, &|| missing.observer()));
        let events = self.events(&found.iter().map(|(_, order)| order.origin()).collect());
        let by_origin: HashMap<Locator, Arc<Event>> = events.into_iter().map(|event| (event.origin, event)).collect();
        for (alert, order) in found {
            alerts[alert].start = by_origin.get(&order.origin()).cloned();
        }
    }

    /// Reads a unit to its end, and says how many bytes that were.
    fn read<O: Observer>(&self, unit: &WorkUnit, own: &mut PassThreadState<O>) -> u64 {
        let mut scratch = std::mem::take(&mut own.scratch);
        let mut reading = PassVisitor { pass: self, own, input: unit.input, in_chunk: false, is_copy: false };
        let stats = source::visit_unit(&self.inputs, unit, &mut scratch, &mut reading);
        own.observer.keep();
        own.scratch = scratch;
        stats.bytes
    }

    fn map(&self, record: &Record) -> Event {
        sysmon::map(record, &self.inputs[record.origin.input as usize].display, self.options.mapping)
    }

    fn wants(&self, id: Option<u32>, computer: &str, time: Ticks) -> bool {
        self.options.filter.wants(id, || computer.into()) && self.options.window.contains(time)
    }
}

/// A unit while it is read.
struct PassVisitor<'w, O> {
    pass: &'w EvidencePass,
    own: &'w mut PassThreadState<O>,
    input: u32,
    in_chunk: bool,
    /// Whether the chunk at hand is a copy of one that was read elsewhere.
    is_copy: bool,
}

impl<O: Observer> Visitor for PassVisitor<'_, O> {
    fn wants_chunk(&mut self, offset: u64) -> bool {
        !self.pass.duplicates.contains(Locator { input: self.input, offset })
    }

    fn begin_chunk(&mut self, offset: u64) {
        self.in_chunk = true;
        self.is_copy = self.pass.duplicates.contains(Locator { input: self.input, offset });
        self.own.observer.keep();
    }

    fn glance(&mut self, glance: &RecordRef<'_>) -> Visit {
        let pass = self.pass;
        let id = glance.event_id();
        let PassThreadState { observer, cells, shapes, .. } = &mut *self.own;
        if self.is_copy || (observer.fields(id).is_empty() && is_plain(glance)) {
            return Visit::Skip;
        }
        let RunOptions { window, clock, filter, .. } = &pass.options;
        if filter.is_active() && !filter.wants(Some(id), || glance.computer().text().into()) {
            return Visit::Skip;
        }
        let windowed = window.from.is_some() || window.to.is_some();
        if windowed && *clock == Clock::Logged && !window.contains(glance.time_created()) {
            return Visit::Skip;
        }
        if !is_plain(glance) || (windowed && *clock == Clock::Utc) {
            return Visit::NeedRecord;
        }
        if pass.duplicates.contains(glance.origin()) {
            return Visit::Skip;
        }
        if shapes.len() > MOST_SHAPES {
            shapes.clear();
        }
        let ways = shapes.entry((glance.shape(), id)).or_insert_with(|| {
            let mut ways = Extractors::new(id, pass.options.mapping, glance.names());
            observer.fields(id).iter().all(|field| ways.learn(&(*field).into())).then(|| Arc::new(ways))
        });
        let Some(ways) = ways else { return Visit::NeedRecord };
        let event = LazyEvent::new(ways, glance, cells, &pass.inputs[self.input as usize].display);
        let time = match clock {
            Clock::Logged => glance.time_created(),
            Clock::Utc => event.timestamp(),
        };
        let order = OrderKey::new(time, Some(glance.record_id()), glance.origin());
        observer.see(&ObservedEvent { fields: &event, id: Some(id), order });
        Visit::Skip
    }

    fn item(&mut self, item: Item) {
        let pass = self.pass;
        match item {
            Item::Record(record) => self.record(&record),
            Item::Document(document) if !pass.duplicates.contains(document.origin) => {
                if let Ok(event) = documents::event(document, &pass.options.roles) {
                    let id = documents::sysmon_id(&event.document);
                    let code = || event.document.text(ecs::EVENT_CODE)?.parse().ok();
                    self.show(&event, id.map(u32::from), id.map(u32::from).or_else(code));
                }
            }
            Item::Document(_) | Item::Skipped | Item::Fault(_) => {}
        }
        if !self.in_chunk {
            self.own.observer.keep();
        }
    }

    fn restart_chunk(&mut self) {
        self.own.observer.forget();
    }

    fn end_chunk(&mut self, _: &[u8]) {
        (self.in_chunk, self.is_copy) = (false, false);
        self.own.observer.keep();
    }
}

impl<O: Observer> PassVisitor<'_, O> {
    fn record(&mut self, record: &Record) {
        let pass = self.pass;
        if self.is_copy || !sysmon::is_sysmon(record) || pass.duplicates.contains(record.origin) {
            return;
        }
        let event = pass.map(record);
        self.show(&event, Some(record.event_id), Some(record.event_id));
    }

    fn show(&mut self, event: &Event, id: Option<u32>, code: Option<u32>) {
        let RunOptions { clock, .. } = self.pass.options;
        let computer = event.document.text(ecs::HOST_NAME).unwrap_or_default();
        if self.pass.wants(code, computer, event.time(clock)) {
            self.own.observer.see(&ObservedEvent { fields: &event.document, id, order: event.order(clock) });
        }
    }
}

/// Events that are read again because somebody needs all of them.
struct EventLoader<'w> {
    pass: &'w EvidencePass,
    /// Sorted.
    origins: &'w [Locator],
    found: Vec<Arc<Event>>,
    /// How many there were when the chunk began.
    mark: usize,
}

impl EventLoader<'_> {
    fn has(&self, origin: Locator) -> bool {
        self.origins.binary_search(&origin).is_ok()
    }
}

impl Visitor for EventLoader<'_> {
    fn wants_chunk(&mut self, offset: u64) -> bool {
        let next = self.origins.partition_point(|origin| origin.offset < offset);
        self.origins.get(next).is_some_and(|origin| source::chunk_start(origin.offset) == offset)
    }

    fn begin_chunk(&mut self, _: u64) {
        self.mark = self.found.len();
    }

    fn glance(&mut self, glance: &RecordRef<'_>) -> Visit {
        if self.has(glance.origin()) { Visit::NeedRecord } else { Visit::Skip }
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Record(record) if self.has(record.origin) => self.found.push(Arc::new(self.pass.map(&record))),
            Item::Document(document) if self.has(document.origin) => {
                self.found.extend(documents::event(document, &self.pass.options.roles).ok().map(Arc::new));
            }
            _ => {}
        }
    }

    fn restart_chunk(&mut self) {
        self.found.truncate(self.mark);
    }

    fn end_chunk(&mut self, _: &[u8]) {}
}

/// Whether a record is one of Sysmon on Windows, which the ways to fields are for.
fn is_plain(glance: &RecordRef<'_>) -> bool {
    glance.provider().eq_ignore_ascii_case(sysmon::PROVIDER)
}
