//! Alerts, and what else a run of all rules yields.
//!
//! This file does not know how alerts are found.

use super::hit::RuleIndex;
use super::tally::{AlertTally, RepeatedAlerts};
use crate::base::Ticks;
use crate::ecs::FieldId;
use crate::event::{Event, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A finding.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Which rule.
    pub rule: RuleIndex,
    /// Values of the join keys; empty for a rule without.
    pub join_keys: Vec<Option<Value>>,
    /// The events in stage order; `None` at a stage that demands absence. Of a threshold the first event and the last.
    pub events: Vec<Option<Arc<Event>>>,
    /// What the rule has counted or looked back to, if it does.
    pub tally: Option<AlertTally>,
    /// Alerts of the rule that it stands for, if there are some and repeats are suppressed.
    pub repeated: Option<RepeatedAlerts>,
    /// The creation of the process that the alert is about, if it is not one of the events itself; once
    /// it was looked for.
    pub start: Option<Arc<Event>>,
    /// What stands around its first event in the order of its host or process, in that order; once it was looked for.
    pub context: Vec<ContextEvent>,
}

/// An event that stands around another one.
#[derive(Clone, Debug)]
pub struct ContextEvent {
    /// How many events it comes after that one, or before it if negative; never 0.
    pub distance: i32,
    /// The event.
    pub event: Arc<Event>,
}

impl Alert {
    /// The events there are, in stage order.
    pub fn present(&self) -> impl DoubleEndedIterator<Item = &Arc<Event>> {
        self.events.iter().flatten()
    }

    /// The last event, which completed the finding.
    pub fn last(&self) -> Option<&Arc<Event>> {
        self.present().next_back()
    }

    /// The first value of a field among the events, in stage order, and then in the creation of the process.
    pub fn first(&self, field: FieldId) -> Option<&Value> {
        self.present().chain(&self.start).find_map(|event| event.document.first(field))
    }

    /// `@timestamp` of the finding: that of its last event.
    pub fn timestamp(&self) -> Option<Ticks> {
        self.last().map(|event| event.timestamp)
    }
}

/// All findings of a run.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Findings {
    /// In the order of their last events, then of their rules.
    pub alerts: Vec<Alert>,
    /// Alerts that were left out because a rule had more than it may have, by rule.
    pub left_out: BTreeMap<RuleIndex, usize>,
    /// Alerts that an exception took away, by the position of the exception.
    pub set_aside: BTreeMap<usize, usize>,
}

/// Rules that could find nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// Because they ask for something that Sysmon does not record.
    pub not_in_sysmon: Vec<RuleIndex>,
    /// Because there are no events of the IDs that they need.
    pub no_events: Vec<RuleIndex>,
}

/// Most alerts of one run of a rule that does not say so itself, in Elastic's detection engine.
pub const MAX_SIGNALS: u32 = 100;
