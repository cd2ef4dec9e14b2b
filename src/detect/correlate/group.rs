//! The candidates of one key, and the rules that are run over them.
//!
//! A group is held until all of it is there, and then only those rules are run that have each stage that they need in it: mostly none. A group that grows
//! too large for that (a sequence without keys has all of its candidates in one) is streamed: its rules are run from the first candidate on.

use super::candidate::CandidateTuple;
use super::found_alert::{AlertEvent, AlertRank, FoundAlert};
use super::pattern::PatternHit;
use crate::detect::hit::RuleIndex;
use crate::eql::{Candidate, Digest, Machine, Query, SampleMachine, SequenceMatch};
use crate::rules::Rule;
use hashbrown::HashMap;
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
}

impl<'r> GroupRules<'r> {
    /// Rules, and the patterns by number.
    pub fn new(rules: &'r [Rule], patterns: Vec<Arc<[PatternHit]>>) -> Self {
        Self { rules, needed: rules.iter().map(|rule| rule.query.needed_filters()).collect(), patterns }
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
            self.streamed.drain().for_each(|(_, run)| run.finish(&first, alerts));
            self.is_streamed = false;
            return;
        }
        for rule in &*self.complete_rules() {
            let mut run = RuleRun::new(*rule, &of.rules[*rule]);
            self.held.chunk_by(|left, right| left.order() == right.order()).for_each(|event| run.push(of, event));
            run.finish(&first, alerts);
        }
        self.held.clear();
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
}

impl<'g> RuleRun<'g> {
    fn new(rule: RuleIndex, of: &'g Rule) -> Self {
        let machine = match &of.query {
            Query::Event(_) => RuleMachine::Event,
            Query::Sequence(sequence) => RuleMachine::Sequence(Machine::new(sequence)),
            Query::Sample(sample) => RuleMachine::Sample(SampleMachine::new(sample)),
        };
        Self { rule, machine, first: None }
    }

    /// Takes the next event, which has one tuple or more under the key at hand.
    fn push(&mut self, of: &GroupRules<'_>, event: &[CandidateTuple]) {
        let key: &[Digest] = &[Digest::default()];
        let is_own = |hit: &&PatternHit| hit.rule as usize == self.rule;
        let hits = || event.iter().flat_map(|tuple| of.hits(tuple)).filter(is_own).map(|hit| hit.filter as usize);
        let (Some(filter), Some(tuple)) = (hits().next(), event.first()) else { return };
        let order = tuple.order();
        // The machine is asked about one key only, so that any will do.
        let candidate = Candidate::of_digests(hits().map(|filter| (filter, key)));
        let payload = (AlertEvent { order, host: tuple.host }, tuple.ordinal);
        self.first.get_or_insert((Some(order), u32::try_from(filter).unwrap_or(u32::MAX), tuple.ordinal));
        match &mut self.machine {
            RuleMachine::Event => {}
            RuleMachine::Sequence(machine) => machine.push(order.time, &candidate, payload),
            RuleMachine::Sample(machine) => machine.push(&candidate, &payload),
        }
    }

    /// Adds the alerts of the rule under the key that a tuple has.
    fn finish(self, of: &CandidateTuple, alerts: &mut Vec<FoundAlert>) {
        let (found, of_key) = match self.machine {
            RuleMachine::Event => return,
            RuleMachine::Sequence(machine) => (machine.finish(), None),
            RuleMachine::Sample(machine) => (machine.finish(), self.first),
        };
        for SequenceMatch { events, .. } in found {
            let last = events.iter().flatten().next_back();
            let rank = of_key.unwrap_or((None, 0, last.map_or(0, |(_, ordinal)| *ordinal)));
            let events = events.into_iter().map(|event| event.map(|(event, _)| event)).collect();
            let alert = FoundAlert::of_events(self.rule, events);
            alerts.extend(alert.map(|alert| FoundAlert { rank, scope: of.scope(), key: Some(of.key()), ..alert }));
        }
    }
}

#[cfg(test)]
mod tests;
