//! EvtxECmd's maps for Sysmon as a table: an event ID has a description and, for each column, a text with names of data between `%`.

use super::head::column;
use crate::sysmon::{EventId, EventIdRow};

/// A column by its position, with what it holds.
type MapColumn = (usize, &'static str);

/// The map of an event ID.
struct EventIdMap {
    id: EventId,
    /// If it is not what Sysmon calls the event.
    description: Option<&'static str>,
    columns: &'static [MapColumn],
}

const USER: MapColumn = (column("UserName"), "%User%");
const USERS: MapColumn = (column("UserName"), "SourceUser: %SourceUser% | TargetUser: %TargetUser%");
const PROCESS: MapColumn = (column("PayloadData1"), "ProcessID: %ProcessId%, ProcessGUID: %ProcessGuid%");
const RULE: MapColumn = (column("PayloadData2"), "RuleName: %RuleName%");
const HASHES: MapColumn = (column("PayloadData3"), "%Hashes%");
const IMAGE: MapColumn = (column("PayloadData3"), "Image: %Image%");
const IMAGE_5: MapColumn = (column("PayloadData5"), "Image: %Image%");
const EXECUTABLE: MapColumn = (column("ExecutableInfo"), "%Image%");
const LOADED: MapColumn = (column("ExecutableInfo"), "%ImageLoaded%");
const SIGNED: MapColumn = (column("PayloadData4"), "Signed: %Signed%");
const TARGET_FILE: MapColumn = (column("PayloadData4"), "TargetFilename: %TargetFilename%");
const IS_EXECUTABLE: MapColumn = (column("PayloadData5"), "IsExecutable: %IsExecutable%");
const ARCHIVED: MapColumn = (column("PayloadData6"), "Archived: %Archived%");
const REGISTRY_TYPE: MapColumn = (column("PayloadData4"), "EventType: %EventType%");
const REGISTRY_OBJECT: MapColumn = (column("PayloadData5"), "TargetObject: %TargetObject%");
const SOURCE: MapColumn =
    (column("PayloadData3"), "SourceProcessID: %SourceProcessId%, SourceProcessGUID: %SourceProcessGuid%");
const SOURCE_IMAGE: MapColumn = (column("PayloadData4"), "SourceImage: %SourceImage%");
const TARGET: MapColumn =
    (column("PayloadData5"), "TargetProcessID: %TargetProcessId%, TargetProcessGUID: %TargetProcessGuid%");
const TARGET_IMAGE: MapColumn = (column("PayloadData6"), "TargetImage: %TargetImage%");
const OPERATION: MapColumn = (column("PayloadData1"), "Operation: %Operation%");
const WMI_TYPE: MapColumn = (column("PayloadData3"), "EventType: %EventType%");
const WMI_NAME: MapColumn = (column("PayloadData4"), "Name: %Name%");

const fn map(id: EventId, columns: &'static [MapColumn]) -> EventIdMap {
    EventIdMap { id, description: None, columns }
}

const fn of_file(id: EventId, description: &'static str) -> EventIdMap {
    EventIdMap { id, description: Some(description), columns: FILE }
}

static MAPS: &[EventIdMap] = &[
    map(
        EventId::ProcessCreate,
        &[
            USER,
            (column("ExecutableInfo"), "%CommandLine%"),
            PROCESS,
            RULE,
            HASHES,
            (column("PayloadData4"), "ParentProcess: %ParentImage%"),
            (column("PayloadData5"), "ParentProcessID: %ParentProcessId%, ParentProcessGUID: %ParentProcessGuid%"),
            (column("PayloadData6"), "ParentCommandLine: %ParentCommandLine%"),
        ],
    ),
    map(
        EventId::FileTimeChange,
        &[
            USER,
            PROCESS,
            RULE,
            IMAGE,
            TARGET_FILE,
            (column("PayloadData5"), "CreationTimeUTC: %CreationUtcTime%"),
            (column("PayloadData6"), "PreviousCreationTimeUTC: %PreviousCreationUtcTime%"),
        ],
    ),
    map(
        EventId::Connection,
        &[
            USER,
            EXECUTABLE,
            PROCESS,
            RULE,
            (column("PayloadData3"), "SourceHostname: %SourceHostname%"),
            (column("PayloadData4"), "SourceIp: %SourceIp%"),
            (column("PayloadData5"), "DestinationHostname: %DestinationHostname%"),
            (column("PayloadData6"), "DestinationIp: %DestinationIp%"),
        ],
    ),
    map(
        EventId::ServiceState,
        &[
            (column("PayloadData1"), "Sysmon Version %Version%"),
            (column("PayloadData2"), "Status: %State%"),
            (column("PayloadData3"), "Timestamp: %UtcTime%"),
        ],
    ),
    map(EventId::ProcessEnd, &[USER, EXECUTABLE, PROCESS]),
    map(
        EventId::DriverLoad,
        &[
            LOADED,
            RULE,
            HASHES,
            SIGNED,
            (column("PayloadData5"), "Signature: %Signature%"),
            (column("PayloadData6"), "SignatureStatus: %SignatureStatus%"),
        ],
    ),
    map(EventId::ImageLoad, &[USER, LOADED, PROCESS, RULE, HASHES, SIGNED, IMAGE_5]),
    map(
        EventId::RemoteThread,
        &[
            USERS,
            (column("PayloadData1"), "StartAddress: %StartAddress%"),
            RULE,
            SOURCE,
            SOURCE_IMAGE,
            TARGET,
            TARGET_IMAGE,
        ],
    ),
    map(EventId::RawAccess, &[USER, PROCESS, (column("PayloadData2"), "Device: %Device%"), IMAGE]),
    map(
        EventId::ProcessAccess,
        &[
            USERS,
            (column("ExecutableInfo"), "CallTrace: %CallTrace%"),
            (column("PayloadData2"), "GrantedAccess: %GrantedAccess%"),
            SOURCE,
            SOURCE_IMAGE,
            TARGET,
            TARGET_IMAGE,
        ],
    ),
    map(EventId::FileCreate, &[USER, PROCESS, RULE, IMAGE, TARGET_FILE]),
    map(EventId::RegistryObject, &[USER, PROCESS, RULE, IMAGE, REGISTRY_TYPE, REGISTRY_OBJECT]),
    map(
        EventId::RegistryValue,
        &[USER, PROCESS, RULE, IMAGE, REGISTRY_TYPE, REGISTRY_OBJECT, (column("PayloadData6"), "Details: %Details%")],
    ),
    map(
        EventId::RegistryRename,
        &[USER, PROCESS, IMAGE, REGISTRY_TYPE, REGISTRY_OBJECT, (column("PayloadData6"), "NewName: %NewName%")],
    ),
    map(EventId::FileStream, &[USER, PROCESS, RULE, IMAGE, TARGET_FILE, (column("PayloadData5"), "Hash: %Hash%")]),
    map(
        EventId::Configuration,
        &[
            (column("ExecutableInfo"), "%Configuration%"),
            (column("PayloadData1"), "ConfigurationFileHash: %ConfigurationFileHash%"),
        ],
    ),
    map(EventId::PipeCreate, &[USER, PROCESS, (column("PayloadData2"), "PipeName: %PipeName%"), IMAGE_5]),
    map(EventId::PipeConnect, &[USER, PROCESS, (column("PayloadData2"), "PipeName: %PipeName%"), IMAGE_5]),
    map(
        EventId::WmiFilter,
        &[
            USER,
            (column("ExecutableInfo"), "Query: %Query%"),
            OPERATION,
            RULE,
            WMI_TYPE,
            WMI_NAME,
            (column("PayloadData5"), "EventNamespace: %EventNamespace%"),
        ],
    ),
    map(
        EventId::WmiConsumer,
        &[
            USER,
            (column("ExecutableInfo"), "%Destination%"),
            OPERATION,
            RULE,
            WMI_TYPE,
            WMI_NAME,
            (column("PayloadData5"), "Type: %Type%"),
        ],
    ),
    map(
        EventId::WmiBinding,
        &[
            USER,
            OPERATION,
            RULE,
            WMI_TYPE,
            (column("PayloadData4"), "Consumer: %Consumer%"),
            (column("PayloadData5"), "Filter: %Filter%"),
        ],
    ),
    map(
        EventId::DnsQuery,
        &[
            USER,
            PROCESS,
            RULE,
            IMAGE,
            (column("PayloadData4"), "QueryName: %QueryName%"),
            (column("PayloadData5"), "QueryStatus: %QueryStatus%"),
            (column("PayloadData6"), "QueryResults: %QueryResults%"),
        ],
    ),
    map(
        EventId::Clipboard,
        &[
            USER,
            EXECUTABLE,
            PROCESS,
            RULE,
            HASHES,
            (column("PayloadData4"), "Session: %Session%"),
            (column("PayloadData5"), "ClientInfo: %ClientInfo%"),
            ARCHIVED,
        ],
    ),
    map(EventId::Tampering, &[USER, EXECUTABLE, PROCESS, RULE, (column("PayloadData6"), "Type: %Type%")]),
    of_file(EventId::FileDeleteArchived, "FileDelete (A file delete was detected)"),
    of_file(EventId::FileDelete, "FileDeleteDetected (A file delete was detected)"),
    of_file(EventId::FileBlockExecutable, "FileBlockExecutable (An executable was blocked)"),
    of_file(EventId::FileBlockShredding, "FileBlockShredding (Shredding of a file was blocked)"),
    of_file(EventId::FileExecutable, "FileExecutableDetected (An executable was created)"),
    map(
        EventId::Error,
        &[(column("PayloadData1"), "ID: %ID%"), (column("PayloadData2"), "Description: %Description%")],
    ),
];

/// Files that were deleted, blocked or found to be executable.
const FILE: &[MapColumn] = &[USER, EXECUTABLE, PROCESS, RULE, HASHES, TARGET_FILE, IS_EXECUTABLE, ARCHIVED];

/// Fills the columns of an event ID from data by name. A column of which the record has no data stays empty.
pub fn fill<'d>(row: &EventIdRow, data: &dyn Fn(&str) -> Option<&'d str>, set: &mut dyn FnMut(usize, String)) {
    let Some(map) = MAPS.iter().find(|map| map.id == row.id) else { return };
    set(const { column("MapDescription") }, map.description.unwrap_or(row.action[0]).to_owned());
    for (at, text) in map.columns {
        if let Some(filled) = filled(text, data) {
            set(*at, filled);
        }
    }
}

/// The text with data in the place of names; `None` if the record has none of them.
fn filled<'d>(text: &str, data: &dyn Fn(&str) -> Option<&'d str>) -> Option<String> {
    let (mut out, mut any) = (String::new(), false);
    for (at, part) in text.split('%').enumerate() {
        if at % 2 == 0 {
            out.push_str(part);
        } else if let Some(value) = value(part, data) {
            out.push_str(value);
            any = true;
        }
    }
    any.then_some(out)
}

/// Schemas differ in how they write `Guid`, and one in `Hash`.
fn value<'d>(name: &str, data: &dyn Fn(&str) -> Option<&'d str>) -> Option<&'d str> {
    let other = || name.strip_suffix("Guid").and_then(|start| data(&format!("{start}GUID")));
    data(name).or_else(other).or_else(|| data(if name == "Hashes" { "Hash" } else { return None }))
}
