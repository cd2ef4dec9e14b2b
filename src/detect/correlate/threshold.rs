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

use super::window_values::WindowValues;
use crate::base::Ticks;
use crate::eql::{CompiledThreshold, CountedNumber, MOST_IN_WINDOW, Measure};
use std::collections::{BTreeMap, VecDeque};

/// Runs one threshold over the events of one key, in order.
#[derive(Debug)]
pub struct ThresholdMachine<'t, T> {
    threshold: &'t CompiledThreshold,
    window: VecDeque<CountedEvent<T>>,
    values: WindowValues,
    /// Of a threshold that counts filters the latest event of each.
    latest: BTreeMap<u64, T>,
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
    /// The first event in it and the one at which it was reached; of a threshold that counts filters the latest event of each, in the order of the filters.
    pub shown: Vec<T>,
    /// How many events it holds.
    pub events: u64,
    /// How many distinct values they have.
    pub values: u64,
    /// What their values amount to, if they are numbers.
    pub number: Option<CountedNumber>,
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
            values: WindowValues::new(threshold.measure()),
            latest: BTreeMap::new(),
            is_reached: false,
            most,
            cut: None,
            found: Vec::new(),
        }
    }

    /// Takes the next event, with the values that are counted, each a number that stands for it: of fields those of [`Digester`](crate::eql::Digester), or, if
    /// filters are counted, the numbers of those that take it.
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
            self.values.add(*value);
        }
        if self.counts_filters() {
            self.latest.extend(values.iter().map(|filter| (*filter, payload.clone())));
        }
        self.window.push_back(CountedEvent { time, values: values.into(), payload });
        let events = self.window.len() as u64;
        let size = |measure| match measure {
            Measure::Events => Some(CountedNumber::count(events)),
            other => self.values.size(other),
        };
        let is_reached = self.threshold.is_reached(size);
        let was_reached = std::mem::replace(&mut self.is_reached, is_reached);
        if is_reached && !was_reached {
            let number = self.threshold.measure().filter(|measure| measure.is_of_numbers());
            self.found.push(ThresholdMatch {
                shown: self.shown(),
                events,
                values: self.values.distinct(),
                number: number.and_then(|measure| self.values.size(measure)),
                is_cut: self.cut.is_some_and(|cut| cut.0 >= from),
            });
        }
    }

    /// The events that a finding shows.
    fn shown(&self) -> Vec<T> {
        if self.counts_filters() {
            return self.latest.values().cloned().collect();
        }
        // One event can be enough.
        let first = self.window.front().filter(|_| self.window.len() > 1);
        first.into_iter().chain(self.window.back()).map(|event| event.payload.clone()).collect()
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.window.pop_front() else { return };
        for value in &oldest.values {
            if self.values.remove(*value) {
                self.latest.remove(value);
            }
        }
    }

    /// Whether it counts the filters that take events.
    pub fn counts_filters(&self) -> bool {
        self.threshold.measure() == Some(Measure::Filters)
    }

    /// Takes the findings that were made since somebody last did, in the order of their last events.
    pub fn take_found(&mut self) -> Vec<ThresholdMatch<T>> {
        std::mem::take(&mut self.found)
    }
}

#[cfg(test)]
mod tests;
