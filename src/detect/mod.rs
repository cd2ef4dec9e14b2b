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

mod candidates;
mod coverage;
mod explain;
mod findings;
mod hit_template;
mod index;
mod literals;
mod plan;
mod predicate_cache;
mod rule_activity;
mod shape;
mod suppress;
mod watch;

pub use candidates::{CandidateMark, Candidates, KeyBuffer, Pattern, Straddling};
pub use coverage::{Coverage, Inventory, coverage};
pub use explain::{Explained, Explanation, explain};
pub use plan::ConstantFields;
pub use predicate_cache::ValueCache as Memo;
pub use rule_activity::{DormantRules as Asleep, RuleActivity};
pub use shape::{FieldPlan, MatchResult, ShapePlan};
pub use watch::{NameWatch, ShapeWatch, SoughtName};

use crate::base::{Locator, Ticks};
use crate::ecs::{self, FieldId};
use crate::eql::{Candidate, Digester, KeyValues, Query, Stage};
use crate::event::{Clock, Document, Event, OrderKey, Value};
use crate::rules::{AlertExceptions, Metadata, Rule, RuleSet};
use crate::sysmon::{self, Mapping};
use hashbrown::HashMap;
use plan::RulePlan;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// Position of a rule in its rule set.
pub type RuleIndex = usize;

/// What one rule makes of one event.
#[derive(Clone, Debug)]
pub enum RuleHit {
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
    pub hits: Vec<(RuleIndex, RuleHit)>,
    /// The event, if it is at hand. It is loaded if an alert needs it.
    pub event: Option<Arc<Event>>,
}

impl CandidateEvent {
    /// A candidate whose event is at hand.
    pub fn whole(event: Arc<Event>, clock: Clock, hits: Vec<(RuleIndex, RuleHit)>) -> Self {
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
}

/// Loads events by where they were read. Those that cannot be loaded are missing from the answer.
pub type Loader<'l> = &'l mut dyn FnMut(&BTreeSet<Locator>) -> HashMap<Locator, Arc<Event>>;

/// How much is wanted of the events of alerts that are not at hand.
pub enum Detail<'l> {
    /// All of them, loaded.
    Full(Loader<'l>),
    /// Only host, time and place; an alert then has no keys, and not the start of its process. Not for exceptions, which ask for more.
    Outline,
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
#[non_exhaustive]
pub struct Findings {
    /// In the order of their last events, then of their rules.
    pub alerts: Vec<Alert>,
    /// Alerts that were left out because a rule had more than it may have, by rule.
    pub left_out: BTreeMap<RuleIndex, usize>,
    /// Alerts that an exception took away, by the position of the exception.
    pub set_aside: BTreeMap<usize, usize>,
    /// Events of alerts that could not be loaded. Their alerts are lost.
    pub lost: BTreeSet<Locator>,
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
    all: RulePlan,
    /// What is left of the rules for each event ID, worked out when it is first asked for.
    by_id: HashMap<u32, OnceLock<RulePlan>>,
    mapping: Mapping,
    max_signals: bool,
    exceptions: AlertExceptions,
    watch: NameWatch,
    digester: Digester,
}

impl Detector {
    /// A detector for `rules`.
    pub fn new(rules: RuleSet) -> Self {
        Self::for_mapping(rules, Mapping::default())
    }

    /// A detector for `rules` over Sysmon events that are mapped in a certain way.
    pub fn for_mapping(rules: RuleSet, mapping: Mapping) -> Self {
        let by_id = sysmon::event_ids().map(|id| (id, OnceLock::new())).collect();
        Self {
            all: RulePlan::all(&rules.rules),
            by_id,
            rules,
            mapping,
            max_signals: false,
            exceptions: AlertExceptions::default(),
            watch: NameWatch::default(),
            digester: Digester::default(),
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

    /// The same, looking for names in the evidence.
    #[must_use]
    pub fn with_watch(self, watch: NameWatch) -> Self {
        Self { watch, ..self }
    }

    /// The names that are looked for in the evidence.
    pub fn watch(&self) -> &NameWatch {
        &self.watch
    }

    /// The exceptions, in the order that [`Findings::set_aside`] counts.
    pub fn exceptions(&self) -> &AlertExceptions {
        &self.exceptions
    }

    /// A fresh record of which rules are active, for one run.
    pub fn waking(&self) -> RuleActivity {
        RuleActivity::new(&self.rules.rules)
    }

    /// What makes the digests of the keys of candidates.
    pub fn digester(&self) -> &Digester {
        &self.digester
    }

    /// The rules, in the order that [`RuleIndex`] counts.
    pub fn rules(&self) -> &[Rule] {
        &self.rules.rules
    }

    /// What people are told of the rule of an alert.
    pub fn meta(&self, alert: &Alert) -> &Metadata {
        &self.rules.rules[alert.rule].meta
    }

    /// What is left of the rules for an event ID.
    fn plan_of(&self, id: u32) -> Option<&RulePlan> {
        let plan = || {
            let known = ConstantFields::of_sysmon(id, self.mapping);
            RulePlan::known(&self.rules.rules, &|condition| known.specialise(condition))
        };
        self.by_id.get(&id).map(|of_id| of_id.get_or_init(plan))
    }

    /// What each rule makes of one document of any origin; rules that make nothing of it are left out.
    pub fn hits(&self, document: &Document) -> Vec<(RuleIndex, RuleHit)> {
        self.all.hits(&self.rules.rules, document, &mut KeyValues::default())
    }

    /// The same for a document that [`sysmon::map`] made of a record of Sysmon on Windows, with the mapping of this detector.
    pub fn hits_of_sysmon(&self, event_id: u32, document: &Document) -> Vec<(RuleIndex, RuleHit)> {
        self.plan_of(event_id).unwrap_or(&self.all).hits(&self.rules.rules, document, &mut KeyValues::default())
    }

    /// The event IDs of Sysmon that could match each stage that a rule cannot do without, in the order of the stages; none where Sysmon writes no such
    /// event.
    pub fn needed_ids(&self, rule: RuleIndex) -> Vec<BTreeSet<u32>> {
        let tried = |plan: &RulePlan, filter: usize| {
            let tries = plan.tries.iter().find(|tried| tried.rule == rule);
            tries.is_some_and(|tried| tried.filters.get(filter).is_some_and(Option::is_some))
        };
        let needed: Vec<usize> = match &self.rules.rules[rule].query {
            Query::Event(_) => vec![0],
            Query::Sequence(query) => {
                query.stages().iter().filter(|stage| !stage.is_missing()).map(Stage::filter_index).collect()
            }
            Query::Sample(query) => (0..query.filters().len()).collect(),
        };
        let can_be = |id: u32, filter| self.plan_of(id).is_some_and(|plan| tried(plan, filter));
        let ids = |filter| self.by_id.keys().copied().filter(|&id| can_be(id, filter)).collect();
        needed.into_iter().map(ids).collect()
    }

    /// Rules that could find nothing among Sysmon events, by what stands in the way; `present` says of which event IDs there are events.
    pub fn unanswered(&self, present: impl Fn(u32) -> bool) -> Unanswered {
        let mut unanswered = Unanswered::default();
        for index in 0..self.rules.rules.len() {
            let needed = self.needed_ids(index);
            if needed.iter().any(BTreeSet::is_empty) {
                unanswered.not_in_sysmon.push(index);
            } else if needed.iter().any(|ids| !ids.iter().copied().any(&present)) {
                unanswered.no_events.push(index);
            }
        }
        unanswered
    }
}

#[cfg(test)]
mod tests;
