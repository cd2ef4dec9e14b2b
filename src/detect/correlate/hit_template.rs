//! What comes of a set of conditions that hold for an event: few such sets are met, again and again.
//!
//! This module does not know how conditions are asked.

use super::pattern::{CandidateTables, PatternHit, PatternNumber};
use crate::detect::hit::RuleIndex;
use crate::ecs::{self, Field};
use crate::eql::{CountedFields, KeyField, Query};
use crate::rules::Rule;

/// The filters of rules that take an event, if it has the keys that they ask for.
#[derive(Debug)]
pub struct HitTemplate {
    /// Whether an exception of one of the rules may be for the event, or a rule asks for nothing more: then the event is looked at closely.
    close: bool,
    key_lists: Vec<KeyList>,
}

/// The join keys of some of the filters, which have them in common.
#[derive(Debug)]
pub struct KeyList {
    /// Where the values of the keys are.
    pub fields: Box<[KeyField]>,
    /// The fields whose values are counted, if some are.
    pub counted: Option<CountedFields>,
    /// Whether such keys mean something on one host only.
    pub of_host: bool,
    /// Whether the key is the entity id of a process, and nothing beside.
    pub is_process: bool,
    /// The filters.
    pub patterns: Vec<PatternNumber>,
}

/// Key fields, the fields whose values are counted, and whether such keys mean something on one host only.
type SharedKeys<'r> = (&'r [KeyField], Option<&'r CountedFields>, bool);

impl KeyList {
    fn new((fields, counted, of_host): SharedKeys<'_>, hits: &[PatternHit], tables: &CandidateTables) -> Self {
        let is_process =
            matches!(fields, [KeyField { field: Field::Known(ecs::PROCESS_ENTITY_ID), optional: false, .. }]);
        let (is_process, counted) = (is_process && of_host, counted.cloned());
        let mut list = Self { fields: fields.into(), counted, of_host, is_process, patterns: Vec::new() };
        tables.numbers_of(hits, |number| list.patterns.push(number));
        list
    }
}

impl HitTemplate {
    /// The template of filters, ascending, each with its rule.
    pub fn new(filters: impl Iterator<Item = (RuleIndex, usize)>, rules: &[Rule], tables: &CandidateTables) -> Self {
        let mut close = false;
        let mut lists: Vec<(SharedKeys<'_>, Vec<PatternHit>)> = Vec::new();
        for (index, filter) in filters {
            let rule = &rules[index];
            close |= matches!(rule.query, Query::Event(_)) || !rule.exceptions.is_empty();
            let Some(of_filter) = rule.query.filters().get(filter) else { continue };
            let list = (of_filter.keys(), of_filter.counted(), joins_on_one_host(&rule.query));
            let hit = PatternHit::new(index, filter);
            match lists.iter_mut().find(|(known, _)| *known == list) {
                Some((_, hits)) => hits.push(hit),
                None => lists.push((list, vec![hit])),
            }
        }
        let key_lists = lists.into_iter().map(|(list, hits)| KeyList::new(list, &hits, tables)).collect();
        Self { close, key_lists }
    }

    /// Whether the event must be looked at closely.
    pub fn is_close(&self) -> bool {
        self.close
    }

    /// The filters, those that have their keys in common together.
    pub fn key_lists(&self) -> &[KeyList] {
        &self.key_lists
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        128 + self.key_lists.len() * 160
    }
}

/// Whether keys of a query mean something on one host only: whether one is the entity id of a process.
pub fn joins_on_one_host(query: &Query) -> bool {
    let mut keys = query.filters().iter().flat_map(|filter| filter.keys());
    matches!(query, Query::Sequence(_)) && keys.any(|key| key.field.name().ends_with(".entity_id"))
}
