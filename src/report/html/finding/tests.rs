use super::*;
use crate::event::Clock;
use serde_json::json;

#[test]
fn an_alert_of_evql_has_all_its_facts() {
    let document = json!({
        "@timestamp": "2024-03-05T09:14:04.609Z", "event": { "severity": 73 },
        "rule": { "id": "r-1", "name": "A rule" }, "host": { "name": "ws-1" },
        "threat": { "tactic": { "id": ["TA0005"], "name": ["Defense Evasion"], "reference": ["https://a.example/"] },
                    "technique": { "id": ["T1"], "name": ["One"], "reference": [], "subtechnique": { "id": ["T1.001"], "name": ["Sub"] } } },
        "evql": { "alert": 7, "severity": "high" }, "join_keys": ["{1}", null],
        "events": [null, { "winlog": { "record_id": "5" } }],
    });
    let finding = Finding::of(&document, Clock::Logged).unwrap();
    assert_eq!(
        (finding.number, finding.severity, finding.rule.as_str(), finding.host.as_str()),
        (Some(7), AlertSeverity::High, "A rule", "ws-1")
    );
    assert_eq!(finding.techniques.iter().map(|technique| technique.id.as_str()).collect::<Vec<_>>(), ["T1", "T1.001"]);
    assert_eq!(finding.tactics[0].reference, "https://a.example/");
    assert_eq!(join_keys(&document).collect::<Vec<_>>(), ["{1}", "null"]);
    let renumbered = {
        let mut other = document.clone();
        other["evql"]["alert"] = 9.into();
        other
    };
    assert_eq!(
        Finding::of(&renumbered, Clock::Logged).unwrap().stable,
        finding.stable,
        "a new number does not make it another alert"
    );
    let elsewhere = {
        let mut other = document.clone();
        other["events"][1]["winlog"]["record_id"] = "6".into();
        other
    };
    assert_ne!(Finding::of(&elsewhere, Clock::Logged).unwrap().stable, finding.stable);
}

#[test]
fn foreign_documents_are_told_by_the_rule_they_name() {
    assert!(Finding::of(&json!([]), Clock::Logged).is_err());
    assert!(Finding::of(&json!({ "process": { "name": "a" } }), Clock::Logged).is_err());
    let kibana = json!({
        "@timestamp": "2024-03-05T09:14:04Z", "kibana.alert.rule.name": "K", "kibana.alert.severity": "critical", "host.name": "h",
        "kibana.alert.rule.threat": [{ "tactic": { "id": "TA1", "name": "T" }, "technique": [{ "id": "T2", "name": "U", "subtechnique": [{ "id": "T2.1", "name": "V" }] }] }],
    });
    let finding = Finding::of(&kibana, Clock::Logged).unwrap();
    assert_eq!((finding.severity, finding.host.as_str()), (AlertSeverity::Critical, "h"));
    assert_eq!(finding.techniques.iter().map(|technique| technique.id.as_str()).collect::<Vec<_>>(), ["T2", "T2.1"]);
    assert_eq!(events(&kibana).count(), 1, "it is its own event");
    let bare =
        Finding::of(&json!({ "rule": { "id": "x" }, "events": {}, "@timestamp": "soon" }), Clock::Logged).unwrap();
    assert_eq!(
        (bare.rule.as_str(), bare.host.as_str(), bare.at, bare.severity),
        ("x", NO_HOST, None, AlertSeverity::Unknown)
    );
}
