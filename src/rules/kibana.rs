//! Rules exported from Kibana: one JSON object a line, rules, lists of exceptions, their items and a summary in any order.
//!
//! A line that cannot be read does not hide the others.

use super::elastic::{no_query, not_run, options};
use super::exceptions::{Exception, RawItem};
use super::place::{Place, Written, to_u32};
use super::raw::{ListReference, RawRule};
use super::{ParsedRule, codes, compile};
use crate::base::Span;
use crate::diag::Diagnostic;
use hashbrown::HashMap;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::ops::Range;

/// The query of a rule as it is written.
#[derive(Deserialize)]
struct WrittenRule<'line> {
    #[serde(borrow)]
    query: Option<&'line RawValue>,
}

/// What kind of line it is, told by its keys.
#[derive(Deserialize)]
struct Keys {
    rule_id: Option<serde::de::IgnoredAny>,
    entries: Option<serde::de::IgnoredAny>,
    list_id: Option<serde::de::IgnoredAny>,
    exported_count: Option<serde::de::IgnoredAny>,
    exported_rules_count: Option<serde::de::IgnoredAny>,
    attributes: Option<serde::de::IgnoredAny>,
}

/// An item that cannot be used: its list, if it names one, and why.
pub(super) type Refused = Box<(Option<ListKey>, Diagnostic)>;

/// A list by its name and by whom it is shared.
pub(super) type ListKey = (String, String);

/// Reads an export. Findings about the file itself are on the first entry that has neither rule nor language.
pub fn parse_export(text: &str) -> Vec<ParsedRule> {
    let mut parsed = Vec::new();
    let mut wanted: Vec<(usize, Vec<ListReference>, Span)> = Vec::new();
    let mut items: HashMap<ListKey, Vec<Exception>> = HashMap::new();
    let mut findings: Vec<Diagnostic> = Vec::new();
    for (range, line) in lines(text) {
        let span = Span::new(to_u32(range.start), to_u32(range.end));
        let keys: Keys = match serde_json::from_str(line) {
            Ok(keys) => keys,
            Err(error) => {
                findings.push(bad_line(&error, &range));
                continue;
            }
        };
        if keys.rule_id.is_some() {
            match rule(text, line, &range) {
                Ok((rule, lists)) => {
                    wanted.push((parsed.len(), lists, span));
                    parsed.push(rule);
                }
                Err(found) => findings.push(found),
            }
        } else if keys.entries.is_some() && keys.list_id.is_some() {
            match item(line, &range) {
                Ok((key, exception)) => items.entry(key).or_default().push(exception),
                Err(refused) => {
                    let (key, found) = *refused;
                    findings.push(found);
                    // The list is there, even if this item of it cannot be applied.
                    key.map(|key| items.entry(key).or_default());
                }
            }
        } else if keys.list_id.is_some() {
            if let Ok(list) = serde_json::from_str::<ListReference>(line) {
                items.entry((list.list_id, list.namespace_type)).or_default();
            }
        } else if keys.exported_count.is_none() && keys.exported_rules_count.is_none() && keys.attributes.is_none() {
            let message = "the line is neither a rule nor an exception, nor anything else that Kibana exports";
            findings.push(Diagnostic::error(
                codes::BAD_FILE,
                Span::new(span.start, span.start.saturating_add(1)),
                message,
            ));
        }
    }
    for (at, lists, span) in wanted {
        attach(&mut parsed[at], &lists, &items, span);
    }
    if !findings.is_empty() {
        parsed.insert(0, ParsedRule { diagnostics: findings, ..ParsedRule::default() });
    }
    parsed
}

/// Lines with something on them, and where they are.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut at = 0;
    let ranges = text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    });
    ranges.filter_map(|(start, line)| {
        let content = line.trim();
        let start = start + (line.len() - line.trim_start().len());
        (!content.is_empty()).then(|| (start..start + content.len(), content))
    })
}

pub(super) fn bad_line(error: &serde_json::Error, range: &Range<usize>) -> Diagnostic {
    let start = (range.start + error.column().saturating_sub(1)).min(range.end);
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    Diagnostic::error(codes::BAD_FILE, Span::new(to_u32(start), to_u32(range.end.min(start + 1))), reason)
}

fn rule(text: &str, line: &str, range: &Range<usize>) -> Result<(ParsedRule, Vec<ListReference>), Diagnostic> {
    let rule: RawRule = serde_json::from_str(line).map_err(|error| bad_line(&error, range))?;
    let written: WrittenRule<'_> = serde_json::from_str(line).map_err(|error| bad_line(&error, range))?;
    if let Some(language) = rule.other_language() {
        return Ok((not_run(rule, language), Vec::new()));
    }
    let query = written.query.map(RawValue::get);
    let decoded = query.and_then(|query| serde_json::from_str::<String>(query).ok());
    let (Some(literal), Some(query)) = (query, decoded) else {
        return Err(no_query(Span::new(to_u32(range.start), to_u32(range.start + 1))));
    };
    // The literal is a slice of the line: its distance from the line's start is its place.
    let start = range.start + (literal.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
    let place = Place::of(text, start..start + literal.len(), &query, Written::Json);
    let options = options(&rule);
    let lists = rule.exceptions_list.clone();
    Ok((compile(&query, &place, &options, || rule.into_metadata("")), lists))
}

pub(super) fn item(line: &str, range: &Range<usize>) -> Result<(ListKey, Exception), Refused> {
    let item: RawItem = serde_json::from_str(line).map_err(|error| Box::new((None, bad_line(&error, range))))?;
    let key = (item.list_id.clone(), item.namespace_type.clone());
    match item.compile() {
        Ok(exception) => Ok((key, exception)),
        Err(reason) => {
            let message = format!("the exception '{}' is left out: {reason}", item.name);
            let span = Span::new(to_u32(range.start), to_u32(range.start + 1));
            Err(Box::new((Some(key), Diagnostic::warning(codes::UNUSABLE_EXCEPTION, span, message))))
        }
    }
}

/// Gives a rule the exceptions of its lists.
fn attach(parsed: &mut ParsedRule, lists: &[ListReference], items: &HashMap<ListKey, Vec<Exception>>, span: Span) {
    let mut exceptions = Vec::new();
    for list in lists {
        if let Some(found) = items.get(&(list.list_id.clone(), list.namespace_type.clone())) {
            exceptions.extend(found.iter().cloned());
        } else {
            let message = format!("the export has no exceptions of the list '{}'", list.list_id);
            let span = Span::new(span.start, span.start.saturating_add(1));
            parsed.diagnostics.push(Diagnostic::warning(codes::MISSING_EXCEPTIONS, span, message));
        }
    }
    if let Some(rule) = &mut parsed.rule {
        rule.exceptions = exceptions.into();
    }
}

#[cfg(test)]
mod tests;
