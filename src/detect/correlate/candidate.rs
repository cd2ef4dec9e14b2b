//! The tuple that is kept of a candidate under one of its join keys.

use super::hosts::HostNumber;
use super::pattern::PatternNumber;
use crate::base::spool::SpoolItem;
use crate::base::{Locator, Ticks};
use crate::eql::Digest;
use crate::event::OrderKey;
use std::cmp::Ordering;
use std::io::{self, Read};

/// A candidate under one join key: 64 bytes, whatever the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidateTuple {
    key: Digest,
    time: Ticks,
    tiebreaker: u64,
    offset: u64,
    /// Stands for one of the values that a threshold counts; 0 for none.
    pub value: u64,
    input: u32,
    /// The host of the event.
    pub host: HostNumber,
    /// The stages that take it under this key.
    pub pattern: PatternNumber,
    /// The position of the key among those that the event has for the same fields, which decides between alerts of one event.
    pub ordinal: u16,
    flags: u8,
}

/// The tiebreaker is missing.
const NO_TIEBREAKER: u8 = 1;
/// The key is one of a single host: on another host it is another one.
const ONE_HOST: u8 = 2;
/// The key is the entity id of a process of the host, and nothing beside.
const PROCESS: u8 = 4;
/// The event has more keys than are kept; set in one tuple of the event.
const CAPPED: u8 = 8;

impl CandidateTuple {
    /// A tuple of an event on a host at a place in the order of events.
    pub fn new(key: Digest, order: OrderKey, host: HostNumber, pattern: PatternNumber) -> Self {
        let Locator { input, offset } = order.origin();
        let (tiebreaker, flags) = order.tiebreaker().map_or((0, NO_TIEBREAKER), |number| (number, 0));
        Self { key, time: order.time, tiebreaker, offset, value: 0, input, host, pattern, ordinal: 0, flags }
    }

    /// Marks the key as one that means something on its host only.
    #[must_use]
    pub fn of_one_host(self, is_so: bool) -> Self {
        self.with(ONE_HOST, is_so)
    }

    /// Marks the key as the entity id of a process of its host.
    #[must_use]
    pub fn of_process(self, is_so: bool) -> Self {
        self.with(PROCESS, is_so)
    }

    /// Sets the position of the key among those that the event has for its fields.
    #[must_use]
    pub fn at(self, ordinal: u16) -> Self {
        Self { ordinal, ..self }
    }

    /// Sets the number that stands for a value that a threshold counts.
    #[must_use]
    pub fn counting(self, value: u64) -> Self {
        Self { value, ..self }
    }

    /// Notes that the event has more keys than are kept.
    pub fn cap(&mut self) {
        self.flags |= CAPPED;
    }

    fn with(self, flag: u8, is_so: bool) -> Self {
        if is_so { Self { flags: self.flags | flag, ..self } } else { self }
    }

    /// Whether the key is the entity id of a process of its host.
    pub fn is_of_process(&self) -> bool {
        self.flags & PROCESS != 0
    }

    /// Whether the event has more keys than are kept; true of one tuple of the event only.
    pub fn is_capped(&self) -> bool {
        self.flags & CAPPED != 0
    }

    /// The join key, without regard to the host.
    pub fn key(&self) -> Digest {
        self.key
    }

    /// The host that the key means something on; `None` if it is the same key on all.
    pub fn scope(&self) -> Option<HostNumber> {
        (self.flags & ONE_HOST != 0).then_some(self.host)
    }

    /// The place in the order of events.
    pub fn order(&self) -> OrderKey {
        let tiebreaker = (self.flags & NO_TIEBREAKER == 0).then_some(self.tiebreaker);
        OrderKey::new(self.time, tiebreaker, Locator { input: self.input, offset: self.offset })
    }

    /// Where the event stands in the evidence.
    pub fn origin(&self) -> Locator {
        Locator { input: self.input, offset: self.offset }
    }
}

impl Ord for CandidateTuple {
    fn cmp(&self, other: &Self) -> Ordering {
        // Keys are digests, so that the first words nearly always decide.
        (self.key.cmp(&other.key))
            .then_with(|| self.scope().cmp(&other.scope()))
            .then_with(|| self.order().cmp(&other.order()))
            .then_with(|| (self.ordinal, self.pattern, self.flags).cmp(&(other.ordinal, other.pattern, other.flags)))
            .then_with(|| (self.value, self.host).cmp(&(other.value, other.host)))
    }
}

impl PartialOrd for CandidateTuple {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl SpoolItem for CandidateTuple {
    const PARTITIONS: usize = 256;

    fn partition(&self) -> usize {
        usize::from(self.key[0].to_be_bytes()[0])
    }

    fn write(&self, out: &mut Vec<u8>) {
        let Self { key, time, tiebreaker, offset, value, input, host, pattern, ordinal, flags } = *self;
        for word in [key[0], key[1], time.0.cast_unsigned(), tiebreaker, offset, value] {
            out.extend(word.to_le_bytes());
        }
        for word in [input, host.0, pattern.0] {
            out.extend(word.to_le_bytes());
        }
        out.extend(ordinal.to_le_bytes());
        out.push(flags);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        let mut bytes = [0; 6 * 8 + 3 * 4 + 2 + 1];
        from.read_exact(&mut bytes)?;
        let (words, rest) = bytes.split_at(6 * 8);
        let mut words = words.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        let mut word = || words.next().unwrap_or_default();
        let (halves, rest) = rest.split_at(3 * 4);
        let mut halves = halves.as_chunks::<4>().0.iter().map(|half| u32::from_le_bytes(*half));
        let mut half = || halves.next().unwrap_or_default();
        Ok(Self {
            key: [word(), word()],
            time: Ticks(word().cast_signed()),
            tiebreaker: word(),
            offset: word(),
            value: word(),
            input: half(),
            host: HostNumber(half()),
            pattern: PatternNumber(half()),
            ordinal: u16::from_le_bytes([rest[0], rest[1]]),
            flags: rest[2],
        })
    }
}

#[cfg(test)]
mod tests;
