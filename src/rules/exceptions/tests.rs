use super::*;
use crate::ecs;
use crate::event::{Document, IpValue};
use serde_json::json;

fn item(entries: &serde_json::Value) -> RawItem {
    serde_json::from_value(json!({"list_id": "l", "name": "n", "entries": entries})).unwrap()
}

fn document() -> Document {
    let mut document = Document::new();
    document.set(ecs::PROCESS_NAME, "Setup.exe");
    document.set(ecs::PROCESS_PID, 4);
    document.set(ecs::PROCESS_EXECUTABLE, "C:\\Apps\\a*b.exe");
    document.set(ecs::DESTINATION_IP, IpValue::parse("10.1.2.3").unwrap());
    document.push(ecs::EVENT_CATEGORY, "network");
    document
}

fn excludes(entries: &serde_json::Value) -> bool {
    item(entries).compile().unwrap().0.predicate.matches(&document())
}

fn entry(kind: &str, field: &str, value: &serde_json::Value) -> serde_json::Value {
    json!({"field": field, "type": kind, "operator": "included", "value": value})
}

#[test]
fn every_kind_of_entry_is_a_condition() {
    for (entry, expected) in [
        (entry("match", "process.name", &json!("Setup.exe")), true),
        (entry("match", "process.name", &json!("setup.exe")), false),
        (entry("match", "process.pid", &json!("4")), true),
        (entry("match", "destination.ip", &json!("10.0.0.0/8")), true),
        (entry("match", "destination.ip", &json!("10.1.2.4")), false),
        (entry("match_any", "process.name", &json!(["a.exe", "Setup.exe"])), true),
        (entry("match_any", "process.name", &json!(["a.exe"])), false),
        (entry("wildcard", "process.name", &json!("Set*.ex?")), true),
        (entry("wildcard", "process.executable", &json!("C:\\\\Apps\\\\*")), true),
        (entry("wildcard", "process.executable", &json!("C:\\\\Apps\\\\a\\*b.exe")), true),
        (entry("wildcard", "process.executable", &json!("C:\\\\Apps\\\\a\\?b.exe")), false),
        (json!({"field": "process.name", "type": "exists", "operator": "included"}), true),
        (json!({"field": "process.name", "type": "exists", "operator": "excluded"}), false),
        (json!({"field": "process", "type": "nested", "entries": [entry("match", "pid", &json!("4"))]}), true),
    ] {
        assert_eq!(excludes(&json!([entry])), expected, "{entry}");
    }
}

#[test]
fn all_entries_of_an_item_must_hold() {
    let name = entry("match", "process.name", &json!("Setup.exe"));
    let other = entry("match", "process.pid", &json!("5"));
    assert!(!excludes(&json!([name, other])));
}

#[test]
fn an_item_that_cannot_be_applied_says_why() {
    for (entries, reason) in [
        (json!([]), "no entries"),
        (json!([{"field": "a", "type": "list", "operator": "included"}]), "value list"),
        (json!([{"field": "a", "type": "fuzzy"}]), "not known"),
        (json!([{"field": "a", "type": "match"}]), "needs one value"),
        (json!([entry("match", "destination.ip", &json!("x/y"))]), ""),
    ] {
        let error = item(&entries).compile().unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn an_item_that_expires_covers_events_before() {
    let mut item = item(&json!([entry("match", "process.name", &json!("Setup.exe"))]));
    item.expire_time = Some("2024-01-01T00:00:00.000Z".to_owned());
    let predicate = item.compile().unwrap().0.predicate;
    let at = |text: &str| {
        let mut document = document();
        document.set(ecs::TIMESTAMP, crate::base::Ticks::parse_rfc3339(text).unwrap());
        document
    };
    assert!(predicate.matches(&at("2023-12-31T23:59:59Z")));
    assert!(!predicate.matches(&at("2024-01-01T00:00:01Z")));
}
