//! Observers of a pass over the evidence, the events that they are shown, and what an event tells of its process.

use super::facts::ActivityKind;
use crate::ecs::{self, FieldId};
use crate::event::{Fields, OrderKey};

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
        matches!(happened(self), Some(Happened::Start))
    }
}

/// Is shown all events of some evidence. There is one for each thread.
pub trait Observer: Send {
    /// The fields that it may ask of events of Sysmon with this ID; none if it does not need to see them at all.
    fn fields(&self, id: u32) -> &'static [FieldId];
    /// An event.
    fn see(&mut self, event: &ObservedEvent<'_>);
    /// Keeps the events since the last [`keep`](Self::keep): their chunk was read to its end.
    fn keep(&mut self);
    /// Forgets the events since then: their chunk is started over, and they will be shown again.
    fn forget(&mut self);
}

/// The part that an event has in the life of its process.
pub enum Happened {
    /// The process started.
    Start,
    /// It ended.
    Exit,
    /// It did something.
    Did(ActivityKind),
}

/// The part of an event in the life of its process: by its ID or, if it is none of Sysmon's, by its category. `None` if it is about no process.
pub fn happened(event: &ObservedEvent<'_>) -> Option<Happened> {
    Some(match event.id {
        Some(1) => Happened::Start,
        Some(5) => Happened::Exit,
        Some(4 | 6 | 16 | 19 | 20 | 21 | 255) => return None,
        Some(3) => Happened::Did(ActivityKind::Connection),
        Some(22) => Happened::Did(ActivityKind::Dns),
        Some(2 | 11 | 15 | 23 | 26 | 27 | 28 | 29) => Happened::Did(ActivityKind::File),
        Some(12..=14) => Happened::Did(ActivityKind::Registry),
        Some(7) => Happened::Did(ActivityKind::Image),
        Some(8) => Happened::Did(ActivityKind::RemoteThread),
        Some(10) => Happened::Did(ActivityKind::ProcessAccess),
        Some(17 | 18) => Happened::Did(ActivityKind::Pipe),
        Some(_) => Happened::Did(ActivityKind::Other),
        None => return by_category(event.fields),
    })
}

fn by_category(fields: &dyn Fields) -> Option<Happened> {
    let has = |field: FieldId, text: &str| {
        fields.values(&field.into()).iter().any(|value| value.as_text().is_some_and(|have| have == text))
    };
    let category = |text| has(ecs::EVENT_CATEGORY, text);
    Some(if category("library") {
        Happened::Did(ActivityKind::Image)
    } else if category("process") && has(ecs::EVENT_TYPE, "start") {
        Happened::Start
    } else if category("process") && has(ecs::EVENT_TYPE, "end") {
        Happened::Exit
    } else if category("network") || category("dns") {
        let dns = category("dns") || has(ecs::NETWORK_PROTOCOL, "dns") && has_any(fields, ecs::DNS_QUESTION_NAME);
        Happened::Did(if dns { ActivityKind::Dns } else { ActivityKind::Connection })
    } else if category("file") {
        Happened::Did(ActivityKind::File)
    } else if category("registry") {
        Happened::Did(ActivityKind::Registry)
    } else if category("process") {
        Happened::Did(ActivityKind::Other)
    } else {
        return None;
    })
}

/// Whether a field has a value.
pub fn has_any(fields: &dyn Fields, field: FieldId) -> bool {
    !fields.values(&field.into()).is_empty()
}
