//! The candidates of one key, and the rules that are run over them.
//!
//! A group is held until all of it is there, and then only those rules are run that have each stage that they need in it: mostly none. A group that grows
//! too large for that (a sequence without keys has all of its candidates in one) is streamed: its rules are run from the first candidate on.

use super::begins::EvidenceBegins;
use super::candidate::CandidateTuple;
use super::chain::{ChainMachine, FilterValues};
use super::found_alert::{AlertEvent, AlertRank, FoundAlert};
use super::new_terms::{NewTermsMachine, NewTermsMatch};
use super::pattern::PatternHit;
use super::threshold::{ThresholdMachine, ThresholdMatch};
use crate::detect::hit::RuleIndex;
use crate::detect::tally::AlertTally;
use crate::eql::{Candidate, CompiledThreshold, Digest, Machine, Measure, Query, SampleMachine, SequenceMatch};
use crate::rules::Rule;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most candidates that are held before a group is streamed.
const MOST_HELD: usize = 4096;

/// The rules, the filters that each needs, and the patterns of candidates by number.
#[derive(Debug)]
pub struct GroupRules<'r> {
    rules: &'r [Rule],
    /// For each rule the filters that must all take an event under one key.
    needed: Vec<Vec<usize>>,
    patterns: Vec<Arc<[PatternHit]>>,
    begins: EvidenceBegins,
    assumes_new: bool,
}

impl<'r> GroupRules<'r> {
    /// Rules, and the patterns by number.
    pub fn new(rules: &'r [Rule], patterns: Vec<Arc<[PatternHit]>>) -> Self {
        let needed = rules.iter().map(|rule| rule.query.needed_filters()).collect();
        Self { rules, needed, patterns, begins: EvidenceBegins::default(), assumes_new: false }
    }

    /// Only the rules of which `is_wanted` is true.
    pub fn only(mut self, is_wanted: impl Fn(&Rule) -> bool) -> Self {
        let wanted: Vec<bool> = self.rules.iter().map(is_wanted).collect();
        for pattern in &mut self.patterns {
            if pattern.iter().any(|hit| !wanted[hit.rule as usize]) {
                *pattern = pattern.iter().copied().filter(|hit| wanted[hit.rule as usize]).collect();
            }
        }
        self
    }

    /// Rules over evidence of which it is known when it begins; `assumes_new` says whether terms are held to be new where nobody can know.
    pub fn beginning(self, begins: EvidenceBegins, assumes_new: bool) -> Self {
        Self { begins, assumes_new, ..self }
    }

    fn hits(&self, tuple: &CandidateTuple) -> &[PatternHit] {
        self.patterns.get(tuple.pattern.0 as usize).map_or(&[], |hits| hits)
    }

    /// The rules that have every filter that they need in some patterns, which are sorted.
    fn complete_in(&self, patterns: &[u32]) -> Arc<[RuleIndex]> {
        let mut hits: Vec<PatternHit> =
            patterns.iter().flat_map(|pattern| self.patterns[*pattern as usize].iter().copied()).collect();
        hits.sort_unstable();
        hits.dedup();
        let has = |rule: u32, filter: usize| hits.binary_search(&PatternHit::new(rule as usize, filter)).is_ok();
        let of_rules = hits.chunk_by(|left, right| left.rule == right.rule).map(|of_rule| of_rule[0].rule);
        let complete = of_rules.filter(|rule| self.needed[*rule as usize].iter().all(|filter| has(*rule, *filter)));
        complete.map(|rule| rule as usize).collect()
    }
}

/// Takes the candidates of one key after the other.
#[derive(Debug)]
pub struct GroupRunner<'g> {
    of: &'g GroupRules<'g>,
    held: Vec<CandidateTuple>,
    /// The rules of a group that is streamed.
    streamed: HashMap<RuleIndex, RuleRun<'g>>,
    is_streamed: bool,
    /// Which rules are complete in a set of patterns.
    complete: HashMap<Box<[u32]>, Arc<[RuleIndex]>>,
    unproven: BTreeMap<RuleIndex, usize>,
    forgotten: BTreeMap<RuleIndex, u64>,
    scratch: Vec<u32>,
}

/// Limit of the memory of which rules are complete where: it is cleared above.
const MOST_SETS: usize = 1 << 14;

impl<'g> GroupRunner<'g> {
    /// A runner that has seen nothing.
    pub fn new(of: &'g GroupRules<'g>) -> Self {
        Self {
            of,
            held: Vec::new(),
            streamed: HashMap::new(),
            is_streamed: false,
            complete: HashMap::new(),
            unproven: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            scratch: Vec::new(),
        }
    }

    /// Adds the next candidate of the key at hand.
    pub fn push(&mut self, tuple: CandidateTuple) {
        // Tuples of one event are taken together: it must not fill two stages of one sequence one after the other.
        if self.held.len() >= MOST_HELD && self.held.last().is_some_and(|last| last.order() != tuple.order()) {
            self.is_streamed = true;
            self.stream();
        }
        self.held.push(tuple);
    }

    /// Runs what is held through the machines of all rules that it is for.
    fn stream(&mut self) {
        let Self { of, held, streamed, .. } = self;
        for event in held.chunk_by(|left, right| left.order() == right.order()) {
            let mut rules: Vec<u32> = event.iter().flat_map(|tuple| of.hits(tuple)).map(|hit| hit.rule).collect();
            // Two of its tuples can be for one rule. To be offered twice would let the event fill two stages.
            rules.sort_unstable();
            rules.dedup();
            for rule in rules {
                let rule = rule as usize;
                streamed.entry(rule).or_insert_with(|| RuleRun::new(rule, &of.rules[rule])).push(of, event);
            }
        }
        held.clear();
    }

    /// Ends the key at hand; the alerts under it go to `alerts`.
    pub fn end(&mut self, alerts: &mut Vec<FoundAlert>) {
        let (Some(first), of) = (self.held.first().copied(), self.of) else { return };
        if self.is_streamed {
            self.stream();
            let mut streamed = std::mem::take(&mut self.streamed);
            streamed.drain().for_each(|(_, run)| self.finish(run, &first, alerts));
            self.streamed = streamed;
            self.is_streamed = false;
            return;
        }
        for rule in &*self.complete_rules() {
            let mut run = RuleRun::new(*rule, &of.rules[*rule]);
            self.held.chunk_by(|left, right| left.order() == right.order()).for_each(|event| run.push(of, event));
            self.finish(run, &first, alerts);
        }
        self.held.clear();
    }

    /// Adds the alerts of a rule under the key that a tuple has.
    fn finish(&mut self, run: RuleRun<'_>, of: &CandidateTuple, alerts: &mut Vec<FoundAlert>) {
        let (rule, begin) = (run.rule, alerts.len());
        let forgotten = run.finish(&self.of.rules[rule].query, of, alerts);
        if forgotten > 0 {
            *self.forgotten.entry(rule).or_default() += forgotten;
        }
        let is_unproven = |alert: &FoundAlert| matches!(alert.tally, Some(AlertTally::New { is_known: false, .. }));
        if !self.of.assumes_new {
            let unproven = alerts.extract_if(begin.., |alert| is_unproven(alert)).count();
            if unproven > 0 {
                *self.unproven.entry(rule).or_default() += unproven;
            }
        }
    }

    /// Ends the run: how many new terms of each rule are not known to be new, and how many keys of each were let go within their windows.
    pub fn into_counts(self) -> (BTreeMap<RuleIndex, usize>, BTreeMap<RuleIndex, u64>) {
        (self.unproven, self.forgotten)
    }

    fn complete_rules(&mut self) -> Arc<[RuleIndex]> {
        let Self { of, held, complete, scratch, .. } = self;
        scratch.clear();
        scratch.extend(held.iter().map(|tuple| tuple.pattern.0));
        scratch.sort_unstable();
        scratch.dedup();
        if let Some(known) = complete.get(scratch.as_slice()) {
            return known.clone();
        }
        if complete.len() > MOST_SETS {
            complete.clear();
        }
        let rules = of.complete_in(scratch);
        complete.insert(scratch.as_slice().into(), rules.clone());
        rules
    }
}

/// The alert of events that were counted.
fn of_counted(
    threshold: Option<&CompiledThreshold>,
    found: ThresholdMatch<Payload>,
    alert: impl Fn(AlertRank, Option<AlertTally>, Vec<Option<AlertEvent>>) -> Option<FoundAlert>,
) -> Option<FoundAlert> {
    let ThresholdMatch { mut shown, events, values, number, is_cut } = found;
    // One event may be the latest of several filters.
    shown.sort_unstable();
    shown.dedup();
    let ordinal = shown.last().map_or(0, |(_, ordinal)| *ordinal);
    let tally = threshold.map(|threshold| {
        let values = (threshold.measure() == Some(Measure::Values)).then_some(values);
        AlertTally::Counted { events, values, number, is_cut }
    });
    alert((None, 0, ordinal), tally, shown.into_iter().map(|(event, _)| Some(event)).collect())
}

/// One rule that is run over the candidates of one key.
#[derive(Debug)]
struct RuleRun<'g> {
    rule: RuleIndex,
    machine: RuleMachine<'g>,
    /// The first event that the rule takes, and the first of its filters that does.
    first: Option<AlertRank>,
}

/// The payload of a machine: the event, and the position of its key.
type Payload = (AlertEvent, u16);

#[derive(Debug)]
enum RuleMachine<'g> {
    /// An alert of a single event is found where the event is.
    Event,
    Sequence(Machine<'g, Payload>),
    Sample(SampleMachine<'g, Payload>),
    Threshold(ThresholdMachine<'g, Payload>),
    Chain(ChainMachine<'g, Payload>),
    NewTerms {
        machine: NewTermsMachine<Payload>,
        by_host: bool,
    },
}

impl<'g> RuleRun<'g> {
    fn new(rule: RuleIndex, of: &'g Rule) -> Self {
        let machine = match &of.query {
            Query::Event(_) => RuleMachine::Event,
            Query::Sequence(sequence) => RuleMachine::Sequence(Machine::new(sequence)),
            Query::Sample(sample) => RuleMachine::Sample(SampleMachine::new(sample)),
            Query::Threshold(threshold) => RuleMachine::Threshold(ThresholdMachine::new(threshold)),
            Query::Correlation(correlation) => RuleMachine::Chain(ChainMachine::new(correlation)),
            Query::NewTerms(query) => {
                RuleMachine::NewTerms { machine: NewTermsMachine::new(query.history()), by_host: query.names_host() }
            }
        };
        Self { rule, machine, first: None }
    }

    /// Takes the next event, which has one tuple or more under the key at hand.
    fn push(&mut self, of: &GroupRules<'_>, event: &[CandidateTuple]) {
        let key: &[Digest] = &[Digest::default()];
        let rule = self.rule;
        let own = |tuple| of.hits(tuple).iter().filter(move |hit| hit.rule as usize == rule);
        let hits = || event.iter().flat_map(own).map(|hit| hit.filter as usize);
        // The lowest of its filters, and its own first tuple: what other rules take of the event, and how patterns are numbered, decides nothing.
        let (Some(filter), Some(tuple)) = (hits().min(), event.iter().find(|tuple| own(tuple).next().is_some())) else {
            return;
        };
        let order = tuple.order();
        // The machine is asked about one key only, so that any will do.
        let candidate = Candidate::of_digests(hits().map(|filter| (filter, key)));
        let payload = (AlertEvent { order, host: tuple.host }, tuple.ordinal);
        self.first.get_or_insert((Some(order), u32::try_from(filter).unwrap_or(u32::MAX), tuple.ordinal));
        match &mut self.machine {
            RuleMachine::Event => {}
            RuleMachine::Sequence(machine) => machine.push(order.time, &candidate, payload),
            RuleMachine::Sample(machine) => machine.push(&candidate, &payload),
            RuleMachine::Threshold(machine) => {
                let counted = event.iter().filter(|tuple| own(tuple).next().is_some()).map(|tuple| tuple.value);
                if machine.counts_filters() {
                    machine.push(order.time, hits().map(|filter| filter as u64), payload);
                } else {
                    machine.push(order.time, counted.filter(|value| *value != 0), payload);
                }
            }
            RuleMachine::Chain(machine) => {
                let mut filters = FilterValues::new();
                for (filter, value) in
                    event.iter().flat_map(|tuple| own(tuple).map(|hit| (hit.filter as usize, tuple.value)))
                {
                    match filters.iter_mut().find(|(known, _)| *known == filter) {
                        Some((_, values)) => values.extend((value != 0).then_some(value)),
                        None => filters.push((filter, Vec::from_iter((value != 0).then_some(value)))),
                    }
                }
                filters.sort_unstable();
                machine.push(order.time, &filters, &payload);
            }
            RuleMachine::NewTerms { machine, by_host } => {
                let begin = if *by_host { of.begins.of(tuple.host) } else { of.begins.first() };
                machine.push(order.time, begin, payload);
            }
        }
    }

    /// Adds the alerts of the rule, which has this query, under the key that a tuple has. Gives how many keys of the rule were let go within their windows.
    fn finish(self, query: &Query, of: &CandidateTuple, alerts: &mut Vec<FoundAlert>) -> u64 {
        let (rule, threshold) = (self.rule, query.threshold());
        let alert = |rank, tally, events: Vec<Option<AlertEvent>>| {
            let (scope, key) = (of.scope(), Some(of.key()));
            FoundAlert::of_events(rule, events.into()).map(|alert| FoundAlert { rank, scope, key, tally, ..alert })
        };
        let (found, of_key) = match self.machine {
            RuleMachine::Event => return 0,
            RuleMachine::Threshold(mut machine) => {
                alerts.extend(machine.take_found().into_iter().filter_map(|found| of_counted(threshold, found, alert)));
                return 0;
            }
            RuleMachine::Chain(machine) => {
                let (found, forgotten) = machine.finish();
                alerts.extend(found.into_iter().filter_map(|found| of_counted(threshold, found, alert)));
                return forgotten;
            }
            RuleMachine::NewTerms { machine, .. } => {
                alerts.extend(machine.finish().into_iter().filter_map(|found| {
                    let NewTermsMatch { event: (event, ordinal), before, is_known } = found;
                    alert((None, 0, ordinal), Some(AlertTally::New { before, is_known }), vec![Some(event)])
                }));
                return 0;
            }
            RuleMachine::Sequence(machine) => (machine.finish(), None),
            RuleMachine::Sample(machine) => (machine.finish(), self.first),
        };
        for SequenceMatch { events, .. } in found {
            let last = events.iter().flatten().next_back();
            let rank = of_key.unwrap_or((None, 0, last.map_or(0, |(_, ordinal)| *ordinal)));
            let events = events.into_iter().map(|event| event.map(|(event, _)| event)).collect();
            alerts.extend(alert(rank, None, events));
        }
        0
    }
}

#[cfg(test)]
mod tests;
