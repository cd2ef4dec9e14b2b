//! Filters: conditions that a site adds to rules which it does not want to change.
//!
//! A filter names rules, by id or name, or `any`, and has search identifiers and a condition as a rule has. Each of these rules then finds only what fulfils its
//! own condition and that of the filter; so it is in pySigma, the reference implementation.

use super::super::codes;
use super::eql_text::EqlText;
use super::logsource::{self, LogSource};
use super::placeholders::Placeholders;
use super::rule_document;
use super::yaml::YamlNode;
use crate::diag::Diagnostic;
use crate::eql::{Predicate, Query};

/// A filter.
#[derive(Clone, Debug)]
pub struct SigmaFilter {
    /// Ids and names of the rules that it is for; `any` stands for all.
    pub rules: Vec<String>,
    /// What events must fulfil.
    pub predicate: Predicate,
}

impl SigmaFilter {
    /// Whether it is for a rule of this id and name.
    pub fn is_for(&self, id: &str, alias: Option<&str>) -> bool {
        self.rules.iter().any(|rule| rule == id || Some(rule.as_str()) == alias || rule == "any")
    }
}

/// Reads a filter; `Err` with what is wrong with it.
pub fn read(document: &YamlNode, placeholders: &Placeholders) -> Result<SigmaFilter, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let fail = |message: &str| vec![Diagnostic::error(codes::BAD_KEY, document.first_key(), message)];
    let Some(filter) = document.get("filter") else { return Err(fail("there is no `filter`")) };
    let rules: Vec<String> = filter
        .get("rules")
        .map(YamlNode::members)
        .unwrap_or_default()
        .into_iter()
        .filter_map(YamlNode::text)
        .map(str::to_owned)
        .collect();
    if rules.is_empty() {
        return Err(fail("the filter names no `rules`; `any` stands for all of its log source"));
    }
    let source = document.get("logsource").map_or(LogSource::Sysmon { ids: &[], system: None }, logsource::read);
    let Some(condition) = rule_document::condition(filter, placeholders, &mut found) else { return Err(found) };
    let (ids, system) = match source {
        LogSource::Sysmon { ids, system } => (ids, system),
        // For rules that do not run.
        LogSource::Elsewhere => return Ok(SigmaFilter { rules: Vec::new(), predicate: Predicate::all(Vec::new()) }),
    };
    let Some((text, place)) = EqlText::of(&logsource::unless(ids, system, document.first_key(), condition)) else {
        return Err(fail("the filter is too long"));
    };
    let compiled = rule_document::translated(&text, &place, Default::default);
    match compiled.rule.map(|rule| rule.query) {
        Some(Query::Event(query)) => Ok(SigmaFilter { rules, predicate: query.predicate().written_in(&text) }),
        _ => Err(found.into_iter().chain(compiled.diagnostics).collect()),
    }
}
