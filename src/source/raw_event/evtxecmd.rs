//! Rows of EvtxECmd (`--json`): the parts of `System` side by side, and the entries as JSON in a text, `Payload`.
//!
//! `PayloadData1` to `6` are made for people, of some entries only: they are not read.

use std::borrow::Cow;

use serde_json::Value;

use super::data;
use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::object::RawObject;
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;

const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["Provider"],
    provider_guid: &[],
    event_id: &["EventId"],
    version: &[],
    level: &["Level"],
    task: &[],
    opcode: &[],
    keywords: &[],
    record_id: &["EventRecordId"],
    activity_id: &[],
    related_activity_id: &[],
    process_id: &["ProcessId"],
    thread_id: &["ThreadId"],
    channel: &["Channel"],
    computer: &["Computer"],
    user_sid: &["UserId"],
    time: &["TimeCreated"],
    collected: &[],
};

/// Whether an object is a row of EvtxECmd.
pub fn is_row(object: &RawObject) -> bool {
    let has = |name: &str| object.contains_key(name);
    has("EventId")
        && (has("EventRecordId") || has("ChunkNumber"))
        && (has("Payload") || has("PayloadData1") || has("HiddenRecord"))
}

/// Reads a row.
pub fn read(row: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::Exact);
    envelope.read(row, &NAMES);
    let payload = match row.get("Payload") {
        Some(Value::String(text)) if !text.trim().is_empty() => match serde_json::from_str(text) {
            Ok(payload) => Some(Cow::Owned(payload)),
            Err(_) if envelope.is_sysmon() => {
                return EventRead::refused("a row of EvtxECmd whose `Payload` is not JSON");
            }
            Err(_) => None,
        },
        Some(Value::Object(_)) => row.get("Payload").map(Cow::Borrowed),
        _ => None,
    };
    if let Some(Value::Object(payload)) = payload.as_deref() {
        for part in ["EventData", "UserData"] {
            if let Some(value) = payload.get(part) {
                data::read(value, &mut envelope);
            }
        }
    }
    if envelope.is_sysmon() && !envelope.has_entries() {
        return EventRead::refused("a Sysmon row of EvtxECmd without `Payload`, which alone has its entries");
    }
    envelope.finish(origin, None)
}
