//! Which rules may come to something: a sequence or sample does only if each of its filters that must take an event has taken one.
//!
//! Many rules wait for something that is rarely met, and their other filters take nearly everything. While a rule is dormant, what its filters take is not kept;
//! where something was left out, and the rule became active later, the evidence is to be read again. This module does not know how evidence is read.

use super::hit::RuleIndex;
use crate::base::bits;
use crate::eql::{Query, Stage};
use crate::rules::Rule;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Which rules are active, shared by all threads of a run. What one thread notes the others may see late.
#[derive(Debug)]
pub struct RuleActivity {
    rules: Vec<RuleState>,
    /// How many rules have become active.
    epoch: AtomicUsize,
}

/// The state of one rule.
#[derive(Debug)]
struct RuleState {
    /// The filters that must take an event, each with whether it has.
    needed: Vec<(usize, AtomicBool)>,
    active: AtomicBool,
}

/// Rules that were dormant when an event of theirs was left out, a bit for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DormantRules(Vec<u64>);

impl RuleActivity {
    /// Nothing was met yet. Rules for single events are active.
    pub fn new(rules: &[Rule]) -> Self {
        let state = |rule: &Rule| RuleState {
            needed: needed(&rule.query).into_iter().map(|filter| (filter, AtomicBool::new(false))).collect(),
            active: AtomicBool::new(matches!(rule.query, Query::Event(_))),
        };
        Self { rules: rules.iter().map(state).collect(), epoch: AtomicUsize::new(0) }
    }

    /// Whether a rule may come to something.
    pub fn is_active(&self, rule: RuleIndex) -> bool {
        self.rules[rule].active.load(Ordering::SeqCst)
    }

    /// A number that grows whenever a rule becomes active.
    pub fn epoch(&self) -> usize {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Notes that a filter of a rule takes an event, or may.
    pub fn note(&self, rule: RuleIndex, filter: usize) {
        let state = &self.rules[rule];
        // Of two threads that note two filters at once, one must see what the other has noted.
        for (_, met) in state.needed.iter().filter(|(known, _)| *known == filter) {
            met.store(true, Ordering::SeqCst);
        }
        self.activate(state);
    }

    /// Activates every rule whose filters have all been met; to be called when nothing more is noted.
    pub fn settle(&self) {
        self.rules.iter().for_each(|state| self.activate(state));
    }

    fn activate(&self, RuleState { needed, active }: &RuleState) {
        let may = needed.iter().all(|(_, met)| met.load(Ordering::SeqCst));
        if may && !active.swap(true, Ordering::SeqCst) {
            self.epoch.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Whether some of these rules became active later.
    pub fn woke(&self, dormant: &DormantRules) -> bool {
        bits::all(&dormant.0).any(|rule| self.is_active(rule))
    }
}

impl DormantRules {
    /// Adds a rule.
    pub fn add(&mut self, rule: RuleIndex) {
        bits::grow(&mut self.0, rule);
    }

    /// Adds all of another.
    pub fn add_all(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(all, more)| *all |= more);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }
}

/// The filters of a query that all must take some event under one key; none of a query for single events.
pub fn needed(query: &Query) -> Vec<usize> {
    match query {
        Query::Event(_) => Vec::new(),
        Query::Sequence(sequence) => {
            sequence.stages().iter().filter(|stage| !stage.is_missing()).map(Stage::filter_index).collect()
        }
        Query::Sample(sample) => (0..sample.filters().len()).collect(),
    }
}

#[cfg(test)]
mod tests;
