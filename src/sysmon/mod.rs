//! From a Sysmon record to an ECS document, as Elastic maps it.
//!
//! One row per event ID says what kind of event it is (`ids`); one table has every step that its fields go through, in the pipeline's order (`steps`); the
//! steps that are more than a move have a function each (`derive`). [`reference()`] writes the tables down for people.
//! This module does not know rules, and it does not decide which events matter.

mod common;
mod derive;
mod direct;
mod extractors;
mod ids;
mod raw;
mod reference;
mod steps;

pub use derive::split_command_line;
pub use extractors::{ExtractCache, Extractors, FoundSource, LazyEvent, SourcePart, TextSource, entries_of, raw_at};
pub use reference::reference;

use crate::base::Ticks;
use crate::ecs::{self, Field, FieldId};
use crate::event::{Document, Event};
use crate::source::Record;
use derive::{Failure, StepContext};
use raw::EventData;

/// The provider that writes Sysmon's records on Windows.
pub const PROVIDER: &str = "Microsoft-Windows-Sysmon";

/// The GUID of that provider, for records whose provider has no name.
pub const PROVIDER_GUID: &str = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}";

/// The provider that writes Sysmon's records on Linux.
pub const LINUX_PROVIDER: &str = "Linux-Sysmon";

/// The GUID of Sysmon's provider on Linux.
pub const LINUX_PROVIDER_GUID: &str = "{ff032593-a8d3-4f13-b0d6-01fc615a0f97}";

/// Whose documents are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mapping {
    /// Elastic's Windows integration, data stream `windows.sysmon_operational`, 3.3.0 and later.
    #[default]
    Integration,
    /// The sysmon module of Winlogbeat 8.17 and 9.
    Winlogbeat,
}

/// The system that a Sysmon record was written on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SysmonPlatform {
    Windows,
    Linux,
}

/// Told by provider, never by channel or file name, so that forwarded and renamed logs count.
fn system(record: &Record) -> Option<SysmonPlatform> {
    system_of(&record.provider, record.provider_guid.as_deref())
}

fn system_of(provider: &str, provider_guid: Option<&str>) -> Option<SysmonPlatform> {
    let known = [
        (PROVIDER, PROVIDER_GUID, SysmonPlatform::Windows),
        (LINUX_PROVIDER, LINUX_PROVIDER_GUID, SysmonPlatform::Linux),
    ];
    let is = |name: &str, guid: &str| {
        if provider.is_empty() {
            provider_guid.is_some_and(|have| have.eq_ignore_ascii_case(guid))
        } else {
            provider.eq_ignore_ascii_case(name)
        }
    };
    known.into_iter().find(|(name, guid, _)| is(name, guid)).map(|(_, _, system)| system)
}

/// Whether a provider is Sysmon, by its name, or by its GUID if it has no name.
pub fn is_provider(name: &str, guid: Option<&str>) -> bool {
    system_of(name, guid).is_some()
}

/// Whether Sysmon wrote the record on Windows.
pub fn is_windows(record: &Record) -> bool {
    system(record) == Some(SysmonPlatform::Windows)
}

/// Whether Sysmon wrote the record.
pub fn is_sysmon(record: &Record) -> bool {
    system(record).is_some()
}

/// Whether the value of an entry says something: Sysmon writes a dash or a GUID of zeros for nothing.
pub fn says(value: &str) -> bool {
    !raw::is_nothing(value)
}

/// Whether a document tells of a record that Sysmon wrote.
pub fn is_sysmon_document(document: &Document) -> bool {
    let text = |field| document.text(field);
    let provider = text(ecs::WINLOG_PROVIDER_NAME).or_else(|| text(ecs::EVENT_PROVIDER)).unwrap_or_default();
    system_of(provider, text(ecs::WINLOG_PROVIDER_GUID)).is_some()
}

/// The name of an event ID for people, as `event.action` has it.
pub fn event_name(id: u32) -> Option<&'static str> {
    ids::find(id, Mapping::Integration).and_then(|row| row.action.first().copied())
}

/// Every event ID that Sysmon has, ascending.
pub fn event_ids() -> impl Iterator<Item = u32> {
    ids::all().map(|row| row.id)
}

/// The fields that every event of an ID has with the same values, in this mapping, if it was written on Windows.
///
/// Conditions on them are decided by the ID alone. The exception are events that Elastic's pipeline fails on, which only differ in `event.kind`.
pub fn constants(id: u32, mapping: Mapping) -> Document {
    let mut document = Document::new();
    common::constants(&mut document, SysmonPlatform::Windows, mapping);
    common::event_id(&mut document, id, mapping);
    document
}

/// Whether [`constants`] has all there is of a field: its values, or that it has none.
pub fn is_constant(field: &Field) -> bool {
    const CONSTANT: &[FieldId] = &[
        ecs::ECS_VERSION,
        ecs::EVENT_MODULE,
        ecs::EVENT_DATASET,
        ecs::DATA_STREAM_DATASET,
        ecs::HOST_OS_TYPE,
        ecs::HOST_OS_FAMILY,
        ecs::EVENT_CODE,
        ecs::WINLOG_EVENT_ID,
        ecs::EVENT_CATEGORY,
        ecs::EVENT_TYPE,
        ecs::EVENT_ACTION,
        ecs::EVENT_OUTCOME,
    ];
    matches!(field, Field::Known(id) if CONSTANT.contains(id))
}

/// Whether an event of an ID can have a field: some step sets it, or it comes with the record itself.
///
/// Fields of Elastic's own sensor, such as `process.Ext.*` and `process.code_signature.*`, are in no Sysmon event.
pub fn may_have(id: u32, field: &Field) -> bool {
    const OF_THE_RECORD: &[&str] =
        &["@timestamp", "ecs.", "event.", "data_stream.", "host.", "log.", "winlog.", "user.id", "error.", "evql."];
    let name = field.name();
    OF_THE_RECORD.iter().any(|start| name.starts_with(start))
        || steps::STEPS.iter().any(|step| step.scope.may_include(id) && step.action.may_set(name))
}

/// `@timestamp` of the event that a Sysmon record becomes.
pub fn timestamp(record: &Record) -> Ticks {
    let has_time = |(name, value): &&(std::sync::Arc<str>, Box<str>)| &**name == "UtcTime" && says(value);
    let utc = record.data.iter().find(has_time).and_then(|(_, value)| Ticks::parse_sysmon_utc(&**value));
    utc.unwrap_or(record.time_created)
}

/// Maps a Sysmon record to an ECS event. `path` becomes `log.file.path`.
///
/// The order of the steps is that of Elastic's pipeline: entries that say nothing are dropped, `UtcTime` becomes `@timestamp`, the event is categorised, its
/// fields go through the steps, and the raw text of converted fields is removed. Where that pipeline fails, the event says so in `event.kind` and
/// `error.message` and keeps what was done until then, as in Elastic.
pub fn map(record: &Record, path: &str, mapping: Mapping) -> Event {
    let system = system(record).unwrap_or(SysmonPlatform::Windows);
    let mut data = EventData::new(&record.data);
    let timestamp = timestamp(record);
    let mut document = common::document(record, path, timestamp);
    common::constants(&mut document, system, mapping);
    common::event_id(&mut document, record.event_id, mapping);
    let separator = if system == SysmonPlatform::Linux { '/' } else { '\\' };
    let context = StepContext { id: record.event_id, mapping, separator };
    match run(&mut data, &mut document, context) {
        Ok(()) => data.leave_rest(&mut document),
        Err(Failure(reason)) => {
            document.set(ecs::EVENT_KIND, "pipeline_error");
            document.set(ecs::ERROR_MESSAGE, reason);
            data.leave_all(&mut document);
        }
    }
    document.set(ecs::EVENT_CREATED, record.time_created);
    if record.is_recovered {
        document.set(ecs::EVQL_RECOVERED, true);
    }
    Event {
        document,
        timestamp,
        logged: record.time_created,
        is_logged_known: true,
        is_recovered: record.is_recovered,
        tiebreaker: record.record_id,
        origin: record.origin,
        original: None,
    }
}

fn run(data: &mut EventData<'_>, document: &mut Document, context: StepContext) -> Result<(), Failure> {
    let wanted = steps::STEPS.iter().filter(|step| step.scope.includes(context.id, context.mapping));
    wanted.into_iter().try_for_each(|step| step.apply(data, document, context))
}

#[cfg(test)]
mod tests;
