//! What one thread does with one unit of work, and how the finds of several are put together.

use super::{Options, Progress, Tally, documents};
use crate::base::Origin;
use crate::detect::{CandidateEvent, Detector, Hit, Inventory, RuleIndex};
use crate::ecs;
use crate::event::Event;
use crate::source::{self, Fault, FaultKind, Input, Item, JsonDocument, Record, Scratch, Unit};
use crate::sysmon;
use hashbrown::HashSet;
use sha1::{Digest, Sha1};
use std::sync::Arc;

/// Most faults of one unit that are listed. Hostile evidence can hold one in every few bytes, and a list of them all would fill the memory.
const FAULTS_PER_UNIT: usize = 1000;

/// What all threads share.
pub struct Worker<'run> {
    pub inputs: &'run [Input],
    pub detector: &'run Detector,
    pub options: &'run Options,
    pub progress: &'run dyn Progress,
}

/// What was found in some units.
#[derive(Default)]
pub struct Found {
    /// Events that some rule may need.
    pub candidates: Vec<CandidateEvent>,
    /// All mapped events, if they are wanted.
    pub kept: Vec<Arc<Event>>,
    /// Which fields the events have, if that is wanted.
    pub inventory: Inventory,
    /// Every Sysmon record, to know duplicates by.
    pub seen: Vec<Seen>,
    pub faults: Vec<Fault>,
    pub tally: Tally,
}

/// A Sysmon record as far as duplicates are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// A hash of all that the record says.
    fingerprint: [u8; 16],
    /// Where it was read. Of equal records the one with the lowest place stays.
    origin: Origin,
    /// Sysmon's event ID; `None` for a document that is no Sysmon event.
    pub event_id: Option<u32>,
    /// Mapped, and inside the window of time.
    pub fate: Fate,
}

/// What became of a Sysmon record that is not a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It became an event.
    Mapped,
    /// It lies outside of the window of time.
    OutsideWindow,
}

impl Worker<'_> {
    /// Reads a unit to its end.
    pub fn read(&self, unit: &Unit, scratch: &mut Scratch) -> Found {
        let mut found = Found::default();
        let stats = source::read_unit(self.inputs, unit, scratch, &mut |item| match item {
            Item::Record(record) => self.take(&record, &mut found),
            Item::Document(document) => self.take_document(document, &mut found),
            Item::PassedOver => found.tally.other_providers += 1,
            Item::Fault(fault) => found.note(fault),
        });
        found.tally.chunks += stats.chunks;
        found.tally.records += stats.records;
        self.progress.advance(stats.bytes);
        found
    }

    fn take(&self, record: &Record, found: &mut Found) {
        if !sysmon::is_sysmon(record) {
            found.tally.other_providers += 1;
            return;
        }
        let fate = self.map(record, found);
        let Record { event_id, origin, .. } = *record;
        found.seen.push(Seen { fingerprint: fingerprint(record), origin, event_id: Some(event_id), fate });
    }

    fn map(&self, record: &Record, found: &mut Found) -> Fate {
        let Options { window, timeline, inventory, .. } = self.options;
        let everything = *timeline || *inventory || window.from.is_some() || window.to.is_some();
        if !everything
            && sysmon::is_windows(record)
            && !self.detector.may_matter(record.event_id, record.value("Image"))
        {
            return Fate::Mapped;
        }
        let input = &self.inputs[record.origin.input as usize];
        let event = sysmon::map(record, &input.display, self.options.mapping);
        let windows = event.document.text(ecs::HOST_OS_TYPE) == Some("windows");
        let hits = if windows {
            self.detector.hits_of_sysmon(record.event_id, &event.document)
        } else {
            self.detector.hits(&event.document)
        };
        self.keep(event, Some(record.event_id), hits, found)
    }

    fn take_document(&self, given: JsonDocument, found: &mut Found) {
        let origin = given.origin;
        let fingerprint = documents::fingerprint(&given);
        match documents::event(given, &self.options.roles) {
            Ok(event) => {
                let event_id = documents::sysmon_id(&event.document);
                let hits = self.detector.hits(&event.document);
                let fate = self.keep(event, event_id, hits, found);
                found.seen.push(Seen { fingerprint, origin, event_id, fate });
            }
            Err(reason) => {
                let input = &self.inputs[origin.input as usize].display;
                found.note(Fault::lost(input, FaultKind::Time, reason).at(origin.offset));
            }
        }
    }

    fn keep(&self, event: Event, id: Option<u32>, hits: Vec<(RuleIndex, Hit)>, found: &mut Found) -> Fate {
        if !self.options.window.contains(event.time(self.options.clock)) {
            return Fate::OutsideWindow;
        }
        if self.options.inventory {
            found.inventory.add(id, &event.document);
        }
        if self.options.timeline || !hits.is_empty() {
            let event = Arc::new(event);
            if self.options.timeline {
                found.kept.push(event.clone());
            }
            if !hits.is_empty() {
                found.candidates.push(CandidateEvent { event, hits });
            }
        }
        Fate::Mapped
    }
}

impl Found {
    /// Keeps a fault, unless there are too many of them already; it is counted in any case.
    fn note(&mut self, fault: Fault) {
        self.tally.unreadable += u64::from(fault.is_record());
        if self.faults.len() < FAULTS_PER_UNIT {
            self.faults.push(fault);
        } else {
            self.tally.unlisted_faults += 1;
        }
    }

    /// Both together. Order does not matter: everything is sorted before it is used.
    pub fn merge(mut self, other: Self) -> Self {
        if self.seen.len() < other.seen.len() {
            return other.merge(self);
        }
        self.candidates.extend(other.candidates);
        self.kept.extend(other.kept);
        self.seen.extend(other.seen);
        self.faults.extend(other.faults);
        self.inventory.merge(other.inventory);
        self.tally.add(&other.tally);
        self
    }

    /// Removes events whose record was read elsewhere too, and counts them.
    pub fn remove_duplicates(&mut self) {
        self.seen.sort_unstable();
        let mut duplicates: HashSet<Origin> = HashSet::new();
        let mut previous = None;
        self.seen.retain(|seen| {
            let again = previous == Some(seen.fingerprint);
            previous = Some(seen.fingerprint);
            if again {
                duplicates.insert(seen.origin);
            }
            !again
        });
        self.tally.duplicates += duplicates.len() as u64;
        if !duplicates.is_empty() {
            self.candidates.retain(|candidate| !duplicates.contains(&candidate.event.origin));
            self.kept.retain(|event| !duplicates.contains(&event.origin));
        }
    }
}

/// A hash of computer, channel, record id, time and content. Two records with the same one are the same record, copied.
fn fingerprint(record: &Record) -> [u8; 16] {
    let mut hash = Sha1::new();
    let mut text = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    text(&record.computer);
    text(&record.channel);
    text(&record.provider);
    text(record.user_sid.as_deref().unwrap_or_default());
    for (name, value) in &record.data {
        text(name);
        text(value);
    }
    hash.update(record.event_id.to_le_bytes());
    hash.update(record.version.unwrap_or_default().to_le_bytes());
    hash.update(record.record_id.unwrap_or(u64::MAX).to_le_bytes());
    hash.update(record.time_created.0.to_le_bytes());
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&hash.finalize()[..16]);
    fingerprint
}
