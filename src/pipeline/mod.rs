//! The whole way of the data, and the only threads: discover, read, map, look for candidates, remove duplicates, order, detect.
//!
//! Work units are spread over a pool; each thread owns its buffers and returns what it found. All merging sorts by keys that do not depend on
//! which thread was first, so that the same evidence gives the same result for any number of threads and any order of files.
//! This module knows nothing of terminals: progress goes to a trait, results are returned.

mod copies;
mod documents;
mod duplicates;
mod evidence_pass;
mod filter;
mod first_pass;
mod gaps;
mod keywords;
mod partial_results;
mod reread;
mod spool;
mod stats;
mod survey;
mod timeline;
mod window;

pub use evidence_pass::EvidencePass;
pub use filter::EventFilter;
pub use stats::{Stats, UnitTally};
pub use survey::{SurveyOptions, survey, survey_inputs};
pub use timeline::{SortedTimeline, SpoolLimits, TimelineOptions};
pub use window::{TimeWindow, WindowError};

use crate::base::Locator;
use crate::detect::{Alert, Candidates, Detail, Detector, Findings, Inventory, RuleActivity, RuleIndex, Straddling};
use crate::diag::{Notice, NoticeKind};
use crate::ecs;
use crate::eql::MAX_KEYS;
use crate::event::Clock;
use crate::process::{HostAddresses, several_hosts_notice};
use crate::source::{self, Fault, FaultKind, FileStates, Input, Search, WorkUnit};
use crate::sysmon::Mapping;
use first_pass::Worker;
use partial_results::PartialResults;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

/// Chunks of 64 KiB in one unit of work: 1 MiB is small enough to spread one file over all cores, and large enough to hide the cost of a unit.
const CHUNKS_PER_UNIT: u32 = 16;

/// Which fields of JSON documents play which part, where that is not as in ECS.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// The time: `@timestamp` if not given.
    pub timestamp: Option<String>,
    /// The category that `category where ...` tests: `event.category` if not given.
    pub category: Option<String>,
    /// What decides between documents of the same time: the record id if not given.
    pub tiebreaker: Option<String>,
}

/// What a run is to do.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// The clock that orders events.
    pub clock: Clock,
    /// Events outside of it, by the same clock, are passed over.
    pub window: TimeWindow,
    /// Events that it does not want are passed over.
    pub filter: EventFilter,
    /// Threads to use; 0 means one per core.
    pub threads: usize,
    /// Which fields of JSON documents play which part.
    pub roles: Roles,
    /// Whose documents events become.
    pub mapping: Mapping,
    /// Whether to read every record the slow, complete way.
    pub slow_reader: bool,
    /// Whether to note which fields the events have.
    pub inventory: bool,
    /// Whether of an alert's events no more than host, time and place is wanted: see [`Detail::Outline`].
    pub outlines: bool,
    /// How evidence is searched for.
    pub search: Search,
    /// What is wanted of a timeline, if one is.
    pub timeline: Option<TimelineOptions>,
}

/// Hears how far a run is. Called from all threads.
pub trait Progress: Sync {
    /// The inputs are known: this many bytes are to be read.
    fn start(&self, bytes: u64);
    /// So many more bytes have been read.
    fn advance(&self, bytes: u64);
    /// Nothing more is to be read.
    fn finish(&self);
}

/// Progress that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn finish(&self) {}
}

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    /// The files that were read.
    pub inputs: Vec<Input>,
    /// Findings, in the order of their last events.
    pub alerts: Vec<Alert>,
    /// Alerts that were left out because a rule had more than it may have, by rule.
    pub left_out: BTreeMap<RuleIndex, usize>,
    /// Alerts that an exception took away, by the position of the exception in [`Detector::exceptions`].
    pub set_aside: BTreeMap<usize, usize>,
    /// Which fields the events have; empty unless [`RunOptions::inventory`].
    pub inventory: Inventory,
    /// The addresses that hosts have shown as their own, as far as a timeline that tells of connections needs them; `None` if they were not looked for.
    pub addresses: Option<HostAddresses>,
    /// Every event, by process; `None` unless [`RunOptions::timeline`].
    pub timeline: Option<SortedTimeline>,
    /// Everything that could not be read or is in doubt, in the order of files and offsets.
    pub faults: Vec<Fault>,
    /// Limits that were reached, and whatever else a reader must know beside the faults; sorted.
    pub notices: Vec<Notice>,
    /// Counts.
    pub stats: Stats,
    /// The evidence, to be read a second time.
    pub again: EvidencePass,
}

/// A run that could not be.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The system refused to start its threads.
    #[error("cannot start the threads")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    /// The rows of the timeline did not fit into memory, and not on disk either.
    #[error(transparent)]
    Timeline(#[from] std::io::Error),
}

/// Does a job for every number below a count on so many threads, 0 meaning one per core.
pub fn spread(threads: usize, count: usize, job: &(dyn Fn(usize) + Sync)) {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let threads = if threads == 0 { cores() } else { threads }.min(count);
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return;
            }
            job(at);
        }
    };
    std::thread::scope(|scope| {
        // A thread that the system refuses to start is one less.
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let started: Vec<_> = (1..threads).filter_map(start).collect();
        work();
        drop(started);
    });
}

/// Reads everything under `paths` and runs the detector over it.
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
    let waking = detector.waking();
    let mut worker = Worker::new(&inputs, detector, options, progress, &waking);
    let mut found = pool.install(|| worker.read_all(&units));
    drop(units);
    progress.finish();
    let again = woken(&mut found, &waking);
    if !again.is_empty() {
        worker.progress = &Silent;
        // Rows of a timeline are there already.
        let more = if options.timeline.is_none() {
            pool.install(|| worker.read_all(&again))
        } else {
            let options = RunOptions { timeline: None, ..options.clone() };
            let worker = Worker::new(&inputs, detector, &options, &Silent, &waking);
            pool.install(|| worker.read_all(&again))
        };
        found.replace(more);
    }
    found.faults.extend(faults);
    found.faults.extend(source::contradictions(&inputs, std::mem::take(&mut found.extents)));
    if let Some(error) = worker.shelf_error.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(RunError::Timeline(error));
    }
    let mut outcome = pool.install(|| conclude(&worker, found, &pool));
    // Only now has everything been read that findings are made of.
    outcome.faults.extend(states.changes());
    outcome.faults.sort();
    outcome.again.states = states;
    let Worker { shelf, spare, plans, .. } = worker;
    // To free what threads have used takes a while, and nobody needs to wait for it.
    pool.spawn(move || drop((spare, plans)));
    let shelf = shelf.map(|shelf| shelf.into_inner().unwrap_or_else(PoisonError::into_inner));
    let duplicates = outcome.again.duplicates.clone();
    outcome.timeline = shelf.map(|shelf| SortedTimeline { shelf, duplicates, pool });
    Ok(outcome)
}

/// The units of which something was left out for rules that woke up later, in order.
fn woken(found: &mut PartialResults, waking: &RuleActivity) -> Vec<WorkUnit> {
    waking.settle();
    let asleep = std::mem::take(&mut found.asleep);
    let mut units: Vec<WorkUnit> =
        asleep.into_iter().filter(|(_, asleep)| waking.woke(asleep)).map(|(unit, _)| unit).collect();
    units.sort_unstable();
    units
}

/// Says how many events join by some of their keys only.
fn limits(candidates: &Candidates) -> Option<Notice> {
    let capped = candidates.capped();
    let events = if capped == 1 { "1 event has".to_owned() } else { format!("{capped} events have") };
    let text = format!(
        "{events} more than {MAX_KEYS} combinations of join keys: others are joined by the first {MAX_KEYS} only"
    );
    (capped > 0).then(|| Notice::new(NoticeKind::Limit, text))
}

/// What needs all events at once: duplicates, order, sequences, groups.
fn conclude(worker: &Worker<'_>, mut found: PartialResults, pool: &Arc<rayon::ThreadPool>) -> Outcome {
    let Worker { inputs, detector, .. } = worker;
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

/// Tells of processes that appear under the names of several hosts.
fn straddling_notice(worker: &Worker<'_>, candidates: &Candidates, straddling: &Straddling) -> Notice {
    let at_hand = candidates.events().find(|event| event.origin == straddling.example).cloned();
    let event = at_hand.or_else(|| worker.events(&[straddling.example]).into_iter().next());
    let id = event.as_ref().and_then(|event| event.document.text(ecs::PROCESS_ENTITY_ID)).unwrap_or("(none)");
    let hosts: Vec<&str> = straddling.hosts.iter().map(String::as_str).collect();
    several_hosts_notice(straddling.processes, id, &hosts)
}
