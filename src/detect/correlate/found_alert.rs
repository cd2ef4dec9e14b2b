//! An alert before its events are read: where they stand, and no more.

use super::hosts::HostNumber;
use crate::base::Locator;
use crate::base::spool::{SpoolItem, read_item, write_item};
use crate::detect::hit::RuleIndex;
use crate::detect::tally::AlertTally;
use crate::eql::Digest;
use crate::event::OrderKey;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};

/// An event of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AlertEvent {
    /// Its place in the order of events, and in the evidence.
    pub order: OrderKey,
    /// Its host.
    pub host: HostNumber,
}

/// An alert that was found, in the order in which alerts are shown: by their last events, then by rules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FoundAlert {
    /// The event of its last stage.
    pub last: AlertEvent,
    /// Which rule.
    pub rule: u32,
    /// The event that completed it. The terms of a sample are met in any order.
    pub completed: OrderKey,
    /// The tiebreaker between alerts of one rule that one event completes.
    pub rank: AlertRank,
    /// The host that its join key means something on.
    pub scope: Option<HostNumber>,
    /// The digest of its join key; `None` for a rule of single events.
    pub key: Option<Digest>,
    /// One entry a stage; `None` for a stage that demands absence. Of a threshold the first event and the last.
    pub events: Box<[Option<AlertEvent>]>,
    /// What the rule has counted or looked back to, if it does.
    pub tally: Option<AlertTally>,
}

/// For a sample its first event, and the first term that takes it; then for all the position of the key among those of the event.
pub type AlertRank = (Option<OrderKey>, u32, u16);

impl FoundAlert {
    /// The alert of a rule that finds single events.
    pub fn of_event(rule: RuleIndex, event: AlertEvent) -> Self {
        let rule = u32::try_from(rule).unwrap_or(u32::MAX);
        Self {
            last: event,
            rule,
            completed: event.order,
            rank: (None, 0, 0),
            scope: None,
            key: None,
            events: [Some(event)].into(),
            tally: None,
        }
    }

    /// Which rule.
    pub fn rule(&self) -> RuleIndex {
        self.rule as usize
    }

    /// The alert of events that were found, one a stage; `None` without any.
    pub fn of_events(rule: RuleIndex, events: Box<[Option<AlertEvent>]>) -> Option<Self> {
        let last = *events.iter().flatten().next_back()?;
        let completed = events.iter().flatten().map(|event| event.order).max()?;
        Some(Self { completed, events, ..Self::of_event(rule, last) })
    }

    /// The same alert where inputs and hosts have other numbers.
    #[must_use]
    pub fn renumbered(&self, input: impl Fn(u32) -> u32, host: impl Fn(HostNumber) -> HostNumber) -> Self {
        let order = |order: OrderKey| order.renumbered(&input);
        let event = |event: AlertEvent| AlertEvent { order: order(event.order), host: host(event.host) };
        Self {
            last: event(self.last),
            completed: order(self.completed),
            rank: (self.rank.0.map(order), self.rank.1, self.rank.2),
            scope: self.scope.map(&host),
            events: self.events.iter().map(|of| of.map(event)).collect(),
            ..self.clone()
        }
    }

    /// The events there are, in stage order.
    pub fn present(&self) -> impl DoubleEndedIterator<Item = &AlertEvent> {
        self.events.iter().flatten()
    }

    /// Where its events were read.
    pub fn origins(&self) -> impl Iterator<Item = Locator> {
        self.present().map(|event| event.order.origin())
    }
}

impl SpoolItem for FoundAlert {
    /// Alerts are read in one piece, by whoever shows them in order.
    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.events)
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}
