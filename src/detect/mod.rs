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
mod explain;
mod plan;
mod set_aside;
mod shape;

pub use coverage::{Coverage, Inventory, coverage};
pub use creations::{Creations, process_of};
pub use explain::{Explained, Outcome, explain};
pub use plan::Known;
pub use shape::{FieldPlan, ShapePlan};

use crate::base::{Origin, Ticks};
use crate::ecs::{self, FieldId};
use crate::eql::{Candidate, Keys, Machine, Pipe, Query, Sample, SampleMachine, Sequence, SequenceMatch, Stage};
use crate::event::{Clock, Document, Event, OrderKey, Value};
use crate::rules::{AlertExceptions, Metadata, Rule, RuleSet};
use crate::sysmon::{self, Mapping};
use hashbrown::HashMap;
use plan::Plan;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

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

/// An event that some rule may need, with what each such rule makes of it, and no more of the event than it takes to put rules' findings together.
#[derive(Clone, Debug)]
pub struct CandidateEvent {
    /// Its place in the order of events.
    pub order: OrderKey,
    /// Computer name; empty if the record names none.
    pub host: Arc<str>,
    /// The process that the event is about, by entity id.
    pub entity_id: Option<Arc<str>>,
    /// Whether it is the creation of that process.
    pub is_creation: bool,
    /// The rules, ascending.
    pub hits: Vec<(RuleIndex, Hit)>,
    /// The event, if it is at hand. It is loaded if an alert needs it.
    pub event: Option<Arc<Event>>,
}

impl CandidateEvent {
    /// A candidate whose event is at hand.
    pub fn whole(event: Arc<Event>, clock: Clock, hits: Vec<(RuleIndex, Hit)>) -> Self {
        let text = |field| event.document.text(field);
        Self {
            order: event.order(clock),
            host: text(ecs::HOST_NAME).unwrap_or_default().into(),
            entity_id: text(ecs::PROCESS_ENTITY_ID).map(Into::into),
            is_creation: event.document.is_process_creation(),
            hits,
            event: Some(event),
        }
    }

    fn process(&self) -> Option<(&str, &str)> {
        Some((&self.host, self.entity_id.as_deref()?))
    }
}

/// Runs a job for every number below a count, in any order, and returns when all are done.
pub type Each<'e> = &'e dyn Fn(usize, &(dyn Fn(usize) + Sync));

/// Loads events by where they were read. Those that cannot be loaded are missing from the answer.
pub type Loader<'l> = &'l mut dyn FnMut(&BTreeSet<Origin>) -> HashMap<Origin, Arc<Event>>;

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
    /// Alerts that an exception took away, by the position of the exception.
    pub set_aside: BTreeMap<usize, usize>,
    /// Events of alerts that could not be loaded. Their alerts are lost.
    pub lost: BTreeSet<Origin>,
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

/// A rule set, ready to look at events. Shared by all threads.
#[derive(Debug)]
pub struct Detector {
    rules: RuleSet,
    all: Plan,
    by_id: HashMap<u32, Plan>,
    mapping: Mapping,
    max_signals: bool,
    exceptions: AlertExceptions,
}

impl Detector {
    /// A detector for `rules`.
    pub fn new(rules: RuleSet) -> Self {
        Self::for_mapping(rules, Mapping::default())
    }

    /// A detector for `rules` over Sysmon events that are mapped in a certain way.
    pub fn for_mapping(rules: RuleSet, mapping: Mapping) -> Self {
        let plan = |id| {
            let known = Known::of_sysmon(id, mapping);
            (id, Plan::known(&rules.rules, &|condition| known.specialise(condition)))
        };
        let by_id = sysmon::event_ids().map(plan).collect();
        Self {
            all: Plan::all(&rules.rules),
            by_id,
            rules,
            mapping,
            max_signals: false,
            exceptions: AlertExceptions::default(),
        }
    }

    /// The same, keeping only so many alerts of each rule as Elastic's detection engine does in one run: the latest, up to the rule's own
    /// `max_signals`, or else [`MAX_SIGNALS`].
    #[must_use]
    pub fn with_max_signals(self, honoured: bool) -> Self {
        Self { max_signals: honoured, ..self }
    }

    /// The same, setting aside the alerts that an exception is for, after [`with_max_signals`](Self::with_max_signals) has had its say.
    #[must_use]
    pub fn with_exceptions(self, exceptions: AlertExceptions) -> Self {
        Self { exceptions, ..self }
    }

    /// The exceptions, in the order that [`Findings::set_aside`] counts.
    pub fn exceptions(&self) -> &AlertExceptions {
        &self.exceptions
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
        self.all.hits(&self.rules.rules, document, &mut Keys::default())
    }

    /// The same for a document that [`sysmon::map`] made of a record of Sysmon on Windows, with the mapping of this detector.
    pub fn hits_of_sysmon(&self, event_id: u32, document: &Document) -> Vec<(RuleIndex, Hit)> {
        self.by_id.get(&event_id).unwrap_or(&self.all).hits(&self.rules.rules, document, &mut Keys::default())
    }

    /// Rules that could find nothing among Sysmon events, by what stands in the way; `present` says of which event IDs there are events.
    pub fn unanswered(&self, present: impl Fn(u32) -> bool) -> Unanswered {
        let mut unanswered = Unanswered::default();
        for (index, rule) in self.rules.rules.iter().enumerate() {
            let tried = |plan: &Plan, filter: usize| {
                let tries = plan.tries.iter().find(|tried| tried.rule == index);
                tries.is_some_and(|tried| tried.filters.get(filter).is_some_and(Option::is_some))
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
                unanswered.not_in_sysmon.push(index);
            } else if needed.iter().any(|&filter| !ids(filter).any(&present)) {
                unanswered.no_events.push(index);
            }
        }
        unanswered
    }

    /// The findings among all candidates, which may come in any order, and whose events are at hand.
    pub fn findings(&self, candidates: &mut [CandidateEvent]) -> Findings {
        let one_by_one = |count: usize, job: &(dyn Fn(usize) + Sync)| (0..count).for_each(job);
        self.findings_with(candidates, &one_by_one, &mut |_| HashMap::new())
    }

    /// The same, running the rules as `each` says, and loading the events that are not at hand.
    pub fn findings_with(&self, candidates: &mut [CandidateEvent], each: Each<'_>, load: Loader<'_>) -> Findings {
        candidates.sort_unstable_by_key(|candidate| candidate.order);
        let by_rule = self.by_rule(candidates);
        let all: Vec<OnceLock<Vec<Found>>> = by_rule.iter().map(|_| OnceLock::new()).collect();
        each(by_rule.len(), &|index| {
            all[index].get_or_init(|| self.found_by(index, &by_rule[index], candidates));
        });
        let mut found: Vec<Found> = Vec::new();
        let mut left_out = BTreeMap::new();
        for ((index, rule), alerts) in self.rules.rules.iter().enumerate().zip(all) {
            let mut alerts = alerts.into_inner().unwrap_or_default();
            if self.max_signals {
                let most = usize::try_from(rule.meta.max_signals.unwrap_or(MAX_SIGNALS)).unwrap_or(usize::MAX);
                alerts.sort_by_key(Found::last);
                let over = alerts.len().saturating_sub(most);
                if over > 0 {
                    left_out.insert(index, over);
                    alerts.drain(..over);
                }
            }
            found.extend(alerts);
        }
        // Candidates are in order, so that their positions tell the order of events.
        found.sort_by_key(|alert| (alert.last(), alert.rule));
        add_starts(&mut found, candidates);
        let lost = fetch(&found, candidates, load);
        let event = |at: usize| candidates[at].event.clone();
        let alert = |found: Found| {
            let has_all = found.positions().all(|at| candidates[at].event.is_some());
            has_all.then(|| Alert {
                rule: found.rule,
                join_keys: found.join_keys,
                events: found.events.into_iter().map(|at| at.and_then(event)).collect(),
                start: found.start.and_then(event),
            })
        };
        let mut alerts: Vec<Alert> = found.into_iter().filter_map(alert).collect();
        let set_aside = set_aside::set_aside(&mut alerts, &self.exceptions, &self.rules.rules);
        Findings { alerts, left_out, set_aside, lost }
    }

    /// What one rule finds among its candidates.
    fn found_by(&self, index: RuleIndex, mine: &[Mine], candidates: &[CandidateEvent]) -> Vec<Found> {
        let query = &self.rules.rules[index].query;
        match query {
            Query::Event(_) => single_events(index, query.pipes(), mine),
            Query::Sequence(sequence) => sequences(index, sequence, mine, candidates),
            Query::Sample(sample) => samples(index, sample, mine, candidates),
        }
    }

    /// For each rule the positions of its candidates, ascending.
    fn by_rule(&self, candidates: &[CandidateEvent]) -> Vec<Vec<Mine>> {
        let mut by_rule = vec![Vec::new(); self.rules.rules.len()];
        for (at, candidate) in candidates.iter().enumerate() {
            for (hit, (rule, _)) in candidate.hits.iter().enumerate() {
                if let Some(mine) = by_rule.get_mut(*rule) {
                    mine.push(Mine { candidate: at, hit });
                }
            }
        }
        by_rule
    }
}

/// A candidate of a rule: its position, and that of the hit among its hits.
#[derive(Clone, Copy, Debug)]
struct Mine {
    candidate: usize,
    hit: usize,
}

impl Mine {
    fn joined(self, candidates: &[CandidateEvent]) -> Option<&Candidate> {
        match &candidates[self.candidate].hits[self.hit].1 {
            Hit::Joined(stages) => Some(stages),
            Hit::Event => None,
        }
    }
}

/// An alert whose events are positions of candidates.
struct Found {
    rule: RuleIndex,
    join_keys: Vec<Option<Value>>,
    events: Vec<Option<usize>>,
    start: Option<usize>,
}

impl Found {
    fn last(&self) -> Option<usize> {
        self.events.iter().flatten().next_back().copied()
    }

    fn positions(&self) -> impl Iterator<Item = usize> {
        self.events.iter().chain([&self.start]).flatten().copied()
    }
}

/// Gives each alert without the creation of its process that creation, if it is among the candidates, which are in order.
fn add_starts(found: &mut [Found], candidates: &[CandidateEvent]) {
    let mut creations = Creations::default();
    for (at, candidate) in candidates.iter().enumerate().filter(|(_, candidate)| candidate.is_creation) {
        if let Some(process) = candidate.process() {
            creations.add(process, candidate.order, at);
        }
    }
    for alert in found {
        let Some(first) = alert.events.iter().flatten().next().map(|&at| &candidates[at]) else { continue };
        let Some(process) = first.process() else { continue };
        let known = creations.all(process);
        if !alert.events.iter().flatten().any(|at| known.iter().any(|(_, creation)| creation == at)) {
            alert.start = creations.of(process, first.order);
        }
    }
}

/// Loads the events of alerts that are not at hand, and says which could not be.
fn fetch(found: &[Found], candidates: &mut [CandidateEvent], load: Loader<'_>) -> BTreeSet<Origin> {
    let wanted = found.iter().flat_map(Found::positions).filter(|&at| candidates[at].event.is_none());
    let wanted: BTreeMap<Origin, usize> = wanted.map(|at| (candidates[at].order.origin(), at)).collect();
    if wanted.is_empty() {
        return BTreeSet::new();
    }
    let mut loaded = load(&wanted.keys().copied().collect());
    for (origin, &at) in &wanted {
        candidates[at].event = loaded.remove(origin);
    }
    wanted.into_iter().filter(|(_, at)| candidates[*at].event.is_none()).map(|(origin, _)| origin).collect()
}

fn single_events(rule: RuleIndex, pipes: &[Pipe], mine: &[Mine]) -> Vec<Found> {
    let mut hits = mine.to_vec();
    for pipe in pipes {
        pipe.apply(&mut hits);
    }
    let found = |hit: Mine| Found { rule, join_keys: Vec::new(), events: vec![Some(hit.candidate)], start: None };
    hits.into_iter().map(found).collect()
}

fn sequences(rule: RuleIndex, sequence: &Sequence, mine: &[Mine], candidates: &[CandidateEvent]) -> Vec<Found> {
    let apart = joins_by_entity(sequence);
    let mut machines: HashMap<&str, Machine<'_, usize>> = HashMap::new();
    for mine in mine {
        if let Some(stages) = mine.joined(candidates) {
            let candidate = &candidates[mine.candidate];
            let host = if apart { &*candidate.host } else { "" };
            let machine = machines.entry(host).or_insert_with(|| Machine::new(sequence));
            machine.push(candidate.order.time, stages, mine.candidate);
        }
    }
    machines.into_values().flat_map(Machine::finish).map(|found| joined(rule, found)).collect()
}

fn samples(rule: RuleIndex, sample: &Sample, mine: &[Mine], candidates: &[CandidateEvent]) -> Vec<Found> {
    let mut machine = SampleMachine::new(sample);
    for mine in mine {
        if let Some(terms) = mine.joined(candidates) {
            machine.push(terms, &mine.candidate);
        }
    }
    machine.finish().into_iter().map(|found| joined(rule, found)).collect()
}

fn joined(rule: RuleIndex, SequenceMatch { keys, events }: SequenceMatch<usize>) -> Found {
    Found { rule, join_keys: keys, events, start: None }
}

/// Whether a join key is the entity id of a process.
fn joins_by_entity(sequence: &Sequence) -> bool {
    let mut keys = sequence.filters().iter().flat_map(|filter| filter.keys());
    keys.any(|key| key.field.name().ends_with(".entity_id"))
}

#[cfg(test)]
mod tests;
