//! Rules whose query is in the syntax of Lucene's query parser (`language = "lucene"`).
//!
//! It is the syntax of `query_string` in Kibana's filters, and read by the same reader. What that cannot read is named, and the rule is not run.

use super::condition;
use super::filters::query_string;
use crate::base::Span;
use crate::eql::{Compiled, EventQuery, Predicate, Query, UnknownName};

/// Compiles a query; the error says why it cannot be run.
pub fn compile(source: &str) -> Result<Compiled, String> {
    let condition = match source.trim() {
        "" | "*" => "true".to_owned(),
        query => query_string::of_text(query, Vec::new(), false)?,
    };
    let (written, predicate, mut diagnostics) = condition::compile(&condition)?;
    let predicate: Predicate = predicate.written_in(&written);
    // Findings are about the condition that the query was made into, whose places are none of the query's.
    let span = Span::new(0, u32::try_from(source.len()).unwrap_or(u32::MAX));
    let unknown = predicate.fields().into_iter().filter_map(|field| UnknownName::field(field.name(), span)).collect();
    for found in &mut diagnostics {
        found.span = span;
    }
    let query = Some(Query::Event(EventQuery::new(predicate)));
    Ok(Compiled { query, diagnostics, unknown, categories: Vec::new() })
}

#[cfg(test)]
mod tests;
