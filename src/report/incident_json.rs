//! An incident as JSON: `evql.incident` of an alert document, and an entry of `incidents` in the summary of a run. docs/outputs.md has the keys.

use super::results::Results;
use crate::base::json::push_text;
use crate::base::json_object::{ObjectWriter, push_object};
use crate::incident::Incident;

/// Adds `evql.incident` to the document of an alert: the incident at a position by rank. The incident's first alert has all of it, as the first alert of a rule
/// has the texts of the rule.
pub fn write_incident(
    results: &Results<'_>,
    (rank, incident): (usize, &Incident),
    position: usize,
    object: &mut ObjectWriter<'_>,
) {
    let is_first = incident.first_alert as usize == position;
    object.object("incident", |object| {
        object.text("id", &incident.id);
        object.number("rank", rank as u64 + 1);
        if is_first {
            write_facts(results, incident, object);
        }
    });
}

/// An incident as a value of its own.
pub fn incident_json(results: &Results<'_>, rank: usize, incident: &Incident) -> serde_json::Value {
    let mut text = Vec::new();
    push_object(&mut text, |object| {
        object.text("id", &incident.id);
        object.number("rank", rank as u64 + 1);
        write_facts(results, incident, object);
    });
    serde_json::from_slice(&text).unwrap_or_default()
}

fn write_facts(results: &Results<'_>, incident: &Incident, object: &mut ObjectWriter<'_>) {
    object.value("score", &shown_score(incident.score));
    object.text("severity", incident.level.name());
    object.text("title", &incident.title);
    object.number("alerts", u64::from(incident.alerts));
    let rules = incident.rules.iter().map(|rule| &results.detector.rules()[*rule].meta.name);
    object.list("rules", rules, |name, out| push_text(out, name));
    object.list("hosts", &incident.hosts, |host, out| push_text(out, host));
    object.list("tactics", &incident.tactics, |tactic, out| push_text(out, tactic));
    object.text("first", &incident.first.rfc3339());
    object.text("last", &incident.last.rfc3339());
}

/// A score as people and documents see it: with one decimal.
pub fn shown_score(score: f64) -> f64 {
    (score * 10.0).round() / 10.0
}
