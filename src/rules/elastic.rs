//! TOML files of Elastic's detection-rules repository, and of folders that are kept as it is: rules, and exceptions beside them.
//!
//! A rule file has a `[rule]` table, and `[metadata]` of which only `maturity` matters here. A file of exceptions has `[[exceptions]]`, each a list
//! (`container`) and its `items`.

use super::exception_lists::ExceptionLists;
use super::exceptions::RawItem;
use super::parsed::{ParsedRule, toml_error};
use super::place::{StringForm, span};
use super::raw::{ListReference, SavedRule};
use super::written::WrittenRule;
use crate::base::Span;
use crate::diag::Diagnostic;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

#[derive(Deserialize)]
struct RuleFile {
    rule: SavedRule,
    #[serde(default)]
    metadata: RuleFileMetadata,
}

#[derive(Default, Deserialize)]
struct RuleFileMetadata {
    maturity: Option<String>,
}

#[derive(Deserialize)]
struct QueryFile {
    rule: QueryRule,
}

#[derive(Deserialize)]
struct QueryRule {
    query: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct ExceptionFile {
    exceptions: Vec<ExceptionGroup>,
}

#[derive(Deserialize)]
struct ExceptionGroup {
    container: Option<ListReference>,
    #[serde(default)]
    items: Vec<Spanned<RawItem>>,
}

/// Reads one rule file. A rule in another language than EQL is named as such.
pub fn parse_elastic(text: &str) -> ParsedRule {
    match DeTable::parse(text) {
        Ok(table) => rule_of_table(text, table, ""),
        Err(error) => ParsedRule::failed(toml_error(&error)),
    }
}

/// Parses a rule from a file whose TOML has been read: rules have long texts, which need not be read twice.
pub fn rule_of_table(text: &str, table: Spanned<DeTable<'_>>, fallback_id: &str) -> ParsedRule {
    let rule = table.get_ref().get("rule");
    let start = rule.map_or(Span::default(), |rule| span(&rule.span()));
    let part = |name: &str| rule?.get_ref().as_table()?.get(name);
    let lists = part("exceptions_list").map_or(start, |lists| span(&lists.span()));
    let filters = match part("filters").map(Spanned::get_ref) {
        Some(DeValue::Array(filters)) => filters.iter().map(|filter| span(&filter.span())).collect(),
        _ => Vec::new(),
    };
    // The table is deserialised twice: as the rule, whose structure is shared with JSON and has no places, and as the query with its place. A clone of
    // the parsed table is cheap beside parsing its long texts again.
    let read = || {
        let query = QueryFile::deserialize(Deserializer::from(table.clone()))?.rule.query;
        Ok((RuleFile::deserialize(Deserializer::from(table))?, query))
    };
    let (file, query) = match read() {
        Ok(read) => read,
        Err(error) => return ParsedRule::failed(toml_error(&error)),
    };
    let RuleFile { rule: mut raw, metadata } = file;
    raw.deprecated |= metadata.maturity.is_some_and(|maturity| maturity.eq_ignore_ascii_case("deprecated"));
    let query = query.map(|query| (query.get_ref().clone(), query.span()));
    WrittenRule { raw, query, written: StringForm::Toml, filters, lists, start }.parse(text, fallback_id)
}

/// Whether a file whose TOML has been read holds lists of exceptions.
pub fn has_exceptions(table: &DeTable<'_>) -> bool {
    let Some(DeValue::Array(groups)) = table.get("exceptions").map(Spanned::get_ref) else { return false };
    let is_group = |group: &Spanned<DeValue<'_>>| {
        group.get_ref().as_table().is_some_and(|group| group.contains_key("items") || group.contains_key("container"))
    };
    groups.iter().any(is_group)
}

/// Adds the exceptions of a file whose TOML has been read; what is wrong with them.
pub fn exceptions_of_table(table: Spanned<DeTable<'_>>, lists: &mut ExceptionLists) -> Vec<Diagnostic> {
    let file = match ExceptionFile::deserialize(Deserializer::from(table)) {
        Ok(file) => file,
        Err(error) => return vec![toml_error(&error)],
    };
    let mut findings = Vec::new();
    for ExceptionGroup { container, items } in file.exceptions {
        if let Some(list) = container {
            lists.declare(&list);
        }
        findings.extend(items.iter().flat_map(|item| lists.add(item.get_ref(), &item.span())));
    }
    findings
}

#[cfg(test)]
mod tests;
