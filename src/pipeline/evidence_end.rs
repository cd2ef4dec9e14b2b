//! The end of the evidence, which `--last` counts back from: the time of its last event.
//!
//! What a run passes over depends on it, so that it is looked for in a pass of its own, before the run. A single record of a host whose clock was wrong, or
//! that somebody forged, can be the last by years, and all that matters would lie before the window: which end was taken is always told, and so is that
//! hardly any event stands beside it.
//!
//! ```text
//! days that have events:   … 03-12  03-13  03-14      (silence)      2099-01-01
//!                                   ^^^^^^^^^^^^ 52,299 events         ^ 1 event: said to be doubtful
//! ```
//!
//! This module does not know how windows are typed.

use super::disposition::Disposition;
use super::documents;
use super::options::RunOptions;
use super::progress::Progress;
use super::reread::scratch;
use super::threads::CHUNKS_PER_UNIT;
use super::window::TimeWindow;
use crate::base::Ticks;
use crate::base::host::{self, HostName};
use crate::base::number::{counted, grouped};
use crate::diag::{Notice, NoticeKind};
use crate::ecs;
use crate::event::Clock;
use crate::source::{self, Input, Item, RecordRef, Scratch, Stored, Visit, Visitor, WorkUnit};
use crate::sysmon;
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The latest days with events that are held: more of them in a row, and the last ones are no work of a wrong clock.
const MOST_DAYS: usize = 64;
/// Most hosts whose last events are held.
const MOST_HOSTS: usize = 4096;
/// Most hosts that are named in a notice.
const MOST_NAMED: usize = 5;
/// So many days without any event set what comes after them apart.
const SILENCE: i64 = 30;
/// What is set apart is doubtful if it is less than one in so many events.
const ONE_IN: u64 = 100;
/// Ticks in a day.
const DAY: i64 = 24 * 60 * 60 * Ticks::PER_SECOND;

/// The events of one day.
#[derive(Clone, Copy, Debug)]
struct DayEvents {
    events: u64,
    first: Ticks,
    last: Ticks,
}

/// The last event of a host.
#[derive(Clone, Debug)]
struct HostEnd {
    /// The host as it is shown.
    name: Arc<str>,
    last: Ticks,
}

/// When the latest events were, by day and by host.
#[derive(Debug, Default)]
pub struct LatestEvents {
    events: u64,
    last: Option<Ticks>,
    /// The latest days that have events, by number.
    days: BTreeMap<i64, DayEvents>,
    /// By the name that hosts are compared by.
    hosts: BTreeMap<Arc<str>, HostEnd>,
    /// Whether there are more hosts than are held: which ones are held depends on threads then.
    has_more_hosts: bool,
}

/// What `--last` comes down to.
#[derive(Clone, Debug, Default)]
pub struct RecentWindow {
    /// The window.
    pub window: TimeWindow,
    /// Which end it counts from, and why that may be doubted.
    pub notices: Vec<Notice>,
}

impl LatestEvents {
    /// Adds an event.
    fn add(&mut self, host: &HostName, at: Ticks) {
        self.events += 1;
        self.add_day(at.0.div_euclid(DAY), DayEvents { events: 1, first: at, last: at });
        self.add_host(host, at);
    }

    /// Notes that a host has events until then.
    pub fn add_host(&mut self, host: &HostName, last: Ticks) {
        self.last = self.last.max(Some(last));
        if let Some(known) = self.hosts.get_mut(&host.folded) {
            host::show(&mut known.name, &host.written);
            known.last = known.last.max(last);
        } else if self.hosts.len() < MOST_HOSTS {
            self.hosts.insert(host.folded.clone(), HostEnd { name: host.written.clone(), last });
        } else {
            self.has_more_hosts = true;
        }
    }

    fn add_day(&mut self, day: i64, found: DayEvents) {
        if let Some(known) = self.days.get_mut(&day) {
            known.events += found.events;
            known.first = known.first.min(found.first);
            known.last = known.last.max(found.last);
            return;
        }
        // A day that had to make room for later ones never comes back: it lies before all that are held.
        let is_late = self.days.len() < MOST_DAYS || self.days.first_key_value().is_some_and(|(first, _)| *first < day);
        if is_late {
            self.days.insert(day, found);
        }
        if self.days.len() > MOST_DAYS {
            self.days.pop_first();
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.events += other.events;
        self.last = self.last.max(other.last);
        other.days.into_iter().for_each(|(day, found)| self.add_day(day, found));
        for (folded, HostEnd { name, last }) in other.hosts {
            self.add_host(&HostName { folded, written: name }, last);
        }
        self.has_more_hosts |= other.has_more_hosts;
        self
    }

    /// The window of so long a time before the last event; `to` is what was given as its end, beyond which nothing was added.
    pub fn window(&self, length: Ticks, to: Option<Ticks>) -> RecentWindow {
        let Some(last) = self.last else {
            return RecentWindow { window: TimeWindow { from: None, to }, notices: Vec::new() };
        };
        let from = Ticks(last.0.saturating_sub(length.0));
        let of_host = match self.known_hosts().find(|host| host.last == last) {
            Some(host) if !host.name.is_empty() => format!(" on {}", host.name),
            _ => String::new(),
        };
        let text = format!(
            "--last counts back from the last event, {}{of_host}: what is before {} is passed over",
            last.rfc3339(),
            from.rfc3339()
        );
        let doubt = self.doubt().or_else(|| self.earlier_hosts(from));
        let notices = std::iter::once(text).chain(doubt).map(|text| Notice::new(NoticeKind::Window, text)).collect();
        RecentWindow { window: TimeWindow { from: Some(from), to }, notices }
    }

    fn known_hosts(&self) -> impl Iterator<Item = &HostEnd> {
        self.hosts.values().filter(|_| !self.has_more_hosts)
    }

    /// Says that few events, a long time after all others, decide the end.
    fn doubt(&self) -> Option<String> {
        let (mut apart, mut later): (u64, Option<(i64, DayEvents)>) = (0, None);
        for (&day, found) in self.days.iter().rev() {
            if let Some((_, first)) = later.filter(|(later, _)| later - day > SILENCE) {
                let before = found.last.rfc3339();
                let verb = if apart == 1 { "is" } else { "are" };
                let text = format!(
                    "the end may be that of a wrong clock: {} of {} {verb} of {} or later, and the last one before is of {before} (`--to {}` beside --last leaves \
                     out what comes after)",
                    grouped(apart),
                    counted(self.events, "event"),
                    first.first.rfc3339(),
                    before.get(..10).unwrap_or(&before)
                );
                return (apart.saturating_mul(ONE_IN) < self.events).then_some(text);
            }
            apart += found.events;
            later = Some((day, *found));
        }
        None
    }

    /// Says which hosts have no event in the window.
    fn earlier_hosts(&self, from: Ticks) -> Option<String> {
        let earlier: Vec<&HostEnd> = self.known_hosts().filter(|host| host.last < from).collect();
        let named = earlier.iter().take(MOST_NAMED).map(|host| {
            let name = if host.name.is_empty() { "(no computer name)" } else { &host.name };
            format!("{name} until {}", host.last.rfc3339())
        });
        let more = earlier.len().saturating_sub(MOST_NAMED) as u64;
        let more = (more > 0).then(|| format!("and {}", counted(more, "more host")));
        let verb = if earlier.len() == 1 { "has" } else { "have" };
        let text = format!(
            "{} of {} {verb} no event in that time: {}",
            grouped(earlier.len() as u64),
            counted(self.hosts.len() as u64, "host"),
            named.chain(more).collect::<Vec<_>>().join(", ")
        );
        (!earlier.is_empty()).then_some(text)
    }
}

/// Looks at the times of the events of one unit.
struct LatestVisitor<'v> {
    inputs: &'v [Input],
    options: &'v RunOptions,
    found: LatestEvents,
    /// Events since the chunk began: they count once it was read to its end.
    pending: Vec<(HostName, Ticks)>,
    in_chunk: bool,
    /// The computer of the record before, which mostly is that of the next one too.
    host: Option<(Stored, HostName)>,
}

impl LatestVisitor<'_> {
    fn take(&mut self, host: HostName, event_id: Option<u32>, at: Ticks) {
        let computer = || Cow::Borrowed(&*host.written);
        if self.options.disposition(event_id, computer, at) == Disposition::Mapped {
            self.pending.push((host, at));
        }
    }

    fn keep(&mut self) {
        self.pending.drain(..).for_each(|(host, at)| self.found.add(&host, at));
    }
}

impl Visitor for LatestVisitor<'_> {
    fn begin_chunk(&mut self, _: u64) {
        self.keep();
        self.in_chunk = true;
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        if self.options.clock == Clock::Utc {
            // `UtcTime` is an entry of the data.
            return Visit::NeedRecord;
        }
        let computer = record.computer();
        let host = match &self.host {
            Some((stored, host)) if *stored == computer => host.clone(),
            _ => self.host.insert((computer.into(), HostName::from(computer.text().trim()))).1.clone(),
        };
        self.take(host, Some(record.event_id()), record.time_created());
        Visit::Skip
    }

    fn item(&mut self, item: Item) {
        let Self { inputs, options, .. } = *self;
        match item {
            Item::Record(record) if sysmon::is_sysmon(&record) => {
                let at = match options.clock {
                    Clock::Logged => record.time_created,
                    Clock::Utc => {
                        let path = &inputs[record.origin.input as usize].display;
                        sysmon::map(&record, path, options.mapping).time(Clock::Utc)
                    }
                };
                self.take(HostName::from(&*record.computer), Some(record.event_id), at);
            }
            Item::Document(document) => {
                if let Ok(event) = documents::event(document, &options.roles, None) {
                    let host = event.document.text(ecs::HOST_NAME).unwrap_or_default();
                    let id = event.document.text(ecs::EVENT_CODE).and_then(|code| code.parse().ok());
                    self.take(HostName::from(host), id, event.time(options.clock));
                }
            }
            Item::Record(_) | Item::Skipped | Item::Fault(_) => {}
        }
        // Only a chunk can be started over: what stands outside of one counts at once.
        if !self.in_chunk {
            self.keep();
        }
    }

    fn restart_chunk(&mut self) {
        self.pending.clear();
    }

    fn end_chunk(&mut self, _: &[u8]) {
        self.in_chunk = false;
        self.keep();
    }
}

/// Looks for the last event of the computers that are wanted, whatever its event ID, and makes the window that ends there.
pub fn recent_window(
    inputs: &[Input],
    options: &RunOptions,
    length: Ticks,
    pool: &rayon::ThreadPool,
    progress: &dyn Progress,
) -> RecentWindow {
    let to = options.window.to;
    let looking = RunOptions {
        window: TimeWindow { from: None, to },
        // Which time is meant must not depend on which kind of event is asked for.
        filter: options.filter.of_computers(),
        ..options.clone()
    };
    progress.start(inputs.iter().map(|input| input.size).sum());
    let units = source::units(inputs, CHUNKS_PER_UNIT);
    let read = |scratch: &mut Scratch, unit: &WorkUnit| {
        let mut visitor = LatestVisitor {
            inputs,
            options: &looking,
            found: LatestEvents::default(),
            pending: Vec::new(),
            in_chunk: false,
            host: None,
        };
        let totals = source::visit_unit(inputs, unit, scratch, &mut visitor);
        visitor.keep();
        progress.advance(totals.bytes);
        visitor.found
    };
    let found = pool.install(|| {
        let found = units.par_iter().map_init(|| scratch(&looking), read);
        found.reduce(LatestEvents::default, LatestEvents::merge)
    });
    progress.finish();
    found.window(length, to)
}

#[cfg(test)]
mod tests;
