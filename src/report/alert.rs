//! One alert as a JSON document: ECS for the finding, and the full ECS documents of its events.

use super::Results;
use super::triage_json::triage_json;
use crate::detect::Alert;
use crate::event::{Event, Value};
use serde_json::{Map, json};

/// The document of the alert at `position` in the results.
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
