//! JSON documents become flat ones, as Elasticsearch indexes them: objects by dotted name, arrays by their members, nulls and empty lists not at all.
//!
//! Values take the type that the catalogue has for their field, where they can, as Elasticsearch does when it indexes them: a number in quotes is a number,
//! and a number where the field is a keyword is text. A text that is no address, number or instant stays text, and a condition on the
//! field then finds no value. This module does not know where the JSON comes from.

use super::document::Document;
use super::value::{IpValue, Value};
use crate::base::{Ticks, flag, number};
use crate::ecs::{Field, FieldType};
use serde_json::{Map, Number};

/// A JSON object, its names nested, dotted or mixed.
pub type Object = Map<String, serde_json::Value>;

impl Document {
    /// The flat form of a JSON object.
    pub fn from_json(object: &Object) -> Self {
        // One buffer for all paths: a name is put on at its end and taken off again, without a text for each level.
        let (mut pairs, mut path) = (Vec::with_capacity(object.len()), String::new());
        for (name, value) in object {
            path.clear();
            path.push_str(name);
            flatten(&mut path, value, &mut pairs);
        }
        Self::from_pairs(pairs).with_bare_answers(bare_answers(object))
    }
}

/// The answers of a DNS query, by position, that have a type and no data.
fn bare_answers(object: &Object) -> Box<[usize]> {
    let nested = || object.get("dns").and_then(|dns| dns.get("answers"));
    let Some(serde_json::Value::Array(answers)) = object.get("dns.answers").or_else(nested) else {
        return Box::default();
    };
    let is_bare = |answer: &serde_json::Value| answer.get("type").is_some() && answer.get("data").is_none();
    answers.iter().enumerate().filter(|(_, answer)| is_bare(answer)).map(|(at, _)| at).collect()
}

/// Takes what is at and below a path, which is the same again afterwards. Objects nest as deep as the JSON reader lets them, which has a limit of its own.
fn flatten(path: &mut String, value: &serde_json::Value, pairs: &mut Vec<(Field, Value)>) {
    match value {
        serde_json::Value::Null => {}
        serde_json::Value::Array(items) => items.iter().for_each(|item| flatten(path, item, pairs)),
        serde_json::Value::Object(object) => {
            let length = path.len();
            for (inner, value) in object {
                path.push('.');
                path.push_str(inner);
                flatten(path, value, pairs);
                path.truncate(length);
            }
        }
        scalar => {
            let field = Field::named(path.as_str());
            let value = typed(scalar, &field);
            pairs.extend(value.map(|value| (field, value)));
        }
    }
}

fn typed(scalar: &serde_json::Value, field: &Field) -> Option<Value> {
    match scalar {
        serde_json::Value::String(text) => Some(typed_text(text, field)),
        serde_json::Value::Number(number) => match field.kind() {
            Some(FieldType::Date | FieldType::DateNanos) => instant(number).map(Value::Date),
            // One text, whoever has written it: event codes and record numbers are numbers in some documents.
            Some(FieldType::Keyword | FieldType::Wildcard) => Some(number.to_string().into()),
            Some(FieldType::Boolean) if number.as_i64().is_some_and(|number| matches!(number, 0 | 1)) => {
                Some((number.as_i64() == Some(1)).into())
            }
            _ => Some(match number.as_i64() {
                Some(integer) => integer.into(),
                None => number.as_f64()?.into(),
            }),
        },
        serde_json::Value::Bool(flag) => Some((*flag).into()),
        _ => None,
    }
}

/// A text as a value of the field's type, or else as it is.
fn typed_text(text: &str, field: &Field) -> Value {
    // Elasticsearch would reject a document with a value that its mapping cannot take, or ignore the value. Here the text stays, since evidence is never
    // dropped.
    let typed = match field.kind() {
        Some(FieldType::Ip) => IpValue::parse(text.trim()).map(Value::Ip),
        Some(FieldType::Date | FieldType::DateNanos) => Ticks::parse_of_tool(text).map(Value::Date),
        Some(FieldType::Long) => number::read(text).map(Value::Long),
        Some(FieldType::Boolean) => flag::read(text).map(Value::Boolean),
        _ => None,
    };
    typed.unwrap_or_else(|| text.into())
}

/// An instant as a number: milliseconds since 1970, with or without a fraction. A number too large for that is taken for a FILETIME, in 100 ns
/// since 1601; test data of EQL has such.
pub fn instant(number: &Number) -> Option<Ticks> {
    if let Some(integer) = number.as_i64() {
        return Ticks::from_unix_millis(integer).or(Some(Ticks(integer)));
    }
    let millis = number.as_f64()?;
    let whole = millis.floor();
    // Every float in this range has an integer part that fits.
    if !(-1e14..1e14).contains(&whole) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked, and cutting is meant")]
    let (whole_millis, part) = (whole as i64, ((millis - whole) * 10_000.0).round() as i64);
    Ticks::from_unix_millis(whole_millis).map(|at| Ticks(at.0.saturating_add(part)))
}

#[cfg(test)]
mod tests;
