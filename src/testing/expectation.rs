//! What a test expects, resolved against the rules that it loads. This file does not know how results come about.

use super::fields::FieldExpectation;
use crate::base::Span;
use crate::detect::RuleIndex;
use crate::eql::Predicate;
use crate::event::Clock;

/// How the list of alerts is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertListing {
    /// The test says nothing about single alerts.
    Unstated,
    /// Expects these alerts, and allows others.
    AtLeast,
    /// Expects these alerts and no others.
    Exact,
}

/// Everything that a test expects.
#[derive(Clone, Debug)]
pub struct Expectations {
    /// How the list of alerts is meant.
    pub listing: AlertListing,
    /// The alerts.
    pub alerts: Vec<AlertExpectation>,
    /// How many alerts there are.
    pub count: Option<(usize, Span)>,
    /// How many alerts single rules have.
    pub counts: Vec<RuleCount>,
    /// How many alerts exceptions take away.
    pub suppressed: Option<(usize, Span)>,
    /// The faults of the evidence: each of these, and no others.
    pub faults: Vec<FaultExpectation>,
    /// Events as they are mapped.
    pub events: Vec<EventExpectation>,
}

impl Expectations {
    /// Whether the test would pass whatever happens.
    pub fn asserts_nothing(&self) -> bool {
        self.listing == AlertListing::Unstated
            && self.count.is_none()
            && self.counts.is_empty()
            && self.suppressed.is_none()
            && self.faults.is_empty()
            && self.events.is_empty()
    }

    /// The alerts that are expected under a clock.
    pub fn alerts_by(&self, clock: Clock) -> impl Iterator<Item = &AlertExpectation> {
        self.alerts.iter().filter(move |alert| alert.clocks.contains(&clock))
    }
}

/// One alert. What is not said of it can be anything.
#[derive(Clone, Debug)]
pub struct AlertExpectation {
    /// The rule as it is written.
    pub rule: String,
    /// The loaded rules that have this id or name.
    pub rules: Vec<RuleIndex>,
    /// The computer of its last event.
    pub host: Option<String>,
    /// The record numbers of its events, in the order of the stages.
    pub records: Option<Vec<u64>>,
    /// The values of its join keys; an empty text stands for a key without value.
    pub keys: Option<Vec<serde_json::Value>>,
    /// Fields of its events: each in one of them at least.
    pub fields: Vec<FieldExpectation>,
    /// The orders of events under which it is expected.
    pub clocks: Vec<Clock>,
    /// Where it is written.
    pub span: Span,
}

/// How many alerts a rule has.
#[derive(Clone, Debug)]
pub struct RuleCount {
    /// The rule as it is written.
    pub rule: String,
    /// The loaded rules that have this id or name.
    pub rules: Vec<RuleIndex>,
    /// How many alerts they have together.
    pub count: usize,
    /// Where it is written.
    pub span: Span,
}

/// A fault of the evidence.
#[derive(Clone, Debug)]
pub struct FaultExpectation {
    /// The name of the file, or the end of its path.
    pub file: String,
    /// The chunk that it is about, counted from 0.
    pub chunk: Option<u64>,
    /// A part of the reason.
    pub reason: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// Expected fields of some mapped events.
#[derive(Clone, Debug)]
pub struct EventExpectation {
    /// Their record number.
    pub record: Option<u64>,
    /// Their computer.
    pub host: Option<String>,
    /// A condition that they fulfil.
    pub condition: Option<Predicate>,
    /// Fields that each of them must have.
    pub fields: Vec<FieldExpectation>,
    /// Whether they must have no other fields.
    pub exact: bool,
    /// How many there are; at least one, if nothing is said.
    pub count: Option<usize>,
    /// Where it is written.
    pub span: Span,
}
