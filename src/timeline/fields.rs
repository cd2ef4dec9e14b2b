//! The fields that rows of a timeline hold, by their positions, which are the numbers of columns in a row.

use crate::ecs::{self, Field, FieldId};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// The contents of rows: how much of an event each holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RowContents {
    /// The values of [`FIELDS`].
    #[default]
    Columns,
    /// The values of [`FIELDS`] and of [`DETAILS`].
    Details,
    /// The values of [`FIELDS`] and of these, which are none of them; at most [`MOST_CHOSEN`].
    Chosen(Arc<[Field]>),
    /// The whole document, as JSON.
    Document,
    /// The record itself, before it was mapped.
    Record,
}

/// Most fields of [`RowContents::Chosen`]: columns are numbered by a byte.
pub const MOST_CHOSEN: usize = u8::MAX as usize - FIELDS.len();

/// The fields that a row has, in order.
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
    ecs::EVQL_RECOVERED,
];

/// The facts of a process that its start alone records: they are shown beside its other events where those have none of their own.
pub const CARRIED: &[FieldId] = &[
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_WORKING_DIRECTORY,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_PARENT_NAME,
    ecs::PROCESS_PARENT_EXECUTABLE,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::PROCESS_PARENT_ENTITY_ID,
    ecs::PROCESS_HASH_MD5,
    ecs::PROCESS_HASH_SHA1,
    ecs::PROCESS_HASH_SHA256,
    ecs::PROCESS_PE_IMPHASH,
    ecs::PROCESS_PE_ORIGINAL_FILE_NAME,
    ecs::DATA_INTEGRITY_LEVEL,
    ecs::DATA_LOGON_ID,
];

/// The fields of [`RowContents::Details`] beside [`FIELDS`]: those that an account of an event in words needs.
pub static DETAILS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let known = [ecs::EVENT_PROVIDER, ecs::SYSMON_DNS_STATUS, ecs::ERROR_CODE].map(Field::Known);
    let data = [
        "CreationUtcTime",
        "PreviousCreationUtcTime",
        "State",
        "Version",
        "SignatureStatus",
        "TargetProcessId",
        "StartAddress",
        "StartModule",
        "StartFunction",
        "NewName",
        "Contents",
        "Configuration",
        "Operation",
        "Name",
        "Query",
        "Type",
        "Consumer",
        "Filter",
        "ClientInfo",
        "Description",
    ];
    known.into_iter().chain(data.map(|name| Field::named(&format!("winlog.event_data.{name}")))).collect()
});

/// The fields that rows of some contents hold, in the order of their numbers.
pub fn fields_of(contents: &RowContents) -> impl Iterator<Item = Field> + use<'_> {
    let more: &[Field] = match contents {
        RowContents::Details => &DETAILS,
        RowContents::Chosen(fields) => fields,
        RowContents::Columns | RowContents::Document | RowContents::Record => &[],
    };
    FIELDS.iter().map(|field| (*field).into()).chain(more.iter().cloned())
}

/// The positions in [`FIELDS`] of those in [`CARRIED`], which stand together.
pub const CARRIED_COLUMNS: Range<usize> = column(ecs::PROCESS_COMMAND_LINE)..column(ecs::PROCESS_PE_IMPHASH) + 1;

/// The position in [`FIELDS`] of the action.
#[expect(clippy::cast_possible_truncation, reason = "there are fewer columns than that")]
pub const ACTION_COLUMN: u8 = column(ecs::EVENT_ACTION) as u8;

/// The position in [`FIELDS`] of the computer name.
#[expect(clippy::cast_possible_truncation, reason = "there are far less than 256 fields")]
pub const HOST_COLUMN: u8 = column(ecs::HOST_NAME) as u8;
/// The position in [`FIELDS`] of what a process is known by.
#[expect(clippy::cast_possible_truncation, reason = "there are far less than 256 fields")]
pub const ENTITY_ID_COLUMN: u8 = column(ecs::PROCESS_ENTITY_ID) as u8;
/// The position in [`FIELDS`] of the number of a record.
#[expect(clippy::cast_possible_truncation, reason = "there are far less than 256 fields")]
pub const RECORD_ID_COLUMN: u8 = column(ecs::WINLOG_RECORD_ID) as u8;

/// The position of a field in [`FIELDS`].
const fn column(field: FieldId) -> usize {
    let mut at = 0;
    while !FIELDS[at].is(field) {
        at += 1;
    }
    at
}
