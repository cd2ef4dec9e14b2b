//! References from rules to lists of exceptions.

use crate::base::Span;

/// A list by its id, and the space that shares it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListKey {
    /// Its id.
    pub id: String,
    space: String,
}

/// A rule's reference to a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListUse {
    /// Which list.
    pub key: ListKey,
    /// Where it is referred to.
    pub span: Span,
}

impl ListKey {
    /// The list of an id, in a space.
    pub fn new(id: &str, space: &str) -> Self {
        Self { id: id.to_owned(), space: space.to_owned() }
    }
}

/// The default of `namespace_type`: the space that a list belongs to where nothing is said.
pub fn single() -> String {
    "single".to_owned()
}
