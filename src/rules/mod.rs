//! Rule files become a rule set: metadata for people, and a query compiled by [`crate::eql`].
//!
//! A rule with a mistake is returned with its diagnostics, whose lines and columns are those of the rule file; one bad rule does not hide the others.
//! This module does not know evidence.

mod builtin;
pub mod codes;
mod condition;
mod discover;
mod elastic;
mod exception_lists;
mod exceptions;
mod file;
mod filters;
mod kibana;
mod load;
mod place;
mod raw;
mod select;
mod suppression;
mod threat;
mod written;

pub use builtin::builtin;
pub use elastic::parse_elastic;
pub use exceptions::Exception;
pub use file::parse_toml;
pub use kibana::parse_export;
pub use load::{FileReport, LoadOptions, Loaded, load, load_with};
pub use select::RuleSelection;
pub use suppression::{AlertException, AlertExceptions, LoadedExceptions, load_exceptions};
pub use threat::{Attack, Tactic, Technique, to_ecs as threat_to_ecs};

use crate::base::Span;
use crate::diag::Diagnostic;
use crate::eql::{self, Query, QueryOptions, UnknownName};
use exception_lists::ListUse;
use place::{QueryPlace, to_u32};
use std::sync::Arc;

/// What came of one rule in a file.
#[derive(Debug, Default)]
pub struct ParsedRule {
    /// The rule, if nothing keeps it from running.
    pub rule: Option<Rule>,
    /// The rule, if it is in a language that evql does not run.
    pub not_run: Option<NotRun>,
    /// Everything found; spans are offsets in the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Its id, from the rule or from its file.
    id: String,
    name: String,
    /// Its language, as Elastic names it.
    language: String,
    /// Whether its id is only the name of its file.
    is_named_by_file: bool,
    /// Whether its authors have taken it back.
    deprecated: bool,
    /// The lists of exceptions that it refers to.
    lists: Vec<ListUse>,
    /// Kibana's filters as they are written, to tell rules apart.
    filters: Vec<String>,
}

impl ParsedRule {
    fn failed(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], ..Self::default() }
    }

    /// The rule is known to be taken back.
    fn deprecate(&mut self) {
        self.deprecated = true;
        if let Some(rule) = &mut self.rule {
            rule.meta.deprecated = true;
        }
    }
}

/// A rule that is not EQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language or type, as Elastic names it: `kuery`, `esql`, `threshold`, ...
    pub language: String,
}

/// Compiles a query that stands in a file at `place`.
fn compile(query: &str, place: &QueryPlace, options: &QueryOptions, meta: impl FnOnce() -> Metadata) -> ParsedRule {
    let compiled = eql::compile_with(query, options);
    let mut diagnostics: Vec<Diagnostic> = compiled.diagnostics;
    diagnostics.extend(compiled.query.as_ref().and_then(|compiled| writer_as_user(query, compiled)));
    let diagnostics = diagnostics.into_iter().map(|found| place.relocate(found)).collect();
    let (unknown, categories) = (compiled.unknown.into(), compiled.categories.into());
    let rule = compiled.query.map(|compiled| Rule {
        meta: meta(),
        source: query.to_owned(),
        query: compiled,
        exceptions: Arc::default(),
        unknown,
        categories,
    });
    ParsedRule { rule, diagnostics, language: "eql".to_owned(), ..ParsedRule::default() }
}

/// The warning for a rule that compares `user.id` and does not say what to do for Sysmon, which fills it with the account that wrote the record.
fn writer_as_user(query: &str, compiled: &Query) -> Option<Diagnostic> {
    let names = |name: &str| compiled.fields().any(|field| field.name() == name);
    if !compares_user_id(compiled) || names("data_stream.dataset") || names("event.dataset") || names("event.module") {
        return None;
    }
    let start = to_u32(query.find("user.id").unwrap_or_default());
    let message = "Sysmon records the account that wrote the record as `user.id`, nearly always S-1-5-18";
    let found = Diagnostic::warning(codes::WRITER_AS_USER, Span::new(start, start.saturating_add(7)), message);
    Some(found.label("not the user of the event").help("compare `user.name` and `user.domain` for Sysmon"))
}

/// Whether a query has a condition on `user.id`, of which Sysmon events have the writer's.
pub fn compares_user_id(query: &Query) -> bool {
    query.fields().any(|field| field.name() == "user.id")
}

/// The finding for a file that is not TOML, or not of a format.
fn toml_error(error: &toml::de::Error) -> Diagnostic {
    let span = error.span().map_or(Span::default(), |range| Span::new(to_u32(range.start), to_u32(range.end)));
    Diagnostic::error(codes::BAD_FILE, span, error.message())
}

/// How much a finding of a rule matters, in Elastic's four steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody.
    Critical,
}

impl Level {
    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// `event.severity`, on the scale that Elastic's own alerts use (21, 47, 73, 99).
    pub const fn severity(self) -> i64 {
        match self {
            Self::Low => 21,
            Self::Medium => 47,
            Self::High => 73,
            Self::Critical => 99,
        }
    }
}

/// A rule that can run.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What people are told of it.
    pub meta: Metadata,
    /// The text of the query as it stands in the rule file.
    pub source: String,
    /// The compiled query.
    pub query: Query,
    /// Events that the rule is not to see.
    pub exceptions: Arc<[Exception]>,
    /// Names that it asks for and neither ECS nor the mapping has.
    pub unknown: Arc<[UnknownName]>,
    /// Every category that it asks for.
    pub categories: Arc<[String]>,
}

/// What a rule says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Stable identifier, usually a UUID.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it finds and why that matters.
    pub description: String,
    /// Severity.
    pub level: Level,
    /// Risk score, 0 to 100.
    pub risk_score: f64,
    /// MITRE ATT&CK tactics and techniques.
    pub threat: Vec<Attack>,
    /// Pages to read.
    pub references: Vec<String>,
    /// Known harmless causes.
    pub false_positives: Vec<String>,
    /// The investigation guide, in Markdown.
    pub note: Option<String>,
    /// What a system needs to record for the rule to work, in Markdown.
    pub setup: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its licence.
    pub license: Option<String>,
    /// Most alerts of one run, if the rule says so; Elastic's default is 100.
    pub max_signals: Option<u32>,
    /// Whether it is a building block: its alerts feed other rules and are hidden from people.
    pub building_block: bool,
    /// Whether its authors have taken it back.
    pub deprecated: bool,
}

/// Rules that run together, in the order of their files.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
}
