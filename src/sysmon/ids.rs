//! How each of Sysmon's event IDs is categorised: one row an ID.
//!
//! The rows are section by section those of Elastic's pipeline `windows.sysmon_operational`; what becomes of an event's fields is not known here.

use super::mapping::Mapping;

/// How one event ID is categorised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventIdRow {
    /// Sysmon's event ID.
    pub id: u32,
    /// `event.category`; empty for an ID that has none.
    pub category: &'static [&'static str],
    /// `event.type`; empty for an ID that has none.
    pub kind: &'static [&'static str],
    /// `event.action`; the first is also the name of the event ID for people.
    pub action: &'static [&'static str],
    /// `event.outcome`; empty for an ID that has none.
    pub outcome: &'static [&'static str],
}

const fn row(
    id: u32,
    category: &'static [&'static str],
    kind: &'static [&'static str],
    action: &'static [&'static str],
) -> EventIdRow {
    EventIdRow { id, category, kind, action, outcome: &[] }
}

const fn failure(row: EventIdRow) -> EventIdRow {
    EventIdRow { outcome: &["failure"], ..row }
}

/// Every event ID that Sysmon has, ascending.
static ROWS: &[EventIdRow] = &[
    row(1, &["process"], &["start"], &["Process creation"]),
    row(2, &["file"], &["change"], &["A process changed a file creation time"]),
    row(3, &["network"], &["start", "connection", "protocol"], &["Network connection"]),
    row(4, &["process"], &["change"], &["Sysmon service state changed"]),
    row(5, &["process"], &["end"], &["Process terminated"]),
    row(6, &["driver"], &["start"], &["Driver loaded"]),
    // Both category `process` and type `start`: a rule that looks for the start of a process holds for every image load, as in Elastic.
    row(7, &["process", "library"], &["change", "start"], &["Image loaded", "load"]),
    row(8, &["process"], &["change"], &["CreateRemoteThread"]),
    row(9, &["process"], &["access"], &["RawAccessRead"]),
    row(10, &["process"], &["access"], &["ProcessAccess"]),
    row(11, &["file"], &["creation"], &["FileCreate"]),
    row(12, &["configuration", "registry"], &["change"], &["RegistryEvent (Object create and delete)"]),
    row(13, &["configuration", "registry"], &["change"], &["RegistryEvent (Value Set)"]),
    row(14, &["configuration", "registry"], &["change"], &["RegistryEvent (Key and Value Rename)"]),
    row(15, &["file"], &["access"], &["FileCreateStreamHash"]),
    row(16, &["configuration"], &["change"], &["ServiceConfigurationChange"]),
    row(17, &["file"], &["creation"], &["PipeEvent (Pipe Created)"]),
    row(18, &["file"], &["access"], &["PipeEvent (Pipe Connected)"]),
    row(19, &["process"], &["info"], &["WmiEvent (WmiEventFilter activity detected)"]),
    row(20, &["process"], &["change"], &["WmiEvent (WmiEventConsumer activity detected)"]),
    row(21, &["process"], &["access"], &["WmiEvent (WmiEventConsumerToFilter activity detected)"]),
    row(22, &["network"], &["connection", "protocol", "info"], &["DNSEvent (DNS query)"]),
    row(23, &["file"], &["deletion"], &["FileDelete (File Delete archived)"]),
    row(24, &[], &["change"], &["ClipboardChange (New content in the clipboard)"]),
    row(25, &["process"], &["change"], &["ProcessTampering (Process image change)"]),
    row(26, &["file"], &["deletion"], &["FileDeleteDetected (File Delete logged)"]),
    failure(row(27, &["file"], &["creation"], &["FileBlockExecutable"])),
    row(28, &["file"], &["deletion"], &["FileBlockShredding"]),
    row(29, &["file"], &["creation"], &["FileExecutableDetected"]),
    failure(row(255, &["process"], &[], &["Error"])),
];

/// Winlogbeat's module does not count an image load as a library event, nor as a start.
static IMAGE_LOADED_IN_WINLOGBEAT: EventIdRow = row(7, &["process"], &["change"], &["Image loaded"]);

/// The row of an event ID; `None` for an ID that the pipeline does not know, which leaves its events without category, type and action.
pub fn find(id: u32, mapping: Mapping) -> Option<&'static EventIdRow> {
    if id == 7 && mapping == Mapping::Winlogbeat {
        return Some(&IMAGE_LOADED_IN_WINLOGBEAT);
    }
    ROWS.binary_search_by_key(&id, |row| row.id).ok().map(|at| &ROWS[at])
}

/// All rows, ascending.
pub fn all() -> impl Iterator<Item = &'static EventIdRow> {
    ROWS.iter()
}
