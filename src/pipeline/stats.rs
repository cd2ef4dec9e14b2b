//! The counts of a run. They must add up: what was read became an event, or is accounted for by name.

use super::first_pass::Disposition;
use super::partial_results::{PartialResults, RecordCounts};
use crate::base::Ticks;
use crate::detect::Alert;
use crate::source::Input;
use std::collections::BTreeMap;

/// Counts that are added up unit by unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitTally {
    /// Chunks of 64 KiB with content.
    pub chunks: u64,
    /// Records met, readable or not.
    pub records: u64,
    /// Records of other providers than Sysmon.
    pub other_providers: u64,
    /// Sysmon records that were read before, from another copy.
    pub duplicates: u64,
    /// Records that became events and were recovered: no ordinary reader of the log shows them.
    pub recovered: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Faults that were counted but are not listed, because their piece of evidence has too many.
    pub unlisted_faults: u64,
}

impl UnitTally {
    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        self.chunks += other.chunks;
        self.records += other.records;
        self.other_providers += other.other_providers;
        self.duplicates += other.duplicates;
        self.recovered += other.recovered;
        self.unreadable += other.unreadable;
        self.unlisted_faults += other.unlisted_faults;
    }
}

/// All counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Those of them that are documents, and no Sysmon events.
    pub documents: u64,
    /// Sysmon records outside of the window of time.
    pub outside_window: u64,
    /// Sysmon records and documents that the filter keeps away.
    pub filtered: u64,
    /// Alerts.
    pub alerts: u64,
    /// When the first and the last event were logged, of those that were mapped.
    pub logged: Option<(Ticks, Ticks)>,
}

impl Stats {
    /// Counts after duplicates were removed.
    pub(super) fn new(inputs: &[Input], found: &PartialResults, alerts: &[Alert]) -> Self {
        let bytes = inputs.iter().map(|input| input.size).sum();
        let mut stats =
            Self { files: inputs.len() as u64, bytes, tally: found.tally, logged: found.logged, ..Self::default() };
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
        stats.alerts = alerts.len() as u64;
        stats
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
