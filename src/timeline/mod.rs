//! Events grouped by the process that they belong to, in time order inside each group, with the process's own facts beside its other events.
//!
//! A process is a host and a ProcessGuid. Events without one form a group of their own per host: nothing is dropped. An event is held as a [`TimelineRow`], which is
//! bytes: the values of the columns, or the whole document, and no more, so that a timeline of any size can be sorted. This module does not know
//! output formats, nor where rows wait until they are sorted.

mod record;
mod row;

pub use record::{Data, RecordView, SystemView};
pub use row::{Cell, RowCells, RowContents, RowHead, RowTemplate, RowWriter, Subject, TimelineRow};

use crate::base::Locator;
use crate::detect::Alert;
use crate::ecs::{self, Field, FieldId};
use hashbrown::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

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

/// What an account of an event in words says beside [`FIELDS`]: the fields of [`RowContents::Details`].
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
pub fn fields_of(contents: RowContents) -> impl Iterator<Item = Field> {
    let details = (contents == RowContents::Details).then(|| DETAILS.iter().cloned()).into_iter().flatten();
    FIELDS.iter().map(|field| (*field).into()).chain(details)
}

/// An event's part in an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AlertPart {
    /// Position of the alert in the list of alerts.
    pub alert: usize,
    /// Stage of the rule's sequence, from 0.
    pub stage: usize,
}

/// One event of a timeline, ready to be written.
#[derive(Clone, Copy, Debug)]
pub struct TimelineEntry<'t> {
    /// The event.
    pub row: TimelineRow<'t>,
    /// The start of the event's process, if it was logged and the event is no start itself.
    pub start: Option<TimelineRow<'t>>,
    /// The alerts that the event is part of.
    pub parts: &'t [AlertPart],
}

/// The positions in [`FIELDS`] of those in [`CARRIED`], which stand together.
pub const CARRIED_COLUMNS: Range<usize> = column(ecs::PROCESS_COMMAND_LINE)..column(ecs::PROCESS_PE_IMPHASH) + 1;

/// The position in [`FIELDS`] of the action.
#[expect(clippy::cast_possible_truncation, reason = "there are fewer columns than that")]
const ACTION_COLUMN: u8 = column(ecs::EVENT_ACTION) as u8;

/// The position in [`FIELDS`] of the computer name.
#[expect(clippy::cast_possible_truncation, reason = "there are far less than 256 fields")]
const HOST_COLUMN: u8 = column(ecs::HOST_NAME) as u8;
/// The position in [`FIELDS`] of what a process is known by.
#[expect(clippy::cast_possible_truncation, reason = "there are far less than 256 fields")]
const ENTITY_ID_COLUMN: u8 = column(ecs::PROCESS_ENTITY_ID) as u8;
/// The position in [`FIELDS`] of the number of a record.
#[expect(clippy::cast_possible_truncation, reason = "there are far less than 256 fields")]
const RECORD_ID_COLUMN: u8 = column(ecs::WINLOG_RECORD_ID) as u8;

/// The position of a field in [`FIELDS`].
const fn column(field: FieldId) -> usize {
    let mut at = 0;
    while !FIELDS[at].is(field) {
        at += 1;
    }
    at
}

/// The values of an entry by the position of their field in [`FIELDS`]: convenient where [`TimelineRow::cells`] is quick.
#[derive(Clone, Debug)]
pub struct EntryColumns<'t> {
    own: ByColumn<'t>,
    start: Option<ByColumn<'t>>,
    start_record: Option<&'t str>,
}

impl<'t> TimelineEntry<'t> {
    /// The values of the entry.
    pub fn columns(&self) -> EntryColumns<'t> {
        let start = self.start.map(ByColumn::new);
        EntryColumns { own: ByColumn::new(self.row), start, start_record: self.start_record() }
    }

    /// The record id of the start whose facts are carried onto this event.
    pub fn start_record(&self) -> Option<&'t str> {
        self.start?.record_id
    }
}

impl<'t> EntryColumns<'t> {
    /// All values of a field: the event's own or, for the facts in [`CARRIED`], the first of its process's start.
    pub fn values(&self, field: usize) -> impl Iterator<Item = Cell<'t>> + use<'t, '_> {
        let own = self.own.values(field);
        let (cells, most) = if own.is_empty() { (self.carried(field), 1) } else { (own, usize::MAX) };
        cells.iter().take(most).map(|(_, cell)| *cell)
    }

    /// Whether a field has no value.
    pub fn is_empty(&self, field: usize) -> bool {
        self.own.values(field).is_empty() && self.carried(field).is_empty()
    }

    fn carried(&self, field: usize) -> &[(usize, Cell<'t>)] {
        self.start.as_ref().filter(|_| CARRIED_COLUMNS.contains(&field)).map_or(&[], |start| start.values(field))
    }

    /// The record id of the start whose facts are carried onto this event.
    pub fn start_record(&self) -> Option<&'t str> {
        self.start_record
    }
}

/// The values of a row, found by column.
#[derive(Clone, Debug)]
struct ByColumn<'t>(Vec<(usize, Cell<'t>)>);

impl<'t> ByColumn<'t> {
    fn new(row: TimelineRow<'t>) -> Self {
        Self(row.cells().collect())
    }

    fn values(&self, column: usize) -> &[(usize, Cell<'t>)] {
        let from = self.0.partition_point(|(have, _)| *have < column);
        let length = self.0[from..].iter().take_while(|(have, _)| *have == column).count();
        &self.0[from..from + length]
    }
}

/// The parts of events in alerts, by where the events were read.
pub fn parts_by_event(alerts: &[Alert]) -> HashMap<Locator, Vec<AlertPart>> {
    let mut parts: HashMap<_, Vec<AlertPart>> = HashMap::new();
    for (alert, found) in alerts.iter().enumerate() {
        for (stage, event) in found.events.iter().enumerate() {
            if let Some(event) = event {
                parts.entry(event.origin).or_default().push(AlertPart { alert, stage });
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests;
