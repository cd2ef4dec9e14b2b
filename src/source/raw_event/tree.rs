//! Objects that keep the tree of the event's XML: `evtx_dump`, Chainsaw, python-evtx, `xmltodict`, EvtxECmd's full JSON, and the rows of Velociraptor.
//!
//! All have `System` with its parts, and `EventData` or `UserData` beside it; below `Event` or at the top.

use serde_json::Value;

use super::data;
use super::envelope::{RawEnvelope, TimeTrust};
use super::message;
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::source::record::SystemField;

/// The object that has `System`, if there is one.
pub fn event_of(object: &RawObject) -> Option<&RawObject> {
    let has_system = |object: &&RawObject| object.get("System").is_some_and(is_system);
    let inner = object.get("Event").and_then(Value::as_object).filter(has_system);
    inner.or_else(|| Some(object).filter(has_system))
}

fn is_system(system: &Value) -> bool {
    system.as_object().is_some_and(|system| system.contains_key("EventID"))
}

/// Reads an event whose `System` is there.
pub fn read(event: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::Exact);
    if let Some(Value::Object(system)) = event.get("System") {
        read_system(system, &mut envelope);
    }
    for part in ["EventData", "UserData"] {
        if let Some(value) = event.get(part) {
            data::read(value, &mut envelope);
        }
    }
    let mut doubt = None;
    if !envelope.has_entries()
        && envelope.is_sysmon()
        && let Some(text) = object::first_text(event, &["Message", "RenderingInfo.Message"])
    {
        let read = message::read(&text);
        read.entries.iter().for_each(|(name, value)| envelope.entry_text(name, value));
        doubt = read.repeated;
    }
    envelope.finish(origin, doubt)
}

/// Attributes of the parts of `System`.
const SYSTEM_ATTRIBUTES: &[(&str, &[&str])] = &[
    ("Provider", &["Name", "Guid"]),
    ("Correlation", &["ActivityID", "RelatedActivityID"]),
    ("Execution", &["ProcessID", "ThreadID"]),
    ("Security", &["UserID"]),
];

fn read_system(system: &RawObject, envelope: &mut RawEnvelope<'_>) {
    for (name, value) in system {
        // `evtx_dump --separate-json-attributes` has the attributes of an element beside it.
        let element = name.strip_suffix("_attributes").unwrap_or(name);
        if let Some((_, keys)) = SYSTEM_ATTRIBUTES.iter().find(|(known, _)| *known == element) {
            for key in *keys {
                if let Some(text) = data::attribute(value, key).and_then(object::text) {
                    envelope.attribute(element, key, &text);
                }
            }
            // Where an element has one attribute that matters, its text can be only that.
            if !value.is_object()
                && let Some(text) = object::text(value).filter(|_| matches!(element, "Provider" | "Security"))
            {
                envelope.attribute(element, keys[0], &text);
            }
        } else if element == "TimeCreated" {
            if let Some(time) = data::attribute(value, "SystemTime")
                .or_else(|| Some(value).filter(|at| !at.is_null() && !at.is_object()))
            {
                envelope.time(time);
            }
        } else if let Some(field) = SystemField::of(name)
            && let Some(text) = object::text(value).filter(|text| !text.is_empty())
        {
            envelope.set(field, &text);
        }
    }
}
