//! The neutral form of one event record: what a log says, as text, before anyone asks what it means.
//!
//! Values are kept exactly as Windows renders them, but for GUIDs and booleans, of which its versions have different writings: they get one ([`normal_form`]). This module does not know which provider writes which fields.

use std::borrow::Cow;
use std::sync::Arc;

use crate::base::interner::Interner;
use crate::base::{Locator, Ticks, guid};

/// One event record.
///
/// Numbers that a record does not have, or that are not numbers, are `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `Provider/@Name`; empty if the record names none.
    pub provider: Arc<str>,
    /// `Provider/@Guid` in normal form: in braces, in lower case.
    pub provider_guid: Option<Arc<str>>,
    /// `EventID`, without its qualifiers.
    pub event_id: u32,
    /// `Version` of the event's template.
    pub version: Option<u32>,
    /// `Level`.
    pub level: Option<u32>,
    /// `Task`.
    pub task: Option<u32>,
    /// `Opcode`.
    pub opcode: Option<u32>,
    /// `Keywords` as rendered, such as `0x8000000000000000`.
    pub keywords: Option<Arc<str>>,
    /// `TimeCreated/@SystemTime`: when the record was written.
    pub time_created: Ticks,
    /// `EventRecordID`.
    pub record_id: Option<u64>,
    /// `Correlation/@ActivityID` as rendered.
    pub activity_id: Option<Box<str>>,
    /// `Correlation/@RelatedActivityID` as rendered.
    pub related_activity_id: Option<Box<str>>,
    /// `Execution/@ProcessID`: the process that wrote the record, not the one it tells of.
    pub process_id: Option<u32>,
    /// `Execution/@ThreadID`.
    pub thread_id: Option<u32>,
    /// `Channel`; empty if the record names none.
    pub channel: Arc<str>,
    /// `Computer`; empty if the record names none.
    pub computer: Arc<str>,
    /// `Security/@UserID`.
    pub user_sid: Option<Arc<str>>,
    /// Names and values from `EventData` and `UserData`, in order. Names may repeat; values may be empty.
    ///
    /// A `Data` without a name is called `paramN`, N being its place among the values, from 1, as Elastic's Beats do.
    pub data: Vec<(Arc<str>, Box<str>)>,
    /// Where the record was found.
    pub origin: Locator,
    /// Whether the log hides it, so that an ordinary reader does not see it.
    pub is_recovered: bool,
}

/// An entry's text in its normal form, as Windows 10 and later render it: a GUID in braces and lower-case letters, a boolean in lower case.
///
/// Rules, joins and duplicates compare texts. Entries are told by their names, because the text of a command line may look like a GUID too.
pub(super) fn normal_form<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if is_guid_entry(name) { normal_guid(value) } else { normal_boolean(name, value) }
}

/// A GUID in its normal form; any other text as it is.
pub(super) fn normal_guid(value: &str) -> Cow<'_, str> {
    match guid::normal_form(value) {
        Some(normal) if normal != value.as_bytes() => str::from_utf8(&normal).unwrap_or_default().to_owned().into(),
        _ => value.into(),
    }
}

fn normal_boolean<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    match value {
        "True" | "TRUE" if is_boolean_entry(name) => "true".into(),
        "False" | "FALSE" if is_boolean_entry(name) => "false".into(),
        value => value.into(),
    }
}

/// Whether entries of a name hold a GUID: Sysmon's end in `Guid` or `GUID`.
pub fn is_guid_entry(name: &str) -> bool {
    name.len().checked_sub(4).and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case("guid"))
}

/// Whether entries of a name are true or false.
pub(super) fn is_boolean_entry(name: &str) -> bool {
    matches!(name, "Initiated" | "SourceIsIpv6" | "DestinationIsIpv6" | "Signed" | "Archived" | "IsExecutable")
}

impl Record {
    /// The first value of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}

/// A record while it is read. The names of the parts of `System` stand here, for every way of reading.
#[derive(Default)]
pub(super) struct Draft {
    pub provider: Option<Arc<str>>,
    pub provider_guid: Option<Arc<str>>,
    pub record_id: Option<u64>,
    pub data: Vec<(Arc<str>, Box<str>)>,
    event_id: Option<u32>,
    version: Option<u32>,
    level: Option<u32>,
    task: Option<u32>,
    opcode: Option<u32>,
    keywords: Option<Arc<str>>,
    activity_id: Option<Box<str>>,
    related_activity_id: Option<Box<str>>,
    process_id: Option<u32>,
    thread_id: Option<u32>,
    pub channel: Option<Arc<str>>,
    computer: Option<Arc<str>>,
    user_sid: Option<Arc<str>>,
}

/// A field of `System` that stands in the text of an element.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SystemField {
    EventId,
    Version,
    Level,
    Task,
    Opcode,
    Keywords,
    RecordId,
    Channel,
    Computer,
}

impl SystemField {
    /// The field of an element.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "EventID" => Self::EventId,
            "Version" => Self::Version,
            "Level" => Self::Level,
            "Task" => Self::Task,
            "Opcode" => Self::Opcode,
            "Keywords" => Self::Keywords,
            "EventRecordID" => Self::RecordId,
            "Channel" => Self::Channel,
            "Computer" => Self::Computer,
            _ => return None,
        })
    }
}

impl Draft {
    /// Whether an element of `System` has attributes that belong to a record.
    pub(super) fn has_attributes(element: &str) -> bool {
        matches!(element, "Provider" | "TimeCreated" | "Correlation" | "Execution" | "Security")
    }

    /// Takes an attribute of `System`, but for the time, which each way of reading has in another form.
    pub(super) fn attribute(&mut self, element: &str, key: &str, value: &str, strings: &mut Interner) {
        match (element, key) {
            ("Provider", "Name") => self.provider = Some(strings.share(value)),
            ("Provider", "Guid") => self.provider_guid = Some(strings.share(&normal_guid(value))),
            ("Correlation", "ActivityID") => self.activity_id = activity(value),
            ("Correlation", "RelatedActivityID") => self.related_activity_id = activity(value),
            ("Execution", "ProcessID") => self.process_id = value.trim().parse().ok(),
            ("Execution", "ThreadID") => self.thread_id = value.trim().parse().ok(),
            ("Security", "UserID") => self.user_sid = Some(strings.share(value)),
            _ => {}
        }
    }

    /// Takes the text of an element of `System`. Only an event ID that is no number is an error: no record can do without.
    pub(super) fn set(
        &mut self,
        field: SystemField,
        text: &str,
        strings: &mut Interner,
    ) -> Result<(), std::num::ParseIntError> {
        let text = text.trim();
        match field {
            SystemField::EventId => self.event_id = Some(text.parse()?),
            SystemField::Version => self.version = text.parse().ok(),
            SystemField::Level => self.level = text.parse().ok(),
            SystemField::Task => self.task = text.parse().ok(),
            SystemField::Opcode => self.opcode = text.parse().ok(),
            SystemField::Keywords => self.keywords = Some(strings.share(text)),
            SystemField::RecordId => self.record_id = text.parse().ok(),
            SystemField::Channel => self.channel = Some(strings.share(text)),
            SystemField::Computer => self.computer = Some(strings.share(text)),
        }
        Ok(())
    }

    /// The name of the next value: a `Data` without a name is called by its place.
    pub(super) fn value_name(&self, name: Arc<str>, strings: &mut Interner) -> Arc<str> {
        if &*name == "Data" { strings.share(&format!("param{}", self.data.len() + 1)) } else { name }
    }

    /// Whether the event ID is known.
    pub(super) fn has_event_id(&self) -> bool {
        self.event_id.is_some()
    }

    /// The record of a time; `None` without an event ID.
    pub(super) fn finish(self, time_created: Ticks, origin: Locator, strings: &mut Interner) -> Option<Record> {
        let mut or_nothing = |text: Option<Arc<str>>| text.unwrap_or_else(|| strings.share(""));
        Some(Record {
            provider: or_nothing(self.provider),
            provider_guid: self.provider_guid,
            event_id: self.event_id?,
            version: self.version,
            level: self.level,
            task: self.task,
            opcode: self.opcode,
            keywords: self.keywords,
            time_created,
            record_id: self.record_id,
            activity_id: self.activity_id,
            related_activity_id: self.related_activity_id,
            process_id: self.process_id,
            thread_id: self.thread_id,
            channel: or_nothing(self.channel),
            computer: or_nothing(self.computer),
            user_sid: self.user_sid,
            data: self.data,
            origin,
            is_recovered: false,
        })
    }
}

/// The number of an activity; some tools write one of no characters where there is none.
fn activity(text: &str) -> Option<Box<str>> {
    (!text.is_empty()).then(|| normal_guid(text).into())
}
