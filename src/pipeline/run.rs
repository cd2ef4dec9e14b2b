//! A run from discovered files to findings: the order of the stages, and what needs the results of all threads at once.

use super::evidence_pass::EvidencePass;
use super::gaps;
use super::options::RunOptions;
use super::outcome::{Outcome, RunError};
use super::partial_results::PartialResults;
use super::progress::{Progress, Silent};
use super::stats::Stats;
use super::threads::CHUNKS_PER_UNIT;
use super::timeline::SortedTimeline;
use super::worker::Worker;
use crate::base::Locator;
use crate::detect::{Candidates, Detail, Detector, Findings, RuleActivity, Straddling};
use crate::diag::{Notice, NoticeKind};
use crate::ecs;
use crate::eql::MAX_KEYS;
use crate::process::several_hosts_notice;
use crate::source::{self, Fault, FaultKind, FileStates, WorkUnit};
use rayon::prelude::*;
use std::collections::BTreeSet;
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
    let activity = detector.waking();
    let mut worker = Worker::new(&inputs, detector, options, progress, &activity);
    let mut found = pool.install(|| worker.read_all(&units));
    drop(units);
    progress.finish();
    let incomplete = units_with_dormant_rules(&mut found, &activity);
    if !incomplete.is_empty() {
        worker.progress = &Silent;
        let reread = if options.timeline.is_none() {
            pool.install(|| worker.read_all(&incomplete))
        } else {
            // The rows of the timeline are complete already, and would be doubled. Without them, shapes have other plans, so that the worker is another one.
            let options = RunOptions { timeline: None, ..options.clone() };
            let worker = Worker::new(&inputs, detector, &options, &Silent, &activity);
            pool.install(|| worker.read_all(&incomplete))
        };
        found.replace(reread);
    }
    found.faults.extend(faults);
    found.faults.extend(source::contradictions(&inputs, std::mem::take(&mut found.extents)));
    if let Some(error) = worker.spool_error.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(RunError::Timeline(error));
    }
    let mut outcome = pool.install(|| conclude(&worker, found, &pool));
    // Only now has everything been read that findings are made of.
    outcome.faults.extend(states.changes());
    outcome.faults.sort();
    outcome.again.states = states;
    let Worker { spool, state_pool, plans, .. } = worker;
    // To free what threads have used takes a while, and nobody needs to wait for it.
    pool.spawn(move || drop((state_pool, plans)));
    let spool = spool.map(|spool| spool.into_inner().unwrap_or_else(PoisonError::into_inner));
    let duplicates = outcome.again.duplicates.clone();
    outcome.timeline = spool.map(|spool| SortedTimeline { spool, duplicates, pool });
    Ok(outcome)
}

/// The units that were read while a rule was dormant that has become active since, in order.
///
/// A sequence can only be completed if each of its stages is met somewhere. Until then the stages that are met often (`process where true`) would fill
/// the memory with candidates for nothing: they are not kept, and the unit notes the rule as dormant. For a rule whose stages were all met in the end, such
/// units lack candidates and are read once more. Mostly there are none.
fn units_with_dormant_rules(found: &mut PartialResults, activity: &RuleActivity) -> Vec<WorkUnit> {
    activity.settle();
    let dormant = std::mem::take(&mut found.dormant);
    let mut units: Vec<WorkUnit> =
        dormant.into_iter().filter(|(_, dormant)| activity.woke(dormant)).map(|(unit, _)| unit).collect();
    units.sort_unstable();
    units
}

/// A notice of how many events are joined by some of their keys only.
fn limits(candidates: &Candidates) -> Option<Notice> {
    let capped = candidates.capped();
    let events = if capped == 1 { "1 event has".to_owned() } else { format!("{capped} events have") };
    let text = format!(
        "{events} more than {MAX_KEYS} combinations of join keys: others are joined by the first {MAX_KEYS} only"
    );
    (capped > 0).then(|| Notice::new(NoticeKind::Limit, text))
}

/// The stages that need the results of all units: duplicates, correlation, counts.
fn conclude(worker: &Worker<'_>, mut found: PartialResults, pool: &Arc<rayon::ThreadPool>) -> Outcome {
    let Worker { inputs, detector, .. } = worker;
    // Gaps are told by the ranges of numbers in chunks, which the search for duplicates uses up.
    let missing = gaps::missing_numbers(&found.chunks, &found.seen);
    let duplicates = Arc::new(found.remove_duplicates(worker));
    let straddling = found.candidates.processes_of_several_hosts();
    let of_hosts = straddling.map(|straddling| straddling_notice(worker, &found.candidates, &straddling));
    let mut load = |origins: &BTreeSet<Locator>| {
        let origins: Vec<Locator> = origins.iter().copied().collect();
        worker.events(&origins).into_iter().map(|event| (event.origin, event)).collect()
    };
    let each = |count: usize, job: &(dyn Fn(usize) + Sync)| (0..count).into_par_iter().for_each(job);
    let detail = if worker.options.outlines { Detail::Outline } else { Detail::Full(&mut load) };
    let Findings { alerts, left_out, set_aside, lost } = detector.findings_with(&found.candidates, &each, detail);
    let candidates = std::mem::take(&mut found.candidates);
    let mut notices: Vec<Notice> = limits(&candidates).into_iter().chain(of_hosts).collect();
    notices.extend(worker.keywords.notice(&found.long_keywords, &duplicates));
    notices.extend(gaps::gaps_notice(&missing, inputs, &found.faults));
    notices.sort();
    // Millions of small allocations: they are freed beside what follows.
    rayon::spawn(move || drop(candidates));
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
    Outcome { inputs, alerts, left_out, set_aside, inventory, addresses, timeline: None, faults, notices, stats, again }
}

/// A notice of processes that appear under the names of several hosts.
fn straddling_notice(worker: &Worker<'_>, candidates: &Candidates, straddling: &Straddling) -> Notice {
    let at_hand = candidates.events().find(|event| event.origin == straddling.example).cloned();
    let event = at_hand.or_else(|| worker.events(&[straddling.example]).into_iter().next());
    let id = event.as_ref().and_then(|event| event.document.text(ecs::PROCESS_ENTITY_ID)).unwrap_or("(none)");
    let hosts: Vec<&str> = straddling.hosts.iter().map(String::as_str).collect();
    several_hosts_notice(straddling.processes, id, &hosts)
}
