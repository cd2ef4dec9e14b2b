//! Lines that have the parts of `System` and the entries side by side: `NXLog` (as in public Sysmon data sets), fields that Splunk has extracted, and the rows of
//! Velociraptor's hunts, which have the entries in an object of their own.
//!
//! Beside an event's own entries stands what the collector added, and the two are told by their names: those of collectors are known ([`ADDED`]), and so is every
//! entry that the event's message names. Where a collector's field has taken the place of an entry (`NXLog`'s `EventType`, which Sysmon has too), the message
//! still says what the entry was.

use serde_json::Value;

use super::data;
use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::message::{self, MessageEntries};
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;

/// Names of the parts of `System` in these tools.
const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["SourceName", "ProviderName", "Provider_Name", "Provider"],
    provider_guid: &["ProviderGuid", "Provider_Guid", "ProviderGUID"],
    event_id: &["EventID", "EventCode", "EventId", "EventIdentifier"],
    version: &["Version"],
    level: &["LevelValue", "Level", "Severity"],
    task: &["TaskValue", "Task"],
    opcode: &["OpcodeValue", "Opcode", "OpCode"],
    keywords: &["Keywords"],
    record_id: &["EventRecordID", "RecordNumber", "RecordID", "EventRecordId"],
    activity_id: &["ActivityID"],
    related_activity_id: &["RelatedActivityID"],
    process_id: &["ExecutionProcessID", "Execution_ProcessID", "ProcessID"],
    thread_id: &["ExecutionThreadID", "Execution_ThreadID", "ThreadID"],
    channel: &["Channel", "LogName"],
    computer: &["Hostname", "Computer", "ComputerName", "MachineName"],
    user_sid: &["UserID", "UserSID", "Sid", "SecurityUserID"],
    time: &["SystemTime", "TimeCreated", "EventTime"],
    collected: &["@timestamp", "_time", "TimeGenerated", "EventReceivedTime", "Timestamp"],
};

/// Names that collectors add beside an event's entries and the parts of `System`.
const ADDED: &[&str] = &[
    // NXLog, and Logstash behind it
    "AccountName",
    "AccountType",
    "Category",
    "Domain",
    "ERROR_EVT_UNRESOLVED",
    "EventReceivedTime",
    "EventTime",
    "EventTimeWritten",
    "EventType",
    "EventTypeOrignal",
    "FileName",
    "Message",
    "MessageSourceAddress",
    "SeverityValue",
    "SourceModuleName",
    "SourceModuleType",
    // Splunk
    "EventChannel",
    "EventDescription",
    "Guid",
    "IMPHASH",
    "MD5",
    "OpCode",
    "ProcessorID",
    "Qualifiers",
    "RawEvent",
    "SHA1",
    "SHA256",
    "SecurityID",
    "SessionID",
    "SidType",
    "SystemTime",
    "TaskCategory",
    "UserData_Xml",
    "EventData_Xml",
    "RenderingInfo_Xml",
    "System_Props_Xml",
    // Velociraptor
    "EventData",
    "FullPath",
    "OSPath",
    "System",
    "UserData",
    "Username",
    // Azure
    "TimeGenerated",
    "Timestamp",
];

/// Whether an object has an event ID and who wrote it.
pub fn is_event(object: &RawObject) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| object.get(*name).is_some_and(|value| !value.is_null()));
    has(NAMES.event_id)
        && (has(&["UtcTime"])
            || has(NAMES.provider)
            || has(NAMES.provider_guid)
            || has(NAMES.channel)
            || source_channel(object).is_some())
}

/// The channel in what Splunk calls the source: `XmlWinEventLog:Channel`.
fn source_channel(object: &RawObject) -> Option<&str> {
    let source = object.get("source")?.as_str()?;
    ["XmlWinEventLog:", "WinEventLog:"].iter().find_map(|start| source.strip_prefix(start))
}

/// Reads an event whose entries stand at the top, or in objects named as in a log.
pub fn read(object: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::IfItAgrees);
    envelope.read(object, &NAMES);
    if envelope.channel().is_none()
        && let Some(channel) = source_channel(object)
    {
        envelope.set(crate::source::record::SystemField::Channel, channel);
    }
    let message = object::first_text(object, &["Message"]).map(|text| message::read(&text)).unwrap_or_default();
    let is_unknown = envelope.provider().is_none() && envelope.channel().is_none();
    let is_sysmon = envelope.is_sysmon() || (is_unknown && object.contains_key("UtcTime"));
    let parts = ["EventData", "UserData"].map(|name| object.get(name));
    if parts.iter().flatten().any(|part| part.is_object() || part.is_array()) {
        parts.into_iter().flatten().for_each(|part| data::read(part, &mut envelope));
        return envelope.finish(origin, None);
    }
    let doubt = if is_sysmon { read_entries(object, &message, &mut envelope) } else { None };
    envelope.finish(origin, doubt)
}

/// Takes the entries of an event of Sysmon; gives the name of one that was taken from a message that has it twice.
fn read_entries(object: &RawObject, message: &MessageEntries, envelope: &mut RawEnvelope<'_>) -> Option<String> {
    let names_of_message = !message.entries.is_empty();
    let mut doubt = None;
    for (name, said) in &message.entries {
        if envelope.has(name) {
            continue;
        }
        match object.get(name).filter(|_| !is_added(name)) {
            Some(value) if object::text(value).is_some() => envelope.entry(name, value),
            _ => {
                envelope.entry_text(name, said);
                doubt = doubt.or_else(|| message.repeated.clone().filter(|repeated| repeated == name));
            }
        }
    }
    for (name, value) in object {
        if envelope.is_refused() {
            break;
        }
        let is_entry = name.starts_with(|first: char| first.is_ascii_uppercase())
            && !is_added(name)
            && !is_of_collector(name, value, names_of_message, object)
            && !envelope.has(name);
        if is_entry {
            envelope.entry(name, value);
        }
    }
    // Sysmon's own types of events are not called as those of collectors are.
    if let Some(value) = object.get("EventType").filter(|value| is_sysmon_type(value) && !envelope.has("EventType")) {
        envelope.entry("EventType", value);
    }
    // Sysmon's version, which event 4 has, has a point in it; that of an event's template has none.
    if let Some(value) = object.get("Version").and_then(Value::as_str).filter(|version| version.contains('.'))
        && !envelope.has("Version")
    {
        envelope.entry_text("Version", value);
    }
    doubt
}

/// Whether a name is one that collectors add, or a part of `System`.
fn is_added(name: &str) -> bool {
    let parts = [
        NAMES.provider,
        NAMES.provider_guid,
        NAMES.event_id,
        NAMES.version,
        NAMES.level,
        NAMES.task,
        NAMES.opcode,
        NAMES.keywords,
        NAMES.record_id,
        NAMES.activity_id,
        NAMES.related_activity_id,
        NAMES.process_id,
        NAMES.thread_id,
        NAMES.channel,
        NAMES.computer,
        NAMES.user_sid,
        NAMES.time,
    ];
    ADDED.contains(&name) || parts.iter().any(|names| names.contains(&name))
}

/// Whether a field that is called as an entry may be is one that a collector has made.
fn is_of_collector(name: &str, value: &Value, names_of_message: bool, object: &RawObject) -> bool {
    match name {
        // Made of the source's, where the event has only that.
        "ProcessId" | "ProcessGuid" => names_of_message && object.contains_key("SourceProcessId"),
        // Splunk's names for the levels of events; Sysmon's event 25 has a `Type` too.
        "Type" => object::text(value).is_some_and(|text| LEVELS.iter().any(|level| text.eq_ignore_ascii_case(level))),
        // The provider's name, as an attribute.
        "Name" => object::text(value).is_some_and(|text| super::envelope::is_sysmon(Some(&text), None)),
        // NXLog calls what it did not take apart by the path.
        _ => name.contains('.'),
    }
}

/// Levels and audit results, as Splunk and `NXLog` call them.
const LEVELS: [&str; 7] = ["Information", "Warning", "Error", "Critical", "Verbose", "Audit Success", "Audit Failure"];

/// Whether a type is one that Sysmon writes, and none of the collector's, which are in capitals.
fn is_sysmon_type(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.bytes().any(|byte| byte.is_ascii_lowercase()))
}
