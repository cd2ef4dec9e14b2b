//! The options of a run, resolved: what the caller typed is the command line's business.

use super::disposition::Disposition;
use super::filter::EventFilter;
use super::timeline::TimelineOptions;
use super::window::TimeWindow;
use crate::base::spool::SpoolLimits;
use crate::base::{CaseKey, Ticks};
use crate::event::Clock;
use crate::search::EventSearch;
use crate::source::{RecordRef, Search};
use crate::sysmon::EventMapping;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

/// Which fields of JSON documents play which part, where that is not as in ECS.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// The time: `@timestamp` if not given.
    pub timestamp: Option<String>,
    /// The category that `category where ...` tests: `event.category` if not given.
    pub category: Option<String>,
    /// The field that orders documents of the same time: the record id if not given.
    pub tiebreaker: Option<String>,
}

/// How much of alerts a run finds out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertContents {
    /// Alerts have their events.
    #[default]
    Events,
    /// Of an alert's events no more than host, time and place is known, unless an exception asks for more. An alert then has no keys.
    Places,
}

/// The options of a run.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The clock that orders events.
    pub clock: Clock,
    /// Events outside of it, by the same clock, are passed over.
    pub window: TimeWindow,
    /// Only so long a time before the last event counts, which a pass of its own looks for: the start of the window is set by it.
    pub last: Option<Ticks>,
    /// Events that it does not want are passed over.
    pub filter: EventFilter,
    /// Threads to use; 0 means one per core.
    pub threads: usize,
    /// Which fields of JSON documents play which part.
    pub roles: Roles,
    /// Whose documents events become.
    pub mapping: EventMapping,
    /// Whether to read every record the slow, complete way.
    pub slow_reader: bool,
    /// Whether to note which fields the events have.
    pub inventory: bool,
    /// How much of alerts is wanted.
    pub alerts: AlertContents,
    /// Whether to survey what the evidence consists of, as a report says it.
    pub survey: bool,
    /// How evidence is searched for.
    pub search: Search,
    /// Files that are written at the same time, in canonical form: they are no evidence, wherever they lie.
    pub outputs: Vec<PathBuf>,
    /// What an event must hold to be matched against rules at all; all events are if there is nothing.
    pub text: Option<Arc<EventSearch>>,
    /// How much memory the run may take, and where the rest goes.
    pub limits: SpoolLimits,
    /// The options of a timeline, if one is wanted.
    pub timeline: Option<TimelineOptions>,
    /// Given if the evidence is that of some hosts out of many: rules that may join events of several hosts are left to whoever has the candidates of all, and
    /// nothing is cut or taken away that depends on the alerts of others. It is the key of the digests by which candidates of several runs are joined.
    pub case_key: Option<CaseKey>,
}

impl RunOptions {
    /// Whether the evidence is that of some hosts out of many.
    pub fn is_part(&self) -> bool {
        self.case_key.is_some()
    }

    /// The disposition of an event with this event ID, computer and time. The time is read by [`RunOptions::clock`].
    pub(super) fn disposition<'c>(
        &self,
        id: Option<u32>,
        computer: impl FnOnce() -> Cow<'c, str>,
        time: Ticks,
    ) -> Disposition {
        if !self.filter.wants(id, computer) {
            return Disposition::Filtered;
        }
        if self.window.contains(time) { Disposition::Mapped } else { Disposition::OutsideWindow }
    }

    /// The disposition of a record as far as its header tells it. `None` if the window is asked for by UTC: `UtcTime` is an entry of the record's data, so
    /// the record must be read first.
    pub(super) fn header_disposition(&self, record: &RecordRef<'_>) -> Option<Disposition> {
        let Self { window, clock, filter, .. } = self;
        // To ask for the computer decodes a text, which most runs, having no filter, need not pay for.
        if filter.is_active() && !filter.wants(Some(record.event_id()), || record.computer().text().into()) {
            return Some(Disposition::Filtered);
        }
        match clock {
            _ if !window.is_active() => Some(Disposition::Mapped),
            Clock::Logged if window.contains(record.time_created()) => Some(Disposition::Mapped),
            Clock::Logged => Some(Disposition::OutsideWindow),
            Clock::Utc => None,
        }
    }
}
