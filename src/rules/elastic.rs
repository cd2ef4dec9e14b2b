//! A rule file of Elastic's detection-rules repository: TOML with a `[rule]` table, and `[metadata]` that only its tools need.

use super::place::{Place, Written};
use super::raw::RawRule;
use super::{NotRun, ParsedRule, codes, compile, toml_error};
use crate::base::Span;
use crate::diag::Diagnostic;
use crate::ecs::Field;
use crate::eql::Options;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

#[derive(Deserialize)]
struct RawFile {
    rule: RawRule,
}

#[derive(Deserialize)]
struct QueryFile {
    rule: QueryRule,
}

#[derive(Deserialize)]
struct QueryRule {
    query: Option<Spanned<String>>,
}

/// Reads one rule file. A rule in another language than EQL is named as such.
pub fn parse_elastic(text: &str) -> ParsedRule {
    match DeTable::parse(text) {
        Ok(table) => of_table(text, table),
        Err(error) => ParsedRule::failed(toml_error(&error)),
    }
}

/// The same for a file whose TOML has been read: rules have long texts, which need not be read twice.
pub fn of_table(text: &str, table: Spanned<DeTable<'_>>) -> ParsedRule {
    let read = || {
        let query = QueryFile::deserialize(Deserializer::from(table.clone()))?.rule.query;
        Ok((RawFile::deserialize(Deserializer::from(table))?.rule, query))
    };
    let (rule, query) = match read() {
        Ok(read) => read,
        Err(error) => return ParsedRule::failed(toml_error(&error)),
    };
    if let Some(language) = rule.other_language() {
        return not_run(rule, language);
    }
    let Some(query) = query else {
        return ParsedRule::failed(no_query(Span::default()));
    };
    let place = Place::of(text, query.span(), query.get_ref(), Written::Toml);
    let options = options(&rule);
    compile(query.get_ref(), &place, &options, || rule.into_metadata(""))
}

/// A rule in another language.
pub fn not_run(rule: RawRule, language: String) -> ParsedRule {
    let not_run = NotRun { id: rule.rule_id.unwrap_or_default(), name: rule.name, language };
    ParsedRule { not_run: Some(not_run), ..ParsedRule::default() }
}

/// The finding for an EQL rule without a query.
pub fn no_query(span: Span) -> Diagnostic {
    Diagnostic::error(codes::NO_QUERY, span, "the rule has no `query`")
}

/// What a rule sets for its query.
pub fn options(rule: &RawRule) -> Options {
    let category = rule.event_category_override.as_deref().map(Field::named);
    category.map_or_else(Options::default, |category_field| Options { category_field })
}

#[cfg(test)]
mod tests;
