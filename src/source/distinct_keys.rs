//! JSON values as `serde_json` reads them, with two things that it does not look after: names that stand more than once in an object, and the number of
//! values.
//!
//! Of a repeated name only one of the values can be kept, and other programs keep another one: Elasticsearch refuses such objects. Each becomes a fault.
//! A list of eight million ones fits into a document of the largest size, packs to a thousandth of that, and would take a gigabyte.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value};

/// Most values of a document, lists and objects among them.
pub(super) const MOST_VALUES: u32 = 1 << 18;

/// Reads a value, and keeps the first name that stands more than once in one object of it. An error once it has more than [`MOST_VALUES`].
pub(super) struct DistinctKeys<'k>(pub &'k mut JsonFindings);

/// What was noticed beside the value.
#[derive(Debug, Default)]
pub(super) struct JsonFindings {
    /// The first name that stands more than once in one object.
    pub repeated: Option<String>,
    values: u32,
}

impl JsonFindings {
    /// Whether reading ended because there were too many values.
    pub(super) fn has_too_many(&self) -> bool {
        self.values > MOST_VALUES
    }

    fn count<E: Error>(&mut self) -> Result<(), E> {
        self.values += 1;
        if self.has_too_many() { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for DistinctKeys<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DistinctKeys<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(member) = members.next_element_seed(DistinctKeys(self.0))? {
            self.0.count()?;
            list.push(member);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(DistinctKeys(self.0))?;
            self.0.count()?;
            // One search for the place of a name: documents have dozens.
            match object.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(mut place) => {
                    self.0.repeated.get_or_insert_with(|| place.key().clone());
                    place.insert(value);
                }
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests;
