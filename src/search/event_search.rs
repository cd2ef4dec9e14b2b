//! A pattern and the fields that it is looked for in: what it says of a whole event, which is what counts.

use super::pattern::SearchPattern;
use super::rendered::{RenderedKinds, folded};
use super::stored::StoredTexts;
use crate::ecs::{self, Field, FieldId};
use crate::event::{Document, Value};
use std::ops::Range;

/// Where a file lies is not what an event says: a folder that is named after a tool would make every event a hit. It counts only if it is named.
const PLACE: FieldId = ecs::LOG_FILE_PATH;

/// A search of events.
#[derive(Clone, Debug)]
pub struct EventSearch {
    pattern: SearchPattern,
    /// The fields that count; none for all that a document has, but for [`PLACE`].
    fields: Vec<Field>,
    /// Texts that a record must have one of, as they are stored; `None` if that says nothing.
    pub(super) stored: Option<StoredTexts>,
    /// The same, in lower case.
    pub(super) required: Vec<String>,
    /// What these can be part of beside stored texts.
    pub(super) kinds: RenderedKinds,
}

/// A value in which something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldHit {
    /// The field that has it.
    pub field: Field,
    /// The value.
    pub text: String,
    /// What was found in it, in bytes.
    pub places: Vec<Range<usize>>,
}

impl EventSearch {
    /// A search of the fields with these dotted names, or of all fields if there are none.
    pub fn new(pattern: SearchPattern, fields: &[String]) -> Self {
        let required = pattern.required().unwrap_or_default();
        let stored = StoredTexts::new(required).filter(|_| !required.is_empty());
        let kinds = RenderedKinds::of(required);
        let required = required.iter().map(|text| folded(text)).collect();
        let fields = fields.iter().map(|name| ecs::mapped(name).0).collect();
        Self { pattern, fields, stored, required, kinds }
    }

    /// Whether a whole value matches.
    pub(super) fn matches(&self, value: &str) -> bool {
        self.pattern.matches(value)
    }

    /// Whether it looks in a field.
    pub(super) fn looks_in(&self, field: FieldId) -> bool {
        let is_it = |wanted: &Field| *wanted == Field::Known(field);
        if self.fields.is_empty() { field != PLACE } else { self.fields.iter().any(is_it) }
    }

    /// The fields of a document that it looks in, with their values.
    fn fields_of<'d>(&'d self, document: &'d Document) -> impl Iterator<Item = (&'d Field, &'d [Value])> {
        let all = self.fields.is_empty();
        let every = document.iter().filter(move |(field, _)| all && **field != Field::Known(PLACE));
        every.chain(self.fields.iter().map(|field| (field, document.values(field))))
    }

    /// Whether a document has a value, in one of the fields, in which something is found.
    pub fn holds(&self, document: &Document) -> bool {
        let has = |field: &Field, value: &Value| self.pattern.matches(&value.text_in(field));
        self.fields_of(document).any(|(field, values)| values.iter().any(|value| has(field, value)))
    }

    /// The values in which something is found, in the order of the names of their fields.
    pub fn hits(&self, document: &Document) -> Vec<FieldHit> {
        let of_field = |field: &Field, values: &[Value]| -> Vec<FieldHit> {
            let hit = |value: &Value| {
                let text = value.text_in(field).into_owned();
                let places: Vec<Range<usize>> = self.pattern.find(&text).filter(|place| !place.is_empty()).collect();
                // A match of no characters, such as that of `^$`, is one nevertheless, and has no place to be shown.
                let is_hit = !places.is_empty() || self.pattern.matches(&text);
                is_hit.then(|| FieldHit { field: field.clone(), text, places })
            };
            values.iter().filter_map(hit).collect()
        };
        let mut hits: Vec<FieldHit> =
            self.fields_of(document).flat_map(|(field, values)| of_field(field, values)).collect();
        hits.sort_by(|one, other| one.field.name().cmp(other.field.name()));
        hits
    }
}
