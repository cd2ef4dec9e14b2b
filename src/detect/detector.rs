//! A rule set, ready to look at events: the rules that are left for each event ID, and the options of a run.
//!
//! How rules are specialised is in `compile`, what becomes of candidates in `findings.rs`.

use super::alert::{Alert, Unanswered};
use super::compile::{self, ConstantFields, NameWatch, RulePlan};
use super::correlate::CandidateTables;
use super::hit::{RuleHit, RuleIndex};
use super::matching::{MatchContext, ShapePlan};
use crate::eql::{Digester, KeyValues, Query};
use crate::event::Document;
use crate::rules::{AlertExceptions, AlertSuppression, Metadata, Rule, RuleSet};
use crate::source::RecordRef;
use crate::sysmon::{self, EventMapping};
use hashbrown::HashMap;
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// A rule set, ready to look at events. Shared by all threads.
#[derive(Debug)]
pub struct Detector {
    pub(super) rules: Arc<RuleSet>,
    all: RulePlan,
    /// The rules specialised to each event ID, made at the first event of the ID.
    by_id: HashMap<u32, OnceLock<RulePlan>>,
    mapping: EventMapping,
    pub(super) max_signals: bool,
    pub(super) assumes_new: bool,
    suppresses: bool,
    pub(super) exceptions: AlertExceptions,
    watch: NameWatch,
    pub(super) digester: Digester,
}

impl Detector {
    /// A detector for `rules`.
    pub fn new(rules: RuleSet) -> Self {
        Self::for_mapping(rules, EventMapping::default())
    }

    /// How records become the events that it is shown.
    pub fn mapping(&self) -> EventMapping {
        self.mapping
    }

    /// A detector for `rules` over Sysmon events that are mapped in a certain way.
    pub fn for_mapping(rules: RuleSet, mapping: impl Into<EventMapping>) -> Self {
        let by_id = sysmon::event_ids().map(|id| (id, OnceLock::new())).collect();
        Self {
            all: RulePlan::all(&rules.rules),
            by_id,
            rules: Arc::new(rules),
            mapping: mapping.into(),
            max_signals: false,
            assumes_new: false,
            suppresses: false,
            exceptions: AlertExceptions::default(),
            watch: NameWatch::default(),
            digester: Digester::default(),
        }
    }

    /// Limits the alerts of each rule: it keeps only so many as Elastic's detection engine does in one run: the latest, up to the rule's own
    /// `max_signals`, or else [`MAX_SIGNALS`](super::MAX_SIGNALS).
    #[must_use]
    pub fn with_max_signals(self, honoured: bool) -> Self {
        Self { max_signals: honoured, ..self }
    }

    /// Whether terms are held to be new though the evidence does not go back far enough to know it.
    #[must_use]
    pub fn with_assumed_new(self, assumed: bool) -> Self {
        Self { assumes_new: assumed, ..self }
    }

    /// Makes digests of join keys that are the same in every run that has this key, so that what several runs have found can be joined.
    #[must_use]
    pub fn with_case_key(self, key: &[u8]) -> Self {
        Self { digester: Digester::keyed(key), ..self }
    }

    /// Suppresses alerts that repeat others, where their rule says so.
    #[must_use]
    pub fn with_suppression(self, honoured: bool) -> Self {
        Self { suppresses: honoured, ..self }
    }

    /// How the alerts of a rule are grouped, if those that repeat others are suppressed.
    pub fn suppression(&self, rule: RuleIndex) -> Option<&AlertSuppression> {
        let rule = &self.rules()[rule];
        // Every event of a process that is an indicator would be an alert: its rules group them on their own account.
        rule.meta.suppression.as_ref().filter(|_| self.suppresses || rule.origin.ioc.is_some())
    }

    /// Whether some alerts may be taken away once their events are known: by an exception, or as repeats of others.
    pub fn judges_alerts(&self) -> bool {
        !self.exceptions.is_empty() || (0..self.rules().len()).any(|rule| self.suppression(rule).is_some())
    }

    /// Whether some rule looks for new terms, so that it matters when the evidence of each host begins.
    pub fn looks_back(&self) -> bool {
        self.rules().iter().any(|rule| matches!(rule.query, Query::NewTerms(_)))
    }

    /// Suppresses the alerts that an exception is for, after [`with_max_signals`](Self::with_max_signals) has had its say.
    #[must_use]
    pub fn with_exceptions(self, exceptions: AlertExceptions) -> Self {
        Self { exceptions, ..self }
    }

    /// Also looks for names in the evidence.
    #[must_use]
    pub fn with_watch(self, watch: NameWatch) -> Self {
        Self { watch, ..self }
    }

    /// The names that are looked for in the evidence.
    pub fn watch(&self) -> &NameWatch {
        &self.watch
    }

    /// The exceptions, in the order that [`Findings::set_aside`](super::Findings::set_aside) counts.
    pub fn exceptions(&self) -> &AlertExceptions {
        &self.exceptions
    }

    /// The digester of the keys of candidates.
    pub fn digester(&self) -> &Digester {
        &self.digester
    }

    /// The rules, in the order that [`RuleIndex`] counts.
    pub fn rules(&self) -> &[Rule] {
        &self.rules.rules
    }

    /// The metadata of the rule of an alert.
    pub fn meta(&self, alert: &Alert) -> &Metadata {
        &self.rules.rules[alert.rule].meta
    }

    /// The rules specialised to an event ID; `None` if Sysmon has no such event.
    fn plan_of(&self, id: u32) -> Option<&RulePlan> {
        let plan = || {
            let known = ConstantFields::of_sysmon(id, self.mapping);
            RulePlan::known(&self.rules.rules, &|condition| known.specialise(condition))
        };
        self.by_id.get(&id).map(|of_id| of_id.get_or_init(plan))
    }

    /// The context for matching records in a run that has these tables.
    pub fn context<'r>(&'r self, tables: &'r CandidateTables) -> MatchContext<'r> {
        MatchContext { rules: self.rules(), digester: &self.digester, tables }
    }

    /// The rules specialised to records of the shape of this one, written by Sysmon on Windows.
    pub fn shape(&self, record: &RecordRef<'_>) -> ShapePlan {
        let plan = |plan| compile::specialise(plan, self.rules(), self.mapping, record);
        self.plan_of(record.event_id()).map_or(ShapePlan::Whole(None), plan)
    }

    /// The hits of all rules on one document of any origin.
    pub fn hits(&self, document: &Document) -> Vec<(RuleIndex, RuleHit)> {
        self.all.hits(&self.rules.rules, document, &mut KeyValues::default())
    }

    /// The hits of all rules on a document that [`sysmon::map`] made of a record of Sysmon on Windows, with the mapping of this detector.
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
        let can_be = |id: u32, filter| self.plan_of(id).is_some_and(|plan| tried(plan, filter));
        let ids = |filter| self.by_id.keys().copied().filter(|&id| can_be(id, filter)).collect();
        self.rules.rules[rule].query.needed_filters().into_iter().map(ids).collect()
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
