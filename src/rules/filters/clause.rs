//! Parts of a filter clause in JSON, or the reason for which the filter is refused.
//!
//! This file does not know which clauses there are.

use serde_json::{Map, Value};

/// The body of a clause, or the options of a field in it.
pub type FilterObject = Map<String, Value>;

/// Why a filter cannot be honoured.
pub type RefusedFilter = String;

/// The member of a clause that it cannot do without.
pub fn member<'v>(body: &'v Value, name: &str) -> Result<&'v Value, RefusedFilter> {
    body.get(name).ok_or_else(|| format!("it has no '{name}'"))
}

/// A value that must be a text.
pub fn text(value: &Value) -> Result<&str, RefusedFilter> {
    value.as_str().ok_or_else(|| format!("{value} is no text"))
}

/// Refuses options that are not among the known ones, which are given with spaces between: any other might change the meaning.
pub fn only(options: &FilterObject, known: &str) -> Result<(), RefusedFilter> {
    match options.keys().find(|name| !known.split(' ').any(|known| known == **name)) {
        Some(name) => Err(format!("the option '{name}' is not supported")),
        None => Ok(()),
    }
}
