//! Which of many conditions an event may fulfil, told by texts that they cannot do without.
//!
//! A hash of whole texts and a search for parts of texts lead from the values of an event to the conditions that may want them; the others are
//! false. What is found is a superset. This module does not know whose the conditions are.

use crate::base::folded::{Folded, FoldedText};
use crate::base::parts::PartFinder;
use crate::base::wildcard::CaseSensitivity;
use crate::ecs::Field;
use crate::eql::{Need, Predicate};
use crate::event::Fields;
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// Owners of conditions, by number, and the texts that they cannot do without.
#[derive(Debug, Default)]
pub struct Index {
    /// By field: texts that documents must have there for some owners.
    fields: Vec<(Field, Texts)>,
    /// Owners of which it says nothing.
    always: Vec<usize>,
}

/// Whether a field is worth an index: those that nearly all events share are not.
fn is_telling(field: &Field) -> bool {
    !["event.", "host.", "data_stream.", "agent.", "ecs."].iter().any(|start| field.name().starts_with(start))
}

impl Index {
    /// An index of owners, each with its conditions, of which one must hold.
    pub fn new<'p>(owners: impl Iterator<Item = Vec<&'p Predicate>>) -> Self {
        let mut index: BTreeMap<Field, Texts> = BTreeMap::new();
        let mut parts: BTreeMap<Field, Vec<(String, usize)>> = BTreeMap::new();
        let mut always = Vec::new();
        for (at, conditions) in owners.enumerate() {
            // An owner stands in the index under one list of texts and is tried if an event has any of them. A condition without such a list, such as
            // `process.pid == 4`, is always tried.
            let each: Option<Vec<Vec<Need<'_>>>> =
                conditions.into_iter().map(|condition| condition.required_among(&is_telling)).collect();
            let Some(each) = each else {
                always.push(at);
                continue;
            };
            for Need { field, text, whole } in each.into_iter().flatten() {
                let texts = index.entry(field.clone()).or_default();
                if whole {
                    let places = texts.whole.entry(FoldedText::new(&text, CaseSensitivity::Insensitive)).or_default();
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
        Self { fields: index.into_iter().collect(), always }
    }

    /// Adds the owners whose conditions an event may fulfil, perhaps more than once; false if it cannot tell.
    pub fn find(&self, event: &dyn Fields, found: &mut Vec<usize>) -> bool {
        found.extend(&self.always);
        for (field, texts) in &self.fields {
            for value in event.values(field) {
                // A field of texts holds something else only in documents from elsewhere; there nothing is left out.
                let Some(text) = value.as_text() else { return false };
                texts.find(text, found);
            }
        }
        true
    }
}

/// Texts of one field with the owners that cannot do without.
#[derive(Debug, Default)]
struct Texts {
    whole: HashMap<FoldedText, Vec<usize>>,
    parts: PartFinder,
}

impl Texts {
    fn find(&self, value: &str, found: &mut Vec<usize>) {
        if !self.whole.is_empty() {
            found.extend(self.whole.get(&Folded(value, CaseSensitivity::Insensitive)).into_iter().flatten());
        }
        self.parts.find(value, |owner| found.push(owner));
    }
}
