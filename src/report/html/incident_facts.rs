//! What an alert document says of its incident.

use super::doc::{at, text};
use super::text::{SHORT, cut};
use serde_json::Value;

/// What an alert says of its incident.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentFacts {
    /// The id.
    pub id: String,
    /// Score and title, in one alert of each incident.
    pub told: Option<(f64, String)>,
}

impl IncidentFacts {
    /// The facts in a document, if it names an incident.
    pub fn of(document: &Value) -> Option<Self> {
        let id = text(document, "evql.incident.id").filter(|id| !id.is_empty())?;
        let score = at(document, "evql.incident.score").and_then(Value::as_f64).filter(|score| score.is_finite());
        let title = text(document, "evql.incident.title").map(|title| short_of(&title));
        Some(Self { id: short_of(&id), told: score.zip(title) })
    }
}

/// Names are kept for every incident, so that they have to end somewhere.
fn short_of(text: &str) -> String {
    cut(text, SHORT).0.to_owned()
}
