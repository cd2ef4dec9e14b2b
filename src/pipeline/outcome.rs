//! The result of a run.

use super::alert_store::AlertStore;
use super::evidence_pass::EvidencePass;
use super::part_candidates::PartCandidates;
use super::stats::Stats;
use super::surveyed_files::{add_hashes, hashes};
use super::timeline::SortedTimeline;
use super::window::TimeWindow;
use crate::base::spool::SpoolSpace;
use crate::detect::{Inventory, RuleIndex};
use crate::diag::Notice;
use crate::process::HostAddresses;
use crate::source::{Fault, FaultKind, Input};
use crate::survey::EvidenceSurvey;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that a run found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The files that were read.
    pub inputs: Vec<Input>,
    /// Findings, in the order of their last events.
    pub alerts: AlertStore,
    /// Alerts that were left out because a rule had more than it may have, by rule.
    pub left_out: BTreeMap<RuleIndex, usize>,
    /// Alerts that an exception took away, by the position of the exception in [`Detector::exceptions`](crate::detect::Detector::exceptions).
    pub set_aside: BTreeMap<usize, usize>,
    /// Alerts that repeat others and were suppressed for it, by rule.
    pub repeated: BTreeMap<RuleIndex, usize>,
    /// Which fields the events have; empty unless [`RunOptions::inventory`](super::RunOptions::inventory).
    pub inventory: Inventory,
    /// The addresses that hosts have shown as their own, as far as a timeline that tells of connections needs them; `None` if they were not looked for.
    pub addresses: Option<HostAddresses>,
    /// Every event, by process; `None` unless [`RunOptions::timeline`](super::RunOptions::timeline).
    pub timeline: Option<SortedTimeline>,
    /// What each of the files consists of; `None` unless [`RunOptions::survey`](super::RunOptions::survey). Its faults are those of the outcome.
    pub survey: Option<EvidenceSurvey>,
    /// The window of time that events were taken from: that of the options, or what [`RunOptions::last`](super::RunOptions::last) came down to.
    pub window: TimeWindow,
    /// Everything that could not be read or is in doubt, in the order of files and offsets.
    pub faults: Vec<Fault>,
    /// Bytes of the evidence that were not read because a temporary file could not be written: the run came to no end, and a fault says so.
    pub unread: u64,
    /// Limits that were reached, and whatever else a reader must know beside the faults; sorted.
    pub notices: Vec<Notice>,
    /// Counts.
    pub stats: Stats,
    /// What rules need that may join events of several hosts; `None` unless [`RunOptions::is_part`](super::RunOptions::is_part).
    pub part: Option<PartCandidates>,
    /// The evidence, to be read a second time.
    pub again: EvidencePass,
}

impl Outcome {
    /// Adds the SHA-256 of each file to the survey, if there is one: they are read once more for it. A file that cannot be read to its end has a fault instead.
    pub fn hash_files(&mut self) {
        if let Some(survey) = &mut self.survey {
            add_hashes(survey, self.again.reader.pool.current_num_threads());
            self.faults.append(&mut survey.faults);
            self.compare_files();
        }
    }

    /// The SHA-256 of each file, by path: they are read once more for it. A file that cannot be read to its end has a fault instead.
    pub fn digest_files(&mut self) -> BTreeMap<PathBuf, String> {
        let (inputs, faults) = (&self.inputs, &mut self.faults);
        let digests = hashes(inputs.iter(), self.again.reader.pool.current_num_threads(), faults);
        self.compare_files();
        digests
    }

    /// Adds a fault for each file that changed until now (what was looked up in it after the findings were made may be of another state), and one if temporary
    /// files could not be written meanwhile.
    pub fn compare_files(&mut self) {
        self.faults.extend(self.again.changes());
        if !self.faults.iter().any(|fault| fault.kind == FaultKind::Temporary) {
            self.faults.extend(space_fault(&self.again.reader.space, 0));
        }
        self.faults.sort();
        self.faults.dedup();
    }
}

/// The fault of temporary files that cannot be written, if that is so; `unread` says how many bytes of the evidence were not read because of it.
pub(super) fn space_fault(space: &SpoolSpace, unread: u64) -> Option<Fault> {
    let error = space.error()?;
    let reason = match unread {
        0 => format!("{error}: what should be there was held in memory"),
        bytes => format!("{error}: {bytes} bytes of the evidence were not read, and findings are those of the rest"),
    };
    Some(Fault::lost(&space.limits().folder().display().to_string().into(), FaultKind::Temporary, reason))
}

/// A run that could not be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The system refused to start its threads.
    #[error("cannot start the threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// A temporary file could not be read back.
    #[error(transparent)]
    Spool(#[from] std::io::Error),
}
