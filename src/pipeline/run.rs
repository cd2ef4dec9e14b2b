//! A run from discovered files to findings: the order of the stages, and what needs the results of all threads at once.

use super::duplicates::Duplicates;
use super::evidence_pass::EvidencePass;
use super::gaps;
use super::options::RunOptions;
use super::outcome::{Outcome, RunError};
use super::partial_results::PartialResults;
use super::progress::Progress;
use super::stats::Stats;
use super::threads::CHUNKS_PER_UNIT;
use super::timeline::SortedTimeline;
use super::worker::Worker;
use crate::base::Locator;
use crate::base::number::counted;
use crate::base::spool::SpoolItem;
use crate::detect::{CandidateTuple, Correlated, Detail, Detector, Findings, RuleIndex, Straddling};
use crate::diag::{Notice, NoticeKind};
use crate::ecs;
use crate::eql::MAX_KEYS;
use crate::process::several_hosts_notice;
use crate::source::{self, Fault, FaultKind, FileStates};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

/// Reads everything under `paths` and runs the detector over it.
///
/// Fails if the system refuses threads, or if the rows of a timeline fit neither into memory nor on disk. What cannot be read is a fault of the outcome.
pub fn run(
    paths: &[PathBuf],
    detector: &Detector,
    options: &RunOptions,
    progress: &dyn Progress,
) -> Result<Outcome, RunError> {
    let source::DiscoveredInputs { inputs, faults } = source::discover(paths, &options.search);
    let pool = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?);
    progress.start(inputs.iter().map(|input| input.size).sum());
    let states = FileStates::of(&inputs);
    let units = source::units(&inputs, CHUNKS_PER_UNIT);
    let worker = Worker::new(&inputs, detector, options, progress);
    let mut found = pool.install(|| worker.read_all(&units));
    drop(units);
    progress.finish();
    found.faults.extend(faults);
    found.faults.extend(source::contradictions(&inputs, std::mem::take(&mut found.extents)));
    if let Some(error) = worker.spool_error.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error.into());
    }
    let mut outcome = pool.install(|| conclude(&worker, found, &pool))?;
    // Only now has everything been read that findings are made of.
    outcome.faults.extend(states.changes());
    outcome.faults.sort();
    outcome.again.states = states;
    let Worker { spool, states: of_threads, plans, .. } = worker;
    // To free what threads have used takes a while, and nobody needs to wait for it.
    pool.spawn(move || drop((of_threads, plans)));
    let spool = spool.map(|spool| spool.into_inner().unwrap_or_else(PoisonError::into_inner));
    let duplicates = outcome.again.duplicates.clone();
    outcome.timeline = spool.map(|spool| SortedTimeline { spool, duplicates, pool });
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

/// Runs all rules over all candidates, the partitions spread over the threads.
fn correlate(worker: &Worker<'_>, duplicates: &Duplicates) -> io::Result<Correlated> {
    let candidates = worker.candidates.take_sorted();
    let correlator = worker.detector.correlator(&worker.tables);
    let is_gone = |origin| !duplicates.is_empty() && duplicates.contains(origin);
    let partition = |number| correlator.partition(candidates.partition(number), is_gone);
    let found = (0..CandidateTuple::PARTITIONS).into_par_iter().map(partition);
    found.try_reduce(Correlated::default, |one, two| Ok(one.merge(two)))
}

/// The stages that need the results of all units: duplicates, correlation, counts.
fn conclude(worker: &Worker<'_>, mut found: PartialResults, pool: &Arc<rayon::ThreadPool>) -> io::Result<Outcome> {
    let Worker { inputs, detector, .. } = worker;
    // Gaps are told by the ranges of numbers in chunks, which the search for duplicates uses up.
    let missing = gaps::missing_numbers(&found.chunks, &found.seen);
    let duplicates = Arc::new(found.remove_duplicates(worker));
    let _ = worker.tables.begins.set(found.begins.numbered(&worker.tables)); // nothing was correlated before
    let Correlated { alerts: mut all, capped, unproven, straddling } = correlate(worker, &duplicates)?;
    all.append(&mut found.alerts);
    let mut load = |origins: &BTreeSet<Locator>| {
        let origins: Vec<Locator> = origins.iter().copied().collect();
        worker.events(&origins).into_iter().map(|event| (event.origin, event)).collect()
    };
    let detail = if worker.options.outlines { Detail::Outline } else { Detail::Full(&mut load) };
    let Findings { alerts, left_out, set_aside, lost } = detector.alerts(all, &worker.tables, detail);
    let of_hosts = straddling.map(|straddling| straddling_notice(worker, &straddling));
    let mut notices: Vec<Notice> = limits(capped).into_iter().chain(of_hosts).collect();
    notices.extend(unproven_notice(&unproven));
    notices.extend(worker.keywords.notice(&found.long_keywords, &duplicates));
    notices.extend(gaps::gaps_notice(&missing, inputs, &found.faults));
    notices.sort();
    for origin in lost {
        let reason =
            "a record of an alert was not there any more when it was read again: the file was changed".to_owned();
        let input = &inputs[origin.input as usize].display;
        found.faults.push(Fault::lost(input, FaultKind::Unreadable, reason).at(origin.offset));
    }
    found.faults.sort();
    let inputs = inputs.to_vec();
    let inventory = std::mem::take(&mut found.inventory);
    let addresses = worker.tells_connections().then(|| std::mem::take(&mut found.addresses));
    let stats = Stats::new(&inputs, &found, &alerts);
    let faults = found.faults;
    let options = worker.options.clone();
    let again =
        EvidencePass { inputs: inputs.clone(), duplicates, options, pool: pool.clone(), states: FileStates::default() };
    Ok(Outcome {
        inputs,
        alerts,
        left_out,
        set_aside,
        inventory,
        addresses,
        timeline: None,
        faults,
        notices,
        stats,
        again,
    })
}

/// A notice of processes that appear under the names of several hosts.
fn straddling_notice(worker: &Worker<'_>, straddling: &Straddling) -> Notice {
    let event = worker.events(&[straddling.example]).into_iter().next();
    let id = event.as_ref().and_then(|event| event.document.text(ecs::PROCESS_ENTITY_ID)).unwrap_or("(none)");
    let hosts: Vec<&str> = straddling.hosts.iter().map(|host| &**host).collect();
    several_hosts_notice(straddling.processes, id, &hosts)
}
