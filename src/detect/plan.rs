//! Which rules an event could matter to at all, told by its event ID alone.
//!
//! The mapping says which fields of a Sysmon event follow from its ID, and which it can never have. With those put in, most conditions of most rules are
//! false before any event is seen. What is left is a list of rules, and of filters of each, to try. This only ever leaves out what is false: the conditions
//! that are tried are the rules' own.

use super::RuleIndex;
use crate::ecs::{self, Field};
use crate::eql::{Predicate, Query};
use crate::event::Document;
use crate::rules::Rule;
use crate::sysmon::{self, Mapping};
use hashbrown::HashSet;

/// The rules to try, and which filters of each.
#[derive(Debug, Default)]
pub struct Plan {
    /// Ascending.
    pub tries: Vec<Try>,
    /// The process names, in lower case, that an event must have one of to matter; `None` if others matter too.
    pub names: Option<HashSet<String>>,
}

/// One rule to try.
#[derive(Debug)]
pub struct Try {
    /// Which.
    pub rule: RuleIndex,
    /// For each filter of a sequence or sample whether an event can match it; empty for a query for single events.
    pub filters: Box<[bool]>,
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
        Self::new(rules, |_| true)
    }

    /// A plan for events of which something is known.
    pub fn known(rules: &[Rule], known: &Known) -> Self {
        let plan = Self::new(rules, |predicate| known.may_match(predicate));
        let field = Field::from(ecs::PROCESS_NAME);
        let required = |tried: &Try| -> Option<Vec<String>> {
            let conditions: Vec<&Predicate> = match &rules[tried.rule].query {
                Query::Event(query) => vec![query.predicate()],
                Query::Sequence(query) => query.filters().iter().map(|filter| filter.predicate()).collect(),
                Query::Sample(query) => query.filters().iter().map(|filter| filter.predicate()).collect(),
            };
            let each: Option<Vec<Vec<String>>> =
                conditions.into_iter().map(|condition| known.specialise(condition).required(&field)).collect();
            each.map(|each| each.concat())
        };
        let names: Option<Vec<Vec<String>>> = plan.tries.iter().map(required).collect();
        Self { names: names.map(|names| names.concat().into_iter().collect()), ..plan }
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
        Self { tries: rules.iter().enumerate().filter_map(tried).collect(), names: None }
    }
}
