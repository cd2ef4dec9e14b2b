//! The counts of a run. They must add up: what was read became an event, or is accounted for by name.

use super::computers::{self, ComputerEvents};
use super::counts::{RecordCounts, UnitTally};
use super::disposition::Disposition;
use super::partial_results::PartialResults;
use crate::base::Ticks;
use crate::source::Input;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stats {
    /// Files read.
    pub files: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// The counts that were added up.
    pub tally: UnitTally,
    /// Sysmon events by event ID; duplicates and events outside of the window are not among them.
    pub by_id: BTreeMap<u32, u64>,
    /// Records and documents that became events.
    pub mapped: u64,
    /// Mapped documents that are no Sysmon events.
    pub documents: u64,
    /// Sysmon records outside of the window of time.
    pub outside_window: u64,
    /// Sysmon records and documents that the filter keeps away.
    pub filtered: u64,
    /// Alerts.
    pub alerts: u64,
    /// When the first and the last event were logged, of those that were mapped.
    pub logged: Option<(Ticks, Ticks)>,
    /// The computers of the events that were mapped, by name.
    #[serde(skip)] // Whoever keeps counts beyond a run names the computers in words of his own.
    pub computers: Vec<ComputerEvents>,
}

impl Stats {
    /// Counts after duplicates were removed.
    pub(super) fn new(inputs: &[Input], found: &mut PartialResults, alerts: usize) -> Self {
        let bytes = inputs.iter().map(|input| input.size).sum();
        let computers = std::mem::take(&mut found.computers).all();
        let first = computers.iter().map(|computer| computer.first).min();
        let logged = first.zip(computers.iter().map(|computer| computer.last).max());
        let mut stats =
            Self { files: inputs.len() as u64, bytes, tally: found.tally, logged, computers, ..Self::default() };
        let RecordCounts(counts) = &found.counts;
        for (&(event_id, disposition), &count) in counts {
            match (disposition, event_id) {
                (Disposition::OutsideWindow, _) => stats.outside_window += count,
                (Disposition::Filtered, _) => stats.filtered += count,
                (Disposition::Mapped, Some(id)) => *stats.by_id.entry(id).or_default() += count,
                (Disposition::Mapped, None) => stats.documents += count,
            }
            stats.mapped += if disposition == Disposition::Mapped { count } else { 0 };
        }
        stats.by_id.retain(|_, count| *count > 0);
        stats.alerts = alerts as u64;
        stats
    }

    /// Adds the counts of other evidence.
    pub fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.tally.add(&other.tally);
        for (id, count) in &other.by_id {
            *self.by_id.entry(*id).or_default() += count;
        }
        self.mapped += other.mapped;
        self.documents += other.documents;
        self.outside_window += other.outside_window;
        self.filtered += other.filtered;
        self.alerts += other.alerts;
        self.computers.extend(other.computers.iter().cloned());
        self.computers = computers::by_name(std::mem::take(&mut self.computers));
        self.logged = match (self.logged, other.logged) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
    }

    /// Whether there is neither an event of Sysmon nor a document in the evidence, so that there was nothing to look at.
    pub fn is_without_events(&self) -> bool {
        self.by_id.is_empty() && self.documents == 0
    }

    /// Whether every record that was met is accounted for.
    pub fn adds_up(&self) -> bool {
        let UnitTally { records, other_providers, duplicates, unreadable, .. } = self.tally;
        records == self.mapped + self.outside_window + self.filtered + other_providers + duplicates + unreadable
    }
}
