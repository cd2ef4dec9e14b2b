//! What EvtxECmd's maps for Sysmon put into which column, as a table: an event ID has a description and, for each column, a text with names of data between `%`.
//!
//! One column is filled beyond the maps: `RemoteHost` of a network connection, which has the port too.

/// Columns with what they hold.
type Column = (&'static str, &'static str);

/// What is known of an event ID.
struct Map {
    id: u64,
    description: &'static str,
    columns: &'static [Column],
}

const USER: Column = ("UserName", "%User%");
const USERS: Column = ("UserName", "SourceUser: %SourceUser% | TargetUser: %TargetUser%");
const PROCESS: Column = ("PayloadData1", "ProcessID: %ProcessId%, ProcessGUID: %ProcessGuid%");
const RULE: Column = ("PayloadData2", "RuleName: %RuleName%");
const HASHES: Column = ("PayloadData3", "%Hashes%");
const IMAGE: Column = ("PayloadData3", "Image: %Image%");
const IMAGE_5: Column = ("PayloadData5", "Image: %Image%");
const EXECUTABLE: Column = ("ExecutableInfo", "%Image%");
const LOADED: Column = ("ExecutableInfo", "%ImageLoaded%");
const SIGNED: Column = ("PayloadData4", "Signed: %Signed%");
const TARGET_FILE: Column = ("PayloadData4", "TargetFilename: %TargetFilename%");
const IS_EXECUTABLE: Column = ("PayloadData5", "IsExecutable: %IsExecutable%");
const ARCHIVED: Column = ("PayloadData6", "Archived: %Archived%");
const REGISTRY_TYPE: Column = ("PayloadData4", "EventType: %EventType%");
const REGISTRY_OBJECT: Column = ("PayloadData5", "TargetObject: %TargetObject%");
const SOURCE: Column = ("PayloadData3", "SourceProcessID: %SourceProcessId%, SourceProcessGUID: %SourceProcessGuid%");
const SOURCE_IMAGE: Column = ("PayloadData4", "SourceImage: %SourceImage%");
const TARGET: Column = ("PayloadData5", "TargetProcessID: %TargetProcessId%, TargetProcessGUID: %TargetProcessGuid%");
const TARGET_IMAGE: Column = ("PayloadData6", "TargetImage: %TargetImage%");
const OPERATION: Column = ("PayloadData1", "Operation: %Operation%");
const WMI_TYPE: Column = ("PayloadData3", "EventType: %EventType%");
const WMI_NAME: Column = ("PayloadData4", "Name: %Name%");

const fn map(id: u64, description: &'static str, columns: &'static [Column]) -> Map {
    Map { id, description, columns }
}

static MAPS: &[Map] = &[
    map(
        1,
        "Process creation",
        &[
            USER,
            ("ExecutableInfo", "%CommandLine%"),
            PROCESS,
            RULE,
            HASHES,
            ("PayloadData4", "ParentProcess: %ParentImage%"),
            ("PayloadData5", "ParentProcessID: %ParentProcessId%, ParentProcessGUID: %ParentProcessGuid%"),
            ("PayloadData6", "ParentCommandLine: %ParentCommandLine%"),
        ],
    ),
    map(
        2,
        "A process changed a file creation time",
        &[
            USER,
            PROCESS,
            RULE,
            IMAGE,
            TARGET_FILE,
            ("PayloadData5", "CreationTimeUTC: %CreationUtcTime%"),
            ("PayloadData6", "PreviousCreationTimeUTC: %PreviousCreationUtcTime%"),
        ],
    ),
    map(
        3,
        "Network connection",
        &[
            USER,
            EXECUTABLE,
            ("RemoteHost", "%DestinationIp%:%DestinationPort%"),
            PROCESS,
            RULE,
            ("PayloadData3", "SourceHostname: %SourceHostname%"),
            ("PayloadData4", "SourceIp: %SourceIp%"),
            ("PayloadData5", "DestinationHostname: %DestinationHostname%"),
            ("PayloadData6", "DestinationIp: %DestinationIp%"),
        ],
    ),
    map(
        4,
        "Sysmon service state changed",
        &[
            ("PayloadData1", "Sysmon Version %Version%"),
            ("PayloadData2", "Status: %State%"),
            ("PayloadData3", "Timestamp: %UtcTime%"),
        ],
    ),
    map(5, "Process terminated", &[USER, EXECUTABLE, PROCESS]),
    map(
        6,
        "Driver loaded",
        &[
            LOADED,
            RULE,
            HASHES,
            SIGNED,
            ("PayloadData5", "Signature: %Signature%"),
            ("PayloadData6", "SignatureStatus: %SignatureStatus%"),
        ],
    ),
    map(7, "Image loaded", &[USER, LOADED, PROCESS, RULE, HASHES, SIGNED, IMAGE_5]),
    map(
        8,
        "CreateRemoteThread",
        &[USERS, ("PayloadData1", "StartAddress: %StartAddress%"), RULE, SOURCE, SOURCE_IMAGE, TARGET, TARGET_IMAGE],
    ),
    map(9, "RawAccessRead", &[USER, PROCESS, ("PayloadData2", "Device: %Device%"), IMAGE]),
    map(
        10,
        "ProcessAccess",
        &[
            USERS,
            ("ExecutableInfo", "CallTrace: %CallTrace%"),
            ("PayloadData2", "GrantedAccess: %GrantedAccess%"),
            SOURCE,
            SOURCE_IMAGE,
            TARGET,
            TARGET_IMAGE,
        ],
    ),
    map(11, "FileCreate", &[USER, PROCESS, RULE, IMAGE, TARGET_FILE]),
    map(12, "RegistryEvent (Object create and delete)", &[USER, PROCESS, RULE, IMAGE, REGISTRY_TYPE, REGISTRY_OBJECT]),
    map(
        13,
        "RegistryEvent (Value Set)",
        &[USER, PROCESS, RULE, IMAGE, REGISTRY_TYPE, REGISTRY_OBJECT, ("PayloadData6", "Details: %Details%")],
    ),
    map(
        14,
        "RegistryEvent (Key and Value Rename)",
        &[USER, PROCESS, IMAGE, REGISTRY_TYPE, REGISTRY_OBJECT, ("PayloadData6", "NewName: %NewName%")],
    ),
    map(15, "FileCreateStreamHash", &[USER, PROCESS, RULE, IMAGE, TARGET_FILE, ("PayloadData5", "Hash: %Hash%")]),
    map(
        16,
        "ServiceConfigurationChange",
        &[("ExecutableInfo", "%Configuration%"), ("PayloadData1", "ConfigurationFileHash: %ConfigurationFileHash%")],
    ),
    map(17, "PipeEvent (Pipe Created)", &[USER, PROCESS, ("PayloadData2", "PipeName: %PipeName%"), IMAGE_5]),
    map(18, "PipeEvent (Pipe Connected)", &[USER, PROCESS, ("PayloadData2", "PipeName: %PipeName%"), IMAGE_5]),
    map(
        19,
        "WmiEvent (WmiEventFilter activity detected)",
        &[
            USER,
            ("ExecutableInfo", "Query: %Query%"),
            OPERATION,
            RULE,
            WMI_TYPE,
            WMI_NAME,
            ("PayloadData5", "EventNamespace: %EventNamespace%"),
        ],
    ),
    map(
        20,
        "WmiEvent (WmiEventConsumer activity detected)",
        &[
            USER,
            ("ExecutableInfo", "%Destination%"),
            OPERATION,
            RULE,
            WMI_TYPE,
            WMI_NAME,
            ("PayloadData5", "Type: %Type%"),
        ],
    ),
    map(
        21,
        "WmiEvent (WmiEventConsumerToFilter activity detected)",
        &[
            USER,
            OPERATION,
            RULE,
            WMI_TYPE,
            ("PayloadData4", "Consumer: %Consumer%"),
            ("PayloadData5", "Filter: %Filter%"),
        ],
    ),
    map(
        22,
        "DNSEvent (DNS query)",
        &[
            USER,
            PROCESS,
            RULE,
            IMAGE,
            ("PayloadData4", "QueryName: %QueryName%"),
            ("PayloadData5", "QueryStatus: %QueryStatus%"),
            ("PayloadData6", "QueryResults: %QueryResults%"),
        ],
    ),
    map(
        24,
        "ClipboardChange (New content in the clipboard)",
        &[
            USER,
            EXECUTABLE,
            PROCESS,
            RULE,
            HASHES,
            ("PayloadData4", "Session: %Session%"),
            ("PayloadData5", "ClientInfo: %ClientInfo%"),
            ARCHIVED,
        ],
    ),
    map(
        25,
        "ProcessTampering (Process image change)",
        &[USER, EXECUTABLE, PROCESS, RULE, ("PayloadData6", "Type: %Type%")],
    ),
    map(23, "FileDelete (A file delete was detected)", FILE),
    map(26, "FileDeleteDetected (A file delete was detected)", FILE),
    map(27, "FileBlockExecutable (An executable was blocked)", FILE),
    map(28, "FileBlockShredding (Shredding of a file was blocked)", FILE),
    map(29, "FileExecutableDetected (An executable was created)", FILE),
    map(255, "Error", &[("PayloadData1", "ID: %ID%"), ("PayloadData2", "Description: %Description%")]),
];

/// Files that were deleted, blocked or found to be executable.
const FILE: &[Column] = &[USER, EXECUTABLE, PROCESS, RULE, HASHES, TARGET_FILE, IS_EXECUTABLE, ARCHIVED];

/// Fills the columns of an event ID from data by name. A column of which the record has no data stays empty.
pub fn fill<'d>(id: u64, data: &dyn Fn(&str) -> Option<&'d str>, set: &mut dyn FnMut(&'static str, String)) {
    let Some(map) = MAPS.iter().find(|map| map.id == id) else { return };
    set("MapDescription", map.description.to_owned());
    for (column, text) in map.columns {
        if let Some(filled) = filled(text, data) {
            set(column, filled);
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
