//! An exception as text: what evql's own exception files hold, made from the values of an alert. `suppression` reads it.

use super::condition::{field, quoted};
use crate::event::Value;
use serde::Serialize;

#[derive(Serialize)]
struct WrittenExceptions<'w> {
    exception: [WrittenException<'w>; 1],
}

#[derive(Serialize)]
struct WrittenException<'w> {
    name: &'w str,
    rules: [&'w str; 1],
    #[serde(rename = "where")]
    condition: String,
}

/// An exception for alerts of a rule (by id or name) that have all of these values, as TOML.
///
/// Texts are compared whole and without regard to case, as Windows compares paths and names.
pub fn exception_text(name: &str, rule: &str, values: &[(&str, &Value)]) -> Result<String, toml::ser::Error> {
    let condition = values.iter().map(|(name, value)| has(name, value)).collect::<Vec<_>>().join(" and ");
    toml::to_string(&WrittenExceptions { exception: [WrittenException { name, rules: [rule], condition }] })
}

/// The condition that a field has a value. Patterns would make `*` and `?` in a command line stand for anything.
fn has(name: &str, value: &Value) -> String {
    let name = if is_plain(name) { name.to_owned() } else { field(name) };
    match value {
        Value::Text(text) => format!("{name} in~ ({})", quoted(text)),
        Value::Ip(ip) => format!("{name} == {}", quoted(&ip.text)),
        Value::Date(at) => format!("{name} == {}", quoted(&at.rfc3339())),
        Value::Long(_) | Value::Double(_) | Value::Boolean(_) => format!("{name} == {value}"),
    }
}

/// Whether EQL reads a name of a field without backticks.
fn is_plain(name: &str) -> bool {
    let is_word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.split('.').all(is_word)
}

#[cfg(test)]
mod tests;
