//! Lookups in alert documents of any origin: names may be nested, dotted or both, values single or lists, or of a wrong type.

use serde_json::Value;
use std::borrow::Cow;

/// The value at a dotted name.
pub fn at<'v>(document: &'v Value, name: &str) -> Option<&'v Value> {
    let object = document.as_object()?;
    if let Some(value) = object.get(name) {
        return Some(value);
    }
    // `process.hash.md5` may stand as three objects, as one key, or as `process.hash` with `md5` inside: each way to cut the name in two is tried, the
    // shorter object first.
    let mut dot = 0;
    while let Some(next) = name[dot..].find('.') {
        let end = dot + next;
        if let Some(found) = object.get(&name[..end]).and_then(|inner| at(inner, &name[end + 1..])) {
            return Some(found);
        }
        dot = end + 1;
    }
    None
}

/// A scalar as text; nothing for `null`, lists and objects.
pub fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        _ => None,
    }
}

/// The first value at a name as text.
pub fn text<'v>(document: &'v Value, name: &str) -> Option<Cow<'v, str>> {
    texts(document, name).next()
}

/// All values at a name as text: one, or those of a list.
pub fn texts<'v>(document: &'v Value, name: &str) -> impl Iterator<Item = Cow<'v, str>> + use<'v> {
    // A list of one and a single value are the same to whoever shows them.
    let values = match at(document, name) {
        Some(Value::Array(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
        None => &[],
    };
    values.iter().filter_map(scalar).filter(|text| !text.is_empty())
}

/// The members of a list at a name; none if it is no list.
pub fn list<'v>(document: &'v Value, name: &str) -> &'v [Value] {
    at(document, name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A number at a name.
pub fn number(document: &Value, name: &str) -> Option<u64> {
    at(document, name)?.as_u64()
}

/// Whether a name has the value `true`.
pub fn flag(document: &Value, name: &str) -> bool {
    at(document, name).and_then(Value::as_bool).unwrap_or_default()
}

#[cfg(test)]
mod tests;
