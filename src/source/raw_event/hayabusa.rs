//! Rows of Hayabusa (`json-timeline`, `search`). Only those that have every entry under its own name are events: in most profiles entries have short names of
//! Hayabusa's own, and some are left out.

use serde_json::Value;

use super::data;
use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::source::record::SystemField;

const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &[],
    provider_guid: &[],
    event_id: &["EventID", "Event ID"],
    version: &[],
    level: &[],
    task: &[],
    opcode: &[],
    keywords: &[],
    record_id: &["RecordID", "Record ID"],
    activity_id: &[],
    related_activity_id: &[],
    process_id: &[],
    thread_id: &[],
    channel: &["Channel"],
    computer: &["Computer", "Hostname"],
    user_sid: &[],
    time: &["Timestamp"],
    collected: &[],
};

/// Whether an object is a row of Hayabusa.
pub fn is_row(object: &RawObject) -> bool {
    let has = |name: &str| object.contains_key(name);
    has("Timestamp")
        && (has("RuleTitle") || has("EventTitle"))
        && (has("EventID") || has("Event ID"))
        && (has("Details") || has("AllFieldInfo") || has("ExtraFieldInfo") || has("RuleFile"))
}

/// Reads a row.
pub fn read(row: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let channel = object::first_text(row, NAMES.channel).unwrap_or_default();
    let is_sysmon = is_sysmon_channel(&channel);
    if is_sysmon && !row.get("AllFieldInfo").is_some_and(Value::is_object) {
        return EventRead::refused(
            "a Sysmon row of Hayabusa without `AllFieldInfo`: only its profile `all-field-info` keeps every entry",
        );
    }
    // Seven digits in the log, three here: `UtcTime` has as many, and was taken before.
    let mut envelope = RawEnvelope::new(strings, TimeTrust::Exact);
    envelope.read(row, &NAMES);
    if is_sysmon {
        envelope.set(SystemField::Channel, "Microsoft-Windows-Sysmon/Operational");
    } else if let Some(provider) = object::first_text(row, &["Provider"]) {
        envelope.attribute("Provider", "Name", &provider);
    }
    if let Some(entries) = row.get("AllFieldInfo") {
        data::read(entries, &mut envelope);
    }
    envelope.finish(origin, None)
}

/// Hayabusa shortens the names of channels.
fn is_sysmon_channel(channel: &str) -> bool {
    ["Sysmon", "Microsoft-Windows-Sysmon/Operational"].iter().any(|name| channel.eq_ignore_ascii_case(name))
}
