//! Values that another tool has written, in the writing of Windows: one normal form where records enter.
//!
//! A log itself holds values with types, which are written here as Windows writes them. Other tools write GUIDs in capitals and without braces, `True`,
//! `0x0000000000029c41`, or times in forms of their own. Were that left as it is, one process would be two, a copy no duplicate, and a GUID of zeros a
//! process. So what a tool has exported goes through [`export`]; GUIDs and flags, which some logs hold as texts, are looked at in logs too
//! ([`super::record::normal_form`]).
//!
//! The names are those of the manifest of Sysmon: it alone says of which type an entry is, and entries of other providers that have the same name are not
//! touched. What an entry means is not known here.

use std::borrow::Cow;

use super::record::{Record, is_boolean_entry, is_guid_entry};
use crate::base::{Ticks, flag, guid, number};

/// The type that an entry has in the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryType {
    /// `{3fe15d12-e25b-65e6-2301-000000001f00}`.
    Guid,
    /// `true` or `false`.
    Boolean,
    /// A number in decimal.
    Decimal,
    /// A number as `0x` and its digits.
    Hexadecimal,
    /// `2024-03-05 09:14:03.543`.
    UtcTime,
    /// Text without blanks around it.
    Word,
}

/// Entries by their type, but for GUIDs and flags: those are told in [`super::record`], because logs have them as texts too.
const TYPES: &[(EntryType, &[&str])] = &[
    (
        EntryType::Decimal,
        &[
            "ProcessId",
            "ParentProcessId",
            "SourceProcessId",
            "TargetProcessId",
            "SourceThreadId",
            "NewThreadId",
            "SourcePort",
            "DestinationPort",
            "TerminalSessionId",
            "Session",
            "QueryStatus",
        ],
    ),
    (EntryType::Hexadecimal, &["LogonId", "GrantedAccess"]),
    (EntryType::UtcTime, &["UtcTime", "CreationUtcTime", "PreviousCreationUtcTime"]),
    (EntryType::Word, &["SourceIp", "DestinationIp", "Protocol"]),
];

/// The provider of Sysmon on Linux, which writes the numbers of logons in decimal.
const LINUX: &str = "Linux-Sysmon";

/// The GUID of Sysmon's provider, for records that do not name it.
const SYSMON_GUID: &str = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}";

impl EntryType {
    /// The type of an entry of Sysmon; `None` for text, which stays as it is.
    pub fn of(name: &str) -> Option<Self> {
        if is_guid_entry(name) {
            return Some(Self::Guid);
        }
        if is_boolean_entry(name) {
            return Some(Self::Boolean);
        }
        TYPES.iter().find(|(_, names)| names.contains(&name)).map(|&(kind, _)| kind)
    }

    /// A value as Windows writes it; as it is if it is no value of that type.
    pub fn normal(self, value: &str) -> Cow<'_, str> {
        let written = match self {
            Self::Guid => guid::rewritten(value),
            Self::Boolean => flag::read(value).map(|flag| flag::text(flag).to_owned()),
            Self::Decimal => number::read(value).map(|number| number.to_string()),
            // A number in decimal can only have been written by a tool that shows all numbers so.
            Self::Hexadecimal => {
                let decimal = || number::read(value).and_then(|number| u64::try_from(number).ok());
                number::read_hex(value).or_else(decimal).map(|number| format!("0x{number:x}"))
            }
            Self::UtcTime if Ticks::parse_sysmon_utc(value).is_some() => None,
            Self::UtcTime => Ticks::parse_of_tool(value).map(Ticks::sysmon_utc),
            Self::Word => None,
        };
        match written {
            Some(text) => text.into(),
            None => value.trim().into(),
        }
    }
}

/// Whether records of a provider have entries of these types.
pub(super) fn is_typed(provider: &str, provider_guid: Option<&str>) -> bool {
    if provider.is_empty() {
        return provider_guid.and_then(guid::read).is_some_and(|guid| guid::text(&guid) == *SYSMON_GUID.as_bytes());
    }
    // `Microsoft-Windows-Sysmon`, `Linux-Sysmon`.
    provider.len() >= 6 && provider.as_bytes()[provider.len() - 6..].eq_ignore_ascii_case(b"sysmon")
}

/// Writes the values of a record that another tool has exported as Windows does.
pub(super) fn export(record: &mut Record) {
    if let Some(sid) = record.user_sid.as_deref().and_then(normal_sid) {
        record.user_sid = Some(sid.into());
    }
    if !is_typed(&record.provider, record.provider_guid.as_deref()) {
        return;
    }
    let is_linux = record.provider.eq_ignore_ascii_case(LINUX);
    for (name, value) in &mut record.data {
        let Some(kind) = EntryType::of(name) else { continue };
        if is_linux && kind == EntryType::Hexadecimal {
            continue;
        }
        let normal = kind.normal(value);
        if *normal != **value {
            *value = normal.into();
        }
    }
}

/// A security identifier that is not written as Windows does.
fn normal_sid(sid: &str) -> Option<String> {
    let trimmed = sid.trim();
    let is_sid = trimmed.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("S-1-"));
    (is_sid && !sid.starts_with("S-1-") || trimmed.len() < sid.len()).then(|| trimmed.to_ascii_uppercase())
}

#[cfg(test)]
mod tests;
