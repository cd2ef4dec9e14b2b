//! The creation of each process, looked up from its other events.
//!
//! An entity id means something on its host only, so that a process is a host and an entity id. This module does not know rules.

use crate::ecs;
use crate::event::{Event, OrderKey};
use hashbrown::HashMap;

/// Every process creation among some events. `T` is what the caller has of an event, such as a reference.
#[derive(Debug)]
pub struct Creations<'e, T> {
    /// By host, then by entity id.
    by_host: HashMap<&'e str, ByEntity<'e, T>>,
}

/// By entity id.
type ByEntity<'e, T> = HashMap<&'e str, Vec<(OrderKey, T)>>;

impl<T> Default for Creations<'_, T> {
    fn default() -> Self {
        Self { by_host: HashMap::new() }
    }
}

/// A process: host and entity id.
pub fn process_of(event: &Event) -> Option<(&str, &str)> {
    let text = |field| event.document.text(field);
    Some((text(ecs::HOST_NAME).unwrap_or_default(), text(ecs::PROCESS_ENTITY_ID)?))
}

impl<'e, T: Copy> Creations<'e, T> {
    /// Adds the creation of a process, of the form host and entity id. Creations must come in their order.
    pub fn add(&mut self, (host, entity_id): (&'e str, &'e str), order: OrderKey, creation: T) {
        self.by_host.entry(host).or_default().entry(entity_id).or_default().push((order, creation));
    }

    /// All creations of a process: more than one if its entity id was used again.
    pub fn all(&self, (host, entity_id): (&str, &str)) -> &[(OrderKey, T)] {
        self.by_host.get(host).and_then(|processes| processes.get(entity_id)).map_or(&[], Vec::as_slice)
    }

    /// The creation that an event of a process belongs to: the latest one that is not after it, or else (it was logged late) the first there is.
    pub fn of(&self, process: (&str, &str), order: OrderKey) -> Option<T> {
        let known = self.all(process);
        let before = known.partition_point(|(creation, _)| *creation <= order);
        before.checked_sub(1).and_then(|at| known.get(at)).or(known.first()).map(|(_, creation)| *creation)
    }
}
