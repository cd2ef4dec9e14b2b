//! A condition on every field whose name fits: `process.*: x`, or a value that is searched for everywhere.
//!
//! Which fields there are is known when a document is seen, or the shape of a record: there the condition becomes one on each of its fields, any of which
//! may hold. This file does not know by what a field is chosen.

use crate::ecs::Field;
use std::fmt::Debug;
use std::sync::Arc;

/// Makes the condition, a `C`, on each field that is meant.
pub trait ConditionByField<C>: Debug + Send + Sync {
    /// The condition on a field; `None` if the field is not meant.
    fn on(&self, field: &Field) -> Option<C>;
}

/// A condition that holds if it holds for one of the fields that are meant.
#[derive(Clone, Debug)]
pub struct Spread<C> {
    by_field: Arc<dyn ConditionByField<C>>,
    /// As it is written.
    text: Arc<str>,
}

impl<C> Spread<C> {
    pub fn new(by_field: Arc<dyn ConditionByField<C>>, text: Arc<str>) -> Self {
        Self { by_field, text }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The conditions on those of some fields that are meant.
    pub fn among<'f>(&self, fields: impl Iterator<Item = &'f Field>) -> impl Iterator<Item = C> {
        fields.filter_map(|field| self.by_field.on(field))
    }
}
