//! A record while it is put together from what a tool has kept of it: what stood in `System`, the entries, and when it was logged.
//!
//! Tools give the parts of `System` names of their own, so each tool is a table of [`EnvelopeNames`]. What their values are written like is `normal`'s business.
//!
//! **When a record was logged** is what tools are least careful with. A time without a zone is often the local time of the collector; some write local time and put a
//! `Z` behind it; some keep whole seconds only; and what Elastic's tools call the time of creation is the time of reading. Sysmon's own `UtcTime` is an entry, which
//! all of them keep. So what a tool says counts if it agrees with that; else `UtcTime`; and what tells when the record was collected comes last.
//!
//! This module does not know how any tool lays out its objects.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::object::{self, RawObject};
use super::time::{self, StatedTime};
use super::told::EventRead;
use crate::base::interner::Interner;
use crate::base::{Locator, Ticks};
use crate::source::fault::{FaultKind, snippet};
use crate::source::record::{Draft, Record, SystemField, normal_form, normal_guid};
use crate::source::xml::RecordRefusal;

/// Names of the parts of `System` in a tool: for each part the paths where it may be, the best first.
#[derive(Clone, Copy, Debug, Default)]
pub struct EnvelopeNames {
    pub provider: &'static [&'static str],
    pub provider_guid: &'static [&'static str],
    pub event_id: &'static [&'static str],
    pub version: &'static [&'static str],
    pub level: &'static [&'static str],
    pub task: &'static [&'static str],
    pub opcode: &'static [&'static str],
    pub keywords: &'static [&'static str],
    pub record_id: &'static [&'static str],
    pub activity_id: &'static [&'static str],
    pub related_activity_id: &'static [&'static str],
    pub process_id: &'static [&'static str],
    pub thread_id: &'static [&'static str],
    pub channel: &'static [&'static str],
    pub computer: &'static [&'static str],
    pub user_sid: &'static [&'static str],
    /// When it was logged, as the tool says.
    pub time: &'static [&'static str],
    /// When it was collected, which is better than nothing.
    pub collected: &'static [&'static str],
}

/// Whether the time that a tool states is that of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeTrust {
    /// It is taken from the record as it is.
    Exact,
    /// It is only if it agrees with `UtcTime`.
    IfItAgrees,
}

/// How far a time of logging may be from `UtcTime`, so that it is not one of another time zone. Zones differ by quarters of an hour.
const FARTHEST: i64 = 450 * Ticks::PER_SECOND;

/// More entries than this are no event but an attack: Windows allows 128.
const MOST_ENTRIES: usize = 1024;

/// Channels of Sysmon, as Windows and other tools call them.
const SYSMON_CHANNELS: &[(&str, &str)] = &[
    ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon"),
    ("Linux-Sysmon/Operational", "Linux-Sysmon"),
];

/// The provider that alone writes to a channel, if it is one of Sysmon's.
pub fn provider_of_channel(channel: &str) -> Option<&'static str> {
    SYSMON_CHANNELS.iter().find(|(name, _)| channel.eq_ignore_ascii_case(name)).map(|(_, provider)| *provider)
}

/// A record while it is put together.
pub struct RawEnvelope<'s> {
    draft: Draft,
    strings: &'s mut Interner,
    trust: TimeTrust,
    stated: Option<StatedTime>,
    /// A time that could not be read, as it is written.
    unreadable: Option<String>,
    collected: Option<StatedTime>,
    refusal: Option<(FaultKind, String)>,
}

impl<'s> RawEnvelope<'s> {
    /// Nothing yet.
    pub fn new(strings: &'s mut Interner, trust: TimeTrust) -> Self {
        let draft = Draft::default();
        Self { draft, strings, trust, stated: None, unreadable: None, collected: None, refusal: None }
    }

    /// Takes the parts of `System` by what a tool calls them.
    pub fn read(&mut self, object: &RawObject, names: &EnvelopeNames) {
        let fields = [
            (SystemField::EventId, names.event_id),
            (SystemField::Version, names.version),
            (SystemField::Level, names.level),
            (SystemField::Task, names.task),
            (SystemField::Opcode, names.opcode),
            (SystemField::Keywords, names.keywords),
            (SystemField::RecordId, names.record_id),
            (SystemField::Channel, names.channel),
            (SystemField::Computer, names.computer),
        ];
        for (field, paths) in fields {
            if let Some(text) = object::first_text(object, paths) {
                self.set(field, &text);
            }
        }
        let attributes = [
            ("Provider", "Name", names.provider),
            ("Provider", "Guid", names.provider_guid),
            ("Correlation", "ActivityID", names.activity_id),
            ("Correlation", "RelatedActivityID", names.related_activity_id),
            ("Execution", "ProcessID", names.process_id),
            ("Execution", "ThreadID", names.thread_id),
            ("Security", "UserID", names.user_sid),
        ];
        for (element, key, paths) in attributes {
            if let Some(text) = object::first_text(object, paths) {
                self.attribute(element, key, &text);
            }
        }
        for path in names.time {
            if let Some(value) = object::find(object, path) {
                self.time(value);
            }
        }
        let collected = |path: &&str| object::find(object, path).and_then(time::read);
        self.collected = self.collected.or_else(|| names.collected.iter().find_map(collected));
    }

    /// Takes the text of a part of `System`.
    pub fn set(&mut self, field: SystemField, text: &str) {
        let text: Cow<'_, str> = match field {
            SystemField::Level => level_number(text),
            SystemField::Opcode => opcode_number(text),
            SystemField::Keywords => keywords_mask(text),
            _ => Cow::Borrowed(text),
        };
        if self.draft.set(field, &text, self.strings).is_err() {
            let reason = format!("the event ID {} is not a number", snippet(&text));
            self.refusal.get_or_insert((FaultKind::Record, reason));
        }
    }

    /// Takes what is an attribute of a part of `System` in a log.
    pub fn attribute(&mut self, element: &str, key: &str, text: &str) {
        if !text.is_empty() {
            self.draft.attribute(element, key, text, self.strings);
        }
    }

    /// Takes the time of logging. The first that can be read counts.
    pub fn time(&mut self, value: &Value) {
        let read = time::read(value);
        if read.is_none() && self.unreadable.is_none() {
            self.unreadable = object::text(value).filter(|text| !text.trim().is_empty()).map(Cow::into_owned);
        }
        self.stated = self.stated.or(read);
    }

    /// Takes an entry.
    pub fn entry(&mut self, name: &str, value: &Value) {
        if let Some(text) = object::text(value) {
            self.entry_text(name, &text);
        }
    }

    /// Takes an entry without a name, which is called by its place.
    pub fn unnamed(&mut self, value: &Value) {
        self.entry("Data", value);
    }

    /// Takes an entry that is a text.
    pub fn entry_text(&mut self, name: &str, text: &str) {
        if self.draft.data.len() >= MOST_ENTRIES {
            let reason = format!("the event has more than {MOST_ENTRIES} values");
            self.refusal.get_or_insert((FaultKind::Record, reason));
            return;
        }
        let name = self.strings.share(name);
        let name = self.draft.value_name(name, self.strings);
        let text = normal_form(&name, text).into();
        self.draft.data.push((name, text));
    }

    /// Whether the event was refused already, so that nothing more of it matters.
    pub fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Whether there is an entry of that name.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Whether there are any entries.
    pub fn has_entries(&self) -> bool {
        !self.draft.data.is_empty()
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.draft.data.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }

    /// The channel, if it is known.
    pub fn channel(&self) -> Option<&str> {
        self.draft.channel.as_deref()
    }

    /// The provider, as far as it is known; that of Sysmon if only the channel is known and it is Sysmon's.
    pub fn provider(&self) -> Option<&str> {
        let named = self.draft.provider.as_deref().filter(|name| !name.is_empty());
        let by_channel = || self.channel().filter(|_| self.draft.provider_guid.is_none()).and_then(provider_of_channel);
        // No other provider has an entry of that name.
        let by_entry = || {
            let is_unknown = self.channel().is_none() && self.draft.provider_guid.is_none();
            (is_unknown && self.has("UtcTime")).then_some("Microsoft-Windows-Sysmon")
        };
        named.or_else(by_channel).or_else(by_entry)
    }

    /// Whether the record is one of Sysmon's, whose entries matter.
    pub fn is_sysmon(&self) -> bool {
        is_sysmon(self.provider(), self.draft.provider_guid.as_deref())
    }

    /// The record, or why it is none; `repeated` is a name that the message has twice from which it was read.
    pub fn finish(self, origin: Locator, repeated: Option<String>) -> EventRead {
        let (time, is_by_own_time) = match self.logged() {
            Some((time, is_own)) => (Some(time), is_own),
            None => (None, false),
        };
        EventRead { record: self.record(time, origin), doubt: None, is_by_own_time }.doubted(repeated)
    }

    fn record(mut self, time: Option<Ticks>, origin: Locator) -> Result<Record, RecordRefusal> {
        let record_id = self.draft.record_id;
        let refuse = |kind, reason| RecordRefusal { kind, record_id, reason };
        if let Some((kind, reason)) = self.refusal.take() {
            return Err(refuse(kind, reason));
        }
        let no_id = || refuse(FaultKind::Record, "the event has no event ID".to_owned());
        if !self.draft.has_event_id() {
            return Err(no_id());
        }
        if self.draft.provider.is_none()
            && let Some(provider) = self.provider().map(Arc::from)
        {
            self.draft.provider = Some(provider);
        }
        let Some(time) = time else {
            let reason = match &self.unreadable {
                Some(text) => format!("invalid time {}", snippet(text)),
                None => "invalid time: there is none".to_owned(),
            };
            return Err(refuse(FaultKind::Time, reason));
        };
        self.draft.finish(time, origin, self.strings).ok_or_else(no_id)
    }

    /// When the record was logged, as far as it can be told, and whether `UtcTime` stands for it.
    fn logged(&self) -> Option<(Ticks, bool)> {
        let utc = self.value("UtcTime").and_then(time::read_text).map(|utc| utc.at);
        let zoned = self.stated.filter(|stated| stated.has_zone).or(self.collected).or(self.stated);
        match (self.stated, utc) {
            (Some(stated), Some(utc)) => {
                let agrees = stated.is_fine && (stated.at.0 - utc.0).abs() <= FARTHEST;
                let is_stated = self.trust == TimeTrust::Exact || agrees;
                Some(if is_stated { (stated.at, false) } else { (utc, true) })
            }
            (None, Some(utc)) => Some((utc, true)),
            (_, None) => zoned.map(|time| (time.at, false)),
        }
    }
}

/// Whether a provider is Sysmon: by its name, or by its GUID if it has none.
pub fn is_sysmon(name: Option<&str>, guid: Option<&str>) -> bool {
    match name {
        Some(name) => SYSMON_CHANNELS.iter().any(|(_, provider)| name.eq_ignore_ascii_case(provider)),
        None => guid.is_some_and(|guid| {
            let guid = normal_guid(guid);
            SYSMON_GUIDS.iter().any(|known| *known == guid)
        }),
    }
}

/// The GUIDs of Sysmon's providers, on Windows and on Linux.
const SYSMON_GUIDS: [&str; 2] = ["{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", "{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"];

/// A level by its name.
fn level_number(text: &str) -> Cow<'_, str> {
    let number = match text.trim().to_ascii_lowercase().as_str() {
        "logalways" | "log_always" => "0",
        "critical" => "1",
        "error" => "2",
        "warning" => "3",
        "information" | "informational" | "info" => "4",
        "verbose" | "debug" => "5",
        _ => return Cow::Borrowed(text),
    };
    Cow::Borrowed(number)
}

/// An opcode by its name.
fn opcode_number(text: &str) -> Cow<'_, str> {
    let number = match text.trim().to_ascii_lowercase().as_str() {
        "info" => "0",
        "start" => "1",
        "stop" => "2",
        _ => return Cow::Borrowed(text),
    };
    Cow::Borrowed(number)
}

/// Keywords are bits; tools that keep them as a number often keep the sign of its highest one.
fn keywords_mask(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let bits = text.parse::<u64>().ok().or_else(|| text.parse::<i64>().ok().map(i64::cast_unsigned));
    bits.map_or(Cow::Borrowed(text), |bits| Cow::Owned(format!("0x{bits:x}")))
}
