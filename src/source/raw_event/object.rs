//! Look-ups in the objects of other tools: fields by their path, and values as the text that Windows renders.
//!
//! Elastic's tools write a path as objects in each other, as one dotted name, or partly so: all of it is found. This module does not know any tool.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// An object of JSON.
pub type RawObject = Map<String, Value>;

/// The value at a path of names, with dots between them; a null counts as missing.
///
/// There are at most as many ways to split a path as it has dots, and paths are written in this program: the cost is bounded.
pub fn find<'o>(object: &'o RawObject, path: &str) -> Option<&'o Value> {
    if let Some(value) = object.get(path) {
        return Some(value).filter(|value| !value.is_null());
    }
    path.match_indices('.').find_map(|(dot, _)| match object.get(&path[..dot]) {
        Some(Value::Object(inner)) => find(inner, &path[dot + 1..]),
        _ => None,
    })
}

/// The first of some paths that has a value which says something.
pub fn first<'o>(object: &'o RawObject, paths: &[&str]) -> Option<&'o Value> {
    paths
        .iter()
        .filter_map(|path| find(object, path))
        .find(|value| text(value).is_some_and(|text| !text.trim().is_empty()))
}

/// The text of the first of some paths that has one.
pub fn first_text<'o>(object: &'o RawObject, paths: &[&str]) -> Option<Cow<'o, str>> {
    first(object, paths).and_then(text)
}

/// Every name below a path that has a value, whether the path is written as objects or as dotted names.
pub fn below<'o>(object: &'o RawObject, path: &str) -> Vec<(&'o str, &'o Value)> {
    let mut found = Vec::new();
    if let Some(Value::Object(inner)) = find(object, path) {
        found.extend(inner.iter().map(|(name, value)| (name.as_str(), value)));
    }
    let dotted = |(name, value): (&'o String, &'o Value)| {
        Some((name.strip_prefix(path)?.strip_prefix('.').filter(|rest| !rest.is_empty())?, value))
    };
    found.extend(object.iter().filter_map(dotted));
    if let Some((head, rest)) = path.split_once('.')
        && let Some(Value::Object(inner)) = object.get(head)
    {
        let dotted = |(name, value): (&'o String, &'o Value)| {
            Some((name.strip_prefix(rest)?.strip_prefix('.').filter(|rest| !rest.is_empty())?, value))
        };
        found.extend(inner.iter().filter_map(dotted));
    }
    found
}

/// A value as text, as Windows renders numbers and truth values. An object is one only if it is how XML with attributes was written, or a list if it has one
/// member, as in the `fields` of a search.
pub fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => Some(Cow::Borrowed("")),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Number(number) => Some(Cow::Owned(number_text(number))),
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Array(members) => match members.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [one] => text(one),
            _ => joined(members),
        },
        Value::Object(object) => {
            let inner = ["#text", "Value", "value", "_text"].iter().find_map(|name| object.get(*name));
            inner.filter(|inner| !inner.is_object()).and_then(text)
        }
    }
}

/// Several values of one entry, as Windows renders arrays.
fn joined(members: &[Value]) -> Option<Cow<'static, str>> {
    let texts: Option<Vec<Cow<'_, str>>> =
        members.iter().map(|member| if member.is_array() { None } else { text(member) }).collect();
    let texts = texts?;
    // Splunk lists a value once for each way in which it was extracted.
    let is_one = texts.windows(2).all(|pair| pair[0] == pair[1]);
    Some(Cow::Owned(if is_one { texts.into_iter().next()?.into_owned() } else { texts.join(", ") }))
}

/// Tools that keep numbers as floating point write `4100.0` for 4100.
fn number_text(number: &Number) -> String {
    let written = number.to_string();
    match written.strip_suffix(".0") {
        Some(whole) if number.is_f64() => whole.to_owned(),
        _ => written,
    }
}
