//! The starts of some processes: where they stand, and no more.
//!
//! An alert that begins with another event of its process than its start lacks what only the start says; this finds it.

use super::entity::EntityKey;
use super::field_reader::{FieldReader, process_of};
use super::observer::{ObservedEvent, Observer};
use super::wanted::WantedProcesses;
use crate::base::Locator;
use crate::detect::Alert;
use crate::ecs::{self, FieldId};
use crate::event::{Event, OrderKey};
use crate::sysmon::{LifeEvent, life_event};
use std::sync::Arc;

/// The starts that are missing from some alerts.
#[derive(Debug, Default)]
pub struct Missing {
    wanted: Arc<WantedProcesses>,
    /// Alerts by position, with the number of their process.
    alerts: Vec<(usize, u32)>,
}

impl Missing {
    /// Takes notice of the alert at a position, if it has no start: of the process that its first event is about.
    pub fn add(&mut self, position: usize, alert: &Alert) {
        if alert.start.is_none()
            && let Some((host, key)) = process_without_start(alert)
        {
            // Observers come later: until then nobody else has the set.
            let number = Arc::make_mut(&mut self.wanted).add(&host, &key);
            self.alerts.push((position, number));
        }
    }

    /// Whether no alert lacks its start.
    pub fn is_empty(&self) -> bool {
        self.alerts.is_empty()
    }

    /// An observer that looks for them.
    pub fn observer(&self) -> Starts {
        let wanted = self.wanted.clone();
        let found = vec![None; wanted.len()];
        Starts { wanted, found, pending: Vec::new(), reader: FieldReader::default() }
    }

    /// For each alert without a start the place of the first start of its process, if there is one.
    pub fn found(&self, observers: &[Starts]) -> Vec<(usize, Locator)> {
        let mut found: Vec<Option<OrderKey>> = vec![None; self.wanted.len()];
        // An id that was used again has several starts; the first one in the order of events is taken, as in the process table.
        for (mine, theirs) in observers.iter().flat_map(|starts| starts.found.iter().enumerate()) {
            keep_first(&mut found[mine], *theirs);
        }
        let place = |&(alert, number): &(usize, u32)| Some((alert, found[number as usize]?.origin()));
        self.alerts.iter().filter_map(place).collect()
    }
}

/// Whether an alert is about a process whose start is none of its events.
pub fn lacks_start(alert: &Alert) -> bool {
    alert.start.is_none() && process_without_start(alert).is_some()
}

/// The process of an alert's first event, unless an event of the alert is its start.
fn process_without_start(alert: &Alert) -> Option<(String, EntityKey)> {
    let (host, key) = alert.present().next().and_then(|event| process_of(&event.document))?;
    key.entity_id()?;
    let mut starts = alert.present().filter(|event| event.document.is_process_creation());
    let is_own =
        |start: &Event| process_of(&start.document).is_some_and(|process| process.1 == key && process.0 == host);
    let has_start = starts.any(|start| is_own(start));
    (!has_start).then_some((host, key))
}

/// Looks for the starts of wanted processes.
#[derive(Debug)]
pub struct Starts {
    wanted: Arc<WantedProcesses>,
    found: Vec<Option<OrderKey>>,
    pending: Vec<(u32, OrderKey)>,
    reader: FieldReader,
}

const FIELDS: &[FieldId] = &[
    ecs::HOST_NAME,
    ecs::PROCESS_ENTITY_ID,
    ecs::PROCESS_PID,
    ecs::PROCESS_EXECUTABLE,
    ecs::EVENT_CATEGORY,
    ecs::EVENT_TYPE,
];

impl Observer for Starts {
    fn fields(&self, id: u32) -> &'static [FieldId] {
        if life_event(id) == Some(LifeEvent::Start) { FIELDS } else { &[] }
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        if !event.is_start() {
            return;
        }
        // A start that nothing identifies is not kept: no alert could name its process.
        let Some(key) = self.reader.key(event.fields) else { return };
        let host = self.reader.read(event.fields, ecs::HOST_NAME).unwrap_or_default();
        self.pending.extend(self.wanted.find(host, &key).map(|number| (number, event.order)));
    }

    fn keep(&mut self) {
        for (number, order) in self.pending.drain(..) {
            keep_first(&mut self.found[number as usize], Some(order));
        }
    }

    fn forget(&mut self) {
        self.pending.clear();
    }
}

fn keep_first(first: &mut Option<OrderKey>, other: Option<OrderKey>) {
    *first = match (*first, other) {
        (Some(mine), Some(other)) => Some(mine.min(other)),
        (mine, other) => mine.or(other),
    };
}
