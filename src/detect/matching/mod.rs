//! Predicates over the values of a record, each evaluated once for a value where values repeat.
//!
//! [`ShapePlan`] is what is asked of records of one shape; [`PredicateCache`] how it is asked; [`ValueCache`] what one thread remembers of the answers.

mod predicate_cache;
mod shape_plan;

pub use predicate_cache::{PredicateCache, ValueCache};
pub use shape_plan::{FieldPlan, MatchContext, MatchState, ShapePlan};
