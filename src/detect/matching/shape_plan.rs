//! What is asked of records of one shape, those of an event ID whose entries have certain names; and how it is asked.
//!
//! The cheapest question comes first: the name of the process, in place ([`ProcessNames`]); then what was said of the same values before, literals, and
//! last what is left of conditions ([`PredicateCache`]). Most records cost a few comparisons. This module does not know how a plan is made.

use super::predicate_cache::{PredicateCache, ValueCache};
use crate::detect::correlate::{CandidateTables, CandidateWriter, HitTemplate};
use crate::detect::hit::{self, CandidateEvent, RuleHit, RuleIndex};
use crate::detect::prefilter::ProcessNames;
use crate::ecs::{self, Field};
use crate::eql::{Digester, KeyValues};
use crate::event::{Fields, OrderKey, Value};
use crate::rules::Rule;
use crate::source::RecordRef;
use crate::sysmon::{ExtractCache, Extractors, LazyEvent};
use std::cell::LazyCell;

/// A rule set specialised to the records of a shape.
#[derive(Debug)]
pub enum ShapePlan {
    /// No record of it matters to any rule.
    Nothing,
    /// Its records must be mapped whole before rules can look at them, unless the name of the process rules them out.
    Whole(Option<ProcessNames>),
    /// Rules look at fields, one by one.
    Fields(Box<FieldPlan>),
}

/// Rules, and the extractors to the fields that they ask for.
#[derive(Debug)]
pub struct FieldPlan {
    /// The rule and the number of its filter, for each bit of the predicates.
    pub conditions: Vec<(RuleIndex, usize)>,
    /// The residual conditions.
    pub predicates: PredicateCache,
    /// How fields are found.
    pub extractors: Extractors,
    /// The names of processes that matter, if others do not.
    pub names: Option<ProcessNames>,
}

/// Everything that all threads share when they match records.
#[derive(Clone, Copy, Debug)]
pub struct MatchContext<'r> {
    /// The rules.
    pub rules: &'r [Rule],
    /// Makes the digests of join keys.
    pub digester: &'r Digester,
    /// Hosts and patterns by number.
    pub tables: &'r CandidateTables,
}

/// The state of one thread, reused from record to record.
#[derive(Debug, Default)]
pub struct MatchState {
    /// Join keys that were met lately.
    pub keys: KeyValues,
    /// Candidates.
    pub writer: CandidateWriter,
}

impl ShapePlan {
    /// Whether a record of the shape could matter; asks only for what can be compared in place.
    pub fn may_matter(&self, record: &RecordRef<'_>) -> bool {
        let names = match self {
            Self::Nothing => return false,
            Self::Whole(names) => names.as_ref(),
            Self::Fields(plan) => plan.names.as_ref(),
        };
        names.is_none_or(|names| names.may_match(record))
    }
}

impl FieldPlan {
    /// The event of a record, of which rules ask what they need.
    pub fn event<'a>(
        &'a self,
        record: &'a RecordRef<'a>,
        extracted: &'a mut ExtractCache,
        path: &'a str,
    ) -> LazyEvent<'a> {
        LazyEvent::new(&self.extractors, record, extracted, path)
    }

    /// The hits on an event, given which conditions hold.
    fn hits_of(
        &self,
        rules: &[Rule],
        event: &dyn Fields,
        keys: &mut KeyValues,
        cache: &ValueCache,
    ) -> Vec<(RuleIndex, RuleHit)> {
        let mut hits = Vec::new();
        keys.clear();
        let bits: Vec<usize> = cache.bits().collect();
        let rule_of = |bit: usize| self.conditions[bit].0;
        for of_rule in bits.chunk_by(|left, right| rule_of(*left) == rule_of(*right)) {
            let (rule, filter) = self.conditions[of_rule[0]];
            // The filters of a rule have neighbouring bits.
            let first = of_rule[0] - filter;
            let hit = hit::hit_of(&rules[rule], event, keys, |filter| cache.holds(first + filter));
            hits.extend(hit.map(|hit| (rule, hit)));
        }
        hits
    }

    /// Matches a record against all rules; `event` is its event, and `order` its place. What it is a candidate of goes to the writer.
    pub fn match_record<'e, F: FnOnce() -> LazyEvent<'e>>(
        &self,
        of: MatchContext<'_>,
        record: &RecordRef<'_>,
        event: &LazyCell<LazyEvent<'e>, F>,
        order: impl FnOnce() -> OrderKey,
        MatchState { keys, writer }: &mut MatchState,
        cache: &mut ValueCache,
    ) {
        let MatchContext { rules, digester, tables } = of;
        // The prefilter looks at bytes. Most records fail it, and for these no event is set up at all.
        if !self.predicates.ask(record, event, cache) {
            return;
        }
        let template =
            cache.template(|cache| HitTemplate::new(cache.bits().map(|bit| self.conditions[bit]), rules, tables));
        if !template.is_close() {
            return writer.write(&**event, order(), &template, digester, tables);
        }
        let hits = self.hits_of(rules, &**event, keys, cache);
        if !hits.is_empty() {
            let text = |field| event.values(&Field::Known(field)).first().and_then(Value::as_text);
            let candidate = CandidateEvent {
                order: order(),
                host: keys.share(text(ecs::HOST_NAME).unwrap_or_default()),
                entity_id: text(ecs::PROCESS_ENTITY_ID).map(|id| keys.share(id)),
                hits,
                event: None,
            };
            writer.write_event(&candidate, rules, digester, tables);
        }
    }
}
