//! A rule set meets events: which events are candidates, and which of them together are alerts.
//!
//! It runs in two steps. [`Detector::hits`] looks at one event at a time, in any order and on any thread, and says which stages of which
//! rules it could be. [`Detector::alerts`] takes all candidates, puts them in order and runs the sequences. Everything that is no candidate
//! can be forgotten between the steps, so memory follows the number of candidates.
//!
//! Events of different hosts never meet in a sequence that is joined by a process's entity id: such an id means something on its host only, and
//! cloned machines can share one. A rule whose keys cross hosts (a user, an address, or no key at all) sees all hosts together.
//!
//! This module does not know threads or files.

use crate::base::Ticks;
use crate::ecs::{self, FieldId};
use crate::eql::{Candidate, Machine, Pipe, Query, Sample, SampleMachine, Sequence, SequenceMatch};
use crate::event::{Clock, Document, Event, OrderKey, Value};
use crate::rules::{Metadata, Rule, RuleSet};
use hashbrown::HashMap;
use std::sync::Arc;

/// Position of a rule in its rule set.
pub type RuleIndex = usize;

/// What one rule makes of one event.
#[derive(Clone, Debug)]
pub enum Hit {
    /// The event alone is a finding.
    Event,
    /// The event can be part of a sequence or a sample.
    Joined(Candidate),
}

/// An event that some rule may need, with what each such rule makes of it.
#[derive(Clone, Debug)]
pub struct CandidateEvent {
    /// The event.
    pub event: Arc<Event>,
    /// The rules, ascending.
    pub hits: Vec<(RuleIndex, Hit)>,
}

/// A finding.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Which rule.
    pub rule: RuleIndex,
    /// Values of the join keys; empty for a rule without.
    pub join_keys: Vec<Option<Value>>,
    /// The events in stage order; `None` at a stage that demands absence.
    pub events: Vec<Option<Arc<Event>>>,
    /// The creation of the process that the alert is about, if it is not one of the events itself and some rule needed it too.
    pub start: Option<Arc<Event>>,
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

/// A rule set, ready to look at events. Shared by all threads.
#[derive(Debug)]
pub struct Detector {
    rules: RuleSet,
}

impl Detector {
    /// A detector for `rules`.
    pub fn new(rules: RuleSet) -> Self {
        Self { rules }
    }

    /// The rules, in the order that [`RuleIndex`] counts.
    pub fn rules(&self) -> &[Rule] {
        &self.rules.rules
    }

    /// What people are told of the rule of an alert.
    pub fn meta(&self, alert: &Alert) -> &Metadata {
        &self.rules.rules[alert.rule].meta
    }

    /// What each rule makes of one document; rules that make nothing of it are left out.
    pub fn hits(&self, document: &Document) -> Vec<(RuleIndex, Hit)> {
        let hit = |(index, rule): (RuleIndex, &Rule)| {
            let hit = match &rule.query {
                Query::Event(query) => query.matches(document).then_some(Hit::Event),
                Query::Sequence(sequence) => sequence.candidate(document).map(Hit::Joined),
                Query::Sample(sample) => sample.candidate(document).map(Hit::Joined),
            };
            hit.map(|hit| (index, hit))
        };
        self.rules.rules.iter().enumerate().filter_map(hit).collect()
    }

    /// The alerts among all candidates, which may come in any order. Alerts are in the order of their last events, then of their rules.
    pub fn alerts(&self, candidates: &mut [CandidateEvent], clock: Clock) -> Vec<Alert> {
        candidates.sort_by_key(|candidate| candidate.event.order(clock));
        let mut alerts: Vec<(Option<OrderKey>, Alert)> = Vec::new();
        for (index, rule) in self.rules.rules.iter().enumerate() {
            let found = match &rule.query {
                Query::Event(_) => single_events(index, rule.query.pipes(), candidates),
                Query::Sequence(sequence) => sequences(index, sequence, candidates, clock),
                Query::Sample(sample) => samples(index, sample, candidates),
            };
            alerts.extend(found.into_iter().map(|alert| (alert.last().map(|event| event.order(clock)), alert)));
        }
        alerts.sort_by_key(|(order, alert)| (*order, alert.rule));
        let mut alerts: Vec<Alert> = alerts.into_iter().map(|(_, alert)| alert).collect();
        add_starts(&mut alerts, candidates, clock);
        alerts
    }
}

/// A process: host and entity id.
fn process_of(event: &Event) -> Option<(&str, &str)> {
    let text = |field| event.document.text(field);
    Some((text(ecs::HOST_NAME).unwrap_or_default(), text(ecs::PROCESS_ENTITY_ID)?))
}

/// Gives each alert without the creation of its process that creation, if it is among the candidates: the latest one not after the first
/// event of the alert, or else the first there is. `candidates` are in order.
fn add_starts(alerts: &mut [Alert], candidates: &[CandidateEvent], clock: Clock) {
    let mut creations: HashMap<(&str, &str), Vec<&Arc<Event>>> = HashMap::new();
    for event in
        candidates.iter().map(|candidate| &candidate.event).filter(|event| event.document.is_process_creation())
    {
        if let Some(process) = process_of(event) {
            creations.entry(process).or_default().push(event);
        }
    }
    for alert in alerts {
        let Some(first) = alert.present().next() else { continue };
        let Some(known) = process_of(first).and_then(|process| creations.get(&process)) else { continue };
        if !alert.present().any(|event| known.iter().any(|creation| Arc::ptr_eq(creation, event))) {
            let order = first.order(clock);
            let before = known.iter().rev().find(|creation| creation.order(clock) <= order);
            alert.start = before.or(known.first()).map(|&creation| creation.clone());
        }
    }
}

fn hit_of(candidate: &CandidateEvent, rule: RuleIndex) -> Option<&Hit> {
    candidate.hits.iter().find(|(index, _)| *index == rule).map(|(_, hit)| hit)
}

fn single_events(rule: RuleIndex, pipes: &[Pipe], candidates: &[CandidateEvent]) -> Vec<Alert> {
    let mut hits: Vec<_> = candidates.iter().filter(|candidate| hit_of(candidate, rule).is_some()).collect();
    for pipe in pipes {
        pipe.apply(&mut hits);
    }
    hits.iter()
        .map(|hit| Alert { rule, join_keys: Vec::new(), events: vec![Some(hit.event.clone())], start: None })
        .collect()
}

fn sequences(rule: RuleIndex, sequence: &Sequence, candidates: &[CandidateEvent], clock: Clock) -> Vec<Alert> {
    let apart = joins_by_entity(sequence);
    let mut machines: HashMap<&str, Machine<'_, Arc<Event>>> = HashMap::new();
    for candidate in candidates {
        if let Some(Hit::Joined(stages)) = hit_of(candidate, rule) {
            let event = &candidate.event;
            let host = if apart { event.document.text(ecs::HOST_NAME).unwrap_or_default() } else { "" };
            let machine = machines.entry(host).or_insert_with(|| Machine::new(sequence));
            machine.push(event.time(clock), stages, event.clone());
        }
    }
    machines.into_values().flat_map(Machine::finish).map(|found| joined(rule, found)).collect()
}

fn samples(rule: RuleIndex, sample: &Sample, candidates: &[CandidateEvent]) -> Vec<Alert> {
    let mut machine = SampleMachine::new(sample);
    for candidate in candidates {
        if let Some(Hit::Joined(terms)) = hit_of(candidate, rule) {
            machine.push(terms, &candidate.event);
        }
    }
    machine.finish().into_iter().map(|found| joined(rule, found)).collect()
}

fn joined(rule: RuleIndex, SequenceMatch { keys, events }: SequenceMatch<Arc<Event>>) -> Alert {
    Alert { rule, join_keys: keys, events, start: None }
}

/// Whether a join key is the entity id of a process.
fn joins_by_entity(sequence: &Sequence) -> bool {
    let mut keys = sequence.filters().iter().flat_map(|filter| filter.keys());
    keys.any(|key| key.field.name().ends_with(".entity_id"))
}

#[cfg(test)]
mod tests;
