//! A rule set meets events: which events are candidates, and which of them together are alerts.
//!
//! It runs in two steps. [`Detector::hits`] looks at one event at a time, in any order and on any thread, and says which stages of which
//! rules it could be. [`Detector::findings`] takes all candidates, puts them in order and runs the sequences. Everything that is no candidate
//! can be forgotten between the steps, so memory follows the number of candidates.
//!
//! Events of different hosts never meet in a sequence that is joined by a process's entity id: such an id means something on its host only, and
//! cloned machines can share one. A rule whose keys cross hosts (a user, an address, or no key at all) sees all hosts together.
//!
//! This module does not know threads or files.

mod coverage;
mod creations;
mod plan;

pub use coverage::{Coverage, Inventory, coverage};
pub use creations::Creations;
pub use plan::Known;

use crate::base::Ticks;
use crate::base::wildcard::fold;
use crate::ecs::{self, FieldId};
use crate::eql::{Candidate, Machine, Pipe, Query, Sample, SampleMachine, Sequence, SequenceMatch, Stage};
use crate::event::{Clock, Document, Event, OrderKey, Value};
use crate::rules::{Metadata, Rule, RuleSet};
use crate::sysmon::{self, Mapping};
use hashbrown::HashMap;
use plan::{Plan, Try};
use std::collections::BTreeMap;
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

/// All findings of a run.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// In the order of their last events, then of their rules.
    pub alerts: Vec<Alert>,
    /// Alerts that were left out because a rule had more than it may have, by rule.
    pub left_out: BTreeMap<RuleIndex, usize>,
}

/// How many rules could find nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// Because they ask for something that Sysmon does not record.
    pub not_in_sysmon: usize,
    /// Because there are no events of the IDs that they need.
    pub no_events: usize,
}

/// Most alerts of one run of a rule that does not say so itself, in Elastic's detection engine.
pub const MAX_SIGNALS: u32 = 100;

/// A rule set, ready to look at events. Shared by all threads.
#[derive(Debug)]
pub struct Detector {
    rules: RuleSet,
    all: Plan,
    by_id: HashMap<u32, Plan>,
    max_signals: bool,
}

impl Detector {
    /// A detector for `rules`.
    pub fn new(rules: RuleSet) -> Self {
        Self::for_mapping(rules, Mapping::default())
    }

    /// A detector for `rules` over Sysmon events that are mapped in a certain way.
    pub fn for_mapping(rules: RuleSet, mapping: Mapping) -> Self {
        let plan = |id| (id, Plan::known(&rules.rules, &Known::of_sysmon(id, mapping)));
        let by_id = sysmon::event_ids().map(plan).collect();
        Self { all: Plan::all(&rules.rules), by_id, rules, max_signals: false }
    }

    /// The same, keeping only so many alerts of each rule as Elastic's detection engine does in one run: the latest, up to the rule's own
    /// `max_signals`, or else [`MAX_SIGNALS`].
    #[must_use]
    pub fn with_max_signals(self, honoured: bool) -> Self {
        Self { max_signals: honoured, ..self }
    }

    /// The rules, in the order that [`RuleIndex`] counts.
    pub fn rules(&self) -> &[Rule] {
        &self.rules.rules
    }

    /// What people are told of the rule of an alert.
    pub fn meta(&self, alert: &Alert) -> &Metadata {
        &self.rules.rules[alert.rule].meta
    }

    /// What each rule makes of one document of any origin; rules that make nothing of it are left out.
    pub fn hits(&self, document: &Document) -> Vec<(RuleIndex, Hit)> {
        self.try_rules(&self.all, document)
    }

    /// Whether a Sysmon event of this ID, written on Windows, whose process has this path could matter to some rule. Tells before the event is mapped.
    pub fn may_matter(&self, event_id: u32, executable: Option<&str>) -> bool {
        let Some(plan) = self.by_id.get(&event_id) else { return true };
        if plan.tries.is_empty() {
            return false;
        }
        let (Some(names), Some(path)) = (&plan.names, executable) else { return true };
        match path.rsplit_once('\\') {
            Some((_, name)) => names.contains(&name.chars().map(fold).collect::<String>()),
            None => true,
        }
    }

    /// The same for a document that [`sysmon::map`] made of a record of Sysmon on Windows, with the mapping of this detector.
    pub fn hits_of_sysmon(&self, event_id: u32, document: &Document) -> Vec<(RuleIndex, Hit)> {
        self.try_rules(self.by_id.get(&event_id).unwrap_or(&self.all), document)
    }

    fn try_rules(&self, plan: &Plan, document: &Document) -> Vec<(RuleIndex, Hit)> {
        let hit = |tried: &Try| {
            let rule = &self.rules.rules[tried.rule];
            let hit = match &rule.query {
                Query::Event(query) => query.matches(document).then_some(Hit::Event),
                Query::Sequence(query) => {
                    query.candidate_among(document, |filter| tried.filters[filter]).map(Hit::Joined)
                }
                Query::Sample(query) => query.candidate(document).map(Hit::Joined),
            };
            let excluded = || rule.exceptions.iter().any(|exception| exception.predicate.matches(document));
            hit.filter(|_| !excluded()).map(|hit| (tried.rule, hit))
        };
        plan.tries_for(document).into_iter().filter_map(|at| hit(&plan.tries[at])).collect()
    }

    /// Rules that could find nothing among Sysmon events, by what stands in the way; `present` says of which event IDs there are events.
    pub fn unanswered(&self, present: impl Fn(u32) -> bool) -> Unanswered {
        let mut unanswered = Unanswered::default();
        for (index, rule) in self.rules.rules.iter().enumerate() {
            let tried = |plan: &Plan, filter: usize| {
                let tries = plan.tries.iter().find(|tried| tried.rule == index);
                tries.is_some_and(|tried| tried.filters.get(filter).copied().unwrap_or(true))
            };
            let needed: Vec<usize> = match &rule.query {
                Query::Event(_) => vec![0],
                Query::Sequence(query) => {
                    query.stages().iter().filter(|stage| !stage.is_missing()).map(Stage::filter_index).collect()
                }
                Query::Sample(query) => (0..query.filters().len()).collect(),
            };
            let ids = |filter| self.by_id.iter().filter(move |(_, plan)| tried(plan, filter)).map(|(id, _)| *id);
            if needed.iter().any(|&filter| ids(filter).next().is_none()) {
                unanswered.not_in_sysmon += 1;
            } else if needed.iter().any(|&filter| !ids(filter).any(&present)) {
                unanswered.no_events += 1;
            }
        }
        unanswered
    }

    /// The findings among all candidates, which may come in any order.
    pub fn findings(&self, candidates: &mut [CandidateEvent], clock: Clock) -> Findings {
        candidates.sort_by_key(|candidate| candidate.event.order(clock));
        let mut alerts: Vec<(Option<OrderKey>, Alert)> = Vec::new();
        let mut left_out = BTreeMap::new();
        for (index, rule) in self.rules.rules.iter().enumerate() {
            let found = match &rule.query {
                Query::Event(_) => single_events(index, rule.query.pipes(), candidates),
                Query::Sequence(sequence) => sequences(index, sequence, candidates, clock),
                Query::Sample(sample) => samples(index, sample, candidates),
            };
            let order = |alert: Alert| (alert.last().map(|event| event.order(clock)), alert);
            let mut found: Vec<_> = found.into_iter().map(order).collect();
            if self.max_signals {
                let most = usize::try_from(rule.meta.max_signals.unwrap_or(MAX_SIGNALS)).unwrap_or(usize::MAX);
                found.sort_by_key(|(order, _)| *order);
                let over = found.len().saturating_sub(most);
                if over > 0 {
                    left_out.insert(index, over);
                    found.drain(..over);
                }
            }
            alerts.extend(found);
        }
        alerts.sort_by_key(|(order, alert)| (*order, alert.rule));
        let mut alerts: Vec<Alert> = alerts.into_iter().map(|(_, alert)| alert).collect();
        add_starts(&mut alerts, candidates, clock);
        Findings { alerts, left_out }
    }
}

/// Gives each alert without the creation of its process that creation, if it is among the candidates, which are in order.
fn add_starts(alerts: &mut [Alert], candidates: &[CandidateEvent], clock: Clock) {
    let creations = Creations::among(candidates.iter().map(|candidate| &candidate.event), clock);
    for alert in alerts {
        let Some(first) = alert.present().next() else { continue };
        let known = creations.all(first);
        if !alert.present().any(|event| known.iter().any(|creation| Arc::ptr_eq(creation, event))) {
            alert.start = creations.of(first).cloned();
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
