//! The state machine that puts candidates together.
//!
//! For each key, at most one partial sequence waits behind each stage: the most recent one. An event is offered to the last stage first, so that it
//! cannot fill two stages of one sequence, and it takes the partial it extends away from where that waited. A partial that grows too old is
//! dropped when the next event reaches it; an `until` event drops everything that waits under its key, after the stages had their turn.
//!
//! Missing-event stages take no part in this. Their events are remembered by time, and a finished sequence is held against them at the end,
//! when events after it are known too. At the end of input, no such event means that there was none.

use super::candidate::Candidate;
use super::compiled::CompiledSequence;
use super::key::{JoinKey, KeyPart};
use crate::base::Ticks;
use crate::event::Value;
use hashbrown::HashMap;

/// Runs one sequence over candidates in the order of time. `T` is what the caller needs of an event, such as a reference.
#[derive(Debug)]
pub struct Machine<'s, T> {
    sequence: &'s CompiledSequence,
    /// Positions of the stages that events fill.
    positive: Vec<usize>,
    /// Under each key, the partial that waits behind each positive stage but the last.
    pending: HashMap<JoinKey, Vec<Option<Partial<T>>>>,
    /// Times, in whole milliseconds and ascending, of the events of each missing-event filter under each key.
    absences: HashMap<(usize, JoinKey), Vec<i64>>,
    complete: Vec<(JoinKey, Partial<T>)>,
}

/// The events so far, one a positive stage.
#[derive(Clone, Debug)]
struct Partial<T> {
    events: Vec<(Ticks, T)>,
}

/// A sequence that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceMatch<T> {
    /// The join key.
    pub key: JoinKey,
    /// One entry a stage; `None` for a missing-event stage.
    pub events: Vec<Option<T>>,
}

impl<T> SequenceMatch<T> {
    /// Values of the join key; `None` is null.
    pub fn keys(&self) -> Vec<Option<Value>> {
        self.key.iter().map(KeyPart::to_value).collect()
    }
}

impl<'s, T: Clone> Machine<'s, T> {
    /// A machine that has seen nothing.
    pub fn new(sequence: &'s CompiledSequence) -> Self {
        let positive = (0..sequence.stages().len()).filter(|&at| !sequence.stages()[at].is_missing()).collect();
        Self { sequence, positive, pending: HashMap::new(), absences: HashMap::new(), complete: Vec::new() }
    }

    /// Takes the next event. Events must come in their total order.
    pub fn push(&mut self, time: Ticks, candidate: &Candidate, payload: T) {
        // With `[a] [a]` one event must not fill both stages: it completes what waits behind the first stage, and only then begins a sequence itself.
        // Events of one time may follow each other in a sequence; which of them is first, their total order has decided.
        for at in (0..self.positive.len()).rev() {
            let filter = self.sequence.stages()[self.positive[at]].filter_index();
            for key in candidate.keys(filter) {
                self.advance(at, key, time, &payload);
            }
        }
        // After the stages: an event that is both the last stage and `until` still completes its sequence.
        if let Some(until) = self.sequence.until() {
            for key in candidate.keys(until) {
                self.pending.remove(key);
            }
        }
        // Judged in `finish`: when a sequence completes, the events that a trailing `![...]` asks about are still to come.
        for (filter, keys) in candidate.hits().filter(|(filter, _)| self.sequence.filters()[*filter].is_missing()) {
            for key in keys {
                self.absences.entry((filter, key.clone())).or_default().push(time.whole_millis());
            }
        }
    }

    /// Offers an event to the positive stage number `at`.
    fn advance(&mut self, at: usize, key: &JoinKey, time: Ticks, payload: &T) {
        let mut partial = if at == 0 {
            Partial { events: Vec::with_capacity(self.positive.len().min(4)) }
        } else {
            let Some(waiting) = self.pending.get_mut(key) else { return };
            // Taken out even if it is late: for later events it is later still.
            let Some(partial) = waiting[at - 1].take() else { return };
            // Keys come and go with the processes of a host: what waits for nothing must not stay.
            if waiting.iter().all(Option::is_none) {
                self.pending.remove(key);
            }
            if self.is_late(&partial, time) {
                return;
            }
            partial
        };
        partial.events.push((time, payload.clone()));
        if at + 1 == self.positive.len() {
            self.complete.push((key.clone(), partial));
            return;
        }
        let places = self.positive.len() - 1;
        let waiting =
            self.pending.entry_ref(key).or_insert_with(|| std::iter::repeat_with(|| None).take(places).collect());
        // An older partial is replaced: the newer one has more of its maxspan left, and one partial a stage keeps memory in proportion to keys.
        waiting[at] = Some(partial);
    }

    fn is_late(&self, partial: &Partial<T>, time: Ticks) -> bool {
        match (self.sequence.maxspan(), partial.events.first()) {
            // An event exactly `maxspan` after the first is still in time.
            (Some(maxspan), Some((start, _))) => time.0.saturating_sub(start.0) > maxspan.0,
            _ => false,
        }
    }

    /// Takes the sequences that are complete so far, of a query without stages that demand absence.
    pub fn take_complete(&mut self) -> Vec<SequenceMatch<T>> {
        let complete = std::mem::take(&mut self.complete);
        complete.into_iter().map(|(key, partial)| self.spread(&key, partial)).collect()
    }

    /// All sequences found, in the order of their last events, cut by the query's pipes.
    pub fn finish(mut self) -> Vec<SequenceMatch<T>> {
        let complete = std::mem::take(&mut self.complete);
        let mut found: Vec<_> = complete
            .into_iter()
            .filter(|(key, partial)| self.nothing_missing_occurred(key, partial))
            .map(|(key, partial)| self.spread(&key, partial))
            .collect();
        self.sequence.pipes().iter().for_each(|pipe| pipe.apply(&mut found));
        found
    }

    /// Puts events at the places of their stages.
    fn spread(&self, key: &JoinKey, partial: Partial<T>) -> SequenceMatch<T> {
        let mut rest = partial.events.into_iter().map(|(_, payload)| payload);
        let stages = self.sequence.stages().iter();
        let events = stages.map(|stage| if stage.is_missing() { None } else { rest.next() }).collect();
        SequenceMatch { key: key.clone(), events }
    }

    /// Times of the events that a missing-event filter took under a key.
    fn absences(&self, filter: usize, key: &JoinKey) -> &[i64] {
        self.absences.get(&(filter, key.clone())).map_or(&[], Vec::as_slice)
    }

    /// Holds a finished sequence against the events that must not have occurred.
    fn nothing_missing_occurred(&self, key: &JoinKey, partial: &Partial<T>) -> bool {
        let times: Vec<i64> = partial.events.iter().map(|(time, _)| time.whole_millis()).collect();
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return true };
        let (mut leading, mut trailing): (Option<i64>, Option<i64>) = (None, None);
        let (mut has_leading, mut has_trailing) = (false, false);
        let mut passed = 0;
        for stage in self.sequence.stages() {
            if !stage.is_missing() {
                passed += 1;
                continue;
            }
            let occurred = self.absences(stage.filter_index(), key);
            if passed == 0 {
                has_leading = true;
                let before = &occurred[..occurred.partition_point(|&time| time < first)];
                leading = leading.max(before.last().copied());
            } else if passed == times.len() {
                has_trailing = true;
                let after = &occurred[occurred.partition_point(|&time| time <= last)..];
                trailing = trailing.into_iter().chain(after.first().copied()).min();
            } else {
                // Strictly between the neighbours: an event in the millisecond of one of them is not between them.
                let (from, to) = (times[passed - 1], times[passed]);
                let next = occurred.get(occurred.partition_point(|&time| time <= from));
                if next.is_some_and(|&time| time < to) {
                    return false;
                }
            }
        }
        // At the ends no neighbour limits the absence, so maxspan does: `![x] [a] [b]` fails if an `x` before `a` lies at most maxspan before `b`. Absences at
        // both ends are held against each other: the nearest `x` on each side must lie more than maxspan apart.
        let maxspan = self.sequence.maxspan().map_or(i64::MAX, Ticks::whole_millis);
        let apart = |from: Option<i64>, to: Option<i64>| match (from, to) {
            (Some(from), Some(to)) => to.saturating_sub(from) > maxspan,
            _ => true,
        };
        match (has_leading, has_trailing) {
            (false, false) => true,
            (true, false) => apart(leading, Some(last)),
            (false, true) => apart(Some(first), trailing),
            (true, true) => apart(leading, trailing),
        }
    }
}

#[cfg(test)]
mod tests;
