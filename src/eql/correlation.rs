//! Correlations of correlations: what one finds is an event of the one above it.
//!
//! Three failed logons of a user on a host within a minute, and then a logon of the user anywhere, is a tree:
//!
//! ```text
//! in this order, by user, within an hour
//! ├─ 3 events or more, by user and host, within a minute
//! │  └─ leaf 0: a failed logon
//! └─ leaf 1: a logon
//! ```
//!
//! All of it is found among the events that share the keys of the uppermost correlation, so that a candidate is one tuple under that key for each thing that is
//! asked of it: a filter is there for each leaf, and further ones with the same condition carry the values of the keys and counted fields of the correlations
//! below. This file does not know how events are counted.

use super::predicate::Predicate;
use super::sequence::{CompiledSequence, TermFilter, fields_of};
use super::threshold::{CompiledThreshold, Measure};
use crate::base::Ticks;
use crate::ecs::Field;
use std::sync::Arc;

/// A compiled correlation of correlations.
#[derive(Clone, Debug)]
pub struct CompiledCorrelation {
    filters: Vec<Arc<TermFilter>>,
    leaves: usize,
    root: CorrelationNode,
    fields: Box<[Field]>,
}

/// A correlation in the tree.
#[derive(Clone, Debug)]
pub struct CorrelationNode {
    /// What it takes, in order.
    pub inputs: Vec<CorrelationInput>,
    /// What must be true of what it takes. Its filters stand for the inputs, and take nothing themselves.
    pub test: CorrelationTest,
    /// Every leaf below it.
    pub leaves: Vec<LeafUse>,
}

/// What a correlation takes.
#[derive(Clone, Debug)]
pub enum CorrelationInput {
    /// The events of a leaf, by its number.
    Leaf(usize),
    /// What another correlation finds.
    Node(CorrelationNode),
}

/// How a correlation judges what it takes.
#[derive(Clone, Debug)]
pub enum CorrelationTest {
    /// By how much there is.
    Threshold(CompiledThreshold),
    /// By its order.
    Sequence(CompiledSequence),
}

/// What a correlation asks of the events of a leaf below it.
#[derive(Clone, Copy, Debug)]
pub struct LeafUse {
    /// The number of the leaf, which is that of its filter.
    pub leaf: usize,
    /// The filter whose counted value is the key of the correlation, unless it is that of the one above.
    pub key: Option<usize>,
    /// The filter whose counted value the correlation counts.
    pub value: Option<usize>,
}

impl CompiledCorrelation {
    /// A tree over filters, of which so many are of leaves, and the others carry values.
    pub fn new(filters: Vec<TermFilter>, leaves: usize, root: CorrelationNode) -> Self {
        let filters: Vec<_> = filters.into_iter().map(Arc::new).collect();
        Self { fields: fields_of(&filters), filters, leaves, root }
    }

    /// Restricts it to events that pass a condition.
    pub(super) fn among(&self, condition: &Predicate) -> Self {
        let filters: Vec<_> = self.filters.iter().map(|filter| filter.among(condition)).collect();
        Self { fields: fields_of(&filters), filters, leaves: self.leaves, root: self.root.clone() }
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The filters: those of leaves, then those that carry values.
    pub fn filters(&self) -> &[Arc<TermFilter>] {
        &self.filters
    }

    /// How many of the filters are of leaves.
    pub fn leaves(&self) -> usize {
        self.leaves
    }

    /// The uppermost correlation.
    pub fn root(&self) -> &CorrelationNode {
        &self.root
    }
}

impl CorrelationNode {
    /// The leaves that must each take an event for it to find anything.
    pub fn needed_leaves(&self) -> Vec<usize> {
        let needs_all = match &self.test {
            CorrelationTest::Sequence(_) => true,
            CorrelationTest::Threshold(threshold) => threshold.needs_all_filters(),
        };
        let mut needed: Vec<usize> = Vec::new();
        for input in self.inputs.iter().filter(|_| needs_all) {
            match input {
                CorrelationInput::Leaf(leaf) => needed.push(*leaf),
                CorrelationInput::Node(node) => needed.extend(node.needed_leaves()),
            }
        }
        needed.sort_unstable();
        needed.dedup();
        needed
    }

    /// How far the first and the last of what it takes may be apart.
    pub fn window(&self) -> Ticks {
        match &self.test {
            CorrelationTest::Threshold(threshold) => threshold.window(),
            CorrelationTest::Sequence(sequence) => sequence.maxspan().unwrap_or(Ticks(i64::MAX)),
        }
    }

    /// Whether it counts the inputs that gave something.
    pub fn counts_inputs(&self) -> bool {
        matches!(&self.test, CorrelationTest::Threshold(threshold) if threshold.measure() == Some(Measure::Filters))
    }
}
