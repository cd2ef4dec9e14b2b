//! Exceptions from a Kibana export: events that a rule is not to see.
//!
//! An item excludes an event if all its entries hold. In Elastic that happens in the request's filter, before EQL, so that an excluded event is no stage of
//! a sequence either. Each item is written as an EQL condition and compiled like any other, so that there is one evaluator.
//! This module does not know which rules an item is for.

use crate::ecs::{Field, FieldType};
use crate::eql::{self, Predicate, Query};
use serde::Deserialize;
use std::fmt::Write as _;

/// One compiled item.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its name.
    pub name: String,
    /// What the events are that it excludes.
    pub predicate: Predicate,
}

/// One item as Kibana exports it.
#[derive(Clone, Debug, Deserialize)]
pub struct RawItem {
    pub list_id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub namespace_type: String,
    entries: Vec<RawEntry>,
    expire_time: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct RawEntry {
    field: String,
    #[serde(rename = "type")]
    kind: String,
    operator: Option<String>,
    value: Option<RawValue>,
    #[serde(default)]
    entries: Vec<RawEntry>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum RawValue {
    One(String),
    Many(Vec<String>),
}

impl RawItem {
    /// The compiled item, or why it cannot be applied.
    pub fn compile(&self) -> Result<Exception, String> {
        let query = format!("any where {}", self.condition()?);
        let compiled = eql::compile(&query);
        match compiled.query {
            Some(Query::Event(query)) => {
                Ok(Exception { name: self.name.clone(), predicate: query.predicate().clone() })
            }
            _ => Err(compiled.diagnostics.first().map_or_else(String::new, |found| found.message.clone())),
        }
    }

    /// The item as an EQL condition.
    fn condition(&self) -> Result<String, String> {
        if self.entries.is_empty() {
            return Err("it has no entries".to_owned());
        }
        let conditions: Result<Vec<String>, String> = self.entries.iter().map(|entry| entry.condition("")).collect();
        let mut condition = conditions?.join(" and ");
        if let Some(end) = &self.expire_time {
            // A server asks whether the item has expired when the rule runs, which is when the event happens.
            let _ = write!(condition, " and @timestamp < {}", quoted(end)); // writing to a String cannot fail
        }
        Ok(condition)
    }
}

impl RawEntry {
    fn condition(&self, parent: &str) -> Result<String, String> {
        let name = if parent.is_empty() { self.field.clone() } else { format!("{parent}.{}", self.field) };
        let field = format!("`{}`", name.replace('`', "``"));
        let condition = match self.kind.as_str() {
            "match" => equals(&name, &field, self.one()?),
            "match_any" => {
                let each: Vec<String> = self.many().iter().map(|value| equals(&name, &field, value)).collect();
                if each.is_empty() {
                    return Err(format!("the entry for {name} has no values"));
                }
                format!("({})", each.join(" or "))
            }
            "exists" => format!("{field} != null"),
            "wildcard" => matches(&field, self.one()?),
            "nested" if parent.is_empty() && !self.entries.is_empty() => {
                let inner: Result<Vec<String>, String> =
                    self.entries.iter().map(|entry| entry.condition(&name)).collect();
                format!("({})", inner?.join(" and "))
            }
            "list" => return Err(format!("the value list for {name} is on the server, not in the export")),
            other => return Err(format!("entries of type '{other}' are not known")),
        };
        match self.operator.as_deref() {
            Some("excluded") => Ok(format!("not {condition}")),
            Some("included") | None => Ok(condition),
            Some(other) => Err(format!("the operator '{other}' is not known")),
        }
    }

    fn one(&self) -> Result<&str, String> {
        match &self.value {
            Some(RawValue::One(value)) => Ok(value),
            _ => Err(format!("the entry for {} needs one value", self.field)),
        }
    }

    fn many(&self) -> &[String] {
        match &self.value {
            Some(RawValue::One(value)) => std::slice::from_ref(value),
            Some(RawValue::Many(values)) => values,
            None => &[],
        }
    }
}

/// Equality as Elasticsearch's term query has it: exact, in the letters' case; a block of addresses where the field is an address.
fn equals(name: &str, field: &str, value: &str) -> String {
    if Field::named(name).kind() == Some(FieldType::Ip) && value.contains('/') {
        format!("cidrMatch({field}, {})", quoted(value))
    } else {
        format!("{field} == {}", quoted(value))
    }
}

/// A wildcard query: `*` and `?`, in the letters' case; a backslash takes the meaning of what follows.
fn matches(field: &str, pattern: &str) -> String {
    let mut regex = String::new();
    let mut plain = String::new();
    let mut literal_wildcard = false;
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        let (c, escaped) = match c {
            '\\' => (chars.next().unwrap_or('\\'), true),
            c => (c, false),
        };
        plain.push(c);
        match c {
            '*' if !escaped => regex.push_str(".*"),
            '?' if !escaped => regex.push('.'),
            c => {
                literal_wildcard |= matches!(c, '*' | '?');
                if !c.is_alphanumeric() {
                    regex.push('\\');
                }
                regex.push(c);
            }
        }
    }
    // EQL's `like` has no escape: a literal `*` or `?` needs a regular expression.
    if literal_wildcard {
        format!("{field} regex {}", quoted(&regex))
    } else {
        format!("{field} like {}", quoted(&plain))
    }
}

/// An EQL string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:02x}}}", u32::from(c)); // writing to a String cannot fail
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests;
