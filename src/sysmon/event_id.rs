//! Sysmon's event IDs, one row each: the only place that knows what an ID is.
//!
//! Whoever asks what an event is asks its row: the mapping for category and action, and for the object that a list of hashes is of; observers of processes
//! for the part that the event has in the life of its process; sentences, notable records and the columns of Timeline Explorer for its name in this code.
//! For ID 11 the row says:
//!
//! ```text
//! row(Id::FileCreate,  &["file"],  &["creation"],  &["FileCreate"],  OF_FILE)
//!     its name         category    type            action            in its process's list of files
//! ```
//!
//! The rows are section by section those of Elastic's pipeline `windows.sysmon_operational`; what becomes of an event's fields is not known here.

use super::activity::{ActivityKind, LifeEvent};
use super::mapping::Mapping;
use crate::ecs::{self, FieldId};

/// The event IDs by name, so that code reads as what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventId {
    ProcessCreate = 1,
    FileTimeChange = 2,
    Connection = 3,
    ServiceState = 4,
    ProcessEnd = 5,
    DriverLoad = 6,
    ImageLoad = 7,
    RemoteThread = 8,
    RawAccess = 9,
    ProcessAccess = 10,
    FileCreate = 11,
    RegistryObject = 12,
    RegistryValue = 13,
    RegistryRename = 14,
    FileStream = 15,
    Configuration = 16,
    PipeCreate = 17,
    PipeConnect = 18,
    WmiFilter = 19,
    WmiConsumer = 20,
    WmiBinding = 21,
    DnsQuery = 22,
    FileDeleteArchived = 23,
    Clipboard = 24,
    Tampering = 25,
    FileDelete = 26,
    FileBlockExecutable = 27,
    FileBlockShredding = 28,
    FileExecutable = 29,
    Error = 255,
}

/// The object whose hashes an event has: the start of the names of their fields.
pub type HashedObject = &'static str;

/// One event ID: its category, its name, whose hashes it has, and what it tells of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventIdRow {
    /// The ID.
    pub id: EventId,
    /// `event.category`; empty for an ID that has none.
    pub category: &'static [&'static str],
    /// `event.type`; empty for an ID that has none.
    pub kind: &'static [&'static str],
    /// `event.action`; the first is also the name of the event ID for people.
    pub action: &'static [&'static str],
    /// `event.outcome`; empty for an ID that has none.
    pub outcome: &'static [&'static str],
    /// The object whose hashes it has.
    hashes: Option<HashedObject>,
    /// Its part in the life of its process; `None` for what is nobody's: the state of Sysmon, drivers, subscriptions of WMI and errors.
    pub life: Option<LifeEvent>,
}

const fn row(
    id: EventId,
    category: &'static [&'static str],
    kind: &'static [&'static str],
    action: &'static [&'static str],
    life: Option<LifeEvent>,
) -> EventIdRow {
    EventIdRow { id, category, kind, action, outcome: &[], hashes: None, life }
}

impl EventIdRow {
    const fn failure(self) -> Self {
        Self { outcome: &["failure"], ..self }
    }

    const fn hashes(self, object: HashedObject) -> Self {
        Self { hashes: Some(object), ..self }
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.id as u32
    }

    /// The fields that follow from the ID, each with its values.
    pub fn lists(&self) -> [(FieldId, &'static [&'static str]); 4] {
        [
            (ecs::EVENT_CATEGORY, self.category),
            (ecs::EVENT_TYPE, self.kind),
            (ecs::EVENT_ACTION, self.action),
            (ecs::EVENT_OUTCOME, self.outcome),
        ]
    }

    /// The object whose hashes its events have; `None` if the pipeline puts them into `related.hash` only.
    pub fn hashed_object(&self, mapping: Mapping) -> Option<HashedObject> {
        match (self.id, mapping) {
            // The one ID over whose object the two pipelines differ.
            (EventId::FileDelete, Mapping::Winlogbeat) => Some(PROCESS),
            _ => self.hashes,
        }
    }

    /// Whether its events have hashes of a file in some mapping.
    pub fn has_file_hashes(&self) -> bool {
        self.hashes == Some(FILE)
    }
}

const PROCESS: HashedObject = "process";
const FILE: HashedObject = "file";

use EventId as Id;
const NOBODY: Option<LifeEvent> = None;
const START: Option<LifeEvent> = Some(LifeEvent::Start);
const END: Option<LifeEvent> = Some(LifeEvent::Exit);
const CONNECTION: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::Connection));
const DNS: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::Dns));
const OF_FILE: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::File));
const OF_KEY: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::Registry));
const IMAGE: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::Image));
const THREAD: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::RemoteThread));
const ACCESS: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::ProcessAccess));
const PIPE: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::Pipe));
const OTHER: Option<LifeEvent> = Some(LifeEvent::Did(ActivityKind::Other));
const REGISTRY: &[&str] = &["configuration", "registry"];

/// Every event ID that Sysmon has, ascending.
static ROWS: &[EventIdRow] = &[
    row(Id::ProcessCreate, &["process"], &["start"], &["Process creation"], START).hashes(PROCESS),
    row(Id::FileTimeChange, &["file"], &["change"], &["A process changed a file creation time"], OF_FILE),
    row(Id::Connection, &["network"], &["start", "connection", "protocol"], &["Network connection"], CONNECTION),
    row(Id::ServiceState, &["process"], &["change"], &["Sysmon service state changed"], NOBODY),
    row(Id::ProcessEnd, &["process"], &["end"], &["Process terminated"], END),
    row(Id::DriverLoad, &["driver"], &["start"], &["Driver loaded"], NOBODY).hashes(FILE),
    IMAGE_LOAD,
    row(Id::RemoteThread, &["process"], &["change"], &["CreateRemoteThread"], THREAD),
    row(Id::RawAccess, &["process"], &["access"], &["RawAccessRead"], OTHER),
    row(Id::ProcessAccess, &["process"], &["access"], &["ProcessAccess"], ACCESS),
    row(Id::FileCreate, &["file"], &["creation"], &["FileCreate"], OF_FILE),
    row(Id::RegistryObject, REGISTRY, &["change"], &["RegistryEvent (Object create and delete)"], OF_KEY),
    row(Id::RegistryValue, REGISTRY, &["change"], &["RegistryEvent (Value Set)"], OF_KEY),
    row(Id::RegistryRename, REGISTRY, &["change"], &["RegistryEvent (Key and Value Rename)"], OF_KEY),
    row(Id::FileStream, &["file"], &["access"], &["FileCreateStreamHash"], OF_FILE).hashes(FILE),
    row(Id::Configuration, &["configuration"], &["change"], &["ServiceConfigurationChange"], NOBODY),
    row(Id::PipeCreate, &["file"], &["creation"], &["PipeEvent (Pipe Created)"], PIPE),
    row(Id::PipeConnect, &["file"], &["access"], &["PipeEvent (Pipe Connected)"], PIPE),
    row(Id::WmiFilter, &["process"], &["info"], &["WmiEvent (WmiEventFilter activity detected)"], NOBODY),
    row(Id::WmiConsumer, &["process"], &["change"], &["WmiEvent (WmiEventConsumer activity detected)"], NOBODY),
    row(Id::WmiBinding, &["process"], &["access"], &["WmiEvent (WmiEventConsumerToFilter activity detected)"], NOBODY),
    row(Id::DnsQuery, &["network"], &["connection", "protocol", "info"], &["DNSEvent (DNS query)"], DNS),
    // The next two hash a file and the clipboard; Elastic's pipeline gives both to the process.
    row(Id::FileDeleteArchived, &["file"], &["deletion"], &["FileDelete (File Delete archived)"], OF_FILE)
        .hashes(PROCESS),
    row(Id::Clipboard, &[], &["change"], &["ClipboardChange (New content in the clipboard)"], OTHER).hashes(PROCESS),
    row(Id::Tampering, &["process"], &["change"], &["ProcessTampering (Process image change)"], OTHER).hashes(PROCESS),
    row(Id::FileDelete, &["file"], &["deletion"], &["FileDeleteDetected (File Delete logged)"], OF_FILE).hashes(FILE),
    // Sysmon has kept the file from being written, which Elastic calls a failure; the shredding that it has kept from happening is none there.
    row(Id::FileBlockExecutable, &["file"], &["creation"], &["FileBlockExecutable"], OF_FILE).failure(),
    row(Id::FileBlockShredding, &["file"], &["deletion"], &["FileBlockShredding"], OF_FILE),
    row(Id::FileExecutable, &["file"], &["creation"], &["FileExecutableDetected"], OF_FILE).hashes(FILE),
    row(Id::Error, &["process"], &[], &["Error"], NOBODY).failure(),
];

/// Both category `process` and type `start`: a rule that looks for the start of a process holds for every image load, as in Elastic.
const IMAGE_LOAD: EventIdRow =
    row(Id::ImageLoad, &["process", "library"], &["change", "start"], &["Image loaded", "load"], IMAGE).hashes(FILE);

/// Winlogbeat's module does not count an image load as a library event, nor as a start.
static IMAGE_LOAD_IN_WINLOGBEAT: EventIdRow =
    EventIdRow { category: &["process"], kind: &["change"], action: &["Image loaded"], ..IMAGE_LOAD };

/// The row of an event ID; `None` for an ID that the pipeline does not know, which leaves its events without category, type and action.
pub fn event_id_row(id: u32) -> Option<&'static EventIdRow> {
    // Asked for every record of a pass; IDs have a gap before 255, so that they are no positions.
    ROWS.binary_search_by_key(&id, EventIdRow::number).ok().map(|at| &ROWS[at])
}

/// The row of an event ID as a mapping has it.
pub fn row_in(id: u32, mapping: Mapping) -> Option<&'static EventIdRow> {
    // One ID of thirty differs between the mappings: a column for the other one would repeat all the rest.
    let differs = |row: &&EventIdRow| row.id == EventId::ImageLoad && mapping == Mapping::Winlogbeat;
    event_id_row(id).map(|row| if differs(&row) { &IMAGE_LOAD_IN_WINLOGBEAT } else { row })
}

/// All rows, ascending.
pub fn rows() -> impl Iterator<Item = &'static EventIdRow> {
    ROWS.iter()
}

/// The part of a Sysmon event in the life of its process, by its ID. An ID of a later version than this table does something of its own.
pub fn life_event(id: u32) -> Option<LifeEvent> {
    event_id_row(id).map_or(OTHER, |row| row.life)
}

/// Whether events of an ID tell of a network connection.
pub fn is_connection(id: u32) -> bool {
    life_event(id) == CONNECTION
}

/// The name of an event ID for people, as `event.action` has it.
pub fn event_name(id: u32) -> Option<&'static str> {
    event_id_row(id).and_then(|row| row.action.first().copied())
}

/// Every event ID that Sysmon has, ascending.
pub fn event_ids() -> impl Iterator<Item = u32> {
    rows().map(EventIdRow::number)
}
