//! A rule set is specialised to records of one shape: those of an event ID whose entries have certain names.
//!
//! What is true of a whole shape is worked out once: which rules are left, and how the fields that they ask for are found in a record without mapping it.
//! This module does not know how records are read, nor how a plan is asked.

use super::plan::{RulePlan, Try};
use crate::detect::matching::{FieldPlan, PredicateCache, ShapePlan};
use crate::detect::prefilter::ProcessNames;
use crate::ecs::{self, Field};
use crate::eql::Predicate;
use crate::event::Document;
use crate::rules::Rule;
use crate::source::RecordRef;
use crate::sysmon::{self, EventMapping, Extractors};
use hashbrown::HashSet;
use std::sync::Arc;

/// Specialises the rules that are left for an event ID to records of the shape of this one, written by Sysmon on Windows.
pub fn specialise(known: &RulePlan, rules: &[Rule], mapping: EventMapping, record: &RecordRef<'_>) -> ShapePlan {
    if known.tries.is_empty() {
        return ShapePlan::Nothing;
    }
    let mut extractors = Extractors::new(record.event_id(), mapping, record.names());
    let has_spread = known.conditions().any(Predicate::has_spread);
    let spread = has_spread.then(|| {
        let fields = fields_of_shape(record, mapping);
        known.narrowed(&|condition| condition.spread_over(&fields))
    });
    let known = spread.as_ref().unwrap_or(known);
    let all: HashSet<&Field> = known.fields().collect();
    if !all.into_iter().all(|field| extractors.learn(field)) {
        return ShapePlan::Whole(ProcessNames::new(|field| known.required(field), &mut extractors));
    }
    // A field that no record of this shape has is known to be empty. With that put in, a condition on it folds to false and its `not` to true, and
    // many rules are gone before a record is seen.
    let nothing = Document::new();
    let specialise = |condition: &Predicate| {
        let left = condition.specialise(&nothing, &|field: &Field| extractors.is_never(field));
        left.cheapest_first(&|field| extractors.cost(field))
    };
    let plan = known.narrowed(&specialise);
    if plan.tries.is_empty() {
        return ShapePlan::Nothing;
    }
    let others = plan.tries.iter().flat_map(|tried| fields_beside_conditions(&rules[tried.rule]));
    let of_candidates = [ecs::HOST_NAME, ecs::PROCESS_ENTITY_ID].map(Field::from);
    if !others.chain(of_candidates).all(|field| extractors.learn(&field)) {
        return ShapePlan::Whole(ProcessNames::new(|field| plan.required(field), &mut extractors));
    }
    // A filter takes no event without the keys that its rule joins by.
    let plan = plan.without(&|rule, filter| {
        let filter = rules[rule].query.filters().get(filter);
        let keys = filter.map_or(&[][..], |filter| filter.keys());
        keys.iter().any(|key| !key.optional && extractors.is_never(&key.field))
    });
    if plan.tries.is_empty() {
        return ShapePlan::Nothing;
    }
    let names = ProcessNames::new(|field| plan.required(field), &mut extractors);
    let of_try = |tried: &Try| (0..tried.filters.len()).map(|filter| (tried.rule, filter)).collect::<Vec<_>>();
    let conditions = plan.tries.iter().flat_map(of_try).collect();
    let predicates = plan.tries.iter().flat_map(|tried| &tried.filters).enumerate();
    let predicates: Vec<_> = predicates.filter_map(|(bit, condition)| Some((bit, condition.as_ref()?))).collect();
    let predicates = PredicateCache::new(&predicates, &extractors);
    ShapePlan::Fields(Box::new(FieldPlan { conditions, predicates, extractors, names }))
}

/// Every field that records of the shape of this one may have.
fn fields_of_shape(record: &RecordRef<'_>, mapping: EventMapping) -> Vec<Field> {
    let of_entry = |name: &Arc<str>| Field::named(&format!("winlog.event_data.{name}"));
    let fields = ecs::all().map(Field::from).chain(record.names().iter().map(of_entry));
    let mut fields: Vec<Field> = fields.filter(|field| sysmon::may_have(record.event_id(), field, mapping)).collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

/// The fields that a rule asks for if its conditions hold: join keys and exceptions.
fn fields_beside_conditions(rule: &Rule) -> Vec<Field> {
    let filters = rule.query.filters();
    let keys = filters.iter().flat_map(|filter| filter.key_fields());
    let keys = keys.map(|key| key.field.clone());
    let exceptions = rule.exceptions.iter().flat_map(|exception| exception.predicate.fields()).cloned();
    keys.chain(exceptions).collect()
}
