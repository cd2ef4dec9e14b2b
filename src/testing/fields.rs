//! Fields with the values that a test expects, and the comparison of these with the values of an event.
//!
//! A test writes values as TOML has them; an event has them as ECS does. They are equal if they are written alike in JSON, but for instants, which are
//! compared as instants.

use super::table::{FieldTable, span};
use crate::base::{Span, Ticks};
use crate::ecs::Field;
use crate::event::{Document, Value};
use serde_json::json;

/// A field and all the values that it must have, in their order; none if it must be missing.
#[derive(Clone, Debug)]
pub struct FieldExpectation {
    /// The field.
    pub field: Field,
    /// Its values, as JSON has them.
    pub values: Vec<serde_json::Value>,
    /// Where it is written.
    pub span: Span,
}

impl FieldExpectation {
    /// The fields of a table, of which tables in tables are parts of the name.
    pub fn of_table(table: &FieldTable) -> Vec<Self> {
        let mut all = Vec::new();
        for (name, value) in table {
            flatten(name.get_ref(), value.get_ref(), span(name.span()).to(span(value.span())), &mut all);
        }
        all
    }

    /// Whether a document has exactly these values.
    pub fn holds(&self, document: &Document) -> bool {
        let values = document.values(&self.field);
        values.len() == self.values.len() && values.iter().zip(&self.values).all(|(have, want)| equals(have, want))
    }
}

fn flatten(name: &str, value: &toml::Value, span: Span, all: &mut Vec<FieldExpectation>) {
    match value {
        toml::Value::Table(inner) => {
            for (part, value) in inner {
                flatten(&format!("{name}.{part}"), value, span, all);
            }
        }
        toml::Value::Array(values) => {
            let values = values.iter().map(as_json).collect();
            all.push(FieldExpectation { field: Field::named(name), values, span });
        }
        one => all.push(FieldExpectation { field: Field::named(name), values: vec![as_json(one)], span }),
    }
}

/// A value of TOML as JSON has it.
pub fn as_json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(flag) => (*flag).into(),
        other => other.to_string().into(),
    }
}

/// Whether a value of an event is the one that a test asks for.
pub fn equals(have: &Value, want: &serde_json::Value) -> bool {
    match (have, want) {
        (Value::Date(at), serde_json::Value::String(text)) => Ticks::parse_rfc3339(text) == Some(*at),
        (Value::Double(number), want) => want.as_f64() == Some(*number),
        (have, want) => have.to_json() == *want,
    }
}

/// The values of a field as a person reads them.
pub fn shown(values: &[serde_json::Value]) -> String {
    match values {
        [] => "no value".to_owned(),
        [one] => one.to_string(),
        all => serde_json::Value::Array(all.to_vec()).to_string(),
    }
}

/// The values of a field of a document as a person reads them.
pub fn actual(document: &Document, field: &Field) -> String {
    let values: Vec<serde_json::Value> = document.values(field).iter().map(Value::to_json).collect();
    shown(&values)
}
