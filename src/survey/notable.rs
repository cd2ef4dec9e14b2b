//! Records that say something about the logs themselves: cleared, stopped, written by another Sysmon, or under a clock that was moved.
//!
//! This module does not know where records come from, nor how they are shown.

use crate::base::{Locator, Ticks};
use crate::source::Record;
use crate::sysmon::{self, EventId, event_id_row};
use std::sync::Arc;

/// Most characters of a value that are kept.
const LONGEST: usize = 1024;

/// The kinds of record that say something about the logs themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NotableKind {
    /// A log was cleared: Security 1102, System 104.
    LogCleared,
    /// Windows stopped logging: Security 1100, System 6006.
    LoggingStopped,
    /// Windows began to log: System 6005.
    LoggingStarted,
    /// Windows went down without a word: System 6008.
    UnexpectedShutdown,
    /// The audit policy was changed: Security 4719.
    AuditPolicyChanged,
    /// Somebody or something set the clock: Security 4616, System 1 (Kernel-General).
    ClockChanged,
    /// Sysmon's service started or stopped: Sysmon 4.
    SysmonState,
    /// Sysmon got another configuration: Sysmon 16.
    SysmonConfiguration,
    /// Sysmon could not do its work: Sysmon 255.
    SysmonError,
}

impl NotableKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::LogCleared,
        Self::LoggingStopped,
        Self::LoggingStarted,
        Self::UnexpectedShutdown,
        Self::AuditPolicyChanged,
        Self::ClockChanged,
        Self::SysmonState,
        Self::SysmonConfiguration,
        Self::SysmonError,
    ];

    /// The kind in a few words, for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::LogCleared => "log cleared",
            Self::LoggingStopped => "logging stopped",
            Self::LoggingStarted => "logging started",
            Self::UnexpectedShutdown => "unexpected shutdown",
            Self::AuditPolicyChanged => "audit policy changed",
            Self::ClockChanged => "clock changed",
            Self::SysmonState => "Sysmon's service",
            Self::SysmonConfiguration => "Sysmon's configuration changed",
            Self::SysmonError => "Sysmon failed",
        }
    }

    /// The kind as the heading of a line, of at most eleven letters.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::LogCleared => "log cleared",
            Self::LoggingStopped => "log stopped",
            Self::LoggingStarted => "log started",
            Self::UnexpectedShutdown => "crashed",
            Self::AuditPolicyChanged => "audit",
            Self::ClockChanged => "clock set",
            Self::SysmonState => "Sysmon",
            Self::SysmonConfiguration => "config",
            Self::SysmonError => "error",
        }
    }

    /// Whether such a record calls for an explanation: somebody may have hidden something.
    pub const fn is_grave(self) -> bool {
        matches!(self, Self::LogCleared | Self::AuditPolicyChanged | Self::SysmonConfiguration | Self::SysmonError)
    }

    /// A stable name for machine-readable outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LogCleared => "log-cleared",
            Self::LoggingStopped => "logging-stopped",
            Self::LoggingStarted => "logging-started",
            Self::UnexpectedShutdown => "unexpected-shutdown",
            Self::AuditPolicyChanged => "audit-policy-changed",
            Self::ClockChanged => "clock-changed",
            Self::SysmonState => "sysmon-state",
            Self::SysmonConfiguration => "sysmon-configuration",
            Self::SysmonError => "sysmon-error",
        }
    }

    /// The kind of a record of a provider, if it is one of them.
    pub fn of(provider: &str, guid: Option<&str>, event_id: u32) -> Option<Self> {
        let is = |name: &str| provider.eq_ignore_ascii_case(name);
        // By event ID first: it is a number, and every record of every provider comes by here.
        let of_sysmon = event_id_row(event_id).and_then(|row| match row.id {
            EventId::ServiceState => Some(Self::SysmonState),
            EventId::Configuration => Some(Self::SysmonConfiguration),
            EventId::Error => Some(Self::SysmonError),
            _ => None,
        });
        Some(match event_id {
            _ if of_sysmon.is_some() && sysmon::is_provider(provider, guid) => return of_sysmon,
            104 | 1102 if is("Microsoft-Windows-Eventlog") => Self::LogCleared,
            1100 if is("Microsoft-Windows-Eventlog") => Self::LoggingStopped,
            6005 if is("EventLog") => Self::LoggingStarted,
            6006 if is("EventLog") => Self::LoggingStopped,
            6008 if is("EventLog") => Self::UnexpectedShutdown,
            4719 if is("Microsoft-Windows-Security-Auditing") => Self::AuditPolicyChanged,
            4616 if is("Microsoft-Windows-Security-Auditing") => Self::ClockChanged,
            1 if is("Microsoft-Windows-Kernel-General") => Self::ClockChanged,
            _ => return None,
        })
    }
}

/// One such record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notable {
    /// Its kind.
    pub kind: NotableKind,
    /// When it was written.
    pub time: Ticks,
    /// `Computer`.
    pub computer: Arc<str>,
    /// `Channel`.
    pub channel: Arc<str>,
    /// `EventID`.
    pub event_id: u32,
    /// `EventRecordID`.
    pub record_id: Option<u64>,
    /// Its values, by the names of docs/outputs.md; values of at most 1,024 characters.
    pub facts: Vec<(&'static str, String)>,
    /// Where it was read.
    pub origin: Locator,
}

impl Notable {
    /// The notable part of a record; `None` if it is of no [`NotableKind`].
    pub fn of(record: &Record) -> Option<Self> {
        let kind = NotableKind::of(&record.provider, record.provider_guid.as_deref(), record.event_id)?;
        Some(Self {
            kind,
            time: record.time_created,
            computer: Arc::clone(&record.computer),
            channel: Arc::clone(&record.channel),
            event_id: record.event_id,
            record_id: record.record_id,
            facts: facts(kind, record),
            origin: record.origin,
        })
    }
}

/// The names of facts, and the entries that say them.
const FACTS: &[(&str, &[&str])] = &[
    ("channel", &["Channel"]),
    ("backup", &["BackupPath"]),
    ("state", &["State"]),
    ("version", &["Version"]),
    ("schema", &["SchemaVersion"]),
    ("configuration", &["Configuration"]),
    ("hash", &["ConfigurationFileHash"]),
    ("error", &["ID"]),
    ("description", &["Description"]),
    ("subcategory", &["SubcategoryGuid"]),
    ("changes", &["AuditPolicyChanges"]),
    ("old", &["PreviousTime", "OldTime"]),
    ("new", &["NewTime"]),
    ("process", &["ProcessName"]),
];

fn facts(kind: NotableKind, record: &Record) -> Vec<(&'static str, String)> {
    let value = |name: &str| record.value(name).map(str::trim).filter(|text| !text.is_empty());
    let mut facts = Vec::new();
    if kind == NotableKind::LogCleared && record.event_id == 1102 {
        facts.push(("channel", "Security".to_owned()));
    }
    if let Some(name) = value("SubjectUserName") {
        let user = value("SubjectDomainName").map_or_else(|| name.to_owned(), |domain| format!("{domain}\\{name}"));
        facts.push(("user", cut(&user)));
    }
    for (fact, entries) in FACTS {
        if let Some(text) = entries.iter().find_map(|entry| value(entry)) {
            facts.push((fact, cut(text)));
        }
    }
    facts
}

/// A text that is held for long; what was cut is told in the text itself.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}… (+{} characters)", &text[..at], text[at..].chars().count()),
    }
}

#[cfg(test)]
mod tests;
