//! Options of compilation.

use crate::ecs::{self, Field};

/// Options of compilation that differ between sources of events.
#[derive(Clone, Debug)]
pub struct QueryOptions {
    /// The field that `category where ...` tests: `event.category` unless told otherwise.
    pub category_field: Field,
    /// Whether the text was made of a rule in another language: it may use what only evql has, and nobody is warned of how it is written.
    pub is_translation: bool,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self { category_field: ecs::EVENT_CATEGORY.into(), is_translation: false }
    }
}
