//! From a Sysmon record to an ECS document, as Elastic maps it.
//!
//! One row per event ID says what kind of event it is (`ids`); one table has every step that its fields go through, in the pipeline's order (`steps`); the
//! steps that are more than a move have a function each (`derive`). [`map()`] runs all steps over a whole record. Where a few fields are enough, [`Extractors`]
//! take from the table the steps that these fields depend on, and [`LazyEvent`] runs them over a record in its chunk. [`reference()`] writes the tables down
//! for people. This module does not know rules, and it does not decide which events matter.

mod activity;
mod configuration;
mod constants;
mod derive;
mod event_id;
mod extractors;
mod map;
mod mapping;
mod platform;
mod raw;
mod record_fields;
mod reference;
mod step;
mod step_context;
mod steps;
mod transform;

pub use activity::{ActivityKind, LifeEvent};
pub use configuration::{ConfigurationError, Recording, SysmonConfiguration, write_configuration};
pub use constants::{constants, is_constant, may_have};
pub use derive::args::split as split_command_line;
pub use derive::geo::locate;
pub(crate) use event_id::{EventId, EventIdRow, event_id_row, is_connection, life_event};
pub use event_id::{event_ids, event_name};
pub use extractors::{
    ExtractCache, Extracted, Extractors, FieldTexts, LazyEvent, SourcePart, TextSource, UnquotedField, entries_of,
    raw_at,
};
pub use map::{map, timestamp};
pub use mapping::{EventMapping, Mapping};
pub use platform::{
    LINUX_PROVIDER, LINUX_PROVIDER_GUID, PROVIDER, PROVIDER_GUID, is_provider, is_sysmon, is_sysmon_document,
    is_windows,
};
pub use raw::says;
pub use record_fields::synthetic_host_id;
pub use reference::reference;
pub(crate) use steps::entry_of;

#[cfg(test)]
mod tests;
