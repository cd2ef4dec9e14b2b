//! Which rules an event could matter to at all, told by its event ID alone.
//!
//! The mapping says which fields of a Sysmon event follow from its ID, and which it can never have. With those put in, most conditions of most rules are
//! false before any event is seen. What is left is a list of rules, and of filters of each, to try. This only ever leaves out what is false: the conditions
//! that are tried are the rules' own.

use super::RuleIndex;
use crate::base::wildcard::fold;
use crate::ecs::{self, Field};
use crate::eql::{Predicate, Query};
use crate::event::Document;
use crate::rules::Rule;
use crate::sysmon::{self, Mapping};
use hashbrown::{HashMap, HashSet};

/// The rules to try, and which filters of each.
#[derive(Debug, Default)]
pub struct Plan {
    /// Ascending.
    pub tries: Vec<Try>,
    /// The process names, in lower case, that an event must have one of to matter; `None` if others matter too.
    pub names: Option<HashSet<String>>,
    /// By field and text in lower case: tries that can only succeed for documents with that text in that field.
    index: Vec<(Field, HashMap<String, Vec<usize>>)>,
    /// Tries of which the index says nothing.
    always: Vec<usize>,
}

/// One rule to try.
#[derive(Debug)]
pub struct Try {
    /// Which.
    pub rule: RuleIndex,
    /// For each filter of a sequence or sample whether an event can match it; empty for a query for single events.
    pub filters: Box<[bool]>,
}

impl Try {
    /// The conditions that are tried.
    fn conditions<'r>(&self, rules: &'r [Rule]) -> impl Iterator<Item = &'r Predicate> {
        let all: Vec<&Predicate> = match &rules[self.rule].query {
            Query::Event(query) => vec![query.predicate()],
            Query::Sequence(query) => query.filters().iter().map(|filter| filter.predicate()).collect(),
            Query::Sample(query) => query.filters().iter().map(|filter| filter.predicate()).collect(),
        };
        let live: Vec<bool> = (0..all.len()).map(|at| self.filters.get(at).copied().unwrap_or(true)).collect();
        all.into_iter().zip(live).filter(|(_, live)| *live).map(|(condition, _)| condition)
    }
}

/// Whether a field is worth an index: those that nearly all events share are not.
fn is_telling(field: &Field) -> bool {
    !["event.", "host.", "data_stream.", "agent.", "ecs."].iter().any(|start| field.name().starts_with(start))
}

/// What is known of events before they are seen.
pub struct Known {
    constants: Document,
    id: u32,
}

impl Known {
    /// What is known of the Sysmon events of an ID.
    pub fn of_sysmon(id: u32, mapping: Mapping) -> Self {
        Self { constants: sysmon::constants(id, mapping), id }
    }

    fn knows(&self, field: &Field) -> bool {
        sysmon::is_constant(field) || !sysmon::may_have(self.id, field)
    }

    /// A condition with all that is known put in.
    pub fn specialise(&self, predicate: &Predicate) -> Predicate {
        predicate.specialise(&self.constants, &|field| self.knows(field))
    }

    fn may_match(&self, predicate: &Predicate) -> bool {
        self.specialise(predicate).constant() != Some(false)
    }
}

impl Plan {
    /// A plan that tries everything.
    pub fn all(rules: &[Rule]) -> Self {
        Self::new(rules, |_| true).indexed(rules, Clone::clone)
    }

    /// A plan for events of which something is known.
    pub fn known(rules: &[Rule], known: &Known) -> Self {
        let plan = Self::new(rules, |predicate| known.may_match(predicate))
            .indexed(rules, |predicate| known.specialise(predicate));
        let field = Field::from(ecs::PROCESS_NAME);
        let required = |tried: &Try| {
            let each: Option<Vec<Vec<String>>> =
                tried.conditions(rules).map(|condition| known.specialise(condition).required(&field)).collect();
            each.map(|each| each.concat())
        };
        let names: Option<Vec<Vec<String>>> = plan.tries.iter().map(required).collect();
        Self { names: names.map(|names| names.concat().into_iter().collect()), ..plan }
    }

    /// The tries that may succeed for a document, ascending. The others cannot.
    pub fn tries_for(&self, document: &Document) -> Vec<usize> {
        let mut found = self.always.clone();
        for (field, texts) in &self.index {
            for value in document.values(field) {
                // A field of texts holds something else only in documents from elsewhere; there nothing is left out.
                let Some(text) = value.as_text() else { return (0..self.tries.len()).collect() };
                let folded: String = text.chars().map(fold).collect();
                found.extend(texts.get(&folded).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The same with its index. Conditions are looked at as `specialised` gives them.
    fn indexed(mut self, rules: &[Rule], specialised: impl Fn(&Predicate) -> Predicate) -> Self {
        let mut index: HashMap<Field, HashMap<String, Vec<usize>>> = HashMap::new();
        for (at, tried) in self.tries.iter().enumerate() {
            let conditions: Vec<Predicate> = tried.conditions(rules).map(&specialised).collect();
            let each: Option<Vec<_>> =
                conditions.iter().map(|condition| condition.required_among(&is_telling)).collect();
            match each {
                None => self.always.push(at),
                Some(each) => {
                    for (field, text) in each.into_iter().flatten() {
                        index.entry(field.clone()).or_default().entry(text).or_default().push(at);
                    }
                }
            }
        }
        self.index = index.into_iter().collect();
        self.index.sort_by(|(left, _), (right, _)| left.cmp(right));
        self
    }

    fn new(rules: &[Rule], may_match: impl Fn(&Predicate) -> bool) -> Self {
        let tried = |(rule, Rule { query, .. }): (RuleIndex, &Rule)| {
            let filters: Box<[bool]> = match query {
                Query::Event(query) => {
                    return may_match(query.predicate()).then(|| Try { rule, filters: Box::default() });
                }
                Query::Sequence(query) => query.filters().iter().map(|filter| may_match(filter.predicate())).collect(),
                Query::Sample(query) => query.filters().iter().map(|filter| may_match(filter.predicate())).collect(),
            };
            filters.contains(&true).then_some(Try { rule, filters })
        };
        Self { tries: rules.iter().enumerate().filter_map(tried).collect(), ..Self::default() }
    }
}
