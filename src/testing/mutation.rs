//! Which changes of rules the tests notice.
//!
//! The evidence is read once ([`Material`]), and each rule is asked once which events are near its stages ([`near_events`]); what a mutant finds follows from
//! that. This is a second way to run a rule, and it is not trusted blindly: if it does not find for the unchanged rule what the scan of the test has found, or if
//! exceptions have a say, the mutants of that test are run as scans of their own. What a mutant finds is held against the expectations of each test, and
//! only if all of them still hold is it unnoticed.

use super::compare::{RunFindings, compare, compare_alerts};
use super::conditions::{RuleAnatomy, compiled_expr, parts};
use super::correlate::{MatchedEvents, correlate};
use super::expectation::{AlertListing, Expectations};
use super::file::TestCase;
use super::material::{Material, RuleUse, materials, rule_uses};
use super::mutants::{Change, Mutant, MutationKind, mutants};
use super::near_events::{NearEvent, near_events};
use super::recorded::RecordedAlert;
use super::rule_group::RulePlace;
use super::run::TestResult;
use crate::base::Locator;
use crate::detect::{Detector, RuleIndex};
use crate::ecs;
use crate::eql::{self, Predicate, Query};
use crate::event::{Clock, Event};
use crate::pipeline::{self, RunError, RunOptions, Silent};
use crate::rules::{Rule, RuleSet};
use hashbrown::HashMap;
use serde_json::json;
use std::sync::{Arc, OnceLock};

/// Which changes of rules the tests notice.
#[derive(Clone, Debug, Default)]
pub struct MutationReport {
    /// The rules that some passing test runs, by file and id.
    pub rules: Vec<RuleMutation>,
}

/// Which changes of one rule the tests notice.
#[derive(Clone, Debug)]
pub struct RuleMutation {
    /// The id of the rule.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The file that it stands in.
    pub file: Arc<str>,
    /// How many changes some test notices.
    pub noticed: usize,
    /// The changes that no test notices.
    pub unnoticed: Vec<UnnoticedMutant>,
    /// Why there are no mutants, if none can be made.
    pub without: Option<&'static str>,
}

/// A change that no test notices.
#[derive(Clone, Debug)]
pub struct UnnoticedMutant {
    /// The kind of change.
    pub kind: MutationKind,
    /// The place in the rule file of what is changed.
    pub place: RulePlace,
    /// A description of the change for a person.
    pub description: String,
    /// The changed query.
    pub query: String,
}

impl RuleMutation {
    /// How many changes there are.
    pub fn all(&self) -> usize {
        self.noticed + self.unnoticed.len()
    }
}

impl MutationReport {
    /// How many changes of all rules some test notices.
    pub fn noticed(&self) -> usize {
        self.rules.iter().map(|rule| rule.noticed).sum()
    }

    /// How many changes there are.
    pub fn all(&self) -> usize {
        self.rules.iter().map(RuleMutation::all).sum()
    }

    /// The report for a program.
    pub fn to_json(&self) -> serde_json::Value {
        let mutant = |mutant: &UnnoticedMutant| {
            json!({
                "kind": mutant.kind.name(),
                "file": &*mutant.place.file,
                "line": mutant.place.line,
                "column": mutant.place.column,
                "change": mutant.description,
                "query": mutant.query,
            })
        };
        let rule = |rule: &RuleMutation| {
            json!({
                "id": rule.id,
                "name": rule.name,
                "file": &*rule.file,
                "mutants": rule.all(),
                "without": rule.without,
                "noticed": rule.noticed,
                "unnoticed": rule.unnoticed.iter().map(mutant).collect::<Vec<_>>(),
            })
        };
        json!({
            "mutants": self.all(),
            "noticed": self.noticed(),
            "rules": self.rules.iter().map(rule).collect::<Vec<_>>(),
        })
    }
}

/// A mutant that is a query, ready to be asked.
struct CompiledMutant {
    mutant: Mutant,
    query: Query,
    /// The condition that stands in the place of the changed one, if one does.
    condition: Option<Predicate>,
}

/// Changes every rule that a passing test runs, and asks the tests.
pub fn mutate(cases: &[TestCase], results: &[TestResult], threads: usize) -> Result<MutationReport, RunError> {
    let materials = materials(cases, results, threads)?;
    let uses = rule_uses(cases, &materials);
    let asked = Asked { cases, results, materials: &materials };
    let found: Vec<OnceLock<Result<RuleMutation, RunError>>> = uses.iter().map(|_| OnceLock::new()).collect();
    pipeline::spread(threads, uses.len(), &|at| {
        let _ = found[at].set(asked.rule(&uses[at])); // each is done once
    });
    let mut rules = found.into_iter().filter_map(OnceLock::into_inner).collect::<Result<Vec<_>, _>>()?;
    rules.sort_by(|left, right| (&left.file, &left.id).cmp(&(&right.file, &right.id)));
    Ok(MutationReport { rules })
}

/// The tests that are asked.
struct Asked<'a> {
    cases: &'a [TestCase],
    results: &'a [TestResult],
    materials: &'a [Material],
}

impl Asked<'_> {
    fn rule(&self, uses: &[RuleUse]) -> Result<RuleMutation, RunError> {
        let first = uses[0];
        let group = &self.cases[first.run.case].group;
        let rule = &group.rules()[first.rule];
        let same_events = |left: &RuleUse, right: &RuleUse| {
            let groups = [left, right].map(|of| &self.cases[of.run.case].group);
            left.material == right.material && Arc::ptr_eq(groups[0], groups[1])
        };
        let asked: Vec<AskedEvidence<'_>> = uses.chunk_by(same_events).map(|uses| self.evidence(uses)).collect();
        let (mut noticed, mut unnoticed) = (0, Vec::new());
        // One at a time: the texts and automata of a long rule, compiled five hundred times, would fill gigabytes.
        // Only EQL has a tree that is printed again.
        let without = (!rule.has_eql_text()).then_some("only queries in EQL are changed");
        let all = if without.is_none() { mutants(&rule.source) } else { Vec::new() };
        for mutant in all.into_iter().filter_map(|mutant| compiled(mutant, rule)) {
            let mut is_noticed = false;
            for evidence in &asked {
                is_noticed = is_noticed || self.notices(evidence, &mutant)?;
            }
            if is_noticed {
                noticed += 1;
                continue;
            }
            let CompiledMutant { mutant, .. } = mutant;
            unnoticed.push(UnnoticedMutant {
                kind: mutant.kind,
                place: group.place(rule, mutant.span),
                description: mutant.description,
                query: mutant.query,
            });
        }
        let (id, name) = (rule.meta.id.clone(), rule.meta.name.clone());
        Ok(RuleMutation { id, name, file: rule.origin.file.clone(), noticed, unnoticed, without })
    }

    /// Prepares the tests that have one evidence and one set of rules.
    fn evidence<'s>(&'s self, uses: &'s [RuleUse]) -> AskedEvidence<'s> {
        let RuleUse { material, run, rule: index } = uses[0];
        let group = &self.cases[run.case].group;
        let shared = SharedAnswers::new(&group.rules()[index], &self.materials[material]);
        let (own, others) = uses.iter().partition(|of| {
            let runs = &self.results[of.run.case].runs[of.run.run];
            let found = runs.found.alerts.iter().filter(|alert| alert.rule == index);
            !group.has_exceptions && shared.as_ref().is_some_and(|shared| shared.agrees(found))
        });
        AskedEvidence { shared, own, others }
    }

    /// Whether one of the tests fails with a mutant.
    fn notices(&self, evidence: &AskedEvidence<'_>, mutant: &CompiledMutant) -> Result<bool, RunError> {
        let AskedEvidence { shared, own, others } = evidence;
        if let Some(shared) = shared.as_ref().filter(|_| !own.is_empty()) {
            let is_noticed = match shared.of_mutant(mutant) {
                Some(found) => found != shared.found && own.iter().any(|of| self.is_noticed(of, shared, &found)),
                None => self.by_scan(own, mutant)?,
            };
            if is_noticed {
                return Ok(true);
            }
        }
        if others.is_empty() { Ok(false) } else { self.by_scan(others, mutant) }
    }

    /// Whether a test fails if its rule finds this.
    fn is_noticed(&self, of: &RuleUse, shared: &SharedAnswers<'_>, found: &[MatchedEvents]) -> bool {
        let case = &self.cases[of.run.case];
        let expected = &case.expected;
        let alerts = &self.results[of.run.case].runs[of.run.run].found.alerts;
        let before = alerts.iter().filter(|alert| alert.rule == of.rule).count();
        let counts = expected.listing == AlertListing::Exact || expected.count.is_some();
        // The test holds with the alerts of the unchanged rule: with more or fewer of them an exact list cannot.
        if counts && before != found.len() {
            return true;
        }
        let rule = &case.group.rules()[of.rule];
        let known: HashMap<Vec<Locator>, &RecordedAlert> =
            alerts.iter().filter(|alert| alert.rule == of.rule).map(|alert| (places(&alert.events), alert)).collect();
        let changed = found.iter().map(|found| shared.recorded(found, rule, of.rule, &known));
        fails(expected, shared.clock(), of.rule, alerts, changed.collect())
    }

    /// Runs a mutant as a scan of the evidence of each test, in the place of its rule.
    fn by_scan(&self, uses: &[&RuleUse], mutant: &CompiledMutant) -> Result<bool, RunError> {
        for of in uses {
            let case = &self.cases[of.run.case];
            let group = &case.group;
            let clock = case.clocks[of.run.run];
            let rule = Rule {
                query: mutant.query.clone(),
                source: mutant.mutant.query.clone(),
                ..group.rules()[of.rule].clone()
            };
            // What exceptions take away is counted for all rules together: then all of them must run.
            let together = case.expected.suppressed.is_some();
            let (rules, at) = if together {
                let mut rules = group.rules().to_vec();
                rules[of.rule] = rule;
                (rules, of.rule)
            } else {
                (vec![rule], 0)
            };
            let detector = Detector::for_mapping(RuleSet { rules: rules.clone() }, case.mapping)
                .with_exceptions(group.detector.exceptions().clone());
            let options = RunOptions { clock, mapping: case.mapping.into(), threads: 1, ..RunOptions::default() };
            let outcome = pipeline::run(&case.evidence, &detector, &options, &Silent)?;
            let recorded = outcome.alerts.hold()?.iter().map(|alert| RecordedAlert::new(&rules[alert.rule], alert));
            let before = &self.results[of.run.case].runs[of.run.run].found;
            let is_noticed = if together {
                let found = RunFindings {
                    alerts: recorded.collect(),
                    suppressed: outcome.set_aside.values().sum(),
                    faults: before.faults.clone(),
                };
                !compare(&case.expected, clock, &found).is_empty()
            } else {
                let changed =
                    recorded.filter(|alert| alert.rule == at).map(|alert| RecordedAlert { rule: of.rule, ..alert });
                fails(&case.expected, clock, of.rule, &before.alerts, changed.collect())
            };
            if is_noticed {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Whether expectations fail if the alerts of one rule are others.
fn fails(
    expected: &Expectations,
    clock: Clock,
    rule: RuleIndex,
    before: &[RecordedAlert],
    changed: Vec<RecordedAlert>,
) -> bool {
    let is_about = |rules: &[RuleIndex]| rules == [rule];
    let is_apart = |rules: &[RuleIndex]| is_about(rules) || !rules.contains(&rule);
    let alone = expected.count.is_none()
        && expected.alerts.iter().all(|alert| is_apart(&alert.rules))
        && expected.counts.iter().all(|count| is_apart(&count.rules));
    if !alone {
        let others = before.iter().filter(|alert| alert.rule != rule).cloned();
        return !compare_alerts(expected, clock, &others.chain(changed).collect::<Vec<_>>()).is_empty();
    }
    // What is expected of other rules holds as before: only this one is compared.
    let of_rule = Expectations {
        listing: expected.listing,
        alerts: expected.alerts.iter().filter(|alert| is_about(&alert.rules)).cloned().collect(),
        count: None,
        counts: expected.counts.iter().filter(|count| is_about(&count.rules)).cloned().collect(),
        suppressed: None,
        faults: Vec::new(),
        events: Vec::new(),
    };
    !compare_alerts(&of_rule, clock, &changed).is_empty()
}

fn places(events: &[Arc<Event>]) -> Vec<Locator> {
    events.iter().map(|event| event.origin).collect()
}

/// Compiles a mutant with all that belongs to its rule; `None` if it is no query.
fn compiled(mutant: Mutant, rule: &Rule) -> Option<CompiledMutant> {
    let condition = match &mutant.change {
        Change::Condition { new: Some(new), .. } => Some(compiled_expr(new, rule)?),
        _ => None,
    };
    let query = eql::compile_with(&mutant.query, &rule.origin.options).query?;
    let query = rule.origin.filter.as_ref().map_or_else(|| query.clone(), |filter| query.among(filter));
    Some(CompiledMutant { mutant, query, condition })
}

/// One evidence, and the tests of a rule over it.
struct AskedEvidence<'a> {
    shared: Option<SharedAnswers<'a>>,
    /// Tests whose alerts this module finds by itself.
    own: Vec<&'a RuleUse>,
    /// Tests that are run again for each mutant.
    others: Vec<&'a RuleUse>,
}

/// Answers of a rule over one evidence that all of its mutants share.
struct SharedAnswers<'m> {
    material: &'m Material,
    parts: RuleAnatomy,
    near: Vec<Vec<NearEvent>>,
    /// The alerts of the unchanged rule, in order.
    found: Vec<MatchedEvents>,
}

impl<'m> SharedAnswers<'m> {
    /// Asks the rule; `None` if it cannot be asked this way.
    fn new(rule: &Rule, material: &'m Material) -> Option<Self> {
        let parts = parts(rule)?;
        let near = near_events(&parts, &material.events);
        let mut shared = Self { material, parts, near, found: Vec::new() };
        let taken: Vec<Vec<usize>> = (0..shared.near.len()).map(|stage| shared.taken(stage)).collect();
        shared.found = shared.correlated(&rule.query, &taken)?;
        Some(shared)
    }

    fn clock(&self) -> Clock {
        self.material.clock
    }

    /// The events that meet a stage.
    fn taken(&self, stage: usize) -> Vec<usize> {
        self.near[stage].iter().filter(|near| near.lacks.is_none()).map(|near| near.event).collect()
    }

    fn correlated(&self, query: &Query, taken: &[Vec<usize>]) -> Option<Vec<MatchedEvents>> {
        let mut found = correlate(query, taken, &self.material.events, self.clock())?;
        found.sort_unstable();
        Some(found)
    }

    /// Whether these are the alerts of a scan.
    fn agrees<'f>(&self, alerts: impl Iterator<Item = &'f RecordedAlert>) -> bool {
        let mut scanned: Vec<Vec<Locator>> = alerts.map(|alert| places(&alert.events)).collect();
        let place = |&at: &usize| self.material.events[at].origin;
        let mut own: Vec<Vec<Locator>> =
            self.found.iter().map(|found| found.events.iter().map(place).collect()).collect();
        scanned.sort_unstable();
        own.sort_unstable();
        scanned == own
    }

    /// The alerts of a mutant, in order.
    fn of_mutant(&self, CompiledMutant { mutant, query, condition }: &CompiledMutant) -> Option<Vec<MatchedEvents>> {
        let taken: Vec<Vec<usize>> = match &mutant.change {
            Change::Structure(order) => order.iter().map(|&stage| self.taken(stage)).collect(),
            Change::Condition { stage: changed, condition: at, .. } => {
                let first = self.parts.stages[*changed].conditions.iter().position(|known| known.expr.is_some())?;
                let of_stage = |stage: usize| {
                    if stage == *changed {
                        self.changed(stage, first + at, condition.as_ref())
                    } else {
                        self.taken(stage)
                    }
                };
                (0..self.near.len()).map(of_stage).collect()
            }
        };
        self.correlated(query, &taken)
    }

    /// The events that meet a stage one condition of which is another, or left out.
    fn changed(&self, stage: usize, at: usize, condition: Option<&Predicate>) -> Vec<usize> {
        let holds =
            |event: usize| condition.is_none_or(|condition| condition.matches(&self.material.events[event].document));
        let near = self.near[stage].iter().filter(|near| near.lacks.is_none_or(|lacks| lacks == at));
        near.map(|near| near.event).filter(|&event| holds(event)).collect()
    }

    /// The facts of an alert; those of the scan, if it has found the same events.
    fn recorded(
        &self,
        found: &MatchedEvents,
        rule: &Rule,
        index: RuleIndex,
        known: &HashMap<Vec<Locator>, &RecordedAlert>,
    ) -> RecordedAlert {
        let events: Vec<Arc<Event>> = found.events.iter().map(|&at| self.material.events[at].clone()).collect();
        if let Some(known) = known.get(&places(&events)).filter(|known| known.keys.len() == found.key.len()) {
            return (*known).clone();
        }
        RecordedAlert {
            rule: index,
            rule_id: rule.meta.id.clone(),
            rule_name: rule.meta.name.clone(),
            host: events.last().and_then(|event| event.document.text(ecs::HOST_NAME)).map(str::to_owned),
            records: events.iter().map(|event| event.tiebreaker).collect(),
            keys: found.key.iter().map(|key| key.as_str().into()).collect(),
            events,
        }
    }
}

#[cfg(test)]
mod tests;
