//! The parts of Elastic's rules that say how to count, how far to look back, and what indicators to look for, as they are written in JSON and in TOML.
//!
//! This file does not know what becomes of them.

use super::alert_suppression::AlertSuppression;
use crate::base::Ticks;
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

/// `alert_suppression` of a rule.
#[derive(Debug, Deserialize)]
pub struct SavedSuppression {
    #[serde(default, deserialize_with = "none_as_empty")]
    group_by: Vec<String>,
    duration: Option<SavedDuration>,
    missing_fields_strategy: Option<String>,
}

#[derive(Debug, Deserialize)]
struct SavedDuration {
    value: i64,
    unit: String,
}

/// How often a rule runs that does not say so.
pub const USUAL_INTERVAL: &str = "5m";

impl SavedSuppression {
    /// What it says, for a rule with this interval. Without a duration alerts of one run are suppressed, which is one interval of time.
    pub fn read(&self, interval: Option<&str>) -> AlertSuppression {
        let duration = match &self.duration {
            Some(SavedDuration { value, unit }) => duration(&format!("{value}{unit}")),
            None => duration(interval.unwrap_or(USUAL_INTERVAL)),
        };
        AlertSuppression {
            group_by: self.group_by.clone(),
            duration: duration.unwrap_or_default(),
            groups_missing: self.missing_fields_strategy.as_deref() != Some("doNotSuppress"),
        }
    }
}

/// A duration as rules write it: `9m`, `7d`.
pub fn duration(text: &str) -> Option<Ticks> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds: i64 = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" | "H" => 60 * 60,
        "d" => 24 * 60 * 60,
        "w" => 7 * 24 * 60 * 60,
        "M" => 30 * 24 * 60 * 60,
        "y" => 365 * 24 * 60 * 60,
        _ => return None,
    };
    let count: i64 = digits.parse().ok()?;
    count.checked_mul(seconds)?.checked_mul(Ticks::PER_SECOND).filter(|ticks| *ticks >= 0).map(Ticks)
}
