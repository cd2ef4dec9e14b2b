//! The evidence of tests, read once for all that share it: what coverage and mutants are asked of.

use super::events::all_events;
use super::file::TestCase;
use super::run::{TestResult, Verdict};
use crate::detect::{Detector, RuleIndex};
use crate::event::{Clock, Event};
use crate::pipeline::{self, RunError, RunOptions, Silent};
use crate::rules::RuleSet;
use crate::sysmon::Mapping;
use hashbrown::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// One test that passed, under one of its clocks.
#[derive(Clone, Copy, Debug)]
pub struct PassedRun {
    /// The position of the test.
    pub case: usize,
    /// The position of the clock among those of the test.
    pub run: usize,
}

/// Evidence with all its events, in the order of a clock.
#[derive(Debug)]
pub struct Material {
    /// The clock.
    pub clock: Clock,
    /// The events.
    pub events: Vec<Arc<Event>>,
    /// The tests that it is the evidence of.
    pub runs: Vec<PassedRun>,
}

/// A test that runs a rule, with the material that it is run over.
#[derive(Clone, Copy, Debug)]
pub struct RuleUse {
    /// The position of the material.
    pub material: usize,
    /// The test.
    pub run: PassedRun,
    /// The position of the rule among those of the test.
    pub rule: RuleIndex,
}

/// The uses of each rule that passing tests run. A rule is told by its file and id: several tests load it, each for itself.
pub fn rule_uses(cases: &[TestCase], materials: &[Material]) -> Vec<Vec<RuleUse>> {
    let mut positions: HashMap<(Arc<str>, String), usize> = HashMap::new();
    let mut uses: Vec<Vec<RuleUse>> = Vec::new();
    for (material, of) in materials.iter().enumerate() {
        for &run in &of.runs {
            for (rule, loaded) in cases[run.case].group.rules().iter().enumerate() {
                let key = (loaded.origin.file.clone(), loaded.meta.id.clone());
                let at = *positions.entry(key).or_insert_with(|| {
                    uses.push(Vec::new());
                    uses.len() - 1
                });
                uses[at].push(RuleUse { material, run, rule });
            }
        }
    }
    uses
}

/// Everything that decides which events there are.
type MaterialKey = (Vec<PathBuf>, Clock, Mapping);

/// Reads the evidence of all tests that passed, each once. What a failing test shows says nothing about how good it is.
pub fn materials(cases: &[TestCase], results: &[TestResult], threads: usize) -> Result<Vec<Material>, RunError> {
    let mut positions: HashMap<MaterialKey, usize> = HashMap::new();
    let mut found: Vec<(MaterialKey, Vec<PassedRun>)> = Vec::new();
    for (position, (case, result)) in cases.iter().zip(results).enumerate() {
        if result.verdict != Verdict::Passed {
            continue;
        }
        for (run, &clock) in case.clocks.iter().enumerate() {
            let key = (case.evidence.clone(), clock, case.mapping);
            let at = *positions.entry(key.clone()).or_insert_with(|| {
                found.push((key, Vec::new()));
                found.len() - 1
            });
            found[at].1.push(PassedRun { case: position, run });
        }
    }
    // One large collection has all threads, many small ones have one each.
    let (of_each, at_once) = if found.len() == 1 { (threads, 1) } else { (1, threads) };
    let read: Vec<OnceLock<Result<Vec<Arc<Event>>, RunError>>> = found.iter().map(|_| OnceLock::new()).collect();
    pipeline::spread(at_once, found.len(), &|at| {
        let (paths, clock, mapping) = &found[at].0;
        let options =
            RunOptions { clock: *clock, mapping: (*mapping).into(), threads: of_each, ..RunOptions::default() };
        let detector = Detector::for_mapping(RuleSet::default(), *mapping);
        let outcome = pipeline::run(paths, &detector, &options, &Silent);
        let _ = read[at].set(outcome.map(|outcome| all_events(&outcome, *clock))); // each is read once
    });
    let mut materials = Vec::new();
    for ((key, runs), events) in found.into_iter().zip(read) {
        let events = events.into_inner().transpose()?.unwrap_or_default();
        materials.push(Material { clock: key.1, events, runs });
    }
    Ok(materials)
}
