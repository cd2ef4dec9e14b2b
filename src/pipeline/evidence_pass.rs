//! The second pass over the evidence: every event that counts is shown to observers, one for each thread.
//!
//! Why a second one? Trees, triage and prevalence ask about processes, and which ones matter is known when the alerts are: a table of every process with
//! all it did would be made for nothing in most runs, and which records are duplicates is known at the end of the first pass only. So the first pass keeps
//! what rules need, and whoever wants more reads the evidence once more, with an observer that asks for a few fields of a few event IDs.
//!
//! Duplicates, and events that the run did not ask for, are passed over. Faults were reported by the first pass and are not reported again. This module does
//! not know what observers gather.

use super::alert_store::AlertStore;
use super::disposition::Disposition;
use super::documents;
use super::duplicates::Duplicates;
use super::progress::Progress;
use super::reread::{EventReader, scratch};
use super::threads::{CHUNKS_PER_UNIT, StatePool};
use crate::base::Locator;
use crate::base::spool::SpoolSpace;
use crate::detect::{AlertSource, Straddling};
use crate::diag::Notice;
use crate::ecs;
use crate::event::{Clock, Event, OrderKey};
use crate::process::{
    AddressSurvey, Forest, HostAddresses, Missing, ObservedEvent, Observer, ProcessSurvey, Stack, StackOptions,
    StackSpool, several_hosts_notice,
};
use crate::source::{self, Fault, FileStates, Item, Record, RecordRef, Scratch, Visit, Visitor, WorkUnit};
use crate::sysmon::{self, ExtractCache, Extractors, LazyEvent};
use hashbrown::HashMap;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

/// Limit for crafted evidence: extractors are forgotten when there are more shapes than this.
const MOST_SHAPES: usize = 4096;

/// The evidence of a run, to be read again. What came in on standard input is there too: discovery keeps it in a temporary file.
#[derive(Debug)]
pub struct EvidencePass {
    pub(super) reader: EventReader,
    pub(super) duplicates: Arc<Duplicates>,
    /// The files as they were before the first pass.
    pub(super) states: FileStates,
    /// The inputs that are read, by number; all if nothing is said.
    pub(super) only: Option<BTreeSet<u32>>,
}

/// The state of one thread, reused from unit to unit.
struct PassThreadState<O> {
    observer: O,
    scratch: Scratch,
    cache: ExtractCache,
    /// Extractors of the fields that the observer asks for, by number of the shape and event ID; `None` where the whole event must be mapped.
    shapes: HashMap<(u32, u32), Option<Arc<Extractors>>>,
}

impl EvidencePass {
    /// Shows every event to observers that `new` makes, and gives them back in no certain order.
    pub fn observe<O: Observer>(&self, progress: &dyn Progress, new: &(dyn Fn() -> O + Sync)) -> Vec<O> {
        let is_read = |number: u32| self.only.as_ref().is_none_or(|only| only.contains(&number));
        let read = (0..).zip(&*self.reader.inputs).filter(|(number, _)| is_read(*number));
        progress.start(read.map(|(_, input)| input.size).sum());
        let mut units = source::units(&self.reader.inputs, CHUNKS_PER_UNIT);
        units.retain(|unit| is_read(unit.input));
        let states: StatePool<PassThreadState<O>> = StatePool::default();
        let new_state = || PassThreadState {
            observer: new(),
            scratch: scratch(&self.reader.options),
            cache: ExtractCache::default(),
            shapes: HashMap::new(),
        };
        self.reader.pool.install(|| {
            units.par_iter().for_each(|unit| progress.advance(states.with(new_state, |state| self.read(unit, state))));
        });
        progress.finish();
        states.into_states().into_iter().map(|state| state.observer).collect()
    }

    /// Where spools of the run write.
    pub fn space(&self) -> &SpoolSpace {
        &self.reader.space
    }

    /// A fault for each file that is not as it was before the first pass: what is looked up in it then may be of another state.
    pub fn changes(&self) -> Vec<Fault> {
        self.states.changes()
    }

    /// The events that were read at some places, in their order. Those that are not there any more are left out.
    pub fn events(&self, origins: &BTreeSet<Locator>) -> Vec<Arc<Event>> {
        self.reader.events(origins)
    }

    /// Makes something of each event that was read at some places, given in order, and gives it to `keep` a few at a time, on all threads and in no certain order.
    pub fn for_each_event<T: Send>(
        &self,
        places: &[Locator],
        make: impl Fn(Event) -> Option<T> + Sync,
        keep: &(dyn Fn(&mut Vec<T>) + Sync),
    ) {
        self.reader.for_each_event(places, make, keep);
    }

    /// How often values of fields occur.
    pub fn stack(&self, options: StackOptions, progress: &dyn Progress) -> io::Result<Stack> {
        let spool = StackSpool::new(options, &self.reader.space);
        let observers = self.observe(progress, &|| spool.observer());
        spool.finish(observers)
    }

    /// Every process, as trees.
    pub fn processes(&self, progress: &dyn Progress) -> Forest {
        Forest::new(ProcessSurvey::merge(self.observe(progress, &ProcessSurvey::all)))
    }

    /// The addresses that hosts show as their own, for whoever looks up nothing else.
    pub fn addresses(&self, progress: &dyn Progress) -> HostAddresses {
        AddressSurvey::merge(self.observe(progress, &AddressSurvey::default))
    }

    /// Gives alerts of the run the starts of their processes, where no rule needed them and they are in the evidence nevertheless.
    pub fn complete(&self, alerts: &mut AlertStore, progress: &dyn Progress) -> io::Result<()> {
        let mut missing = Missing::default();
        (alerts as &dyn AlertSource).for_each(|position, alert| {
            missing.add(position, alert);
            Ok(())
        })?;
        if missing.is_empty() {
            return Ok(());
        }
        alerts.load_starts(&missing.found(&self.observe(progress, &|| missing.observer())))
    }

    /// Reads a unit to its end. Returns how many bytes were read.
    fn read<O: Observer>(&self, unit: &WorkUnit, state: &mut PassThreadState<O>) -> u64 {
        let mut scratch = std::mem::take(&mut state.scratch);
        let mut visitor = PassVisitor { pass: self, state, input: unit.input, in_chunk: false, is_copy: false };
        let totals = source::visit_unit(&self.reader.inputs, unit, &mut scratch, &mut visitor);
        state.observer.keep();
        state.scratch = scratch;
        totals.bytes
    }

    fn map(&self, record: &Record) -> Event {
        sysmon::map(record, &self.reader.inputs[record.origin.input as usize].display, self.reader.options.mapping)
    }
}

/// Visits one unit, with the state of the thread that reads it.
struct PassVisitor<'w, O> {
    pass: &'w EvidencePass,
    state: &'w mut PassThreadState<O>,
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
        self.state.observer.keep();
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        let pass = self.pass;
        let id = record.event_id();
        let PassThreadState { observer, cache, shapes, .. } = &mut *self.state;
        let is_unasked = observer.fields(id).is_empty() && observer.more_fields().is_empty();
        if self.is_copy || (is_unasked && is_on_windows(record)) {
            return Visit::Skip;
        }
        let disposition = pass.reader.options.header_disposition(record);
        if disposition.is_some_and(|disposition| disposition != Disposition::Mapped) {
            return Visit::Skip;
        }
        if !is_on_windows(record) || disposition.is_none() {
            return Visit::NeedRecord;
        }
        if pass.duplicates.contains(record.origin()) {
            return Visit::Skip;
        }
        if shapes.len() > MOST_SHAPES {
            shapes.clear();
        }
        let extractors = shapes.entry((record.shape(), id)).or_insert_with(|| {
            let mut extractors = Extractors::new(id, pass.reader.options.mapping, record.names());
            let knows = observer.fields(id).iter().all(|field| extractors.learn(&(*field).into()))
                && observer.more_fields().iter().all(|field| extractors.learn(field));
            knows.then(|| Arc::new(extractors))
        });
        let Some(extractors) = extractors else { return Visit::NeedRecord };
        let event = LazyEvent::new(extractors, record, cache, &pass.reader.inputs[self.input as usize].display);
        let time = match pass.reader.options.clock {
            Clock::Logged => record.time_created(),
            Clock::Utc => event.timestamp(),
        };
        let order = OrderKey::new(time, Some(record.record_id()), record.origin());
        observer.see(&ObservedEvent { fields: &event, id: Some(id), order });
        Visit::Skip
    }

    fn item(&mut self, item: Item) {
        let pass = self.pass;
        match item {
            Item::Record(record) => self.record(&record),
            Item::Document(document) if !pass.duplicates.contains(document.origin) => {
                if let Ok(event) =
                    documents::event(document, &pass.reader.options.roles, pass.reader.options.mapping.geo)
                {
                    let id = documents::sysmon_id(&event.document);
                    let code = || event.document.text(ecs::EVENT_CODE)?.parse().ok();
                    self.show(&event, id.map(u32::from), id.map(u32::from).or_else(code));
                }
            }
            Item::Document(_) | Item::Skipped | Item::Fault(_) => {}
        }
        // Only a chunk can be started over: what stands outside of one counts at once.
        if !self.in_chunk {
            self.state.observer.keep();
        }
    }

    fn restart_chunk(&mut self) {
        self.state.observer.forget();
    }

    fn end_chunk(&mut self, _: &[u8]) {
        (self.in_chunk, self.is_copy) = (false, false);
        self.state.observer.keep();
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
        let options = &self.pass.reader.options;
        let clock = options.clock;
        let computer = || event.document.text(ecs::HOST_NAME).unwrap_or_default().into();
        if options.disposition(code, computer, event.time(clock)) == Disposition::Mapped {
            self.state.observer.see(&ObservedEvent { fields: &event.document, id, order: event.order(clock) });
        }
    }
}

/// A notice of processes that appear under the names of several hosts.
pub fn straddling_notice(reader: &EventReader, straddling: &Straddling) -> Notice {
    let event = reader.events(&BTreeSet::from([straddling.example])).into_iter().next();
    let id = event.as_ref().and_then(|event| event.document.text(ecs::PROCESS_ENTITY_ID)).unwrap_or("(none)");
    let hosts: Vec<&str> = straddling.hosts.iter().map(|host| &**host).collect();
    several_hosts_notice(straddling.processes, id, &hosts)
}

/// Whether Sysmon wrote a record on Windows, which extractors are for.
fn is_on_windows(record: &RecordRef<'_>) -> bool {
    record.provider().eq_ignore_ascii_case(sysmon::PROVIDER)
}
