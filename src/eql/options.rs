//! Options of compilation.

use crate::ecs::{self, Field};

/// Options of compilation that differ between sources of events.
#[derive(Clone, Debug)]
pub struct QueryOptions {
    /// The field that `category where ...` tests: `event.category` unless told otherwise.
    pub category_field: Field,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self { category_field: ecs::EVENT_CATEGORY.into() }
    }
}
