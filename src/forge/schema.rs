//! The data of Sysmon's events: which fields each event ID has, in Sysmon's order, and the `BinXML` type of each.
//!
//! Field lists are those of Sysmon 15 (schema 4.90). Types follow from the field's name, as real logs show; what values mean is not known here.

use super::value::BinXmlType;

/// Sysmon's provider on Windows.
pub const PROVIDER: &str = "Microsoft-Windows-Sysmon";
/// The provider's GUID.
pub const PROVIDER_GUID: &str = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}";
/// The channel Sysmon writes to.
pub const CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";
/// The provider of Sysmon for Linux.
pub const LINUX_PROVIDER: &str = "Linux-Sysmon";
/// Its GUID.
pub const LINUX_PROVIDER_GUID: &str = "{ff032593-a8d3-4f13-b0d6-01fc615a0f97}";

/// Version and fields of one event ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// System/Version.
    pub version: u8,
    fields: &'static str,
}

impl Schema {
    /// The schema of a Sysmon event.
    pub fn of(id: u16) -> Option<Self> {
        TABLE.iter().find(|row| row.0 == id).map(|&(_, version, fields)| Self { version, fields })
    }

    /// The names of the fields, in order.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        self.fields.split_ascii_whitespace()
    }

    /// Whether the event has this field.
    pub fn has(self, name: &str) -> bool {
        self.fields().any(|field| field == name)
    }
}

/// The type Sysmon gives to a field of this name.
pub fn kind_of(name: &str) -> BinXmlType {
    match name {
        "ProcessGuid" | "ParentProcessGuid" | "LogonGuid" | "SourceProcessGuid" | "SourceProcessGUID"
        | "TargetProcessGuid" | "TargetProcessGUID" => BinXmlType::Guid,
        "ProcessId" | "ParentProcessId" | "SourceProcessId" | "TargetProcessId" | "SourceThreadId" | "NewThreadId"
        | "TerminalSessionId" | "Session" => BinXmlType::UInt32,
        "Initiated" | "SourceIsIpv6" | "DestinationIsIpv6" | "IsExecutable" => BinXmlType::Boolean,
        "SourcePort" | "DestinationPort" => BinXmlType::UInt16,
        "LogonId" => BinXmlType::HexInt64,
        "GrantedAccess" => BinXmlType::HexInt32,
        _ => BinXmlType::Text,
    }
}

const TABLE: &[(u16, u8, &str)] = &[
    (
        1,
        5,
        "RuleName UtcTime ProcessGuid ProcessId Image FileVersion Description Product Company OriginalFileName \
         CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes \
         ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser",
    ),
    (2, 5, "RuleName UtcTime ProcessGuid ProcessId Image TargetFilename CreationUtcTime PreviousCreationUtcTime User"),
    (
        3,
        5,
        "RuleName UtcTime ProcessGuid ProcessId Image User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname \
         SourcePort SourcePortName DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort \
         DestinationPortName",
    ),
    (4, 3, "UtcTime State Version SchemaVersion"),
    (5, 3, "RuleName UtcTime ProcessGuid ProcessId Image User"),
    (6, 4, "RuleName UtcTime ImageLoaded Hashes Signed Signature SignatureStatus"),
    (
        7,
        3,
        "RuleName UtcTime ProcessGuid ProcessId Image ImageLoaded FileVersion Description Product Company \
         OriginalFileName Hashes Signed Signature SignatureStatus User",
    ),
    (
        8,
        2,
        "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage \
         NewThreadId StartAddress StartModule StartFunction SourceUser TargetUser",
    ),
    (9, 2, "RuleName UtcTime ProcessGuid ProcessId Image Device User"),
    (
        10,
        3,
        "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID \
         TargetProcessId TargetImage GrantedAccess CallTrace SourceUser TargetUser",
    ),
    (11, 2, "RuleName UtcTime ProcessGuid ProcessId Image TargetFilename CreationUtcTime User"),
    (12, 2, "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject User"),
    (13, 2, "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject Details User"),
    (14, 2, "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject NewName User"),
    (15, 2, "RuleName UtcTime ProcessGuid ProcessId Image TargetFilename CreationUtcTime Hash Contents User"),
    (16, 3, "UtcTime Configuration ConfigurationFileHash"),
    (17, 1, "RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image User"),
    (18, 1, "RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image User"),
    (19, 3, "RuleName EventType UtcTime Operation User EventNamespace Name Query"),
    (20, 3, "RuleName EventType UtcTime Operation User Name Type Destination"),
    (21, 3, "RuleName EventType UtcTime Operation User Consumer Filter"),
    (22, 5, "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image User"),
    (23, 5, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes IsExecutable Archived"),
    (24, 5, "RuleName UtcTime ProcessGuid ProcessId Image Session ClientInfo Hashes Archived User"),
    (25, 5, "RuleName UtcTime ProcessGuid ProcessId Image Type User"),
    (26, 5, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes IsExecutable"),
    (27, 5, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes"),
    (28, 5, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes IsExecutable"),
    (29, 5, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes"),
    (255, 3, "UtcTime ID Description"),
];

#[cfg(test)]
mod tests;
