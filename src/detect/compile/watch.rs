//! Names that are asked for, looked for in the evidence: a field that no event ever has makes an empty answer mean little, and a name that neither the
//! mapping nor any document has is a slip of the pen.
//!
//! A name that was found is not looked for again, so that the usual ones cost next to nothing. This module does not know what is said of the others.

use crate::ecs::{self, Field};
use crate::event::{Document, Fields};
use crate::source::RecordRef;
use crate::sysmon::{EventMapping, Extractors};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A name that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SoughtName {
    /// A field that has a value.
    Field(Field),
    /// A category that an event has.
    Category(String),
}

/// Most names of documents' own fields that are remembered, to be offered.
const MOST_GIVEN: usize = 1 << 16;

/// Names, and which of them were found. Shared by all threads.
#[derive(Debug, Default)]
pub struct NameWatch {
    names: Vec<(SoughtName, AtomicBool)>,
    missing: AtomicUsize,
    /// Whether some of the names are fields that not everybody knows.
    has_unknown: bool,
    /// Names of fields that documents have of their own: one of them may have been meant.
    given: Mutex<BTreeSet<Arc<str>>>,
}

/// The names that records of a shape may have, and how they are found in one.
#[derive(Debug)]
pub struct ShapeWatch {
    extractors: Extractors,
    /// Positions of names.
    names: Vec<usize>,
    /// Whether some cannot be found in a record in its chunk.
    is_whole: bool,
}

impl NameWatch {
    /// Looks for these names.
    pub fn new(names: impl IntoIterator<Item = SoughtName>) -> Self {
        let mut names: Vec<SoughtName> = names.into_iter().collect();
        names.sort();
        names.dedup();
        let missing = AtomicUsize::new(names.len());
        let has_unknown = names.iter().any(|name| matches!(name, SoughtName::Field(Field::Other(_))));
        let names = names.into_iter().map(|name| (name, AtomicBool::new(false))).collect();
        Self { names, missing, has_unknown, given: Mutex::default() }
    }

    /// Whether nothing is left to look for.
    pub fn is_settled(&self) -> bool {
        self.missing.load(Ordering::Relaxed) == 0
    }

    /// Notes what an event has.
    pub fn note(&self, event: &dyn Fields) {
        if !self.is_settled() {
            (0..self.names.len()).for_each(|at| self.look(at, event));
        }
    }

    /// Notes the names that a document has; its own fields are remembered while a name is missing that one of them may be.
    pub fn note_document(&self, document: &Document) {
        self.note(document);
        if !self.has_unknown || self.is_settled() {
            return;
        }
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        for (field, _) in document.iter() {
            if let Field::Other(name) = field
                && !given.contains(name)
            {
                given.insert(Arc::clone(name));
                // The last ones by their letters go: which that are does not depend on the order of documents.
                if given.len() > MOST_GIVEN {
                    given.pop_last();
                }
            }
        }
    }

    /// The names of fields that documents have of their own, as far as a name was missing.
    pub fn given(&self) -> Vec<Arc<str>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn look(&self, at: usize, event: &dyn Fields) {
        let (name, found) = &self.names[at];
        if found.load(Ordering::Relaxed) {
            return;
        }
        let has = match name {
            SoughtName::Field(field) => !event.values(field).is_empty(),
            SoughtName::Category(category) => {
                let values = event.values(&Field::Known(ecs::EVENT_CATEGORY));
                values.iter().any(|value| value.as_text() == Some(category))
            }
        };
        if has && !found.swap(true, Ordering::Relaxed) {
            self.missing.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The names to look for in records of the shape of this one; `None` if they can have none of the names.
    pub fn shape(&self, record: &RecordRef<'_>, mapping: EventMapping) -> Option<ShapeWatch> {
        if self.is_settled() {
            return None;
        }
        let mut extractors = Extractors::new(record.event_id(), mapping, record.names());
        let mut watch = (Vec::new(), false);
        for (at, (name, _)) in self.names.iter().enumerate() {
            let category = Field::Known(ecs::EVENT_CATEGORY);
            let field = match name {
                SoughtName::Field(field) => field,
                SoughtName::Category(_) => &category,
            };
            if !extractors.learn(field) {
                watch.1 = true;
            } else if !extractors.is_never(field) {
                watch.0.push(at);
            }
        }
        let (names, is_whole) = watch;
        (is_whole || !names.is_empty()).then_some(ShapeWatch { extractors, names, is_whole })
    }

    /// The names that were not found.
    pub fn unseen(&self) -> impl Iterator<Item = &SoughtName> {
        self.names.iter().filter(|(_, found)| !found.load(Ordering::Relaxed)).map(|(name, _)| name)
    }

    /// Whether this name was looked for and not found.
    pub fn is_unseen(&self, name: &SoughtName) -> bool {
        self.unseen().any(|unseen| unseen == name)
    }
}

impl ShapeWatch {
    /// Whether records must be read as a whole to tell.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The extractors to the fields that are looked for.
    pub fn ways(&self) -> &Extractors {
        &self.extractors
    }

    /// Notes what a record has.
    pub fn note(&self, watch: &NameWatch, event: &dyn Fields) {
        self.names.iter().for_each(|&at| watch.look(at, event));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Document;

    #[test]
    fn what_was_found_is_not_looked_for_again() {
        let watch = NameWatch::new([
            SoughtName::Field(ecs::PROCESS_NAME.into()),
            SoughtName::Field(Field::named("vendor.x")),
            SoughtName::Category("process".to_owned()),
        ]);
        let mut document = Document::new();
        document.set(ecs::PROCESS_NAME, "a");
        document.push(ecs::EVENT_CATEGORY, "network");
        watch.note(&document);
        let unseen: Vec<_> = watch.unseen().cloned().collect();
        assert_eq!(unseen.len(), 2);
        document.push(ecs::EVENT_CATEGORY, "process");
        document.set(Field::named("vendor.x"), 1);
        watch.note(&document);
        assert!(watch.is_settled() && watch.unseen().next().is_none());
        assert!(NameWatch::default().is_settled());
    }
}
