//! Fields that have the same values in every event of an ID, before a record is read: conditions on them are decided by the ID alone.
//!
//! `event.category == "file" and file.name == "x"` is `file.name == "x"` for event 11, and nothing for event 1: what is left of a rule for an ID is found
//! with [`constants`] and [`may_have`].

use super::event_id::{EventIdRow, event_id_row, row_in};
use super::mapping::{EventMapping, Mapping};
use super::platform::SysmonPlatform;
use super::steps::STEPS;
use crate::ecs::{self, Field, FieldId};
use crate::event::{Document, Value};

/// The data stream that Elastic's agent would have written to.
const DATASET: &str = "windows.sysmon_operational";
const LINUX_DATASET: &str = "sysmon_linux.log";

/// Fields that are the same in every event: field; value in the integration, in Winlogbeat, and on Linux. An empty one is none.
const IDENTITY: &[(FieldId, [&str; 3])] = &[
    // The version of ECS that the mapping follows.
    (ecs::ECS_VERSION, ["8.17.0"; 3]),
    (ecs::EVENT_MODULE, ["windows", "sysmon", "sysmon_linux"]),
    (ecs::EVENT_DATASET, [DATASET, "", LINUX_DATASET]),
    (ecs::DATA_STREAM_DATASET, [DATASET, "", LINUX_DATASET]),
    (ecs::HOST_OS_TYPE, ["windows", "windows", "linux"]),
    (ecs::HOST_OS_FAMILY, ["windows", "windows", "linux"]),
];

/// Sets what is the same for every event of a system.
pub fn set_identity(document: &mut Document, system: SysmonPlatform, mapping: Mapping) {
    // Not in the table above: an event says otherwise where its pipeline has failed, so that nothing may be decided by it.
    document.set(ecs::EVENT_KIND, "event");
    let column = match (system, mapping) {
        (SysmonPlatform::Windows, Mapping::Integration) => 0,
        (SysmonPlatform::Windows, Mapping::Winlogbeat) => 1,
        (SysmonPlatform::Linux, _) => 2,
    };
    for (field, texts) in IDENTITY {
        if !texts[column].is_empty() {
            document.set(*field, texts[column]);
        }
    }
}

/// Sets what follows from the event ID alone.
pub fn set_event_id(document: &mut Document, id: u32, mapping: Mapping) {
    document.set(ecs::EVENT_CODE, id.to_string());
    document.set(ecs::WINLOG_EVENT_ID, id.to_string());
    document.set(ecs::ENTRY_EVENT_ID, id.to_string());
    for (field, texts) in row_in(id, mapping).into_iter().flat_map(EventIdRow::lists) {
        document.set_all(field, texts.iter().map(|&text| Value::from(text)));
    }
}

/// The fields that every event of an ID has with the same values, in this mapping, if it was written on Windows.
///
/// The exception are events that Elastic's pipeline fails on, which only differ in `event.kind`.
pub fn constants(id: u32, mapping: impl Into<EventMapping>) -> Document {
    let mapping = mapping.into().documents;
    let mut document = Document::new();
    // Windows only: records of Sysmon for Linux are mapped as a whole, and rules are not specialised to them.
    set_identity(&mut document, SysmonPlatform::Windows, mapping);
    set_event_id(&mut document, id, mapping);
    document
}

/// Whether [`constants`] has all there is of a field: its values, or that it has none.
pub fn is_constant(field: &Field) -> bool {
    let Field::Known(id) = field else { return false };
    let of_an_id = || event_id_row(1).is_some_and(|row| row.lists().iter().any(|(field, _)| field == id));
    matches!(*id, ecs::EVENT_CODE | ecs::WINLOG_EVENT_ID | ecs::ENTRY_EVENT_ID)
        || IDENTITY.iter().any(|(field, _)| field == id)
        || of_an_id()
}

/// Whether an event of an ID can have a field: some step sets it, or it is of a kind that comes with the record itself.
///
/// Addresses have places and owners only if they are looked up. Fields of Elastic's own sensor, such as `process.Ext.*` and `process.code_signature.*`, are in no Sysmon event.
pub fn may_have(id: u32, field: &Field, mapping: impl Into<EventMapping>) -> bool {
    // Whole families, although records have some of their fields only: agents add others of them to what they send, and a rule that asks for one is not
    // told that Sysmon lacks it.
    const OF_THE_RECORD: &[&str] =
        &["@timestamp", "ecs.", "event.", "data_stream.", "host.", "log.", "winlog.", "user.id", "error.", "evql."];
    let (name, is_located) = (field.name(), mapping.into().geo.is_some());
    // Any record may have entries that later versions of Sysmon have added.
    field.is_entry()
        || OF_THE_RECORD.iter().any(|start| name.starts_with(start))
        || STEPS.iter().any(|step| step.scope.may_include(id, is_located) && step.action.may_set(name))
}
