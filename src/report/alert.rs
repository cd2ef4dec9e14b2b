//! One alert as a JSON document: ECS for the finding, and the full ECS documents of its events.

use super::Results;
use super::triage_json::triage_json;
use crate::detect::{Alert, RuleIndex};
use crate::event::{Event, Value};
use crate::rules::Rule;
use hashbrown::HashSet;
use serde_json::{Map, json};

/// The documents of all alerts, in their order, as every output has them.
#[derive(Debug)]
pub struct AlertDocuments<'run> {
    results: Results<'run>,
    next: usize,
    told: HashSet<RuleIndex>,
}

impl<'run> AlertDocuments<'run> {
    /// The documents of a run.
    pub fn new(results: &Results<'run>) -> Self {
        Self { results: *results, next: 0, told: HashSet::new() }
    }
}

impl Iterator for AlertDocuments<'_> {
    type Item = serde_json::Value;

    fn next(&mut self) -> Option<serde_json::Value> {
        let alert = self.results.alerts.get(self.next)?;
        let mut document = alert_document(&self.results, self.next, alert);
        if self.told.insert(alert.rule) {
            document["evql"]["rule"] = rule_texts(&self.results.detector.rules()[alert.rule]);
        }
        self.next += 1;
        Some(document)
    }
}

/// The document of the alert at `position` in the results, without the texts of its rule.
pub fn alert_document(results: &Results<'_>, position: usize, alert: &Alert) -> serde_json::Value {
    let meta = results.detector.meta(alert);
    let mut document = Map::new();
    if let Some(at) = alert.timestamp() {
        document.insert("@timestamp".into(), at.rfc3339().into());
    }
    document.insert(
        "event".into(),
        json!({ "kind": "signal", "severity": meta.level.severity(), "risk_score": meta.risk_score }),
    );
    document.insert(
        "rule".into(),
        json!({
            "id": meta.id,
            "name": meta.name,
            "description": meta.description,
            "reference": meta.references,
            "author": meta.authors,
            "license": meta.license,
        }),
    );
    document.insert("threat".into(), crate::rules::threat_to_ecs(&meta.threat));
    document.insert("host".into(), host(alert));
    let mut evql = json!({ "alert": position + 1, "severity": meta.level.name() });
    if meta.building_block {
        evql["building_block"] = true.into();
    }
    if let Some(start) = &alert.start {
        evql["process_start"] = start.to_json();
    }
    if let Some(triage) = results.triage {
        evql["triage"] = triage_json(triage, position);
    }
    document.insert("evql".into(), evql);
    let keys = alert.join_keys.iter().map(|key| key.as_ref().map_or(serde_json::Value::Null, Value::to_json));
    document.insert("join_keys".into(), keys.collect());
    let full = |event: &Event| event.to_json();
    let events = alert.events.iter().map(|event| event.as_deref().map_or(serde_json::Value::Null, full));
    document.insert("events".into(), events.collect());
    document.into()
}

/// The `host` object of the event that completed the alert.
fn host(alert: &Alert) -> serde_json::Value {
    alert.last().map_or(serde_json::Value::Null, |event| event.document.to_json()["host"].take())
}

/// `evql.rule` of an alert document: the texts of a rule that a person needs beside its name. They are long, so that only the first alert of each rule
/// carries them.
pub fn rule_texts(rule: &Rule) -> serde_json::Value {
    let meta = &rule.meta;
    let mut texts = Map::new();
    texts.insert("query".into(), rule.source.trim().into());
    texts.extend(meta.note.as_ref().map(|note| ("note".into(), note.trim().into())));
    texts.extend(meta.setup.as_ref().map(|setup| ("setup".into(), setup.trim().into())));
    if !meta.false_positives.is_empty() {
        texts.insert("false_positives".into(), json!(meta.false_positives));
    }
    texts.into()
}
