//! Counts the events of one key over a sliding window, and finds when there are enough.
//!
//! A finding is made at the event at which a threshold is reached; the key is then silent until, at one of its events, the threshold is not reached any more.
//! A window of 10 minutes and a threshold of 3 events:
//!
//! ```text
//! 09:00  09:04  09:06  09:09            09:30  09:31  09:32
//!   1      2      3      4                1      2      3      events in the window
//!               found  silent          fallen below   found
//! ```
//!
//! This file does not know rules.

use crate::base::Ticks;
use crate::eql::{CompiledThreshold, MOST_IN_WINDOW, Measure};
use hashbrown::HashMap;
use std::collections::VecDeque;

/// Runs one threshold over the events of one key, in order.
#[derive(Debug)]
pub struct ThresholdMachine<'t, T> {
    threshold: &'t CompiledThreshold,
    window: VecDeque<CountedEvent<T>>,
    /// How often each value is in the window.
    values: HashMap<u64, u32>,
    is_reached: bool,
    most: usize,
    /// The time of the latest event that was let go although the window reaches back to it.
    cut: Option<Ticks>,
    found: Vec<ThresholdMatch<T>>,
}

/// An event in the window.
#[derive(Debug)]
struct CountedEvent<T> {
    time: Ticks,
    values: Box<[u64]>,
    payload: T,
}

/// The window at the event at which a threshold was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdMatch<T> {
    /// The first event in it.
    pub first: T,
    /// The event at which it was reached.
    pub last: T,
    /// How many events it holds.
    pub events: u64,
    /// How many distinct values they have.
    pub values: u64,
    /// Whether it would have held more than it may.
    pub is_cut: bool,
}

impl<'t, T: Clone> ThresholdMachine<'t, T> {
    /// A machine that has seen nothing.
    pub fn new(threshold: &'t CompiledThreshold) -> Self {
        Self::with_room(threshold, MOST_IN_WINDOW)
    }

    /// A machine whose window holds so many events at most.
    fn with_room(threshold: &'t CompiledThreshold, most: usize) -> Self {
        Self {
            threshold,
            window: VecDeque::new(),
            values: HashMap::new(),
            is_reached: false,
            most,
            cut: None,
            found: Vec::new(),
        }
    }

    /// Takes the next event, with the values of its counted field, each a number that stands for it.
    pub fn push(&mut self, time: Ticks, values: impl IntoIterator<Item = u64>, payload: T) {
        let from = time.0.saturating_sub(self.threshold.window().0);
        while self.window.front().is_some_and(|oldest| oldest.time.0 < from) {
            self.drop_oldest();
        }
        if self.window.len() >= self.most {
            self.cut = self.window.front().map(|oldest| oldest.time);
            self.drop_oldest();
        }
        let mut values: Vec<u64> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        for value in &values {
            *self.values.entry(*value).or_default() += 1;
        }
        self.window.push_back(CountedEvent { time, values: values.into(), payload });
        let (events, values) = (self.window.len() as u64, self.values.len() as u64);
        let was_reached = std::mem::replace(&mut self.is_reached, self.threshold.is_reached(events, values));
        if self.is_reached && !was_reached {
            let [first, last] =
                [self.window.front(), self.window.back()].map(|event| event.map(|event| event.payload.clone()));
            let is_cut = self.cut.is_some_and(|cut| cut.0 >= from);
            self.found.extend(first.zip(last).map(|(first, last)| ThresholdMatch {
                first,
                last,
                events,
                values,
                is_cut,
            }));
        }
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.window.pop_front() else { return };
        for value in &oldest.values {
            if let Some(count) = self.values.get_mut(value) {
                *count -= 1;
                if *count == 0 {
                    self.values.remove(value);
                }
            }
        }
    }

    /// Whether it counts values.
    pub fn counts_values(&self) -> bool {
        self.threshold.bounds().iter().any(|bound| bound.measure == Measure::Values)
    }

    /// The findings, in the order of their last events.
    pub fn finish(self) -> Vec<ThresholdMatch<T>> {
        self.found
    }
}

#[cfg(test)]
mod tests;
