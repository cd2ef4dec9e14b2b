//! Samples: events that share their keys, in any order.
//!
//! For each combination of key values that every term has events for, there is one result: one event a term, all different. Which events, where there
//! is a choice, Elasticsearch leaves open; here it is the earliest that fit, so that the same input always gives the same result.
//!
//! A term needs no more events under a key than there are terms: the others can take away at most one each, less than that. So memory
//! follows the number of keys, not of events.

use super::predicate::Predicate;
use super::result_cut::ResultCut;
use super::sequence::{Candidate, JoinKey, SequenceMatch, TermFilter, candidate_of_all, fields_of};
use crate::ecs::Field;
use crate::event::Fields;
use hashbrown::HashMap;
use std::sync::Arc;

/// Most terms of a sample.
pub const MAX_TERMS: usize = 5;

/// A compiled sample.
#[derive(Clone, Debug)]
pub struct CompiledSample {
    filters: Vec<Arc<TermFilter>>,
    fields: Box<[Field]>,
    pipes: Vec<ResultCut>,
}

impl CompiledSample {
    pub(super) fn new(filters: Vec<TermFilter>) -> Self {
        let filters: Vec<_> = filters.into_iter().map(Arc::new).collect();
        Self { fields: fields_of(&filters), filters, pipes: Vec::new() }
    }

    pub(super) fn with_pipes(self, pipes: Vec<ResultCut>) -> Self {
        Self { pipes, ..self }
    }

    /// Restricts the sample to events that pass a condition.
    pub(super) fn among(&self, condition: &Predicate) -> Self {
        let filters: Vec<_> = self.filters.iter().map(|filter| filter.among(condition)).collect();
        Self { fields: fields_of(&filters), filters, pipes: self.pipes.clone() }
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(super) fn pipes(&self) -> &[ResultCut] {
        &self.pipes
    }

    /// One filter a term, in order.
    pub fn filters(&self) -> &[Arc<TermFilter>] {
        &self.filters
    }

    /// Matches a document against all terms; `None` if no term takes it.
    pub fn candidate(&self, document: &dyn Fields) -> Option<Candidate> {
        candidate_of_all(&self.filters, document)
    }
}

/// Runs one sample over candidates in the order of time.
#[derive(Debug)]
pub struct SampleMachine<'s, T> {
    sample: &'s CompiledSample,
    seen: HashMap<JoinKey, SampleState<T>>,
    pushed: usize,
}

/// The events seen under one key.
#[derive(Debug)]
struct SampleState<T> {
    /// How many keys were there before.
    rank: usize,
    /// The first events of each term, with their ordinals.
    events: Vec<Vec<(usize, T)>>,
}

impl<'s, T: Clone> SampleMachine<'s, T> {
    /// A machine that has seen nothing.
    pub fn new(sample: &'s CompiledSample) -> Self {
        Self { sample, seen: HashMap::new(), pushed: 0 }
    }

    /// Takes the next event. Events must come in their total order, or the choice of events depends on the order.
    pub fn push(&mut self, candidate: &Candidate, payload: &T) {
        let terms = self.sample.filters.len();
        let ordinal = self.pushed;
        self.pushed += 1;
        for term in candidate.filters() {
            for key in candidate.keys(term) {
                let rank = self.seen.len();
                let seen =
                    self.seen.entry_ref(key).or_insert_with(|| SampleState { rank, events: vec![Vec::new(); terms] });
                if seen.events[term].len() < terms {
                    seen.events[term].push((ordinal, payload.clone()));
                }
            }
        }
    }

    /// All samples found, in the order of their last events, cut by the query's pipes.
    pub fn finish(self) -> Vec<SequenceMatch<T>> {
        let mut found = Vec::new();
        for (key, SampleState { rank, events }) in self.seen {
            let mut chosen = Vec::with_capacity(events.len());
            if !choose(&events, &mut chosen) {
                continue;
            }
            let ordinals: Vec<usize> = chosen.iter().zip(&events).map(|(&at, term)| term[at].0).collect();
            let events = chosen.iter().zip(&events).map(|(&at, term)| Some(term[at].1.clone())).collect();
            found.push(((ordinals.iter().max().copied(), rank), SequenceMatch { key, events }));
        }
        found.sort_by_key(|(place, _)| *place);
        let mut found: Vec<_> = found.into_iter().map(|(_, found)| found).collect();
        self.sample.pipes.iter().for_each(|pipe| pipe.apply(&mut found));
        found
    }
}

/// Chooses a different event for each term, trying earlier events first; `chosen` becomes their positions. At most `MAX_TERMS` levels deep.
fn choose<T>(events: &[Vec<(usize, T)>], chosen: &mut Vec<usize>) -> bool {
    let Some(term) = events.get(chosen.len()) else { return true };
    // Backtracking is bounded: there are at most five terms with at most five events each. A greedy choice could take the only event of a later term.
    for (at, (ordinal, _)) in term.iter().enumerate() {
        let taken = chosen.iter().zip(events).any(|(&other, term)| term[other].0 == *ordinal);
        if taken {
            continue;
        }
        chosen.push(at);
        if choose(events, chosen) {
            return true;
        }
        chosen.pop();
    }
    false
}

#[cfg(test)]
mod tests;
