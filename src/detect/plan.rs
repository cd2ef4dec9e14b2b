//! Which rules an event could matter to at all, told by its event ID, and by the entries that its record has.
//!
//! The mapping says which fields of a Sysmon event follow from its ID, and which it can never have. With those put in, most conditions of most rules are
//! false before any event is seen, and the others get shorter. What is left is a list of rules to try, with what is left of their conditions; an index of
//! the texts that these cannot do without says which of them to try on which event.

use super::{Hit, RuleIndex};
use crate::base::folded::{Folded, FoldedText};
use crate::base::parts::PartFinder;
use crate::base::wildcard::Case;
use crate::ecs::Field;
use crate::eql::{Keys, Need, Predicate, Query};
use crate::event::{Document, Fields};
use crate::rules::Rule;
use crate::sysmon::{self, Mapping};
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// The rules to try, and what is left of their conditions.
#[derive(Debug, Default)]
pub struct Plan {
    /// Ascending.
    pub tries: Vec<Try>,
    /// By field: texts that documents must have there for some tries to succeed.
    index: Vec<(Field, Texts)>,
    /// Tries of which the index says nothing.
    always: Vec<usize>,
}

/// One rule to try.
#[derive(Debug)]
pub struct Try {
    /// Which.
    pub rule: RuleIndex,
    /// What is left of the condition of each filter; `None` for one that no event matches. A query for single events has one.
    pub filters: Box<[Option<Predicate>]>,
}

impl Try {
    /// The conditions that are tried.
    fn conditions(&self) -> impl Iterator<Item = &Predicate> {
        self.filters.iter().flatten()
    }

    /// What the rule makes of an event.
    pub fn hit(&self, rule: &Rule, event: &dyn Fields, keys: &mut Keys) -> Option<Hit> {
        let holds = |filter: usize| {
            let condition = self.filters.get(filter).and_then(Option::as_ref);
            condition.is_some_and(|condition| condition.matches(event))
        };
        let hit = match &rule.query {
            Query::Event(_) => holds(0).then_some(Hit::Event),
            joined => joined.candidate_where(event, keys, holds).map(Hit::Joined),
        };
        let excluded = || rule.exceptions.iter().any(|exception| exception.predicate.matches(event));
        hit.filter(|_| !excluded())
    }
}

/// Every condition of a rule, one a filter.
pub fn conditions(rule: &Rule) -> Vec<&Predicate> {
    match &rule.query {
        Query::Event(query) => vec![query.predicate()],
        joined => joined.filters().iter().map(|filter| filter.predicate()).collect(),
    }
}

/// Whether a field is worth an index: those that nearly all events share are not.
fn is_telling(field: &Field) -> bool {
    !["event.", "host.", "data_stream.", "agent.", "ecs."].iter().any(|start| field.name().starts_with(start))
}

/// What is known of events before they are seen.
#[derive(Debug)]
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
}

impl Plan {
    /// A plan that tries everything.
    pub fn all(rules: &[Rule]) -> Self {
        let whole = |rule: &Rule| conditions(rule).into_iter().map(|condition| Some(condition.clone())).collect();
        Self::new(rules.iter().enumerate().map(|(rule, of)| Try { rule, filters: whole(of) }), &|_| true)
    }

    /// A plan for events of which something is known.
    pub fn known(rules: &[Rule], specialise: &dyn Fn(&Predicate) -> Predicate) -> Self {
        let left = |rule: &Rule| conditions(rule).into_iter().map(|condition| live(specialise(condition))).collect();
        Self::new(rules.iter().enumerate().map(|(rule, of)| Try { rule, filters: left(of) }), &|_| true)
    }

    /// The same plan for events of which more is known. Its index prefers fields that are `cheap` to ask for.
    pub fn narrowed(&self, specialise: &dyn Fn(&Predicate) -> Predicate, cheap: &dyn Fn(&Field) -> bool) -> Self {
        let left = |tried: &Try| Try {
            rule: tried.rule,
            filters: tried.filters.iter().map(|filter| live(specialise(filter.as_ref()?))).collect(),
        };
        Self::new(self.tries.iter().map(left), cheap)
    }

    fn new(tries: impl Iterator<Item = Try>, cheap: &dyn Fn(&Field) -> bool) -> Self {
        let tries: Vec<Try> = tries.filter(|tried| tried.filters.iter().any(Option::is_some)).collect();
        let mut index: BTreeMap<Field, Texts> = BTreeMap::new();
        let mut parts: BTreeMap<Field, Vec<(String, usize)>> = BTreeMap::new();
        let mut always = Vec::new();
        for (at, tried) in tries.iter().enumerate() {
            let required = |condition| {
                let of_cheap = Predicate::required_among(condition, &|field| is_telling(field) && cheap(field));
                of_cheap.or_else(|| condition.required_among(&is_telling))
            };
            let each: Option<Vec<Vec<Need<'_>>>> = tried.conditions().map(required).collect();
            let Some(each) = each else {
                always.push(at);
                continue;
            };
            for Need { field, text, whole } in each.into_iter().flatten() {
                let texts = index.entry(field.clone()).or_default();
                if whole {
                    let places = texts.whole.entry(FoldedText::new(&text, Case::Insensitive)).or_default();
                    if places.last() != Some(&at) {
                        places.push(at);
                    }
                } else {
                    parts.entry(field.clone()).or_default().push((text, at));
                }
            }
        }
        for (field, parts) in parts {
            index.entry(field).or_default().parts = PartFinder::new(parts);
        }
        let index = index.into_iter().collect();
        Self { tries, index, always }
    }

    /// The texts of a field, in lower case, that an event must have one of to matter; `None` if others matter too.
    pub fn required(&self, field: &Field) -> Option<Vec<String>> {
        let each: Option<Vec<Vec<String>>> =
            self.tries.iter().flat_map(Try::conditions).map(|condition| condition.required(field)).collect();
        each.map(|each| each.concat())
    }

    /// Every field of the conditions, more than once perhaps.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.tries.iter().flat_map(Try::conditions).flat_map(Predicate::fields)
    }

    /// What each rule makes of an event; rules that make nothing of it are left out.
    ///
    /// `keys` may have been used for another event before.
    pub fn hits(&self, rules: &[Rule], event: &dyn Fields, keys: &mut Keys) -> Vec<(RuleIndex, Hit)> {
        let mut hits = Vec::new();
        keys.clear();
        let mut attempt = |at: usize| {
            let tried = &self.tries[at];
            let rule = &rules[tried.rule];
            hits.extend(tried.hit(rule, event, keys).map(|hit| (tried.rule, hit)));
        };
        match self.indexed_tries(event) {
            None => (0..self.tries.len()).for_each(attempt),
            Some(found) if found.is_empty() => self.always.iter().copied().for_each(attempt),
            Some(found) => {
                let mut all = [found.as_slice(), self.always.as_slice()].concat();
                all.sort_unstable();
                all.dedup();
                all.into_iter().for_each(&mut attempt);
            }
        }
        hits
    }

    /// The tries that the index has for an event; `None` if it cannot tell.
    fn indexed_tries(&self, event: &dyn Fields) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        for (field, texts) in &self.index {
            for value in event.values(field) {
                // A field of texts holds something else only in documents from elsewhere; there nothing is left out.
                texts.find(value.as_text()?, &mut found);
            }
        }
        Some(found)
    }
}

/// Texts of one field with the tries that cannot do without.
#[derive(Debug, Default)]
struct Texts {
    whole: HashMap<FoldedText, Vec<usize>>,
    parts: PartFinder,
}

impl Texts {
    fn find(&self, value: &str, found: &mut Vec<usize>) {
        if !self.whole.is_empty() {
            found.extend(self.whole.get(&Folded(value, Case::Insensitive)).into_iter().flatten());
        }
        found.extend(self.parts.find(value));
    }
}

/// A condition, unless no event matches it.
fn live(condition: Predicate) -> Option<Predicate> {
    Some(condition).filter(|condition| condition.constant() != Some(false))
}
