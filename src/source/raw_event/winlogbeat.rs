//! Documents of Winlogbeat and Elastic Agent that no pipeline has mapped: Winlogbeat 8 and later without its ingest pipelines, 7 without its module, and 6.
//!
//! `event.created` is when the record was read, and counts for nothing; `@timestamp` is when it was logged.

use serde_json::Value;

use super::data;
use super::envelope::{self, EnvelopeNames, RawEnvelope, TimeTrust};
use super::message;
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::source::xml::Converter;

const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["winlog.provider_name", "event.provider"],
    provider_guid: &["winlog.provider_guid"],
    event_id: &["winlog.event_id", "event.code", "winlog.event_identifier"],
    version: &["winlog.version"],
    level: &["winlog.level", "log.level"],
    task: &[],
    opcode: &["winlog.opcode"],
    keywords: &[],
    record_id: &["winlog.record_id"],
    activity_id: &["winlog.activity_id"],
    related_activity_id: &["winlog.related_activity_id"],
    process_id: &["winlog.process.pid"],
    thread_id: &["winlog.process.thread.id"],
    channel: &["winlog.channel"],
    computer: &["winlog.computer_name", "host.name"],
    user_sid: &["winlog.user.identifier"],
    time: &["winlog.time_created", "@timestamp"],
    collected: &[],
};

/// Winlogbeat 6 has the same at the top.
const NAMES_OF_6: EnvelopeNames = EnvelopeNames {
    provider: &["source_name"],
    provider_guid: &["provider_guid"],
    event_id: &["event_id"],
    version: &["version"],
    level: &["level"],
    task: &[],
    opcode: &["opcode"],
    keywords: &[],
    record_id: &["record_number"],
    activity_id: &["activity_id"],
    related_activity_id: &["related_activity_id"],
    process_id: &["process_id"],
    thread_id: &["thread_id"],
    channel: &["log_name"],
    computer: &["computer_name", "beat.hostname"],
    user_sid: &["user.identifier"],
    time: &["@timestamp"],
    collected: &[],
};

/// Whether an object is a document of Winlogbeat 6.
pub fn is_of_6(object: &RawObject) -> bool {
    let has = |name: &str| object.contains_key(name);
    has("event_id") && has("log_name") && (has("source_name") || has("provider_guid"))
}

/// Whether a document tells of a record of Sysmon.
pub fn is_sysmon(document: &RawObject) -> bool {
    let name = object::first_text(document, NAMES.provider);
    let guid = object::first_text(document, NAMES.provider_guid);
    let channel = object::first_text(document, NAMES.channel);
    let by_channel = channel.as_deref().filter(|_| guid.is_none()).and_then(envelope::provider_of_channel);
    let is_unknown = name.is_none() && guid.is_none() && channel.is_none();
    envelope::is_sysmon(name.as_deref().or(by_channel), guid.as_deref())
        || (is_unknown && object::find(document, "winlog.event_data.UtcTime").is_some())
}

/// Fields of ECS that only a mapping fills.
const MAPPED_FIELDS: [&str; 2] = ["event.category", "event.type"];

/// Parts of ECS that only a mapping fills. Collectors have texts of the same names.
const MAPPED_PARTS: [&str; 8] = ["process", "file", "dll", "registry", "network", "source", "destination", "dns"];

/// Whether a document has fields of ECS that say what happened.
pub fn is_mapped(document: &RawObject) -> bool {
    object::first(document, &MAPPED_FIELDS).is_some()
        || MAPPED_PARTS.iter().any(|path| !object::below(document, path).is_empty())
}

/// Reads a document of Winlogbeat 6.
pub fn read_6(document: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::IfItAgrees);
    envelope.read(document, &NAMES_OF_6);
    for part in ["event_data", "user_data"] {
        for (name, value) in object::below(document, part) {
            read_entry(name, value, &mut envelope);
        }
    }
    let doubt = read_message(document, &mut envelope);
    if envelope.is_sysmon() && !envelope.has_entries() {
        return EventRead::refused("a Sysmon document with neither fields of ECS nor `event_data`");
    }
    envelope.finish(origin, doubt)
}

/// Reads a document of Sysmon that is not mapped.
pub fn read(document: &RawObject, origin: Locator, strings: &mut Interner, xml: &mut Converter) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::IfItAgrees);
    envelope.read(document, &NAMES);
    for part in ["winlog.event_data", "winlog.user_data"] {
        for (name, value) in object::below(document, part) {
            read_entry(name, value, &mut envelope);
        }
    }
    if !envelope.has_entries()
        && let Some(original) = object::first_text(document, &["event.original"])
        && original.trim_start().starts_with("<Event")
    {
        return EventRead::exact(xml.convert(original.trim(), origin, None));
    }
    let doubt = read_message(document, &mut envelope);
    if !envelope.has_entries() {
        return EventRead::refused("a Sysmon document with neither fields of ECS nor `winlog.event_data`");
    }
    envelope.finish(origin, doubt)
}

fn read_entry(name: &str, value: &Value, envelope: &mut RawEnvelope<'_>) {
    match value {
        Value::Object(_) => data::read(value, envelope),
        _ if name != "xml_name" => envelope.entry(name, value),
        _ => {}
    }
}

/// Takes the entries from the message where there are no others.
fn read_message(document: &RawObject, envelope: &mut RawEnvelope<'_>) -> Option<String> {
    if envelope.has_entries() || !envelope.is_sysmon() {
        return None;
    }
    let read = message::read(&object::first_text(document, &["message"])?);
    read.entries.iter().for_each(|(name, value)| envelope.entry_text(name, value));
    read.repeated
}
