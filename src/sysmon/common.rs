//! What every Sysmon event has: identity, host, log and the categorisation of its event ID.

use super::events::EventMap;
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

/// A document with everything that does not depend on the event ID.
pub fn document(record: &Record, path: &str, timestamp: Ticks) -> Document {
    let mut document = Document::new();
    document.set(ecs::TIMESTAMP, timestamp);
    document.set(ecs::ECS_VERSION, ECS_VERSION);
    document.set(ecs::EVENT_KIND, "event");
    document.set(ecs::EVENT_MODULE, "windows");
    document.set(ecs::EVENT_DATASET, DATASET);
    document.set(ecs::DATA_STREAM_DATASET, DATASET);
    document.set(ecs::EVENT_CODE, record.event_id.to_string());
    document.set(ecs::LOG_LEVEL, level_name(record.level));
    document.set(ecs::LOG_FILE_PATH, path);
    host(&mut document, &record.computer);
    winlog(&mut document, record);
    document
}

/// Sets category, type and action.
pub fn categorise(document: &mut Document, map: &EventMap) {
    let lists = [(ecs::EVENT_CATEGORY, map.category), (ecs::EVENT_TYPE, map.kind), (ecs::EVENT_ACTION, map.action)];
    for (field, texts) in lists {
        document.set_all(field, texts.iter().map(|&text| Value::from(text)));
    }
}

/// The host, known only by the computer name in the record.
fn host(document: &mut Document, computer: &str) {
    document.set(ecs::HOST_OS_TYPE, "windows");
    document.set(ecs::HOST_OS_FAMILY, "windows");
    if !computer.is_empty() {
        document.set(ecs::HOST_NAME, computer);
        document.set(ecs::HOST_ID, synthetic_host_id(computer));
    }
}

/// An identifier that is the same for the same computer name wherever it is met. It is made up: a record does not hold the agent's `host.id`.
fn synthetic_host_id(computer: &str) -> String {
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
    document.set(ecs::WINLOG_EVENT_ID, record.event_id.to_string());
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
