//! The fields of an event that come from its record outside of its data: one table for both forms of a record.
//!
//! [`map()`](super::map()) sets all of them from an owned record; an extractor takes one of them from a record in its chunk, if that has it. So `host.name` is
//! the computer of the record, whoever asks.

use crate::base::Ticks;
use crate::ecs::{self, FieldId};
use crate::event::{Document, Value};
use crate::source::Record;
use sha1::{Digest, Sha1};

/// The parts of a record outside of its data.
#[derive(Clone, Copy, Debug)]
pub enum RecordPart {
    Timestamp,
    Logged,
    Path,
    Computer,
    HostId,
    Provider,
    ProviderGuid,
    Channel,
    RecordId,
    User,
    Recovered,
    /// A part that a [`RecordRef`](crate::source::RecordRef) does not have. It is asked for too rarely to be read for every record: for its sake the whole event is
    /// mapped.
    Owned(fn(&Record) -> Option<Value>),
}

/// Which part of the record each field is.
pub const RECORD_FIELDS: &[(FieldId, RecordPart)] = &[
    (ecs::TIMESTAMP, RecordPart::Timestamp),
    (ecs::EVENT_CREATED, RecordPart::Logged),
    (ecs::LOG_FILE_PATH, RecordPart::Path),
    (ecs::LOG_LEVEL, RecordPart::Owned(|record| text(Some(level_name(record.level))))),
    // The host is known only by the computer name in the record.
    (ecs::HOST_NAME, RecordPart::Computer),
    (ecs::HOST_ID, RecordPart::HostId),
    (ecs::EVENT_PROVIDER, RecordPart::Provider),
    (ecs::WINLOG_PROVIDER_NAME, RecordPart::Provider),
    (ecs::WINLOG_PROVIDER_GUID, RecordPart::ProviderGuid),
    (ecs::WINLOG_CHANNEL, RecordPart::Channel),
    (ecs::WINLOG_COMPUTER_NAME, RecordPart::Computer),
    (ecs::WINLOG_RECORD_ID, RecordPart::RecordId),
    (ecs::WINLOG_USER_IDENTIFIER, RecordPart::User),
    (ecs::USER_ID, RecordPart::User),
    (ecs::WINLOG_ACTIVITY_ID, RecordPart::Owned(|record| text(record.activity_id.as_deref()))),
    (ecs::WINLOG_RELATED_ACTIVITY_ID, RecordPart::Owned(|record| text(record.related_activity_id.as_deref()))),
    (ecs::WINLOG_OPCODE, RecordPart::Owned(|record| text(record.opcode.map(opcode_name)))),
    (ecs::WINLOG_VERSION, RecordPart::Owned(|record| number(record.version))),
    (ecs::WINLOG_PROCESS_PID, RecordPart::Owned(|record| number(record.process_id))),
    (ecs::WINLOG_PROCESS_THREAD_ID, RecordPart::Owned(|record| number(record.thread_id))),
    (ecs::EVQL_RECOVERED, RecordPart::Recovered),
];

/// Sets all of them.
pub fn set_record_fields(document: &mut Document, record: &Record, path: &str, timestamp: Ticks) {
    for (field, part) in RECORD_FIELDS {
        if let Some(value) = part.of(record, path, timestamp) {
            document.set(*field, value);
        }
    }
}

impl RecordPart {
    fn of(self, record: &Record, path: &str, timestamp: Ticks) -> Option<Value> {
        let computer = Some(&*record.computer);
        match self {
            Self::Timestamp => Some(timestamp.into()),
            Self::Logged => Some(record.time_created.into()),
            // Set even if it is empty: a program that reads from memory names no file, and asks for the field nevertheless.
            Self::Path => Some(path.into()),
            Self::Computer => text(computer),
            Self::HostId => text(computer).map(|_| synthetic_host_id(&record.computer).into()),
            Self::Provider => text(Some(&record.provider)),
            Self::ProviderGuid => text(record.provider_guid.as_deref()),
            Self::Channel => text(Some(&record.channel)),
            Self::RecordId => record.record_id.map(|id| id.to_string().into()),
            Self::User => text(record.user_sid.as_deref()),
            Self::Owned(read) => read(record),
            Self::Recovered => record.is_recovered.then_some(true.into()),
        }
    }
}

fn text(text: Option<&str>) -> Option<Value> {
    text.filter(|text| !text.is_empty()).map(Value::from)
}

fn number(number: Option<u32>) -> Option<Value> {
    number.map(|number| Value::Long(number.into()))
}

/// An identifier that is the same for the same computer name wherever it is met. It is made up: a record does not hold the agent's `host.id`.
pub fn synthetic_host_id(computer: &str) -> String {
    // A hash of the name, so that logs of one host that were collected apart agree; with a prefix, so that it equals no other program's hash of the name.
    let hash = Sha1::digest(format!("evql host {}", computer.to_lowercase()));
    let mut text = hash.iter().take(16).fold(String::with_capacity(36), |text, byte| text + &format!("{byte:02x}"));
    for at in [20, 16, 12, 8] {
        text.insert(at, '-');
    }
    text
}

/// Texts that the collector writes for numbers of a record.
pub const NAMES_OF_NUMBERS: &[&str] =
    &["critical", "error", "warning", "information", "verbose", "Start", "Stop", "Info"];

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
