//! Alerts and archives of Wazuh: the event under `data.win`, with the names of its entries in a case of their own (`image` for `Image`).
//!
//! Wazuh escapes backslashes and quotes in values once more than JSON does.

use std::borrow::Cow;

use serde_json::Value;

use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;

const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["providerName"],
    provider_guid: &["providerGuid"],
    event_id: &["eventID"],
    version: &["version"],
    level: &["level"],
    task: &["task"],
    opcode: &["opcode"],
    keywords: &["keywords"],
    record_id: &["eventRecordID"],
    activity_id: &[],
    related_activity_id: &[],
    process_id: &["processID"],
    thread_id: &["threadID"],
    channel: &["channel"],
    computer: &["computer"],
    user_sid: &[],
    time: &["systemTime"],
    collected: &[],
};

/// The event in an alert, if there is one of Windows.
pub fn event_of(object: &RawObject) -> Option<&RawObject> {
    let event = object::find(object, "data.win").and_then(Value::as_object)?;
    event.get("system").is_some_and(Value::is_object).then_some(event)
}

/// Reads an event.
pub fn read(event: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::Exact);
    if let Some(Value::Object(system)) = event.get("system") {
        envelope.read(system, &NAMES);
    }
    for (name, value) in object::below(event, "eventdata") {
        if let Some(text) = object::text(value) {
            envelope.entry_text(&entry_name(name), &unescaped(&text));
        }
    }
    if envelope.is_sysmon() && !envelope.has_entries() && !envelope.is_refused() {
        return EventRead::refused("a Sysmon event of Wazuh without `eventdata`");
    }
    envelope.finish(origin, None)
}

/// The name of an entry as it was before its first letter was made a small one.
fn entry_name(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A value without the escapes that Wazuh has added; as it is if it has a backslash that none of them begins.
fn unescaped(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some(escaped @ ('\\' | '"')) => out.push(escaped),
                _ => return Cow::Borrowed(text),
            },
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}
