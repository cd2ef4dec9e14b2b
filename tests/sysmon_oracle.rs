//! The mapping against Elastic's own expected results, event by event.
//!
//! The cases carry Elastic's licence and are read from where they are: `EVQL_SHARED` names the folder. What needs it is ignored unless it is asked for: `cargo test -- --include-ignored`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::base::{Locator, Ticks};
use evql::source::Record;
use evql::sysmon::{self, Mapping};
use serde_json::{Map, Value};
use std::path::PathBuf;

fn record(event: &Value) -> Record {
    let winlog = &event["winlog"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let data = winlog["event_data"].as_object().unwrap();
    // Without UtcTime the pipeline leaves `@timestamp` as the collector had it, which for a record that is read from a file is the time of logging.
    let logged = text(&winlog["time_created"]).filter(|_| data.contains_key("UtcTime"));
    let time = logged.or_else(|| text(&event["@timestamp"])).unwrap();
    Record {
        provider: text(&winlog["provider_name"]).unwrap().into(),
        provider_guid: text(&winlog["provider_guid"]).map(Into::into),
        event_id: winlog["event_id"].as_str().unwrap().parse().unwrap(),
        version: number(&winlog["version"]),
        level: Some(if event["log"]["level"] == "error" { 2 } else { 4 }),
        task: None,
        opcode: Some(0),
        keywords: None,
        time_created: Ticks::parse_rfc3339(&time).unwrap(),
        record_id: winlog["record_id"].as_u64(),
        activity_id: None,
        related_activity_id: None,
        process_id: number(&winlog["process"]["pid"]),
        thread_id: number(&winlog["process"]["thread"]["id"]),
        channel: text(&winlog["channel"]).unwrap().into(),
        computer: text(&winlog["computer_name"]).unwrap().into(),
        user_sid: text(&winlog["user"]["identifier"]).map(Into::into),
        data: data.iter().map(|(name, value)| (name.as_str().into(), value.as_str().unwrap().into())).collect(),
        origin: Locator::default(),
        is_recovered: false,
    }
}

/// Dotted names and values; lists sorted, since their order is not part of the contract.
fn leaves(prefix: &str, value: &Value, out: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                leaves(&name, value, out);
            }
        }
        Value::Array(list) => {
            let mut sorted = list.clone();
            if prefix.starts_with("related.") {
                sorted.sort_by_key(ToString::to_string);
            }
            out.insert(prefix.to_owned(), sorted.into());
        }
        value => {
            out.insert(prefix.to_owned(), value.clone());
        }
    }
}

/// What an agent adds outside of the pipeline, and what the notes say to leave out of the comparison.
const NOT_COMPARED: &[&str] = &[
    "ecs.version",
    "event.action",
    "event.created",
    "event.dataset",
    "event.module",
    "data_stream.dataset",
    "log.file.path",
    "host.id",
    "host.name",
    "host.os.family",
    "host.os.type",
    // Rendered by a Windows system that has the provider's texts and knows the account.
    "winlog.api",
    "winlog.task",
    "winlog.user.domain",
    "winlog.user.name",
    "winlog.user.type",
];

#[test]
#[ignore = "needs EVQL_SHARED"]
fn elastics_expected_documents_are_reproduced_leaf_by_leaf() {
    let shared =
        PathBuf::from(std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material"));
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(shared.join("oracle/ecs").join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let (events, expected) = (read("integration-events.json"), read("integration-expected.json"));
    let mut compared = 0;
    for (event, expected) in events["events"].as_array().unwrap().iter().zip(expected["expected"].as_array().unwrap()) {
        let ours = sysmon::map(&record(event), "-", Mapping::Integration);
        let (mut have, mut want) = (Map::new(), Map::new());
        leaves("", &ours.document.to_json(), &mut have);
        leaves("", expected, &mut want);
        if !want.contains_key("event.category") {
            // Expected results from before ECS 8.17, when these IDs had no category.
            assert!(["8", "9", "19", "20", "27", "28", "255"].contains(&have["event.code"].as_str().unwrap()));
            for name in ["event.category", "event.type", "event.outcome"] {
                have.remove(name);
            }
        }
        for name in NOT_COMPARED {
            have.remove(*name);
            want.remove(*name);
        }
        assert_eq!(Value::from(have), Value::from(want), "event {compared}");
        compared += 1;
    }
    assert_eq!(compared, 18, "every pair");
}
