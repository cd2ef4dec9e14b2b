//! Compiled queries: immutable, and shared between threads by reference.
//!
//! Knows how a query is asked of a document, not how it was written.

use super::correlation::{CompiledCorrelation, CorrelationTest};
use super::new_terms::CompiledNewTerms;
use super::predicate::Predicate;
use super::result_cut::ResultCut;
use super::sample::CompiledSample;
use super::sequence::{Candidate, CompiledSequence, KeyValues, Stage, TermFilter, candidate};
use super::threshold::CompiledThreshold;
use crate::ecs::Field;
use crate::event::Fields;
use std::sync::Arc;

/// A checked and compiled query.
#[derive(Clone, Debug)]
pub enum Query {
    /// Finds single events.
    Event(EventQuery),
    /// Finds events in order.
    Sequence(CompiledSequence),
    /// Finds events with equal keys in any order.
    Sample(CompiledSample),
    /// Finds when there are enough events with equal keys.
    Threshold(CompiledThreshold),
    /// Finds events with values that none before them had.
    NewTerms(CompiledNewTerms),
    /// Finds what correlations of correlations do.
    Correlation(CompiledCorrelation),
}

impl Query {
    /// Every field the query mentions, once each, sorted.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        match self {
            Self::Event(query) => query.fields.iter(),
            Self::Sequence(query) => query.fields().iter(),
            Self::Sample(query) => query.fields().iter(),
            Self::Threshold(query) => query.fields().iter(),
            Self::NewTerms(query) => query.fields().iter(),
            Self::Correlation(query) => query.fields().iter(),
        }
    }

    /// The pipes, in order. Those of a sequence or sample are applied by its machine; those of an event query are the caller's to apply to all results.
    pub fn pipes(&self) -> &[ResultCut] {
        match self {
            Self::Event(query) => &query.pipes,
            Self::Sequence(query) => query.pipes(),
            Self::Sample(query) => query.pipes(),
            Self::Threshold(_) | Self::NewTerms(_) | Self::Correlation(_) => &[],
        }
    }

    /// The filters of a sequence, that of `until` last, of a sample, a threshold or new terms; none for single events.
    pub fn filters(&self) -> &[Arc<TermFilter>] {
        match self {
            Self::Event(_) => &[],
            Self::Sequence(query) => query.filters(),
            Self::Sample(query) => query.filters(),
            Self::Threshold(query) => query.filters(),
            Self::NewTerms(query) => query.filters(),
            Self::Correlation(query) => query.filters(),
        }
    }

    /// The numbers of the filters that must each take an event for the query to find anything: stages that do not demand absence, one for each run of them,
    /// in their order, or all terms of a sample. A query for single events has one, 0.
    pub fn needed_filters(&self) -> Vec<usize> {
        match self {
            Self::Event(_) | Self::NewTerms(_) => vec![0],
            Self::Sequence(query) => {
                query.stages().iter().filter(|stage| !stage.is_missing()).map(Stage::filter_index).collect()
            }
            Self::Sample(query) => (0..query.filters().len()).collect(),
            Self::Threshold(query) if query.needs_all_filters() => (0..query.filters().len()).collect(),
            // Events of one filter can be enough by themselves: of several none is needed.
            Self::Threshold(_) => Vec::new(),
            Self::Correlation(query) => query.root().needed_leaves(),
        }
    }

    /// The threshold by which events are counted, if it is what decides.
    pub fn threshold(&self) -> Option<&CompiledThreshold> {
        match self {
            Self::Threshold(threshold) => Some(threshold),
            Self::Correlation(query) => match &query.root().test {
                CorrelationTest::Threshold(threshold) => Some(threshold),
                CorrelationTest::Sequence(_) => None,
            },
            _ => None,
        }
    }

    /// How many of the filters have a condition of their own: others repeat it, to carry values.
    pub fn stated_filters(&self) -> usize {
        match self {
            Self::Correlation(query) => query.leaves(),
            _ => self.filters().len(),
        }
    }

    /// Matches a document against a sequence or sample, for a caller that knows by itself whether the condition of the filter of a number holds;
    /// `None` if no filter takes it.
    ///
    /// `keys` holds what is known of the document's keys already, so that several queries over one document share them.
    pub fn candidate_where(
        &self,
        document: &dyn Fields,
        keys: &mut KeyValues,
        holds: impl Fn(usize) -> bool,
    ) -> Option<Candidate> {
        candidate(self.filters(), document, keys, holds)
    }

    /// Restricts the query to events that pass a condition: the others are no stage, end nothing, and are not seen where a stage demands absence.
    #[must_use]
    pub fn among(&self, condition: &Predicate) -> Self {
        match self {
            Self::Event(query) => {
                let predicate = Predicate::all(vec![query.predicate.clone(), condition.clone()]);
                Self::Event(EventQuery { pipes: query.pipes.clone(), ..EventQuery::new(predicate) })
            }
            Self::Sequence(query) => Self::Sequence(query.among(condition)),
            Self::Sample(query) => Self::Sample(query.among(condition)),
            Self::Threshold(query) => Self::Threshold(query.among(condition)),
            Self::NewTerms(query) => Self::NewTerms(query.among(condition)),
            Self::Correlation(query) => Self::Correlation(query.among(condition)),
        }
    }

    pub(super) fn with_pipes(self, pipes: Vec<ResultCut>) -> Self {
        match self {
            Self::Event(query) => Self::Event(EventQuery { pipes, ..query }),
            Self::Sequence(query) => Self::Sequence(query.with_pipes(pipes)),
            Self::Sample(query) => Self::Sample(query.with_pipes(pipes)),
            // None is written in EQL, which alone has pipes.
            Self::Threshold(_) | Self::NewTerms(_) | Self::Correlation(_) => self,
        }
    }
}

/// A query for single events.
#[derive(Clone, Debug)]
pub struct EventQuery {
    predicate: Predicate,
    fields: Box<[Field]>,
    pipes: Vec<ResultCut>,
}

impl EventQuery {
    /// The query for events that fulfil a condition.
    pub fn new(predicate: Predicate) -> Self {
        let fields = predicate.fields().into_iter().cloned().collect();
        Self { predicate, fields, pipes: Vec::new() }
    }

    /// Whether an event matches.
    pub fn matches(&self, document: &dyn Fields) -> bool {
        self.predicate.matches(document)
    }

    /// The condition, category included.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }
}
