//! The filter of one term of a sequence or sample.

use super::key::{self, CountedFields, JoinKey, KeyField, Recent};
use crate::base::Span;
use crate::ecs::Field;
use crate::eql::predicate::Predicate;
use crate::event::Fields;
use std::sync::Arc;

/// The filter of a term: what an event must be, and its keys.
#[derive(Clone, Debug)]
pub struct TermFilter {
    predicate: Predicate,
    keys: Vec<KeyField>,
    counted: Option<CountedFields>,
    missing: bool,
    span: Span,
}

impl TermFilter {
    pub(in crate::eql) fn new(predicate: Predicate, keys: Vec<KeyField>, missing: bool, span: Span) -> Self {
        Self { predicate, keys, counted: None, missing, span }
    }

    /// A filter of a threshold or of new terms: what an event must be, its keys, and what is counted of its values, if something is. `span` is the place of the
    /// condition in the query.
    pub fn counting(predicate: Predicate, keys: Vec<KeyField>, counted: Option<CountedFields>, span: Span) -> Self {
        Self { predicate, keys, counted, missing: false, span }
    }

    /// Restricts the filter to events that pass a condition.
    pub(in crate::eql) fn among(&self, condition: &Predicate) -> Arc<Self> {
        let predicate = Predicate::all(vec![self.predicate.clone(), condition.clone()]);
        Arc::new(Self { predicate, ..self.clone() })
    }

    /// The condition, category included.
    pub fn predicate(&self) -> &Predicate {
        &self.predicate
    }

    /// Join keys, those of the whole sequence first.
    pub fn keys(&self) -> &[KeyField] {
        &self.keys
    }

    /// The fields whose values are counted.
    pub fn counted(&self) -> Option<&CountedFields> {
        self.counted.as_ref()
    }

    /// Every field that it asks for beside its condition.
    pub fn key_fields(&self) -> impl Iterator<Item = &KeyField> {
        self.keys.iter().chain(self.counted.iter().flat_map(|counted| &counted.fields))
    }

    /// The keys of a document that it takes.
    pub fn keys_of(&self, document: &dyn Fields) -> Vec<JoinKey> {
        key::keys_of(document, &self.keys, &mut Recent::default()).0
    }

    /// Whether it is of a `![...]` term.
    pub fn is_missing(&self) -> bool {
        self.missing
    }

    /// The term's brackets in the source.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// Every field of some filters, once each, sorted.
pub(in crate::eql) fn fields_of(filters: &[Arc<TermFilter>]) -> Box<[Field]> {
    let mut fields: Vec<Field> = Vec::new();
    for filter in filters {
        fields.extend(filter.predicate.fields().into_iter().cloned());
        fields.extend(filter.key_fields().map(|key| key.field.clone()));
    }
    fields.sort_unstable();
    fields.dedup();
    fields.into()
}
