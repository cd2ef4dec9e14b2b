//! Whether evidence could have answered a rule at all: no alert means little where the events that the rule asks for were never recorded.
//!
//! A stage can be answered by the events of an ID if its condition is not false for all of them: with the constants of the ID put in, and without the
//! fields that no event of the evidence has. A rule can be answered if all its stages can; stages that demand absence are not asked.

use super::plan::{ConstantFields, conditions};
use crate::ecs::{self, Field};
use crate::eql::Predicate;
use crate::event::Document;
use crate::rules::Rule;
use crate::sysmon::{self, EventMapping};
use hashbrown::HashSet;
use std::collections::{BTreeMap, BTreeSet};

/// Which fields the events of the evidence have, by Sysmon's event ID; `None` holds all other documents.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    by_id: BTreeMap<Option<u32>, HashSet<Field>>,
}

impl Inventory {
    /// Notes the fields of a document of this event ID.
    pub fn add(&mut self, id: Option<u32>, document: &Document) {
        let fields = self.by_id.entry(id).or_default();
        // Rules of Sigma ask for entries of the record, which are no part of the document that is mapped from it.
        let all_entries = Field::from(ecs::ENTRY_ALL);
        let entries = document.entries().iter().chain((!document.entries().is_empty()).then_some(&all_entries));
        for field in document.iter().map(|(field, _)| field).chain(entries) {
            if !fields.contains(field) {
                fields.insert(field.clone());
            }
        }
    }

    /// Adds what another knows.
    pub fn merge(&mut self, other: Self) {
        for (id, fields) in other.by_id {
            self.by_id.entry(id).or_default().extend(fields);
        }
    }
}

/// Whether evidence could answer a rule, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Every stage could have matched some event.
    Answered,
    /// Some stage matches no event that Sysmon can write: the rule asks for fields of another sensor, or for events of another provider.
    NotInSysmon {
        /// Fields that the stage asks for and that no Sysmon event has.
        fields: BTreeSet<String>,
    },
    /// The evidence has none of the event IDs that could match some stage.
    NoEvents {
        /// The event IDs that the rule needs.
        ids: BTreeSet<u32>,
    },
    /// There are events, but none ever has a field that some stage cannot do without.
    NoFields {
        /// The fields that the stage mentions and that were never set.
        fields: BTreeSet<String>,
    },
}

impl Coverage {
    /// A stable name for outputs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::NotInSysmon { .. } => "not-in-sysmon",
            Self::NoEvents { .. } => "no-events",
            Self::NoFields { .. } => "no-fields",
        }
    }
}

/// The coverage of each rule by the evidence. The first stage that cannot be answered gives the reason.
pub fn coverage(rules: &[Rule], mapping: impl Into<EventMapping>, inventory: &Inventory) -> Vec<Coverage> {
    let mapping = mapping.into();
    let known: Vec<(u32, ConstantFields)> =
        sysmon::event_ids().map(|id| (id, ConstantFields::of_sysmon(id, mapping))).collect();
    let judge = |rule: &Rule| {
        let all = conditions(rule);
        let needed = rule.query.needed_filters();
        let is_answered = |coverage: &Coverage| *coverage == Coverage::Answered;
        if needed.is_empty() {
            // Events of any stage are enough.
            let judged: Vec<_> = all.iter().map(|condition| of_condition(condition, &known, inventory)).collect();
            let first = judged.iter().find(|coverage| is_answered(coverage)).or(judged.first());
            return first.cloned().unwrap_or(Coverage::Answered);
        }
        let judged = needed.into_iter().map(|filter| of_condition(all[filter], &known, inventory));
        judged.into_iter().find(|coverage| !is_answered(coverage)).unwrap_or(Coverage::Answered)
    };
    rules.iter().map(judge).collect()
}

fn of_condition(condition: &Predicate, known: &[(u32, ConstantFields)], inventory: &Inventory) -> Coverage {
    let documents = inventory.by_id.get(&None);
    if documents
        .is_some_and(|fields| may_match(&condition.specialise(&Document::new(), &|field| !fields.contains(field))))
    {
        return Coverage::Answered;
    }
    let possible: Vec<(u32, Predicate)> = known
        .iter()
        .map(|(id, known)| (*id, known.specialise(condition)))
        .filter(|(_, condition)| may_match(condition))
        .collect();
    if possible.is_empty() {
        let never = |field: &&Field| !known.iter().any(|(_, known)| known.may_have(field));
        let fields = condition.fields().into_iter().filter(never).map(ToString::to_string).collect();
        return Coverage::NotInSysmon { fields };
    }
    let present: Vec<_> =
        possible.iter().filter_map(|(id, condition)| Some((condition, inventory.by_id.get(&Some(*id))?))).collect();
    if present.is_empty() {
        return Coverage::NoEvents { ids: possible.into_iter().map(|(id, _)| id).collect() };
    }
    let unset = |fields: &HashSet<Field>, field: &Field| !fields.contains(field) && !of_the_record(field);
    if present
        .iter()
        .any(|(condition, fields)| may_match(&condition.specialise(&Document::new(), &|field| unset(fields, field))))
    {
        return Coverage::Answered;
    }
    let missing = |(condition, fields): &(&Predicate, &HashSet<Field>)| -> Vec<String> {
        condition.fields().into_iter().filter(|field| unset(fields, field)).map(ToString::to_string).collect()
    };
    Coverage::NoFields { fields: present.iter().flat_map(missing).collect() }
}

fn may_match(condition: &Predicate) -> bool {
    condition.constant() != Some(false)
}

/// Fields that say where a record is from, of which a missing one says nothing about what was recorded.
fn of_the_record(field: &Field) -> bool {
    *field == Field::from(ecs::USER_ID)
}

#[cfg(test)]
mod tests;
