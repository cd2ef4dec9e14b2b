//! Which computers the events of a run are of, with the number of their events and the times of the first and the last.
//!
//! Nearly every record is of the same computer as the one before it. So a record costs a comparison of the numbers of their senders and two of times; names
//! are looked at where the sender changes. What is noted of a chunk counts when the chunk is done, since a chunk may be read anew.

use crate::base::{Ticks, host};
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// The events of one computer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComputerEvents {
    /// `Computer` of its records, or the host of documents; empty where they name none. Of names that differ in case, the first in the order of bytes.
    pub name: String,
    /// Records and documents that became events, copies included.
    pub events: u64,
    /// When the first of them was logged.
    pub first: Ticks,
    /// When the last of them was logged.
    pub last: Ticks,
}

/// A number of events and their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EventSpan {
    events: u64,
    first: Ticks,
    last: Ticks,
}

impl EventSpan {
    const NONE: Self = Self { events: 0, first: Ticks(i64::MAX), last: Ticks(i64::MIN) };

    fn note(&mut self, at: Ticks) {
        self.events += 1;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }

    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// The computers of some units of evidence.
#[derive(Debug)]
pub struct Computers {
    /// Positions in `spans` by the name as it is written.
    by_name: HashMap<String, usize, FixedState>,
    spans: Vec<EventSpan>,
    /// What is noted since the chunk began, but for the sender at hand.
    pending: HashMap<usize, EventSpan, FixedState>,
    /// The position and the sender of the last record, and what is noted of that sender.
    current: (usize, Option<u64>),
    current_span: EventSpan,
    scratch: String,
}

impl Default for Computers {
    fn default() -> Self {
        Self {
            by_name: HashMap::default(),
            spans: Vec::new(),
            pending: HashMap::default(),
            current: (0, None),
            current_span: EventSpan::NONE,
            scratch: String::new(),
        }
    }
}

impl Computers {
    /// Notes a record of a sender, whose computer `write` writes.
    #[inline]
    pub fn note_sender(&mut self, sender: u64, at: Ticks, write: impl FnOnce(&mut String)) {
        if self.current.1 != Some(sender) {
            let mut name = std::mem::take(&mut self.scratch);
            name.clear();
            write(&mut name);
            self.change(&name, Some(sender));
            self.scratch = name;
        }
        self.current_span.note(at);
    }

    /// Notes an event of a computer.
    pub fn note(&mut self, name: &str, at: Ticks) {
        self.change(name, None);
        self.current_span.note(at);
    }

    fn change(&mut self, name: &str, sender: Option<u64>) {
        self.set_aside();
        let position = self.by_name.get(name).copied().unwrap_or_else(|| {
            self.by_name.insert(name.to_owned(), self.spans.len());
            self.spans.push(EventSpan::NONE);
            self.spans.len() - 1
        });
        self.current = (position, sender);
    }

    fn set_aside(&mut self) {
        if self.current_span.events > 0 {
            let span = std::mem::replace(&mut self.current_span, EventSpan::NONE);
            self.pending.entry(self.current.0).or_insert(EventSpan::NONE).add(span);
        }
    }

    /// What was noted since the last call counts. Numbers of senders are those of one unit.
    pub fn keep(&mut self) {
        self.set_aside();
        self.pending.drain().for_each(|(position, span)| self.spans[position].add(span));
        self.current.1 = None;
    }

    /// What was noted since the last [`keep`](Self::keep) does not count.
    pub fn forget(&mut self) {
        self.current_span = EventSpan::NONE;
        self.pending.clear();
        self.current.1 = None;
    }

    /// Adds those of other units, all of which count.
    pub fn merge(&mut self, other: Self) {
        for (name, position) in other.by_name {
            self.change(&name, None);
            self.spans[self.current.0].add(other.spans[position]);
        }
    }

    /// All computers, by name. Names that differ in case are one.
    pub fn all(self) -> Vec<ComputerEvents> {
        let of = |(name, position): (String, usize)| {
            let EventSpan { events, first, last } = self.spans[position];
            (events > 0).then_some(ComputerEvents { name, events, first, last })
        };
        by_name(self.by_name.into_iter().filter_map(of))
    }
}

/// Puts the events of each computer together, by name. Names that differ in case are one.
pub fn by_name(computers: impl IntoIterator<Item = ComputerEvents>) -> Vec<ComputerEvents> {
    let mut all: BTreeMap<String, ComputerEvents> = BTreeMap::new();
    for ComputerEvents { name, events, first, last } in computers {
        let known = all.entry(host::folded(&name).into_owned());
        let one = known.or_insert_with(|| ComputerEvents { name: name.clone(), events: 0, first, last });
        one.name = std::mem::take(&mut one.name).min(name);
        one.events += events;
        one.first = one.first.min(first);
        one.last = one.last.max(last);
    }
    all.into_values().collect()
}

#[cfg(test)]
mod tests;
