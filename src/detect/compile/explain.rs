//! What is left of a rule for each of Sysmon's event IDs, for people: the condition, the fields it asks for and where they come from, or why it can never hold.
//!
//! It is what the detector itself does with a rule before it sees an event ([`ConstantFields`]), told instead of done. This module does not know output formats.

use super::plan::{ConstantFields, conditions};
use crate::ecs::{self, Field};
use crate::eql::{KeyField, Predicate, Query};
use crate::rules::Rule;
use crate::sysmon::{self, EventMapping};

/// One condition of a rule: a stage of a sequence, a term of a sample, or the whole query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its part in the rule: `query`, `stage 1`, `until`.
    pub title: String,
    /// The condition as it is written, on one line.
    pub written: String,
    /// The outcomes of specialising it, each with the event IDs that have it.
    pub outcomes: Vec<(Explanation, Vec<u32>)>,
}

/// The outcome of specialising a condition to an event ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// It can hold.
    Left {
        /// The residual condition; `true` if every event matches.
        condition: String,
        /// The fields that it asks for, each with the entries of EventData that it comes from.
        fields: Vec<(String, Vec<String>)>,
    },
    /// It can never hold.
    Never {
        /// The part of it that never holds, with what is known of its fields.
        why: String,
    },
}

/// Explains every condition of a rule.
pub fn explain(rule: &Rule, mapping: impl Into<EventMapping>) -> Vec<Explained> {
    let mapping = mapping.into();
    let titles = titles(&rule.query);
    let filters = rule.query.filters();
    let mut explained = Vec::new();
    for (at, (condition, title)) in conditions(rule).into_iter().zip(titles).enumerate() {
        let filter = filters.get(at);
        let written = filter.and_then(|filter| rule.source.get(filter.span().range())).unwrap_or(&rule.source);
        let keys = filter.map_or(&[][..], |filter| filter.keys());
        let mut outcomes: Vec<(Explanation, Vec<u32>)> = Vec::new();
        for id in sysmon::event_ids() {
            let outcome = outcome(condition, keys, &rule.source, id, mapping);
            match outcomes.iter_mut().find(|(have, _)| *have == outcome) {
                Some((_, ids)) => ids.push(id),
                None => outcomes.push((outcome, vec![id])),
            }
        }
        // What can hold comes first.
        outcomes.sort_by_key(|(outcome, _)| matches!(outcome, Explanation::Never { .. }));
        let written = written.split_whitespace().collect::<Vec<_>>().join(" ");
        explained.push(Explained { title, written, outcomes });
    }
    explained
}

fn titles(query: &Query) -> Vec<String> {
    match query {
        Query::Event(_) => vec!["query".to_owned()],
        Query::Sequence(sequence) => (0..sequence.filters().len())
            .map(|at| if sequence.until() == Some(at) { "until".to_owned() } else { format!("stage {}", at + 1) })
            .collect(),
        Query::Sample(sample) => (1..=sample.filters().len()).map(|at| format!("term {at}")).collect(),
        Query::Threshold(_) | Query::NewTerms(_) | Query::Correlation(_) if query.stated_filters() == 1 => {
            vec!["query".to_owned()]
        }
        Query::Threshold(_) | Query::NewTerms(_) | Query::Correlation(_) => {
            (1..=query.stated_filters()).map(|at| format!("query {at}")).collect()
        }
    }
}

fn outcome(condition: &Predicate, keys: &[KeyField], source: &str, id: u32, mapping: EventMapping) -> Explanation {
    let known = ConstantFields::of_sysmon(id, mapping);
    let left = known.specialise(condition);
    let lacking = keys.iter().find(|key| !key.optional && !sysmon::may_have(id, &key.field, mapping));
    if left.constant() != Some(false) {
        if let Some(key) = lacking {
            return Explanation::Never { why: format!("no such event has {}, by which it is joined", key.field) };
        }
        let field = |field: &Field| (field.name().to_owned(), sysmon::entries_of(id, field, mapping));
        let fields = left.fields().into_iter().map(field).collect();
        return Explanation::Left { condition: left.text(source), fields };
    }
    let never = condition.conjuncts().find(|part| known.specialise(part).constant() == Some(false));
    let part = never.as_ref().unwrap_or(condition);
    Explanation::Never { why: why(part, source, id, mapping) }
}

/// Why a part of a condition never holds: what its fields are.
fn why(part: &Predicate, source: &str, id: u32, mapping: EventMapping) -> String {
    // Not by the ID that they are, so that all other event IDs share a line.
    if part.fields().iter().all(|field| **field == Field::from(ecs::ENTRY_EVENT_ID)) {
        return format!("{}: they are other events", part.text(source));
    }
    let constants = sysmon::constants(id, mapping);
    let fact = |field: &Field| {
        let values: Vec<String> = constants.values(field).iter().map(ToString::to_string).collect();
        match values.as_slice() {
            [] => format!("no such event has {field}"),
            values => format!("{field} is {}", values.join(", ")),
        }
    };
    let known = |field: &&Field| sysmon::is_constant(field) || !sysmon::may_have(id, field, mapping);
    let facts: Vec<String> = part.fields().into_iter().filter(known).map(fact).collect();
    // The category is written before `where`, not as a condition.
    if part.is_category() || facts.is_empty() {
        facts.join(", ")
    } else {
        format!("{}: {}", part.text(source), facts.join(", "))
    }
}

#[cfg(test)]
mod tests;
