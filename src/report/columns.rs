//! The columns of a timeline row: which fields, in which order. CSV and JSON rows share them.

use super::Results;
use crate::ecs::{self, FieldId, FieldType};
use crate::event::Value;
use crate::timeline::Entry;
use serde_json::{Map, json};

/// The columns that are fields, in order.
pub const FIELDS: &[FieldId] = &[
    ecs::TIMESTAMP,
    ecs::EVENT_CREATED,
    ecs::HOST_NAME,
    ecs::PROCESS_ENTITY_ID,
    ecs::PROCESS_PID,
    ecs::PROCESS_NAME,
    ecs::EVENT_CODE,
    ecs::EVENT_ACTION,
    ecs::USER_DOMAIN,
    ecs::USER_NAME,
    ecs::PROCESS_EXECUTABLE,
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_WORKING_DIRECTORY,
    ecs::DATA_INTEGRITY_LEVEL,
    ecs::DATA_LOGON_ID,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_PARENT_NAME,
    ecs::PROCESS_PARENT_EXECUTABLE,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::PROCESS_PARENT_ENTITY_ID,
    ecs::PROCESS_PE_ORIGINAL_FILE_NAME,
    ecs::PROCESS_HASH_MD5,
    ecs::PROCESS_HASH_SHA1,
    ecs::PROCESS_HASH_SHA256,
    ecs::PROCESS_PE_IMPHASH,
    ecs::NETWORK_TRANSPORT,
    ecs::NETWORK_DIRECTION,
    ecs::NETWORK_PROTOCOL,
    ecs::SOURCE_IP,
    ecs::SOURCE_PORT,
    ecs::SOURCE_DOMAIN,
    ecs::DESTINATION_IP,
    ecs::DESTINATION_PORT,
    ecs::DESTINATION_DOMAIN,
    ecs::NETWORK_COMMUNITY_ID,
    ecs::FILE_PATH,
    ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME,
    ecs::FILE_CODE_SIGNATURE_TRUSTED,
    ecs::FILE_NAME,
    ecs::REGISTRY_PATH,
    ecs::REGISTRY_DATA_STRINGS,
    ecs::DNS_QUESTION_NAME,
    ecs::DNS_RESOLVED_IP,
    ecs::DATA_TARGET_IMAGE,
    ecs::DATA_GRANTED_ACCESS,
    ecs::DATA_EVENT_TYPE,
    ecs::MESSAGE,
    ecs::RULE_NAME,
    ecs::WINLOG_CHANNEL,
    ecs::WINLOG_RECORD_ID,
    ecs::LOG_FILE_PATH,
];

/// The column that names the record of the process's start, if facts of it stand in this row.
pub const START_RECORD: &str = "process.start.record_id";

/// The column of the alerts that the event is part of.
pub const ALERTS: &str = "alerts";

/// A value as text in a cell.
pub fn text_of(field: FieldId, value: &Value) -> String {
    match value {
        Value::Date(at) if field.definition().kind == FieldType::DateNanos => at.rfc3339_full(),
        value => value.to_string(),
    }
}

/// All values of a row's field in one cell, `; ` between.
pub fn cell_of(entry: &Entry, field: FieldId) -> String {
    match entry.event.document.all(field) {
        [] => entry.value(field).map_or_else(String::new, |value| text_of(field, value)),
        values => values.iter().map(|value| text_of(field, value)).collect::<Vec<_>>().join("; "),
    }
}

/// The record id of the start whose facts are carried onto this event.
pub fn start_record(entry: &Entry) -> Option<&str> {
    entry.start.as_ref()?.document.text(ecs::WINLOG_RECORD_ID)
}

/// The alerts of an event in one cell: `#1 Rule name (stage 1 of 2)`, separated by `; `.
pub fn alerts_text(results: &Results<'_>, entry: &Entry) -> String {
    let part = |part: &crate::timeline::Part| {
        let alert = &results.alerts[part.alert];
        let name = &results.detector.meta(alert).name;
        format!("#{} {name} (stage {} of {})", part.alert + 1, part.stage + 1, alert.events.len())
    };
    entry.parts.iter().map(part).collect::<Vec<_>>().join("; ")
}

/// The alerts of an event as JSON.
pub fn alerts_json(results: &Results<'_>, entry: &Entry) -> serde_json::Value {
    let part = |part: &crate::timeline::Part| {
        let alert = &results.alerts[part.alert];
        let meta = results.detector.meta(alert);
        json!({
            "alert": part.alert + 1,
            "rule.id": meta.id,
            "rule.name": meta.name,
            "stage": part.stage + 1,
            "stages": alert.events.len(),
        })
    };
    entry.parts.iter().map(part).collect()
}

/// A row as a flat JSON object with the names of the columns as keys; what is missing is left out.
pub fn row_json(results: &Results<'_>, entry: &Entry) -> serde_json::Value {
    let mut row = Map::new();
    for &field in FIELDS {
        let json = |value: &Value| match value {
            Value::Date(_) => text_of(field, value).into(),
            value => value.to_json(),
        };
        match (entry.event.document.all(field), entry.value(field)) {
            ([_, _, ..], _) => {
                let all = entry.event.document.all(field).iter().map(json).collect();
                row.insert(field.name().into(), all);
            }
            (_, Some(value)) => {
                row.insert(field.name().into(), json(value));
            }
            (_, None) => {}
        }
    }
    if let Some(record) = start_record(entry) {
        row.insert(START_RECORD.into(), record.into());
    }
    if !entry.parts.is_empty() {
        row.insert(ALERTS.into(), alerts_json(results, entry));
    }
    row.into()
}
