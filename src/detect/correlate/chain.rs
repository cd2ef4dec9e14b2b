//! Runs a correlation of correlations over the events of one key of the uppermost one.
//!
//! An event goes down to the leaves that take it, and what the correlations on the way find there comes up again, as an event of the same time. Each correlation
//! has a state for each of its own keys. This file does not know rules.

use super::threshold::{ThresholdMachine, ThresholdMatch};
use crate::base::Ticks;
use crate::eql::{Candidate, CompiledCorrelation, CorrelationInput, CorrelationNode, CorrelationTest, Digest, Machine};
use hashbrown::HashMap;
use std::sync::Arc;

/// Most keys of a correlation below the uppermost one that are held at once under a key of that one; of more, those are let go whose window has passed or, if
/// that is not half of them, all.
pub const MOST_CHAINED_KEYS: usize = 1 << 16;

/// Runs the tree.
#[derive(Debug)]
pub struct ChainMachine<'c, T> {
    root: NodeState<'c, T>,
    found: Vec<ThresholdMatch<T>>,
    /// How many keys were let go within their windows.
    forgotten: u64,
}

/// The filters that take an event, ascending, each with the values that are counted for it.
pub type FilterValues = Vec<(usize, Vec<u64>)>;

/// The states of a correlation.
#[derive(Debug)]
struct NodeState<'c, T> {
    node: &'c CorrelationNode,
    by_key: HashMap<u64, KeyState<'c, T>>,
}

/// The state of a correlation under one of its keys.
#[derive(Debug)]
struct KeyState<'c, T> {
    /// Of the correlations among its inputs, by their positions.
    below: HashMap<usize, NodeState<'c, T>>,
    machine: NodeMachine<'c, T>,
    /// The time of the latest event.
    last: Ticks,
}

/// The events of a finding. They come up together.
type Shown<T> = Arc<[T]>;

#[derive(Debug)]
enum NodeMachine<'c, T> {
    Threshold(ThresholdMachine<'c, Shown<T>>),
    Sequence(Machine<'c, Shown<T>>),
}

impl<'c, T: Clone + Ord> ChainMachine<'c, T> {
    /// A machine that has seen nothing.
    pub fn new(correlation: &'c CompiledCorrelation) -> Self {
        Self { root: NodeState { node: correlation.root(), by_key: HashMap::new() }, found: Vec::new(), forgotten: 0 }
    }

    /// Takes the next event, with the filters that take it.
    pub fn push(&mut self, time: Ticks, filters: &FilterValues, payload: &T) {
        let leaves: Vec<usize> = filters.iter().map(|(filter, _)| *filter).collect();
        self.found.extend(self.root.push(time, filters, &leaves, payload, &mut self.forgotten));
    }

    /// The findings, in the order of their last events, and how many keys were let go within their windows: what they would have led to is lost.
    pub fn finish(self) -> (Vec<ThresholdMatch<T>>, u64) {
        (self.found, self.forgotten)
    }
}

/// The values that are counted for a filter.
fn values(filters: &FilterValues, filter: usize) -> &[u64] {
    filters.binary_search_by_key(&filter, |(filter, _)| *filter).map_or(&[], |at| &filters[at].1)
}

impl<T: Clone + Ord> NodeState<'_, T> {
    /// Takes an event that some leaves take; gives what is found at it.
    fn push(
        &mut self,
        time: Ticks,
        filters: &FilterValues,
        leaves: &[usize],
        payload: &T,
        forgotten: &mut u64,
    ) -> Vec<ThresholdMatch<T>> {
        let mut keys: Vec<(u64, Vec<usize>)> = Vec::new();
        let mut add = |key: u64, leaf: usize| match keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, leaves)) => leaves.push(leaf),
            None => keys.push((key, vec![leaf])),
        };
        for of_leaf in self.node.leaves.iter().filter(|of_leaf| leaves.contains(&of_leaf.leaf)) {
            match of_leaf.key {
                Some(filter) => values(filters, filter).iter().for_each(|key| add(*key, of_leaf.leaf)),
                None => add(0, of_leaf.leaf),
            }
        }
        let mut found = Vec::new();
        for (key, leaves) in keys {
            if self.by_key.len() >= MOST_CHAINED_KEYS && !self.by_key.contains_key(&key) {
                *forgotten += self.make_room(time);
            }
            let node = self.node;
            let state = self.by_key.entry(key).or_insert_with(|| KeyState::new(node, time));
            found.extend(state.push(node, time, (filters, &leaves), payload, forgotten));
        }
        found
    }

    /// Lets keys go, and tells how many of them might still have led to something.
    fn make_room(&mut self, now: Ticks) -> u64 {
        let window = self.node.window();
        self.by_key.retain(|_, state| now.0.saturating_sub(state.last.0) <= window.0);
        // With less room than that, every few keys would look at all others again.
        if self.by_key.len() <= MOST_CHAINED_KEYS / 2 {
            return 0;
        }
        let live = self.by_key.len() as u64;
        self.by_key.clear();
        live
    }
}

impl<'c, T: Clone + Ord> KeyState<'c, T> {
    fn new(node: &'c CorrelationNode, time: Ticks) -> Self {
        let machine = match &node.test {
            CorrelationTest::Threshold(threshold) => NodeMachine::Threshold(ThresholdMachine::new(threshold)),
            CorrelationTest::Sequence(sequence) => NodeMachine::Sequence(Machine::new(sequence)),
        };
        Self { below: HashMap::new(), machine, last: time }
    }

    fn push(
        &mut self,
        node: &'c CorrelationNode,
        time: Ticks,
        (filters, leaves): (&FilterValues, &[usize]),
        payload: &T,
        forgotten: &mut u64,
    ) -> Vec<ThresholdMatch<T>> {
        self.last = time;
        // The event itself, for all leaves together, then what was found below.
        let mut given: Vec<Given<T>> = Vec::new();
        let is_own = |at: &usize| matches!(&node.inputs[*at], CorrelationInput::Leaf(leaf) if leaves.contains(leaf));
        let own: Vec<usize> = (0..node.inputs.len()).filter(is_own).collect();
        let counted = |among: &dyn Fn(usize) -> bool| -> Vec<u64> {
            let active = node.leaves.iter().filter(|of_leaf| leaves.contains(&of_leaf.leaf) && among(of_leaf.leaf));
            active.filter_map(|of_leaf| of_leaf.value).flat_map(|filter| values(filters, filter)).copied().collect()
        };
        if !own.is_empty() {
            let is_direct =
                |leaf| own.iter().any(|at| matches!(node.inputs[*at], CorrelationInput::Leaf(own) if own == leaf));
            let counted = counted(&is_direct);
            given.push(Given { inputs: own, shown: Arc::from([payload.clone()]), counted });
        }
        for (at, input) in node.inputs.iter().enumerate() {
            let CorrelationInput::Node(below) = input else { continue };
            let leaves: Vec<usize> =
                below.leaves.iter().map(|of_leaf| of_leaf.leaf).filter(|leaf| leaves.contains(leaf)).collect();
            if leaves.is_empty() {
                continue;
            }
            let state = self.below.entry(at).or_insert_with(|| NodeState { node: below, by_key: HashMap::new() });
            for found in state.push(time, filters, &leaves, payload, forgotten) {
                let counted = counted(&|leaf| leaves.contains(&leaf));
                given.push(Given { inputs: vec![at], shown: found.shown.into(), counted });
            }
        }
        if given.is_empty() { Vec::new() } else { self.machine.push(node, time, given) }
    }
}

/// What some inputs of a correlation give at an event.
struct Given<T> {
    /// The inputs, by their positions.
    inputs: Vec<usize>,
    shown: Shown<T>,
    /// The values that are counted of it.
    counted: Vec<u64>,
}

impl<T: Clone + Ord> NodeMachine<'_, T> {
    fn push(&mut self, node: &CorrelationNode, time: Ticks, given: Vec<Given<T>>) -> Vec<ThresholdMatch<T>> {
        match self {
            Self::Threshold(machine) => {
                for Given { inputs, shown, counted } in given {
                    if node.counts_inputs() {
                        machine.push(time, inputs.iter().map(|input| *input as u64), shown);
                    } else {
                        machine.push(time, counted, shown);
                    }
                }
                machine.take_found().into_iter().map(flat).collect()
            }
            Self::Sequence(machine) => {
                // Offered together: one event must not fill two stages.
                let key: &[Digest] = &[Digest::default()];
                let mut inputs: Vec<usize> = given.iter().flat_map(|given| given.inputs.iter().copied()).collect();
                inputs.sort_unstable();
                let shown = joined(given.iter().flat_map(|given| given.shown.iter().cloned()));
                let candidate = Candidate::of_digests(inputs.into_iter().map(|input| (input, key)));
                machine.push(time, &candidate, shown.into());
                let found = |events: Vec<Option<Shown<T>>>| {
                    let shown = joined(events.iter().flatten().flat_map(|shown| shown.iter().cloned()));
                    ThresholdMatch { events: shown.len() as u64, shown, values: 0, number: None, is_cut: false }
                };
                machine.take_complete().into_iter().map(|complete| found(complete.events)).collect()
            }
        }
    }
}

/// A finding with all the events of what it was made of.
fn flat<T: Clone + Ord>(found: ThresholdMatch<Shown<T>>) -> ThresholdMatch<T> {
    let ThresholdMatch { shown, events, values, number, is_cut } = found;
    let shown = joined(shown.iter().flat_map(|shown| shown.iter().cloned()));
    ThresholdMatch { shown, events, values, number, is_cut }
}

/// Events in order, each once.
fn joined<T: Ord>(events: impl Iterator<Item = T>) -> Vec<T> {
    let mut events: Vec<T> = events.collect();
    events.sort_unstable();
    events.dedup();
    events
}

#[cfg(test)]
mod tests;
