//! Exceptions from a Kibana export: events that a rule is not to see.
//!
//! An item excludes an event if all its entries hold. In Elastic that happens in the request's filter, before EQL, so that an excluded event is no stage of
//! a sequence either. Each item is written as an EQL condition and compiled like any other, so that there is one evaluator.
//! This module does not know which rules an item is for.

use super::condition::{self, equals, quoted};
use super::list_use::single;
use crate::diag::Diagnostic;
use crate::eql::Predicate;
use serde::Deserialize;
use std::fmt::Write as _;

/// One compiled item.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its name.
    pub name: String,
    /// The condition that excluded events fulfil.
    pub predicate: Predicate,
}

/// One item as Kibana exports it.
#[derive(Clone, Debug, Deserialize)]
pub struct RawItem {
    pub list_id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default = "single")]
    pub namespace_type: String,
    entries: Vec<RawEntry>,
    expire_time: Option<String>,
    #[serde(default)]
    os_types: Vec<String>,
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
    /// The compiled item and what is doubtful about it, or why it cannot be applied.
    pub fn compile(&self) -> Result<(Exception, Vec<Diagnostic>), String> {
        let (_, predicate, doubts) = condition::compile(&self.condition()?)?;
        Ok((Exception { name: self.name.clone(), predicate }, doubts))
    }

    /// The item as an EQL condition.
    fn condition(&self) -> Result<String, String> {
        if self.entries.is_empty() {
            return Err("it has no entries".to_owned());
        }
        let conditions: Result<Vec<String>, String> = self.entries.iter().map(|entry| entry.condition("")).collect();
        let mut condition = conditions?.join(" and ");
        // An item for Linux must not silence Windows events.
        if !self.os_types.is_empty() {
            let systems: Vec<String> = self.os_types.iter().map(|system| quoted(system)).collect();
            let _ = write!(condition, " and host.os.type in ({})", systems.join(", ")); // writing to a String cannot fail
        }
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
        let field = condition::field(&name);
        let condition = match self.kind.as_str() {
            "match" => equals(&name, self.one()?),
            "match_any" => {
                let each: Vec<String> = self.many().iter().map(|value| equals(&name, value)).collect();
                if each.is_empty() {
                    return Err(format!("the entry for {name} has no values"));
                }
                format!("({})", each.join(" or "))
            }
            "exists" => format!("{field} != null"),
            "wildcard" => condition::wildcard(&name, self.one()?, false),
            "nested" if parent.is_empty() && !self.entries.is_empty() => {
                let inner: Result<Vec<String>, String> =
                    self.entries.iter().map(|entry| entry.condition(&name)).collect();
                format!("({})", inner?.join(" and "))
            }
            // Value lists are uploaded apart from rules and are in no export. To leave the entry out would make the exception wider.
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

#[cfg(test)]
mod tests;
