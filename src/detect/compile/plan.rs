//! Which rules an event could matter to at all, told by its event ID, and by the entries that its record has.
//!
//! The mapping says which fields of a Sysmon event follow from its ID, and which it can never have. With those put in, most conditions of most rules are
//! false before any event is seen, and the others get shorter. What is left is a list of rules to try, with what is left of their conditions; an index of
//! the texts that these cannot do without says which of them to try on which event.

use crate::detect::hit::{RuleHit, RuleIndex, hit_of};
use crate::detect::prefilter::Index;
use crate::ecs::Field;
use crate::eql::{KeyValues, Predicate, Query};
use crate::event::{Document, Fields};
use crate::rules::Rule;
use crate::sysmon::{self, EventMapping};
use std::sync::OnceLock;

/// The rules to try, and what is left of their conditions.
#[derive(Debug, Default)]
pub struct RulePlan {
    /// Ascending.
    pub tries: Vec<Try>,
    /// Which tries an event may be for.
    index: OnceLock<Index>,
}

/// One rule to try.
#[derive(Debug)]
pub struct Try {
    /// Which.
    pub rule: RuleIndex,
    /// The specialised condition of each filter; `None` for one that no event matches. A query for single events has one.
    pub filters: Box<[Option<Predicate>]>,
}

impl Try {
    /// The conditions that are tried.
    fn conditions(&self) -> impl Iterator<Item = &Predicate> {
        self.filters.iter().flatten()
    }
}

/// Every condition of a rule, one a filter.
pub fn conditions(rule: &Rule) -> Vec<&Predicate> {
    match &rule.query {
        Query::Event(query) => vec![query.predicate()],
        joined => joined.filters().iter().map(|filter| filter.predicate()).collect(),
    }
}

/// The fields of events whose values are known before any event is seen.
#[derive(Debug)]
pub struct ConstantFields {
    constants: Document,
    id: u32,
    mapping: EventMapping,
}

impl ConstantFields {
    /// The constant and the impossible fields of the Sysmon events of an ID.
    pub fn of_sysmon(id: u32, mapping: impl Into<EventMapping>) -> Self {
        let mapping = mapping.into();
        Self { constants: sysmon::constants(id, mapping), id, mapping }
    }

    /// Whether all there is of a field in these events is known: its values, or that it has none.
    pub fn knows(&self, field: &Field) -> bool {
        sysmon::is_constant(field) || !self.may_have(field)
    }

    /// Whether these events can have a field.
    pub fn may_have(&self, field: &Field) -> bool {
        sysmon::may_have(self.id, field, self.mapping)
    }

    /// A condition with all that is known put in.
    pub fn specialise(&self, predicate: &Predicate) -> Predicate {
        predicate.specialise(&self.constants, &|field| self.knows(field))
    }
}

impl RulePlan {
    /// A plan that tries everything.
    pub fn all(rules: &[Rule]) -> Self {
        let whole = |rule: &Rule| conditions(rule).into_iter().map(|condition| Some(condition.clone())).collect();
        Self::new(rules.iter().enumerate().map(|(rule, of)| Try { rule, filters: whole(of) }))
    }

    /// A plan for events of which something is known.
    pub fn known(rules: &[Rule], specialise: &dyn Fn(&Predicate) -> Predicate) -> Self {
        let left = |rule: &Rule| conditions(rule).into_iter().map(|condition| live(specialise(condition))).collect();
        Self::new(rules.iter().enumerate().map(|(rule, of)| Try { rule, filters: left(of) }))
    }

    /// Specialises the plan to events of which more is known.
    pub fn narrowed(&self, specialise: &dyn Fn(&Predicate) -> Predicate) -> Self {
        let left = |tried: &Try| Try {
            rule: tried.rule,
            filters: tried.filters.iter().map(|filter| live(specialise(filter.as_ref()?))).collect(),
        };
        Self::new(self.tries.iter().map(left))
    }

    /// Drops some filters of rules.
    pub fn without(&self, is_out: &dyn Fn(RuleIndex, usize) -> bool) -> Self {
        let left = |tried: &Try| {
            let filters = tried.filters.iter().enumerate();
            let kept = filters.map(|(at, filter)| filter.clone().filter(|_| !is_out(tried.rule, at)));
            Try { rule: tried.rule, filters: kept.collect() }
        };
        Self::new(self.tries.iter().map(left))
    }

    fn new(tries: impl Iterator<Item = Try>) -> Self {
        let tries = tries.filter(|tried| tried.filters.iter().any(Option::is_some)).collect();
        Self { tries, index: OnceLock::new() }
    }

    /// Made when an event is first looked up: most plans never meet one.
    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(self.tries.iter().map(|tried| tried.conditions().collect())))
    }

    /// The texts of a field, in lower case, that an event must have one of to matter; `None` if others matter too.
    pub fn required(&self, field: &Field) -> Option<Vec<String>> {
        let each: Option<Vec<Vec<String>>> =
            self.tries.iter().flat_map(Try::conditions).map(|condition| condition.required(field)).collect();
        each.map(|each| each.concat())
    }

    /// Every condition that is tried.
    pub fn conditions(&self) -> impl Iterator<Item = &Predicate> {
        self.tries.iter().flat_map(Try::conditions)
    }

    /// Every field of the conditions, more than once perhaps.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.conditions().flat_map(Predicate::fields)
    }

    /// The hits of all rules on an event.
    ///
    /// `keys` may have been used for another event before.
    pub fn hits(&self, rules: &[Rule], event: &dyn Fields, keys: &mut KeyValues) -> Vec<(RuleIndex, RuleHit)> {
        let mut hits = Vec::new();
        keys.clear();
        let mut found = Vec::new();
        if self.index().find(event, &mut found) {
            found.sort_unstable();
            found.dedup();
        } else {
            found = (0..self.tries.len()).collect();
        }
        for at in found {
            let tried = &self.tries[at];
            let holds = |filter: usize| {
                let condition = tried.filters.get(filter).and_then(Option::as_ref);
                condition.is_some_and(|condition| condition.matches(event))
            };
            hits.extend(hit_of(&rules[tried.rule], event, keys, holds).map(|hit| (tried.rule, hit)));
        }
        hits
    }
}

/// A condition, unless no event matches it.
fn live(condition: Predicate) -> Option<Predicate> {
    Some(condition).filter(|condition| condition.constant() != Some(false))
}
