//! Runs tests, each as a scan of its own, on all cores.

use super::compare::{Mismatch, RunFindings, compare, compare_events};
use super::events::all_events;
use super::failure::{TestFailure, describe};
use super::file::TestCase;
use super::near_miss::NearMiss;
use super::recorded::{RecordedAlert, RecordedFault};
use crate::event::{Clock, Event};
use crate::pipeline::{self, Outcome, RunError, RunOptions, Silent};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Options of running tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunSettings {
    /// Threads to use; 0 means one per core.
    pub threads: usize,
    /// Whether no test begins after one has failed.
    pub fail_fast: bool,
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything is as expected.
    Passed,
    /// Something is not as expected.
    Failed,
    /// It was not begun, because another one failed.
    NotRun,
}

/// The findings of a test under one clock.
#[derive(Clone, Debug)]
pub struct ClockFindings {
    /// The order of events.
    pub clock: Clock,
    /// The findings.
    pub found: RunFindings,
    /// In what it differs from what is expected.
    pub mismatches: Vec<Mismatch>,
    /// All events in order, if the expectations are about events.
    pub events: Vec<Arc<Event>>,
}

/// The result of one test.
#[derive(Clone, Debug)]
pub struct TestResult {
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// The differences from what was expected; empty unless it failed.
    pub failures: Vec<TestFailure>,
    /// The findings under each of its clocks.
    pub runs: Vec<ClockFindings>,
}

impl TestResult {
    fn not_run() -> Self {
        Self { verdict: Verdict::NotRun, took: Duration::ZERO, failures: Vec::new(), runs: Vec::new() }
    }
}

/// Runs tests, and gives the result of each in their order. `done` is told of each as soon as it and all before it have ended.
///
/// Fails if the system refuses to start threads.
pub fn run(
    cases: &[TestCase],
    settings: RunSettings,
    done: &(dyn Fn(usize, &TestResult) + Sync),
) -> Result<Vec<TestResult>, RunError> {
    let results: Vec<OnceLock<Result<TestResult, RunError>>> = cases.iter().map(|_| OnceLock::new()).collect();
    let stopped = AtomicBool::new(false);
    // Tests end in any order, and are told in theirs: whoever ends one tells all that are due.
    let told = std::sync::Mutex::new(0);
    pipeline::spread(settings.threads, cases.len(), &|at| {
        let result = if stopped.load(Ordering::Relaxed) { Ok(TestResult::not_run()) } else { run_case(&cases[at]) };
        let failed = !matches!(&result, Ok(result) if result.verdict != Verdict::Failed);
        if failed && settings.fail_fast {
            stopped.store(true, Ordering::Relaxed);
        }
        let _ = results[at].set(result); // each is run once
        let mut told = told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while let Some(Ok(result)) = results.get(*told).and_then(OnceLock::get) {
            done(*told, result);
            *told += 1;
        }
    });
    results.into_iter().map(|result| result.into_inner().unwrap_or_else(|| Ok(TestResult::not_run()))).collect()
}

/// Runs one test, on the thread at hand.
pub fn run_case(case: &TestCase) -> Result<TestResult, RunError> {
    let start = Instant::now();
    let mut runs = Vec::new();
    let mut failures = Vec::new();
    for &clock in &case.clocks {
        let outcome = scan(case, clock)?;
        let found = findings(case, &outcome);
        let mut mismatches = compare(&case.expected, clock, &found);
        let is_missing = mismatches.iter().any(|wrong| matches!(wrong, Mismatch::Missing(_) | Mismatch::Different(..)));
        let wants_events = !case.expected.events.is_empty();
        let events = if wants_events || is_missing { all_events(&outcome, clock) } else { Vec::new() };
        if wants_events {
            mismatches.extend(compare_events(&case.expected, &events));
        }
        let near = NearMiss { group: &case.group, events: &events, clock };
        failures.extend(mismatches.iter().map(|mismatch| describe(mismatch, case, &found, &near)));
        let events = if wants_events { events } else { Vec::new() };
        runs.push(ClockFindings { clock, found, mismatches, events });
    }
    let verdict = if failures.is_empty() { Verdict::Passed } else { Verdict::Failed };
    Ok(TestResult { verdict, took: start.elapsed(), failures, runs })
}

/// Reads the evidence of a test, and runs its rules.
pub fn scan(case: &TestCase, clock: Clock) -> Result<Outcome, RunError> {
    // Tests run beside each other; one of them has one thread.
    let options = RunOptions { clock, mapping: case.mapping.into(), threads: 1, ..RunOptions::default() };
    let outcome = pipeline::run(&case.evidence, &case.group.detector, &options, &Silent)?;
    outcome.alerts.hold()?;
    Ok(outcome)
}

/// The findings of a run of a test.
pub fn findings(case: &TestCase, outcome: &Outcome) -> RunFindings {
    let rules = case.group.rules();
    RunFindings {
        alerts: outcome.alerts.held().iter().map(|alert| RecordedAlert::new(&rules[alert.rule], alert)).collect(),
        suppressed: outcome.set_aside.values().sum(),
        faults: outcome.faults.iter().map(RecordedFault::new).collect(),
    }
}
