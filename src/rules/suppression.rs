//! Files of exceptions that a person gives beside the rules: what is known to be harmless here.
//!
//! Items out of Kibana (NDJSON) take events away from every rule before it looks, as in Elastic. evql's own TOML takes away whole alerts: its condition is
//! asked of all events of an alert together, so that it can combine the command line of a start with the destination of a connection, which
//! stand in different events. This module does not know alerts.

use super::codes;
use super::discover::{FileReport, read_each};
use super::elastic::{exceptions_of_table, has_exceptions};
use super::exception_lists::ExceptionLists;
use super::exceptions::Exception;
use super::kibana::parse_json;
use super::list_use::ListKey;
use super::parsed::toml_error;
use super::place::{QueryPlace, StringForm, span, to_u32};
use super::rule::RuleSet;
use crate::base::Span;
use crate::diag::{Diagnostic, Notice};
use crate::eql::{self, Predicate, Query};
use hashbrown::HashSet;
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use toml::Spanned;
use toml::de::DeTable;

/// Alerts that a person does not want to see.
#[derive(Clone, Debug)]
pub struct AlertException {
    /// Its name, for the count of what it took away.
    pub name: String,
    /// Ids or names of the rules it is for; all, if it names none.
    pub rules: Vec<String>,
    /// The condition, asked of all events of an alert together.
    pub predicate: Predicate,
}

impl AlertException {
    /// Whether it is for the rule with this id and name.
    pub fn is_for(&self, id: &str, name: &str) -> bool {
        let named = |wanted: &String| wanted.eq_ignore_ascii_case(id) || wanted.eq_ignore_ascii_case(name);
        self.rules.is_empty() || self.rules.iter().any(named)
    }
}

/// The exceptions that were loaded, and the findings.
#[derive(Debug, Default)]
pub struct LoadedExceptions {
    /// Exceptions that take single events away from rules.
    pub events: Vec<Exception>,
    /// Exceptions that take whole alerts away.
    pub alerts: Vec<AlertException>,
    /// Every file, with what is wrong with it.
    pub files: Vec<FileReport>,
    /// The lists that the exceptions about events are of.
    pub(super) lists: HashSet<ListKey>,
    /// Exceptions that cannot be applied.
    pub notices: Vec<Notice>,
}

impl LoadedExceptions {
    /// Whether something keeps an exception from being applied.
    pub fn has_error(&self) -> bool {
        self.files.iter().any(FileReport::has_error)
    }

    /// Gives all rules the exceptions about events.
    pub fn give_to(&self, set: &mut RuleSet) {
        if self.events.is_empty() {
            return;
        }
        for rule in &mut set.rules {
            let all: Vec<Exception> = rule.exceptions.iter().chain(&self.events).cloned().collect();
            rule.exceptions = all.into();
        }
    }
}

/// Loads files of exceptions for the rules of a set: TOML if they end in `.toml`, else NDJSON.
pub fn load_exceptions(paths: &[PathBuf], set: &RuleSet) -> LoadedExceptions {
    let mut loaded = LoadedExceptions::default();
    let mut lists = ExceptionLists::default();
    loaded.files = read_each(paths, |path, text| {
        // Here the ending decides alone: what a person names as exceptions is never a folder, and a wrong guess would report errors of the wrong
        // language.
        let is_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
        let mut diagnostics = if is_toml {
            match DeTable::parse(text) {
                Ok(table) if has_exceptions(table.get_ref()) => exceptions_of_table(table, &mut lists),
                _ => parse_own(text, set, &mut loaded.alerts),
            }
        } else {
            let file = parse_json(text, "", true);
            lists.merge(file.lists);
            file.findings
        };
        diagnostics.sort_by_key(|found| found.span.start);
        diagnostics
    });
    loaded.notices = lists.left_out_notice().into_iter().collect();
    loaded.lists = lists.keys().cloned().collect();
    loaded.events = lists.into_exceptions();
    loaded
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressionFile {
    exception: Vec<RawException>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawException {
    name: String,
    #[serde(default)]
    rules: Vec<Spanned<String>>,
    #[serde(rename = "where")]
    condition: Spanned<String>,
}

/// Turns a condition into a query.
const ANY: &str = "any where ";

fn parse_own(text: &str, set: &RuleSet, alerts: &mut Vec<AlertException>) -> Vec<Diagnostic> {
    let raw = match toml::from_str::<SuppressionFile>(text) {
        Ok(raw) => raw,
        Err(error) => return vec![toml_error(&error)],
    };
    let mut findings = Vec::new();
    for RawException { name, rules, condition } in raw.exception {
        for rule in &rules {
            let wanted = rule.get_ref();
            let known = |id: &str, name: &str| wanted.eq_ignore_ascii_case(id) || wanted.eq_ignore_ascii_case(name);
            if !set.rules.iter().any(|rule| known(&rule.meta.id, &rule.meta.name)) {
                let message = format!("no rule that runs has the id or name '{wanted}'");
                findings.push(Diagnostic::warning(codes::UNKNOWN_RULE, span(&rule.span()), message));
            }
        }
        let place = QueryPlace::of(text, condition.span(), condition.get_ref(), StringForm::Toml);
        let compiled = eql::compile(&format!("{ANY}{}", condition.get_ref()));
        let back = |mut found: Diagnostic| {
            // Findings count from the start of the compiled text, which has `any where ` in front of what the author wrote.
            let moved = |at: u32| at.saturating_sub(to_u32(ANY.len()));
            found.span = Span::new(moved(found.span.start), moved(found.span.end));
            place.relocate(found)
        };
        findings.extend(compiled.diagnostics.into_iter().map(back));
        let Some(query) = compiled.query else { continue };
        match &query {
            Query::Event(event) if query.pipes().is_empty() => {
                let rules = rules.into_iter().map(Spanned::into_inner).collect();
                alerts.push(AlertException { name, rules, predicate: event.predicate().clone() });
            }
            _ => {
                let message = "an exception is one condition, without a pipe";
                findings.push(Diagnostic::error(codes::BAD_FILE, span(&condition.span()), message));
            }
        }
    }
    findings
}

/// Shared by the detector and whoever tells what was set aside.
pub type AlertExceptions = Arc<[AlertException]>;

#[cfg(test)]
mod tests;
