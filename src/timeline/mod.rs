//! Events grouped by the process that they belong to, in time order inside each group, with the process's own facts beside its other events.
//!
//! A process is a host and a ProcessGuid. Events without one form a group of their own per host: nothing is dropped.
//! This module does not know output formats.

use crate::base::Origin;
use crate::detect::{self, Alert, Creations};
use crate::ecs::{self, FieldId};
use crate::event::{Clock, Event, Value};
use hashbrown::HashMap;
use std::sync::Arc;

/// The events of one process, or of all events of a host that name none.
#[derive(Debug)]
pub struct Process {
    /// Computer name; empty if the records name none.
    pub host: String,
    /// ProcessGuid as the records have it; `None` for the group of events without one.
    pub entity_id: Option<String>,
    /// The events, by the chosen clock.
    pub entries: Vec<Entry>,
}

/// One event of a timeline.
#[derive(Debug)]
pub struct Entry {
    /// The event.
    pub event: Arc<Event>,
    /// The start of the event's process, if it was logged and is not this event itself.
    pub start: Option<Arc<Event>>,
    /// The alerts that the event is part of.
    pub parts: Vec<Part>,
}

/// An event's part in an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Position of the alert in the list of alerts.
    pub alert: usize,
    /// Stage of the rule's sequence, from 0.
    pub stage: usize,
}

/// The facts of a process that its start alone records: they are shown beside its other events where those have none of their own.
pub const CARRIED: &[FieldId] = &[
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_WORKING_DIRECTORY,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_PARENT_NAME,
    ecs::PROCESS_PARENT_EXECUTABLE,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::PROCESS_PARENT_ENTITY_ID,
    ecs::PROCESS_HASH_MD5,
    ecs::PROCESS_HASH_SHA1,
    ecs::PROCESS_HASH_SHA256,
    ecs::PROCESS_PE_IMPHASH,
    ecs::PROCESS_PE_ORIGINAL_FILE_NAME,
    ecs::DATA_INTEGRITY_LEVEL,
    ecs::DATA_LOGON_ID,
];

impl Entry {
    /// The first value of a field: the event's own or, for the facts in [`CARRIED`], that of its process's start.
    pub fn value(&self, field: FieldId) -> Option<&Value> {
        let carried = || {
            let start = self.start.as_ref().filter(|_| CARRIED.contains(&field))?;
            start.document.first(field)
        };
        self.event.document.first(field).or_else(carried)
    }
}

/// Groups events by process. Hosts are in the order of their names; on each host processes are in the order of their first events, and the
/// events without a process come last.
pub fn by_process(mut events: Vec<Arc<Event>>, alerts: &[Alert], clock: Clock) -> Vec<Process> {
    events.sort_by_key(|event| event.order(clock));
    let starts: Vec<Option<Arc<Event>>> = {
        let mut creations = Creations::default();
        for event in events.iter().filter(|event| event.document.is_process_creation()) {
            if let Some(process) = detect::process_of(event) {
                creations.add(process, event.order(clock), event);
            }
        }
        let start_of = |event: &Arc<Event>| {
            let process = detect::process_of(event).filter(|_| !event.document.is_process_creation())?;
            creations.of(process, event.order(clock)).cloned()
        };
        events.iter().map(start_of).collect()
    };
    let mut parts = parts_by_event(alerts);
    let mut groups: Vec<Process> = Vec::new();
    let mut index: HashMap<(String, Option<String>), usize> = HashMap::new();
    for (event, start) in events.into_iter().zip(starts) {
        let key = process_of(&event);
        let at = *index.entry(key).or_insert_with_key(|(host, entity_id)| {
            groups.push(Process { host: host.clone(), entity_id: entity_id.clone(), entries: Vec::new() });
            groups.len() - 1
        });
        let parts = parts.remove(&event.origin).unwrap_or_default();
        groups[at].entries.push(Entry { event, start, parts });
    }
    // Stable: inside a host the order of first events stays.
    groups.sort_by(|a, b| (&a.host, a.entity_id.is_none()).cmp(&(&b.host, b.entity_id.is_none())));
    groups
}

fn process_of(event: &Event) -> (String, Option<String>) {
    let text = |field| event.document.text(field).map(str::to_owned);
    (text(ecs::HOST_NAME).unwrap_or_default(), text(ecs::PROCESS_ENTITY_ID))
}

fn parts_by_event(alerts: &[Alert]) -> HashMap<Origin, Vec<Part>> {
    let mut parts: HashMap<_, Vec<Part>> = HashMap::new();
    for (alert, found) in alerts.iter().enumerate() {
        for (stage, event) in found.events.iter().enumerate() {
            if let Some(event) = event {
                parts.entry(event.origin).or_default().push(Part { alert, stage });
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests;
