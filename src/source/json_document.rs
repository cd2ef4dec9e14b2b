//! A document of evidence in JSON.

use serde_json::{Map, Value};

use crate::base::Locator;

/// A document, and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonDocument {
    /// The document as it was given, without what an export wraps around it.
    pub object: Map<String, Value>,
    /// When the record was logged that evql made the document of, as `evql.logged` says; `None` for documents of other programs.
    pub logged: Option<String>,
    /// Whether evql had recovered that record, as `evql.recovered` says.
    pub is_recovered: bool,
    /// Where it starts.
    pub origin: Locator,
}
