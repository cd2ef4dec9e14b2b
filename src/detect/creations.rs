//! The creation of each process, looked up from its other events.
//!
//! An entity id means something on its host only, so that a process is a host and an entity id. This module does not know rules.

use crate::ecs;
use crate::event::{Clock, Event};
use hashbrown::HashMap;
use std::sync::Arc;

/// Every process creation among some events.
#[derive(Debug)]
pub struct Creations<'e> {
    /// By host, then by entity id.
    by_host: HashMap<&'e str, HashMap<&'e str, Vec<&'e Arc<Event>>>>,
    clock: Clock,
}

/// A process: host and entity id.
fn process_of(event: &Event) -> Option<(&str, &str)> {
    let text = |field| event.document.text(field);
    Some((text(ecs::HOST_NAME).unwrap_or_default(), text(ecs::PROCESS_ENTITY_ID)?))
}

impl<'e> Creations<'e> {
    /// The creations among `events`, which are in the order of `clock`.
    pub fn among(events: impl Iterator<Item = &'e Arc<Event>>, clock: Clock) -> Self {
        let mut by_host: HashMap<&str, HashMap<&str, Vec<&Arc<Event>>>> = HashMap::new();
        for event in events.filter(|event| event.document.is_process_creation()) {
            if let Some((host, entity_id)) = process_of(event) {
                by_host.entry(host).or_default().entry(entity_id).or_default().push(event);
            }
        }
        Self { by_host, clock }
    }

    /// All creations of the event's process: more than one if its entity id was used again.
    pub fn all(&self, event: &Event) -> &[&'e Arc<Event>] {
        let known = process_of(event).and_then(|(host, entity_id)| self.by_host.get(host)?.get(entity_id));
        known.map_or(&[], Vec::as_slice)
    }

    /// The creation of the event's process: the latest one that is not after the event, or else (it was logged late) the first there is.
    pub fn of(&self, event: &Event) -> Option<&'e Arc<Event>> {
        let known = self.all(event);
        let order = event.order(self.clock);
        let before = known.partition_point(|creation| creation.order(self.clock) <= order);
        before.checked_sub(1).and_then(|at| known.get(at)).or(known.first()).copied()
    }
}
