//! The fields that every Sysmon event has: identity, host, log and the categorisation of its event ID.

use super::ids;
use super::mapping::Mapping;
use super::platform::SysmonPlatform;
use crate::base::Ticks;
use crate::ecs;
use crate::event::{Document, Value};
use crate::source::Record;
use sha1::{Digest, Sha1};
use std::fmt::Write as _;

/// The ECS version that the mapping follows.
const ECS_VERSION: &str = "8.17.0";

/// The data stream that Elastic's agent would have written to.
const DATASET: &str = "windows.sysmon_operational";

/// Sets what is the same for every event of a system.
pub fn constants(document: &mut Document, system: SysmonPlatform, mapping: Mapping) {
    document.set(ecs::ECS_VERSION, ECS_VERSION);
    document.set(ecs::EVENT_KIND, "event");
    let (module, dataset, os) = match (system, mapping) {
        (SysmonPlatform::Linux, _) => ("sysmon_linux", Some("sysmon_linux.log"), "linux"),
        (SysmonPlatform::Windows, Mapping::Integration) => ("windows", Some(DATASET), "windows"),
        (SysmonPlatform::Windows, Mapping::Winlogbeat) => ("sysmon", None, "windows"),
    };
    document.set(ecs::EVENT_MODULE, module);
    if let Some(dataset) = dataset {
        document.set(ecs::EVENT_DATASET, dataset);
        document.set(ecs::DATA_STREAM_DATASET, dataset);
    }
    document.set(ecs::HOST_OS_TYPE, os);
    document.set(ecs::HOST_OS_FAMILY, os);
}

/// Sets what follows from the event ID alone.
pub fn event_id(document: &mut Document, id: u32, mapping: Mapping) {
    document.set(ecs::EVENT_CODE, id.to_string());
    document.set(ecs::WINLOG_EVENT_ID, id.to_string());
    let Some(row) = ids::find(id, mapping) else { return };
    let lists = [
        (ecs::EVENT_CATEGORY, row.category),
        (ecs::EVENT_TYPE, row.kind),
        (ecs::EVENT_ACTION, row.action),
        (ecs::EVENT_OUTCOME, row.outcome),
    ];
    for (field, texts) in lists {
        document.set_all(field, texts.iter().map(|&text| Value::from(text)));
    }
}

/// A document with everything that neither depends on the event ID nor is the same for all.
pub fn document(record: &Record, path: &str, timestamp: Ticks) -> Document {
    let mut document = Document::new();
    document.set(ecs::TIMESTAMP, timestamp);
    document.set(ecs::LOG_LEVEL, level_name(record.level));
    document.set(ecs::LOG_FILE_PATH, path);
    host(&mut document, &record.computer);
    winlog(&mut document, record);
    document
}

/// The host, known only by the computer name in the record.
fn host(document: &mut Document, computer: &str) {
    if !computer.is_empty() {
        document.set(ecs::HOST_NAME, computer);
        document.set(ecs::HOST_ID, synthetic_host_id(computer));
    }
}

/// An identifier that is the same for the same computer name wherever it is met. It is made up: a record does not hold the agent's `host.id`.
pub fn synthetic_host_id(computer: &str) -> String {
    // A hash of the name, so that logs of one host that were collected apart agree; with a prefix, so that it equals no other program's hash of the name.
    let hash = Sha1::digest(format!("evql host {}", computer.to_lowercase()));
    let mut text = String::with_capacity(36);
    for (at, byte) in hash.iter().take(16).enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    text
}

fn winlog(document: &mut Document, record: &Record) {
    let mut text = |field, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            document.set(field, value);
        }
    };
    text(ecs::EVENT_PROVIDER, Some(&record.provider));
    text(ecs::WINLOG_PROVIDER_NAME, Some(&record.provider));
    text(ecs::WINLOG_PROVIDER_GUID, record.provider_guid.as_deref());
    text(ecs::WINLOG_CHANNEL, Some(&record.channel));
    text(ecs::WINLOG_COMPUTER_NAME, Some(&record.computer));
    text(ecs::WINLOG_ACTIVITY_ID, record.activity_id.as_deref());
    text(ecs::WINLOG_RELATED_ACTIVITY_ID, record.related_activity_id.as_deref());
    text(ecs::WINLOG_USER_IDENTIFIER, record.user_sid.as_deref());
    text(ecs::USER_ID, record.user_sid.as_deref());
    text(ecs::WINLOG_OPCODE, record.opcode.map(opcode_name));
    if let Some(record_id) = record.record_id {
        document.set(ecs::WINLOG_RECORD_ID, record_id.to_string());
    }
    let numbers = [
        (ecs::WINLOG_VERSION, record.version.map(i64::from)),
        (ecs::WINLOG_PROCESS_PID, record.process_id.map(i64::from)),
        (ecs::WINLOG_PROCESS_THREAD_ID, record.thread_id.map(i64::from)),
    ];
    for (field, number) in numbers {
        if let Some(number) = number {
            document.set(field, number);
        }
    }
}

/// The collector's names of the standard levels; 0 ("log always") counts as information.
const fn level_name(level: Option<u32>) -> &'static str {
    match level {
        Some(1) => "critical",
        Some(2) => "error",
        Some(3) => "warning",
        Some(5) => "verbose",
        _ => "information",
    }
}

/// The standard opcodes of Windows event tracing. Sysmon writes 0 only.
const fn opcode_name(opcode: u32) -> &'static str {
    match opcode {
        1 => "Start",
        2 => "Stop",
        _ => "Info",
    }
}
