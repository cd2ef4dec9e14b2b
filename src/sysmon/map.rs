//! The mapping of a whole record, step by step.

use super::constants::{set_event_id, set_identity};
use super::mapping::EventMapping;
use super::platform::{SysmonPlatform, system};
use super::raw::{EventData, says};
use super::record_fields::set_record_fields;
use super::step_context::{Failure, StepContext};
use super::steps::STEPS;
use crate::base::Ticks;
use crate::ecs;
use crate::event::{Document, Event};
use crate::source::Record;

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
pub fn map(record: &Record, path: &str, mapping: impl Into<EventMapping>) -> Event {
    let mapping = mapping.into();
    let system = system(record).unwrap_or(SysmonPlatform::Windows);
    let mut data = EventData::new(&record.data);
    let timestamp = timestamp(record);
    let mut document = Document::new();
    set_record_fields(&mut document, record, path, timestamp);
    set_identity(&mut document, system, mapping.documents);
    set_event_id(&mut document, record.event_id, mapping.documents);
    document.set_entries(&record.data);
    let separator = if system == SysmonPlatform::Linux { '/' } else { '\\' };
    let context = StepContext::new(record.event_id, mapping, separator);
    // A failure is a result, not an error of this program: Elastic indexes such an event too, half mapped and marked, and rules that match it there have to
    // match it here.
    if let Err(Failure(reason)) = run(&mut data, &mut document, context) {
        document.set(ecs::EVENT_KIND, "pipeline_error");
        document.set(ecs::ERROR_MESSAGE, reason);
    }
    // The last step removes entries. A pipeline that failed did not come to it, so that their raw text stays in such an event.
    data.leave(&mut document);
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
    let wanted = STEPS.iter().filter(|step| step.scope.includes(context));
    wanted.into_iter().try_for_each(|step| step.apply(data, document, context))
}
