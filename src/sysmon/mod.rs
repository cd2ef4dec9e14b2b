//! From a Sysmon record to an ECS document, as Elastic's Windows integration maps it.
//!
//! One table per event ID says which fields move where (`events`); the steps that are more than a move have a function each (`derive`).
//! This module does not know rules, and it does not decide which events matter.

mod args;
mod common;
mod community_id;
mod derive;
mod events;
mod raw;

use crate::base::Ticks;
use crate::ecs;
use crate::event::Event;
use crate::source::Record;
use raw::EventData;

/// The provider that writes Sysmon's records on Windows.
pub const PROVIDER: &str = "Microsoft-Windows-Sysmon";

/// The GUID of that provider, for records whose provider has no name.
pub const PROVIDER_GUID: &str = "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}";

/// Whether Sysmon wrote the record: told by provider, never by channel or file name, so that forwarded and renamed logs count.
pub fn is_sysmon(record: &Record) -> bool {
    if record.provider.is_empty() {
        record.provider_guid.as_deref().is_some_and(|guid| guid.eq_ignore_ascii_case(PROVIDER_GUID))
    } else {
        record.provider.eq_ignore_ascii_case(PROVIDER)
    }
}

/// Whether the mapping knows this event ID.
pub fn is_mapped(event_id: u32) -> bool {
    events::find(event_id).is_some()
}

/// The event IDs that are mapped, with their names as `event.action` has them, in ascending order.
pub fn mapped_ids() -> impl Iterator<Item = (u32, &'static str)> {
    events::all().map(|map| (map.id, map.action.first().copied().unwrap_or_default()))
}

/// Maps a Sysmon record to an ECS event; `None` if its event ID is not mapped.
///
/// `path` becomes `log.file.path`. The order of the steps is that of Elastic's pipeline `windows.sysmon_operational` (3.3.0 and later): entries that
/// say nothing are dropped, `UtcTime` becomes `@timestamp`, the event is categorised, its fields move in the order of its table, and the raw text
/// of converted fields is removed.
pub fn map(record: &Record, path: &str) -> Option<Event> {
    let map = events::find(record.event_id)?;
    let mut data = EventData::new(&record.data);
    let utc = data.get("UtcTime").and_then(Ticks::parse_sysmon_utc);
    let timestamp = utc.unwrap_or(record.time_created);
    let mut document = common::document(record, path, timestamp);
    common::categorise(&mut document, map);
    for step in map.steps {
        step.apply(&mut data, &mut document);
    }
    data.leave_rest(&mut document);
    document.set(ecs::EVENT_CREATED, record.time_created);
    Some(Event {
        document,
        timestamp,
        logged: record.time_created,
        tiebreaker: record.record_id,
        origin: record.origin,
    })
}

#[cfg(test)]
mod tests;
