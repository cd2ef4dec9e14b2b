//! JSON documents become flat ones, as Elasticsearch indexes them: objects by dotted name, arrays by their members, nulls and empty lists not at all.
//!
//! Values take the type that the catalogue has for their field, where they can; a text that is no address or instant stays text, and a condition on the
//! field then finds no value. This module does not know where the JSON comes from.

use super::{Document, IpValue, Value};
use crate::base::Ticks;
use crate::ecs::{Field, FieldType};
use serde_json::{Map, Number};

/// A JSON object, its names nested, dotted or mixed.
pub type Object = Map<String, serde_json::Value>;

impl Document {
    /// The flat form of a JSON object.
    pub fn from_json(object: &Object) -> Self {
        let mut pairs = Vec::new();
        for (name, value) in object {
            flatten(name, value, &mut pairs);
        }
        Self::from_pairs(pairs)
    }
}

/// Objects nest as deep as the JSON reader lets them, which has a limit of its own.
fn flatten(name: &str, value: &serde_json::Value, pairs: &mut Vec<(Field, Value)>) {
    match value {
        serde_json::Value::Null => {}
        serde_json::Value::Array(items) => items.iter().for_each(|item| flatten(name, item, pairs)),
        serde_json::Value::Object(object) => {
            for (inner, value) in object {
                flatten(&format!("{name}.{inner}"), value, pairs);
            }
        }
        scalar => {
            let field = Field::named(name);
            let value = typed(scalar, field.kind());
            pairs.extend(value.map(|value| (field, value)));
        }
    }
}

fn typed(scalar: &serde_json::Value, kind: Option<FieldType>) -> Option<Value> {
    Some(match (scalar, kind) {
        (serde_json::Value::String(text), Some(FieldType::Ip)) => {
            IpValue::parse(text).map_or_else(|| text.as_str().into(), Value::Ip)
        }
        (serde_json::Value::String(text), Some(FieldType::Date | FieldType::DateNanos)) => {
            Ticks::parse_of_tool(text).map_or_else(|| text.as_str().into(), Value::Date)
        }
        (serde_json::Value::Number(number), Some(FieldType::Date | FieldType::DateNanos)) => {
            instant(number).map(Value::Date)?
        }
        // As Elasticsearch indexes texts in fields of these types.
        (serde_json::Value::String(text), Some(FieldType::Long)) => {
            text.trim().parse::<i64>().map_or_else(|_| text.as_str().into(), Value::Long)
        }
        (serde_json::Value::String(text), Some(FieldType::Boolean)) => match text.as_str() {
            "true" | "True" => true.into(),
            "false" | "False" => false.into(),
            other => other.into(),
        },
        (serde_json::Value::String(text), _) => text.as_str().into(),
        (serde_json::Value::Bool(flag), _) => (*flag).into(),
        (serde_json::Value::Number(number), _) => match number.as_i64() {
            Some(integer) => integer.into(),
            None => number.as_f64()?.into(),
        },
        _ => return None,
    })
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
