//! New terms: an event with a combination of values that no event before it had for a long time.
//!
//! This file does not know how rules write it.

use super::predicate::Predicate;
use super::sequence::{TermFilter, fields_of};
use crate::base::Ticks;
use crate::ecs::Field;
use std::sync::Arc;

/// A compiled query for new terms.
#[derive(Clone, Debug)]
pub struct CompiledNewTerms {
    filters: [Arc<TermFilter>; 1],
    history: Ticks,
    fields: Box<[Field]>,
}

impl CompiledNewTerms {
    /// Events that a filter takes, whose keys are the terms; `history` is how long none may have had them.
    pub fn new(filter: TermFilter, history: Ticks) -> Self {
        let filters = [Arc::new(filter)];
        Self { fields: fields_of(&filters), filters, history }
    }

    /// Restricts it to events that pass a condition.
    pub(super) fn among(&self, condition: &Predicate) -> Self {
        let filters = [self.filters[0].among(condition)];
        Self { fields: fields_of(&filters), filters, history: self.history }
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The filter, as a list of one.
    pub fn filters(&self) -> &[Arc<TermFilter>] {
        &self.filters
    }

    /// How long no event may have had the same terms.
    pub fn history(&self) -> Ticks {
        self.history
    }

    /// Whether one of the terms names the host, so that each combination is of one host.
    pub fn names_host(&self) -> bool {
        self.filters[0].keys().iter().any(|key| super::sequence::KeyField::names_host(&key.field))
    }
}
