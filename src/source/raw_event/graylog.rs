//! Messages of Graylog that Winlogbeat has sent: its fields side by side, with `_` for the dots of their names, and `winlogbeat_` before them.
//!
//! In GELF itself every field has another `_` before its name, whoever has sent it.

use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::message;
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;

/// Winlogbeat 7 and later, and 6, which has the same at the top.
const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["winlogbeat_winlog_provider_name", "winlogbeat_event_provider", "winlogbeat_source_name"],
    provider_guid: &["winlogbeat_winlog_provider_guid", "winlogbeat_provider_guid"],
    event_id: &["winlogbeat_winlog_event_id", "winlogbeat_event_code", "winlogbeat_event_id"],
    version: &["winlogbeat_winlog_version", "winlogbeat_version"],
    level: &["winlogbeat_log_level", "winlogbeat_level"],
    task: &[],
    opcode: &["winlogbeat_winlog_opcode", "winlogbeat_opcode"],
    keywords: &[],
    record_id: &["winlogbeat_winlog_record_id", "winlogbeat_record_number"],
    activity_id: &["winlogbeat_winlog_activity_id", "winlogbeat_activity_id"],
    related_activity_id: &[],
    process_id: &["winlogbeat_winlog_process_pid", "winlogbeat_process_id"],
    thread_id: &["winlogbeat_winlog_process_thread_id", "winlogbeat_thread_id"],
    channel: &["winlogbeat_winlog_channel", "winlogbeat_log_name"],
    computer: &[
        "winlogbeat_winlog_computer_name",
        "winlogbeat_computer_name",
        "winlogbeat_host_name",
        "source",
        "host",
    ],
    user_sid: &["winlogbeat_winlog_user_identifier", "winlogbeat_user_identifier"],
    time: &["winlogbeat_@timestamp", "timestamp"],
    collected: &[],
};

/// Prefix of the names of entries.
const ENTRIES: [&str; 4] = [
    "winlogbeat_winlog_event_data_",
    "winlogbeat_event_data_",
    "winlogbeat_winlog_user_data_",
    "winlogbeat_user_data_",
];

/// The fields of a message in GELF without the `_` before their names.
pub fn gelf_of(object: &RawObject) -> Option<RawObject> {
    let is_gelf = object.contains_key("short_message") && object.contains_key("host");
    let plain = |(name, value): (&String, &serde_json::Value)| {
        (name.strip_prefix('_').unwrap_or(name).to_owned(), value.clone())
    };
    if !is_gelf || !object.keys().any(|name| name.starts_with('_')) {
        return None;
    }
    let mut message: RawObject = object.iter().map(plain).collect();
    // NXLog gives these two the names that GELF has for them.
    for (name, of_gelf) in [("Hostname", "host"), ("Message", "full_message")] {
        if let Some(value) = object.get(of_gelf) {
            message.entry(name).or_insert_with(|| value.clone());
        }
    }
    Some(message)
}

/// Whether a message is one of Winlogbeat's.
pub fn is_message(object: &RawObject) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| name.starts_with("winlogbeat_") && object.contains_key(*name));
    has(NAMES.event_id) && (has(NAMES.channel) || has(NAMES.provider) || has(NAMES.provider_guid))
}

/// Reads a message.
pub fn read(object: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::IfItAgrees);
    envelope.read(object, &NAMES);
    for (name, value) in object {
        if let Some(entry) =
            ENTRIES.iter().find_map(|start| name.strip_prefix(start)).filter(|entry| *entry != "xml_name")
        {
            envelope.entry(entry, value);
        }
    }
    if !envelope.is_sysmon() || envelope.has_entries() {
        return envelope.finish(origin, None);
    }
    let text = object::first_text(object, &["winlogbeat_message", "full_message", "message", "short_message"]);
    let said = text.map(|text| message::read(&text)).unwrap_or_default();
    if said.entries.is_empty() {
        return EventRead::refused("a Sysmon message of Graylog without the fields of `event_data`");
    }
    said.entries.iter().for_each(|(name, value)| envelope.entry_text(name, value));
    envelope.finish(origin, said.repeated)
}
