//! The parts of Elastic's rules that say how to count, how far to look back, and what indicators to look for, as they are written in JSON and in TOML.
//!
//! This file does not know what becomes of them.

use serde::{Deserialize, Deserializer};

/// `threshold` of a rule.
#[derive(Debug, Deserialize)]
pub struct SavedThreshold {
    #[serde(default, deserialize_with = "one_or_many")]
    pub field: Vec<String>,
    pub value: u64,
    #[serde(default, deserialize_with = "none_as_empty")]
    pub cardinality: Vec<SavedCardinality>,
}

/// How many distinct values a field must have.
#[derive(Debug, Deserialize)]
pub struct SavedCardinality {
    pub field: String,
    pub value: u64,
}

/// `new_terms` of a rule in TOML, which Elastic's repository writes as names and values.
#[derive(Debug, Deserialize)]
pub struct SavedNewTerms {
    pub value: Vec<String>,
    pub history_window_start: Vec<SavedHistory>,
}

/// Where the history begins.
#[derive(Debug, Deserialize)]
pub struct SavedHistory {
    pub value: String,
}

fn none_as_empty<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Before several fields were possible, a text stood in the place of the list, and an empty one for none.
fn one_or_many<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Fields {
        One(String),
        Many(Vec<String>),
    }
    let fields = match Option::deserialize(from)? {
        None => Vec::new(),
        Some(Fields::One(field)) => vec![field],
        Some(Fields::Many(fields)) => fields,
    };
    Ok(fields.into_iter().filter(|field| !field.is_empty()).collect())
}

/// A group of `threat_mapping` as it is written.
#[derive(Clone, Debug, Deserialize)]
pub struct SavedMapping {
    pub entries: Vec<MappingEntry>,
}

/// A field of events that must have a value of a field of an indicator.
#[derive(Clone, Debug, Deserialize)]
pub struct MappingEntry {
    /// The field of events.
    pub field: String,
    /// The field of indicators.
    pub value: String,
    /// Whether it must *not* have it.
    #[serde(default)]
    pub negate: bool,
}
