//! What `compile` gives: immutable queries, shared between threads by reference.
//!
//! Knows how a query is asked of a document, not how it was written.

use super::predicate::Predicate;
use super::sample::Sample;
use super::sequence::Sequence;
use crate::ecs::Field;
use crate::event::Fields;

/// A checked and compiled query.
#[derive(Clone, Debug)]
pub enum Query {
    /// Finds single events.
    Event(EventQuery),
    /// Finds events in order.
    Sequence(Sequence),
    /// Finds events with equal keys in any order.
    Sample(Sample),
}

/// A cut of the list of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipe {
    /// The first results.
    Head(usize),
    /// The last results.
    Tail(usize),
}

impl Pipe {
    /// Cuts results, which must be all there are, in ascending order of time, and stay so.
    pub fn apply<R>(self, results: &mut Vec<R>) {
        match self {
            Self::Head(count) => results.truncate(count),
            Self::Tail(count) => {
                results.drain(..results.len().saturating_sub(count));
            }
        }
    }
}

impl Query {
    /// Every field the query mentions, once each, sorted.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        match self {
            Self::Event(query) => query.fields.iter(),
            Self::Sequence(query) => query.fields().iter(),
            Self::Sample(query) => query.fields().iter(),
        }
    }

    /// The pipes, in order. Those of a sequence or sample are applied by its machine; those of an event query are the caller's to apply to all results.
    pub fn pipes(&self) -> &[Pipe] {
        match self {
            Self::Event(query) => &query.pipes,
            Self::Sequence(query) => query.pipes(),
            Self::Sample(query) => query.pipes(),
        }
    }

    pub(super) fn with_pipes(self, pipes: Vec<Pipe>) -> Self {
        match self {
            Self::Event(query) => Self::Event(EventQuery { pipes, ..query }),
            Self::Sequence(query) => Self::Sequence(query.with_pipes(pipes)),
            Self::Sample(query) => Self::Sample(query.with_pipes(pipes)),
        }
    }
}

/// A query for single events.
#[derive(Clone, Debug)]
pub struct EventQuery {
    predicate: Predicate,
    fields: Box<[Field]>,
    pipes: Vec<Pipe>,
}

impl EventQuery {
    pub(super) fn new(predicate: Predicate) -> Self {
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
