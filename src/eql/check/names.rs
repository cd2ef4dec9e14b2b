//! Fields and categories by name: unknown ones are warned of, with the names that come nearest.
//!
//! It is no error here: documents may have fields of their own, and only who has read them can tell. Elasticsearch refuses a field that no index has.

use super::Checker;
use super::unknown::UnknownName;
use crate::base::Span;
use crate::ecs::{self, Field, SubField};

impl Checker<'_> {
    /// The field of a name, and as which of its multi-fields; notes once if nobody has it.
    pub(super) fn resolve(&mut self, name: &str, span: Span) -> (Field, Option<SubField>) {
        let (field, sub) = ecs::mapped(name);
        if matches!(field, Field::Other(_)) && !self.warned.contains(&field) {
            self.warned.push(field.clone());
            self.unknown.extend(UnknownName::field(name, span));
        }
        (field, sub)
    }

    /// Notes a category, and whether no event has it.
    pub(super) fn resolve_category(&mut self, name: &str, span: Span) {
        if !self.categories.iter().any(|known| known == name) {
            self.categories.push(name.to_owned());
            let usual = self.options.category_field == ecs::EVENT_CATEGORY.into();
            self.unknown.extend(UnknownName::category(name, span).filter(|_| usual));
        }
    }
}
