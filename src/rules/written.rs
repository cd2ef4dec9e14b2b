//! A rule as Elastic writes it, in TOML or JSON, becomes a rule that runs: its query and its filters, each with its place in the file.
//!
//! This module does not know how files are cut into rules.

use super::list_use::{ListKey, ListUse};
use super::parsed::{ParsedRule, of_compiled};
use super::place::{QueryPlace, StringForm, to_u32};
use super::raw::{RuleKind, SavedRule};
use super::rule::{NotRun, RuleForm, RuleLanguage};
use super::threat_match::{ThreatMatch, WrittenThreat};
use super::{codes, counted, filters, kql, lucene};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ecs::Field;
use crate::eql::{self, Compiled, Query, QueryOptions, UnknownName};
use std::ops::Range;
use std::sync::Arc;

/// A rule, and where the parts of it that can be wrong stand in the file.
pub struct WrittenRule {
    /// The rule itself.
    pub raw: SavedRule,
    /// The text of its query, and the literal that stands for it.
    pub query: Option<(String, Range<usize>)>,
    /// The language of that literal.
    pub written: StringForm,
    /// The place of each filter; the last one stands for the rest.
    pub filters: Vec<Span>,
    /// The place of the references to lists of exceptions.
    pub lists: Span,
    /// The place of the rule.
    pub start: Span,
}

impl WrittenRule {
    /// Compiles the rule, whose file has this text; `fallback_id` is its id if it has none.
    pub fn parse(self, text: &str, fallback_id: &str) -> ParsedRule {
        let Self { raw, query, written, filters: places, lists, start } = self;
        let language = raw.language();
        let id = raw.rule_id.clone().filter(|id| !id.is_empty());
        let said = ParsedRule {
            id: id.clone().unwrap_or_else(|| fallback_id.to_owned()),
            name: raw.name.clone(),
            is_named_by_file: id.is_none(),
            language: language
                .as_ref()
                .map_or_else(|(name, _)| name.clone(), |(language, _)| language.name().to_owned()),
            deprecated: raw.deprecated,
            lists: raw
                .exceptions_list
                .iter()
                .map(|list| ListUse { key: ListKey::new(&list.list_id, &list.namespace_type), span: lists })
                .collect(),
            filters: raw.filters.iter().map(ToString::to_string).collect(),
            ..ParsedRule::default()
        };
        let not_run = |name: &str, reason: String| NotRun {
            id: said.id.clone(),
            name: said.name.clone(),
            language: name.to_owned(),
            reason,
        };
        let (language, kind) = match language {
            Ok(of) => of,
            Err((name, reason)) => return ParsedRule { not_run: Some(not_run(&name, reason)), ..said },
        };
        let Some((query, range)) = query else {
            return ParsedRule { diagnostics: vec![no_query(start)], ..said };
        };
        let place = QueryPlace::of(text, range, &query, written);
        let (filter, findings) =
            filters::compile(&raw.filters, &|at| places.get(at).or(places.last()).copied().unwrap_or(start));
        let options = options(&raw);
        let mut compiled = match language {
            // Sigma has files of its own.
            RuleLanguage::Eql | RuleLanguage::Sigma => eql::compile_with(&query, &options),
            RuleLanguage::Kuery => kql::compile(&query),
            RuleLanguage::Lucene => match lucene::compile(&query) {
                Ok(compiled) => compiled,
                Err(reason) => return ParsedRule { not_run: Some(not_run(language.name(), reason)), ..said },
            },
        };
        if let Some(found) = counting(kind, &raw, &mut compiled, &query) {
            return ParsedRule { diagnostics: vec![Diagnostic { span: start, ..found }], ..said };
        }
        let threat_match = match (kind == RuleKind::ThreatMatch).then(|| ThreatMatch::new(threat(&raw))).transpose() {
            Ok(threat_match) => threat_match.map(Arc::new),
            Err(reason) => {
                let found = Diagnostic::error(codes::INCOMPLETE_RULE, start, reason);
                return ParsedRule { diagnostics: vec![found], ..said };
            }
        };
        let mut parsed = of_compiled(compiled, &query, &place, &options, || raw.into_metadata(fallback_id));
        if let Some(rule) = &mut parsed.rule {
            rule.origin.language = language;
            rule.origin.form = if written == StringForm::Json { RuleForm::Kibana } else { RuleForm::Elastic };
            rule.origin.threat_match = threat_match;
        }
        // A filter applies to all stages: an event that does not pass it is not there for the rule, and the sequence machine must not see it either.
        if let (Some(rule), Some(filter)) = (&mut parsed.rule, &filter) {
            rule.query = rule.query.among(filter);
            rule.origin.filter = Some(filter.clone());
            let fields = filter.fields().into_iter().filter_map(|field| UnknownName::field(field.name(), start));
            rule.unknown = rule.unknown.iter().cloned().chain(fields).collect();
        }
        parsed.diagnostics.extend(findings);
        // A rule whose filter cannot be honoured would find more than its author meant; it does not run at all.
        if parsed.diagnostics.iter().any(Diagnostic::is_error) {
            parsed.rule = None;
        }
        ParsedRule { rule: parsed.rule, diagnostics: parsed.diagnostics, ..said }
    }
}

/// What a rule wants of indicators.
fn threat(raw: &SavedRule) -> WrittenThreat<'_> {
    WrittenThreat {
        query: raw.threat_query.as_deref(),
        language: raw.threat_language.as_deref(),
        filters: &raw.threat_filters,
        mapping: &raw.threat_mapping,
    }
}

/// Makes a query that counts, or looks back, of the query of a rule that does; the finding if its other parts are wrong.
fn counting(kind: RuleKind, raw: &SavedRule, compiled: &mut Compiled, source: &str) -> Option<Diagnostic> {
    let make = match kind {
        RuleKind::Query | RuleKind::ThreatMatch => return None,
        RuleKind::Threshold => counted::threshold,
        RuleKind::NewTerms => counted::new_terms,
    };
    let Some(Query::Event(query)) = &compiled.query else { return None };
    let span = Span::new(0, to_u32(source.len()));
    match make(raw, query.predicate().clone(), span) {
        Ok(query) => {
            let keys = query.filters().iter().flat_map(|filter| filter.key_fields());
            let unknown = keys.filter_map(|key| UnknownName::field(key.field.name(), span));
            let unknown: Vec<UnknownName> = unknown.filter(|name| !compiled.unknown.contains(name)).collect();
            compiled.diagnostics.extend(unknown.iter().map(UnknownName::finding));
            compiled.unknown.extend(unknown);
            compiled.query = Some(query);
            None
        }
        Err(reason) => Some(Diagnostic::error(codes::INCOMPLETE_RULE, span, reason)),
    }
}

/// The finding for a rule without a query.
fn no_query(span: Span) -> Diagnostic {
    Diagnostic::error(codes::NO_QUERY, span, "the rule has no `query`")
}

/// The options that a rule sets for its query.
fn options(rule: &SavedRule) -> QueryOptions {
    let category = rule.event_category_override.as_deref().map(Field::named);
    category
        .map_or_else(QueryOptions::default, |category_field| QueryOptions { category_field, ..QueryOptions::default() })
}
