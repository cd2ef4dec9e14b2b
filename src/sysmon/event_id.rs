//! Facts that follow from an event ID alone, before a record is read.

use super::mapping::Mapping;
use super::platform::SysmonPlatform;
use super::{common, ids, steps};
use crate::ecs::{self, Field, FieldId};
use crate::event::Document;

/// The name of an event ID for people, as `event.action` has it.
pub fn event_name(id: u32) -> Option<&'static str> {
    ids::find(id, Mapping::Integration).and_then(|row| row.action.first().copied())
}

/// Every event ID that Sysmon has, ascending.
pub fn event_ids() -> impl Iterator<Item = u32> {
    ids::all().map(|row| row.id)
}

/// The fields that every event of an ID has with the same values, in this mapping, if it was written on Windows.
///
/// Conditions on them are decided by the ID alone. The exception are events that Elastic's pipeline fails on, which only differ in `event.kind`.
pub fn constants(id: u32, mapping: Mapping) -> Document {
    let mut document = Document::new();
    // Windows only: records of Sysmon for Linux are mapped as a whole, and rules are not specialised to them.
    common::constants(&mut document, SysmonPlatform::Windows, mapping);
    common::event_id(&mut document, id, mapping);
    document
}

/// Whether [`constants`] has all there is of a field: its values, or that it has none.
pub fn is_constant(field: &Field) -> bool {
    const CONSTANT: &[FieldId] = &[
        ecs::ECS_VERSION,
        ecs::EVENT_MODULE,
        ecs::EVENT_DATASET,
        ecs::DATA_STREAM_DATASET,
        ecs::HOST_OS_TYPE,
        ecs::HOST_OS_FAMILY,
        ecs::EVENT_CODE,
        ecs::WINLOG_EVENT_ID,
        ecs::EVENT_CATEGORY,
        ecs::EVENT_TYPE,
        ecs::EVENT_ACTION,
        ecs::EVENT_OUTCOME,
    ];
    matches!(field, Field::Known(id) if CONSTANT.contains(id))
}

/// Whether an event of an ID can have a field: some step sets it, or it comes with the record itself.
///
/// Fields of Elastic's own sensor, such as `process.Ext.*` and `process.code_signature.*`, are in no Sysmon event.
pub fn may_have(id: u32, field: &Field) -> bool {
    const OF_THE_RECORD: &[&str] =
        &["@timestamp", "ecs.", "event.", "data_stream.", "host.", "log.", "winlog.", "user.id", "error.", "evql."];
    let name = field.name();
    OF_THE_RECORD.iter().any(|start| name.starts_with(start))
        // The table of steps is asked, and no list of fields: it cannot get out of step with the mapping.
        || steps::STEPS.iter().any(|step| step.scope.may_include(id) && step.action.may_set(name))
}
