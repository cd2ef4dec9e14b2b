//! Observers of a pass over the evidence, the events that they are shown, and what an event tells of its process.

use crate::ecs::{self, Field, FieldId};
use crate::event::{Fields, OrderKey};
use crate::sysmon::{ActivityKind, LifeEvent, life_event};

/// An event, as an observer is shown it.
#[derive(Clone, Copy)]
pub struct ObservedEvent<'e> {
    /// Its fields.
    pub fields: &'e dyn Fields,
    /// Sysmon's event ID, if it is an event of Sysmon.
    pub id: Option<u32>,
    /// Its place in the order of events.
    pub order: OrderKey,
}

impl ObservedEvent<'_> {
    /// Whether it tells of the start of a process.
    pub fn is_start(&self) -> bool {
        matches!(happened(self), Some(LifeEvent::Start))
    }
}

/// Is shown all events of some evidence. There is one for each thread.
pub trait Observer: Send {
    /// The fields that it may ask of events of Sysmon with this ID; none if it does not need to see them at all.
    fn fields(&self, id: u32) -> &'static [FieldId];
    /// Fields beside those, which it may ask of every event; with some, it needs to see all of them.
    fn more_fields(&self) -> &[Field] {
        &[]
    }
    /// An event.
    fn see(&mut self, event: &ObservedEvent<'_>);
    /// Keeps the events since the last [`keep`](Self::keep): their chunk was read to its end.
    fn keep(&mut self);
    /// Forgets the events since then: their chunk is started over, and they will be shown again.
    fn forget(&mut self);
}

/// Two observers of one pass. The second one sees what the first one asks for, and needs no more.
pub struct ObserverPair<A, B>(pub A, pub B);

impl<A: Observer, B: Observer> Observer for ObserverPair<A, B> {
    fn fields(&self, id: u32) -> &'static [FieldId] {
        debug_assert!(self.1.fields(id).iter().all(|field| self.0.fields(id).contains(field)), "{id}");
        self.0.fields(id)
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        self.0.see(event);
        self.1.see(event);
    }

    fn keep(&mut self) {
        self.0.keep();
        self.1.keep();
    }

    fn forget(&mut self) {
        self.0.forget();
        self.1.forget();
    }
}

/// The part of an event in the life of its process: by its ID or, if it is none of Sysmon's, by its category. `None` if it is about no process.
pub fn happened(event: &ObservedEvent<'_>) -> Option<LifeEvent> {
    // The ID is surer: Elastic gives the load of an image the category and type of the start of a process.
    match event.id {
        Some(id) => life_event(id),
        None => by_category(event.fields),
    }
}

fn by_category(fields: &dyn Fields) -> Option<LifeEvent> {
    let has = |field: FieldId, text: &str| {
        fields.values(&field.into()).iter().any(|value| value.as_text().is_some_and(|have| have == text))
    };
    let category = |text| has(ecs::EVENT_CATEGORY, text);
    // In this order: the load of an image has the category of a process too.
    Some(if category("library") {
        LifeEvent::Did(ActivityKind::Image)
    } else if category("process") && has(ecs::EVENT_TYPE, "start") {
        LifeEvent::Start
    } else if category("process") && has(ecs::EVENT_TYPE, "end") {
        LifeEvent::Exit
    } else if category("network") || category("dns") {
        let dns = category("dns") || has(ecs::NETWORK_PROTOCOL, "dns") && has_any(fields, ecs::DNS_QUESTION_NAME);
        LifeEvent::Did(if dns { ActivityKind::Dns } else { ActivityKind::Connection })
    } else if category("file") {
        LifeEvent::Did(ActivityKind::File)
    } else if category("registry") {
        LifeEvent::Did(ActivityKind::Registry)
    } else if category("process") {
        LifeEvent::Did(ActivityKind::Other)
    } else {
        return None;
    })
}

/// Whether a field has a value.
pub fn has_any(fields: &dyn Fields, field: FieldId) -> bool {
    !fields.values(&field.into()).is_empty()
}
