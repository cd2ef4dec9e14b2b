//! The outcome for one rule of a file: a rule that can run, or the reasons for which it cannot.
//!
//! This file does not know the formats of rule files.

use super::codes;
use super::list_use::ListUse;
use super::place::{QueryPlace, span, to_u32};
use super::rule::{Metadata, NotRun, QueryOrigin, Rule, RuleForm};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::eql::{self, Compiled, Query, QueryOptions};
use std::sync::Arc;

/// The outcome for one rule in a file.
#[derive(Debug, Default)]
pub struct ParsedRule {
    /// The rule, if nothing keeps it from running.
    pub rule: Option<Rule>,
    /// The rule, if it is in a language that evql does not run.
    pub not_run: Option<NotRun>,
    /// Everything found; spans are offsets in the file.
    pub diagnostics: Vec<Diagnostic>,
    /// Its id, from the rule or from its file.
    pub(super) id: String,
    pub(super) name: String,
    /// Its language, as Elastic names it.
    pub(super) language: String,
    /// Whether its id is only the name of its file.
    pub(super) is_named_by_file: bool,
    /// Whether its authors have taken it back.
    pub(super) deprecated: bool,
    /// The lists of exceptions that it refers to.
    pub(super) lists: Vec<ListUse>,
    /// Kibana's filters as they are written, to tell rules apart.
    pub(super) filters: Vec<String>,
    /// The name by which correlations and filters of Sigma may call it.
    pub(super) alias: Option<String>,
    /// The ids of rules that it takes the place of.
    pub(super) replaces: Vec<String>,
    /// Whether it is about another log than Sysmon's, so that it can find nothing here.
    pub(super) is_elsewhere: bool,
}

impl ParsedRule {
    pub(super) fn failed(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], ..Self::default() }
    }

    /// Notes the format of the file of the rule.
    pub(super) fn of_form(mut self, form: RuleForm) -> Self {
        if let Some(rule) = &mut self.rule {
            rule.origin.form = form;
        }
        self
    }

    /// The rule is known to be taken back.
    pub(super) fn deprecate(&mut self) {
        self.deprecated = true;
        if let Some(rule) = &mut self.rule {
            rule.meta.deprecated = true;
        }
    }
}

/// Compiles a query that stands in a file at `place`.
pub(super) fn compile(
    query: &str,
    place: &QueryPlace,
    options: &QueryOptions,
    meta: impl FnOnce() -> Metadata,
) -> ParsedRule {
    of_compiled(eql::compile_with(query, options), query, place, options, meta)
}

/// A rule whose query was compiled, from text that stands in a file at `place`.
pub(super) fn of_compiled(
    compiled: Compiled,
    query: &str,
    place: &QueryPlace,
    options: &QueryOptions,
    meta: impl FnOnce() -> Metadata,
) -> ParsedRule {
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
        origin: QueryOrigin { place: place.clone(), options: options.clone(), ..QueryOrigin::default() },
    });
    ParsedRule { rule, diagnostics, language: "eql".to_owned(), ..ParsedRule::default() }
}

/// The warning for a rule that compares `user.id` and does not say what to do for Sysmon, which fills it with the account that wrote the record.
fn writer_as_user(query: &str, compiled: &Query) -> Option<Diagnostic> {
    let names = |name: &str| compiled.fields().any(|field| field.name() == name);
    // A rule that asks for the data set knows that events of several sources differ, and is left alone.
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
pub(super) fn toml_error(error: &toml::de::Error) -> Diagnostic {
    let span = error.span().map_or(Span::default(), |range| span(&range));
    Diagnostic::error(codes::BAD_FILE, span, error.message())
}
