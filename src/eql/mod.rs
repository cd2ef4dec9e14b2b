//! EQL in Elasticsearch's dialect: from source text to queries that run over documents, without a server.
//!
//! The way of a query: `lex` cuts the text into tokens, [`parse`](parse()) makes a tree of them ([`ast`]), `check` resolves names and types and
//! lowers the tree to [`Predicate`]s, [`CompiledSequence`]s and [`CompiledSample`]s. All findings about a source come back together; if none is an error there is a [`Query`], which is
//! immutable, shared between threads, and cannot fail.
//!
//! This module knows fields and values, and nothing of files, rule formats, Windows or threads.
//!
//! ```
//! use evql::{ecs, eql, event::Document};
//!
//! let compiled = eql::compile(r#"process where process.name : "reg*.exe""#);
//! let Some(eql::Query::Event(query)) = compiled.query else { panic!("{:?}", compiled.diagnostics) };
//! let mut document = Document::new();
//! document.push(ecs::EVENT_CATEGORY, "process");
//! document.set(ecs::PROCESS_NAME, "RegSvr32.exe");
//! assert!(query.matches(&document));
//! ```

pub mod ast;
mod check;
pub mod codes;
mod correlation;
mod counted_number;
mod datum;
mod function;
mod known_values;
mod lex;
mod lucene;
mod new_terms;
mod operators;
mod options;
mod parse;
mod predicate;
mod query;
mod result_cut;
mod sample;
mod sequence;
mod spread;
mod text_set;
mod threshold;
pub mod token;
mod value_test;
mod word_set;

pub use check::{UnknownName, similar};
pub use correlation::{CompiledCorrelation, CorrelationInput, CorrelationNode, CorrelationTest, LeafUse};
pub use counted_number::CountedNumber;
pub use datum::{KEYWORD_LIMIT, is_too_long, parse_block};
pub use known_values::KnownValues;
pub use new_terms::CompiledNewTerms;
pub use options::QueryOptions;
pub use parse::parse;
pub use predicate::{Need, Predicate};
pub use query::{EventQuery, Query};
pub use result_cut::ResultCut;
pub use sample::{CompiledSample, MAX_TERMS, SampleMachine};
pub use sequence::{
    Candidate, CompiledSequence, CountedFields, Digest, DigestBuffer, Digester, JoinKey, KeyField, KeyPart, KeyValues,
    MAX_KEYS, MAX_STAGES, Machine, SequenceMatch, Stage, TermFilter,
};
pub use spread::ConditionByField;
pub use threshold::{CompiledThreshold, MOST_IN_WINDOW, Measure, MeasureBound};
pub use value_test::{ValueOrder, ValueTest};
pub use word_set::WordSet;

use crate::base::Span;
use crate::diag::Diagnostic;
use check::Checked;

/// Longest source that is read. Rules are a few kilobytes; spans count in 32 bits.
const MAX_SOURCE: usize = 16 << 20;

/// The outcome of compiling a source text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Compiled {
    /// The query, unless a finding is an error.
    pub query: Option<Query>,
    /// All findings, in source order.
    pub diagnostics: Vec<Diagnostic>,
    /// Names that neither ECS nor the mapping has. Each is a warning among the findings too.
    pub unknown: Vec<UnknownName>,
    /// Every category that is asked for.
    pub categories: Vec<String>,
}

/// Compiles a query with the usual options. Never panics, whatever the text.
pub fn compile(source: &str) -> Compiled {
    compile_with(source, &QueryOptions::default())
}

/// Compiles a query.
pub fn compile_with(source: &str, options: &QueryOptions) -> Compiled {
    if source.len() > MAX_SOURCE {
        let message = format!("a query may be {MAX_SOURCE} bytes long at most");
        let finding = Diagnostic::error(codes::SOURCE_TOO_LONG, Span::default(), message);
        return Compiled { query: None, diagnostics: vec![finding], unknown: Vec::new(), categories: Vec::new() };
    }
    let (statement, mut diagnostics) = parse(source);
    let Checked { query, diagnostics: findings, unknown, categories } = check::check(&statement, source, options);
    diagnostics.extend(findings);
    diagnostics.extend(unknown.iter().map(UnknownName::finding));
    diagnostics.sort_by_key(|finding| finding.span);
    let failed = diagnostics.iter().any(Diagnostic::is_error);
    Compiled { query: query.filter(|_| !failed), diagnostics, unknown, categories }
}

#[cfg(test)]
mod tests;
