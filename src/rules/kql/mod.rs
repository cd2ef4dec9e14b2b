//! KQL, the language of Kibana's search bar (`language = "kuery"`), as conditions on events.
//!
//! `lex` cuts the text into tokens, `parse` makes a tree of them, and `lower` makes the predicate that the tree means: which words mean what depends on how
//! each field is mapped. `process.name: (cmd.exe or power*)` becomes one look-up in a set of texts and patterns; `message: "log cleared"` asks for two
//! words in a row. From there on a query of KQL is one of EQL's single events.

mod ast;
mod dates;
mod lex;
mod lower;
mod parse;

use crate::eql::{Compiled, EventQuery, Predicate, Query};
use std::sync::Arc;

/// The condition that a field has one of some values, each as `field: value` has it: by the type of the field, and in a text by its words. `quote` is how the
/// condition is written.
pub fn equals_any(field: &str, values: Vec<String>, quote: &Arc<str>) -> Predicate {
    lower::equals_any(field, values, quote)
}

/// Compiles a query. Never panics, whatever the text.
pub fn compile(source: &str) -> Compiled {
    let (node, mut diagnostics) = parse::parse(source);
    let Some(node) = node else {
        return Compiled { query: None, diagnostics, unknown: Vec::new(), categories: Vec::new() };
    };
    let (predicate, lower::Lowered { diagnostics: findings, unknown, categories }) = lower::lower(&node, source);
    diagnostics.extend(findings);
    diagnostics.extend(unknown.iter().map(crate::eql::UnknownName::finding));
    diagnostics.sort_by_key(|finding| finding.span);
    let failed = diagnostics.iter().any(crate::diag::Diagnostic::is_error);
    let query = (!failed).then(|| Query::Event(EventQuery::new(predicate)));
    Compiled { query, diagnostics, unknown, categories }
}

#[cfg(test)]
mod tests;
