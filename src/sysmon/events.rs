//! The table of event IDs: how each is categorised and which steps its fields go through, in the pipeline's order.
//!
//! One file per event ID. A step is data where it can be ([`Step`]); only what is more than a move names a function.

mod image_loaded;
mod network_connection;
mod process_creation;

use super::derive;
use super::raw::EventData;
use crate::ecs::FieldId;
use crate::event::Document;

/// How one event ID is mapped.
pub struct EventMap {
    /// Sysmon's event ID.
    pub id: u32,
    /// `event.category`.
    pub category: &'static [&'static str],
    /// `event.type`.
    pub kind: &'static [&'static str],
    /// `event.action`; the first is also the name of the event ID for people.
    pub action: &'static [&'static str],
    /// What happens to its fields, in order.
    pub steps: &'static [Step],
}

/// One step of the mapping.
pub enum Step {
    /// The entry's text becomes the field and leaves EventData, unless the field has a value already.
    Move(&'static str, FieldId),
    /// The entry's text becomes the field too.
    Copy(&'static str, FieldId),
    /// The entry's text, read as an integer, becomes the field. The entry is removed at the end, readable or not.
    Long(&'static str, FieldId),
    /// Anything else.
    Derive(fn(&EventData<'_>, &mut Document)),
}

impl Step {
    /// Does the step.
    pub fn apply(&self, data: &mut EventData<'_>, document: &mut Document) {
        match *self {
            Self::Move(name, field) => {
                if let Some(value) = data.get(name)
                    && !document.has(field)
                {
                    document.set(field, value);
                    data.remove(name);
                }
            }
            Self::Copy(name, field) => {
                if let Some(value) = data.get(name) {
                    document.set_if_missing(field, value);
                }
            }
            Self::Long(name, field) => {
                if let Some(number) = data.get(name).and_then(derive::long) {
                    document.set_if_missing(field, number);
                }
            }
            Self::Derive(derive) => derive(data, document),
        }
    }
}

/// Every mapped event ID, ascending.
static EVENTS: &[&EventMap] = &[&process_creation::MAP, &network_connection::MAP, &image_loaded::MAP];

/// The map of an event ID.
pub fn find(id: u32) -> Option<&'static EventMap> {
    EVENTS.iter().copied().find(|map| map.id == id)
}

/// All maps.
pub fn all() -> impl Iterator<Item = &'static EventMap> {
    EVENTS.iter().copied()
}
