//! A run from discovered files to findings: the order of the stages, and what needs the results of all threads at once.

use super::alert_store::AlertStore;
use super::duplicates::Duplicates;
use super::evidence_end::recent_window;
use super::evidence_pass::{EvidencePass, straddling_notice};
use super::gaps;
use super::options::{AlertContents, RunOptions};
use super::outcome::{Outcome, RunError, space_fault};
use super::part_candidates::PartCandidates;
use super::partial_results::PartialResults;
use super::progress::Progress;
use super::reread::EventReader;
use super::stats::Stats;
use super::surveyed_files::surveyed_file;
use super::threads::CHUNKS_PER_UNIT;
use super::timeline::SortedTimeline;
use super::worker::{ALERT_SHARE, Worker};
use crate::base::Locator;
use crate::base::number::{counted, grouped};
use crate::base::spool::{SortedSpool, SpoolItem};
use crate::detect::{
    AlertsOf, CandidateTuple, Correlated, Detector, FoundAlert, MOST_CHAINED_KEYS, RuleIndex, crosses_hosts,
};
use crate::diag::{Notice, NoticeKind};
use crate::eql::MAX_KEYS;
use crate::source::{self, Fault, FaultKind, FileStates};
use crate::survey::EvidenceSurvey;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Reads everything under `paths` and runs the detector over it.
///
/// Fails if the system refuses threads, or if what a temporary file holds cannot be read back. Evidence that cannot be read is a fault of the outcome.
pub fn run(
    paths: &[PathBuf],
    detector: &Detector,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Outcome, RunError> {
    let source::DiscoveredInputs { inputs, faults } = source::discover_beside(paths, &options.search, &options.outputs);
    let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?);
    let states = FileStates::of(&inputs);
    let recent = options.last.map(|length| recent_window(&inputs, options, length, &pool, progress));
    let resolved = recent.as_ref().map(|recent| RunOptions { window: recent.window, ..options.clone() });
    let options = resolved.as_ref().unwrap_or(options);
    progress.start(inputs.iter().map(|input| input.size).sum());
    let units = source::units(&inputs, CHUNKS_PER_UNIT);
    let worker = Worker::new(&inputs, detector, options, progress);
    let mut found = pool.install(|| worker.read_all(&units));
    drop(units);
    progress.finish();
    found.faults.extend(faults);
    let extents = std::mem::take(&mut found.extents);
    // What was not read contradicts nothing.
    if worker.is_read_whole() {
        found.faults.extend(source::contradictions(&inputs, extents));
    }
    let mut outcome = pool.install(|| conclude(&worker, found, &pool))?;
    outcome.notices.extend(recent.into_iter().flat_map(|recent| recent.notices));
    outcome.notices.sort();
    // Only now has everything been read that findings are made of.
    outcome.faults.extend(states.changes());
    outcome.faults.sort();
    outcome.again.states = states;
    let Worker { spool, survey, states: of_threads, plans, .. } = worker;
    // To free what threads have used takes a while, and nobody needs to wait for it.
    pool.spawn(move || drop((of_threads, plans)));
    let spool = spool.map(|spool| spool.into_inner().unwrap_or_else(PoisonError::into_inner));
    outcome.survey = survey.map(|parts| {
        let contents = parts.into_iter().map(|part| part.into_inner().unwrap_or_else(PoisonError::into_inner).whole());
        let files = inputs.into_iter().zip(contents).map(surveyed_file).collect();
        EvidenceSurvey { files, ..EvidenceSurvey::default() }
    });
    let duplicates = outcome.again.duplicates.clone();
    outcome.timeline = spool.map(|spool| SortedTimeline { spool, duplicates, pool, only: None });
    Ok(outcome)
}

/// A notice of how many events are joined by some of their keys only.
fn limits(capped: usize) -> Option<Notice> {
    let events = if capped == 1 { "1 event has".to_owned() } else { format!("{capped} events have") };
    let text = format!(
        "{events} more than {MAX_KEYS} combinations of join keys: others are joined by the first {MAX_KEYS} only"
    );
    (capped > 0).then(|| Notice::new(NoticeKind::Limit, text))
}

/// A notice of new terms that are not known to be new.
fn unproven_notice(unproven: &BTreeMap<RuleIndex, usize>) -> Option<Notice> {
    let count: usize = unproven.values().sum();
    let text = format!(
        "{} of {} may have been there before the evidence begins, and are no alerts (--assume-new makes them some)",
        counted(count as u64, "new term"),
        counted(unproven.len() as u64, "rule")
    );
    (count > 0).then(|| Notice::new(NoticeKind::Limit, text))
}

/// A notice of keys that correlations of correlations could not hold.
fn forgotten_notice(forgotten: &BTreeMap<RuleIndex, u64>) -> Option<Notice> {
    let text = format!(
        "{} of {} let go within the time that they count for, there being more than {} at once: alerts that they would have led to are missing",
        counted(forgotten.values().sum(), "key"),
        counted(forgotten.len() as u64, "chained correlation"),
        grouped(MOST_CHAINED_KEYS as u64)
    );
    (!forgotten.is_empty()).then(|| Notice::new(NoticeKind::Limit, text))
}

/// Runs all rules over all candidates, the partitions spread over the threads. The alerts go into their spool, and not into the result. In a part of the
/// evidence, rules are left out that may join events of several hosts.
fn correlate(
    worker: &Worker<'_>,
    candidates: &SortedSpool<CandidateTuple>,
    duplicates: &Duplicates,
) -> io::Result<Correlated> {
    let correlator = worker.detector.correlator(&worker.tables);
    let correlator =
        if worker.options.is_part() { correlator.only(|rule| !crosses_hosts(&rule.query)) } else { correlator };
    let is_gone = |origin| !duplicates.is_empty() && duplicates.contains(origin);
    let partition = |number| {
        let mut found = correlator.partition(candidates.partition(number), is_gone)?;
        worker.alerts.add(std::mem::take(&mut found.alerts));
        Ok(found)
    };
    let found = (0..CandidateTuple::PARTITIONS).into_par_iter().map(partition);
    found.try_reduce(Correlated::default, |one, two| Ok(one.merge(two)))
}

/// What correlation could not know or hold.
pub(super) fn correlation_notices(
    unproven: &BTreeMap<RuleIndex, usize>,
    forgotten: &BTreeMap<RuleIndex, u64>,
) -> impl Iterator<Item = Notice> {
    unproven_notice(unproven).into_iter().chain(forgotten_notice(forgotten))
}

/// The alerts of a run, and what became of the others.
struct Alerts {
    kept: AlertStore,
    left_out: BTreeMap<RuleIndex, usize>,
    set_aside: BTreeMap<usize, usize>,
    repeated: BTreeMap<RuleIndex, usize>,
    /// Faults of events that are gone.
    lost: Vec<Fault>,
}

/// The alerts that rules may have, with their events if they are wanted.
fn alerts(worker: &Worker<'_>, duplicates: &Duplicates, reader: &EventReader) -> io::Result<Alerts> {
    let Worker { detector, options, inputs, .. } = worker;
    let is_gone =
        |found: &FoundAlert| !duplicates.is_empty() && found.origins().any(|origin| duplicates.contains(origin));
    let of = if options.is_part() { AlertsOf::Part } else { AlertsOf::Everything };
    let mut kept = detector.keep(worker.alerts.take_sorted(), of, is_gone, &worker.space.share(ALERT_SHARE))?;
    let left_out = std::mem::take(&mut kept.left_out);
    let mut alerts = AlertStore::new(kept, detector.builder(&worker.tables), reader.clone())?;
    let needs_events = options.alerts == AlertContents::Events || detector.judges_alerts();
    let lost = if needs_events { alerts.load()? } else { Vec::new() };
    let (set_aside, repeated) = match of {
        AlertsOf::Everything => alerts.suppress(detector)?,
        // An alert that an exception takes away counts for the most that its rule may have, and which alert others repeat may be another host's.
        AlertsOf::Part => <_>::default(),
    };
    let lost = lost.into_iter().map(|origin| lost_record(&inputs[origin.input as usize].display, origin)).collect();
    Ok(Alerts { kept: alerts, left_out, set_aside, repeated, lost })
}

/// The fault of a record of an alert that is gone.
pub(super) fn lost_record(input: &Arc<str>, origin: Locator) -> Fault {
    let reason = "a record of an alert was not there any more when it was read again: the file was changed or could not be opened a second time, and the alert has only its host, time and place";
    Fault::lost(input, FaultKind::Unreadable, reason.to_owned()).at(origin.offset)
}

/// The stages that need the results of all units: duplicates, correlation, counts.
fn conclude(worker: &Worker<'_>, mut found: PartialResults, pool: &Arc<rayon::ThreadPool>) -> io::Result<Outcome> {
    let Worker { inputs, .. } = worker;
    // Gaps are told by the ranges of numbers in chunks, which the search for duplicates uses up.
    let missing = gaps::missing_numbers(&found.chunks, &found.seen);
    let duplicates = Arc::new(found.remove_duplicates(worker));
    let _ = worker.tables.begins.set(found.begins.numbered(&worker.tables)); // nothing was correlated before
    let candidates = worker.candidates.take_sorted();
    let Correlated { capped, unproven, forgotten, straddling, .. } = correlate(worker, &candidates, &duplicates)?;
    let reader = EventReader::new(inputs, worker.options, pool, &worker.space);
    let Alerts { kept: alerts, left_out, set_aside, repeated, lost } = alerts(worker, &duplicates, &reader)?;
    let of_hosts = straddling.map(|straddling| straddling_notice(&reader, &straddling));
    let mut notices: Vec<Notice> = limits(capped).into_iter().chain(of_hosts).collect();
    notices.extend(correlation_notices(&unproven, &forgotten));
    notices.extend(worker.keywords.notice(&found.long_keywords, &duplicates));
    notices.extend(gaps::gaps_notice(&missing, inputs, &found.faults).filter(|_| worker.is_read_whole()));
    notices.sort();
    found.faults.extend(lost);
    let unread = worker.unread.load(Ordering::Relaxed);
    found.faults.extend(space_fault(&worker.space, unread));
    found.faults.sort();
    let inventory = std::mem::take(&mut found.inventory);
    let addresses = worker.tells_connections().then(|| std::mem::take(&mut found.addresses));
    let stats = Stats::new(inputs, &mut found, alerts.len());
    let faults = found.faults;
    let tables = &worker.tables;
    let part = worker.options.is_part().then(|| PartCandidates {
        candidates,
        tables: tables.clone(),
        begins: found.begins.into_hosts(),
        duplicates: duplicates.clone(),
    });
    let again = EvidencePass { reader, duplicates, states: FileStates::default(), only: None };
    let inputs = inputs.to_vec();
    Ok(Outcome {
        inputs,
        alerts,
        left_out,
        set_aside,
        repeated,
        inventory,
        addresses,
        timeline: None,
        survey: None,
        window: worker.options.window,
        faults,
        unread,
        notices,
        stats,
        part,
        again,
    })
}
