use super::*;
use crate::event::Clock;
use serde_json::json;

fn rendered(document: &Value) -> String {
    let finding = Finding::of(document, Clock::Logged).unwrap();
    let alert = NumberedFinding { finding: &finding, number: 7, anchor: "a-1", host: 2, rule: 3, tactics: &[4, 5] };
    card(document, alert, Clock::Logged) + &record(document) + END
}

#[test]
fn a_card_can_be_found_and_filtered() {
    let document = json!({
        "@timestamp": "2024-03-05T09:14:04.609Z", "event": { "risk_score": 73.5 }, "rule": { "name": "R" }, "evql": { "severity": "high" },
        "events": [{ "host": { "name": "h" }, "user": { "domain": "D", "name": "u" }, "process": { "command_line": "c" }, "winlog": { "record_id": "9" }, "log": { "file": { "path": "f.evtx" } } }],
        "join_keys": ["k"],
    });
    let shown = rendered(&document);
    assert!(shown.starts_with("<details class=\"card high\" id=\"alert-7\" data-s=\"high\" data-h=\"2\" data-r=\"3\" data-a=\"4 5\" data-m=\"1709630044609\" data-u=\"D\\u\">"), "{shown}");
    for text in [
        "id=\"a-1\"",
        "risk 73.5",
        "<b>h</b>",
        "D\\u",
        "record 9 in f.evtx",
        "<dt>join key</dt><dd>k</dd>",
        "2024-03-05 09:14:04.609",
    ] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
    assert_eq!(shown.matches("<details").count(), shown.matches("</details>").count());
    assert_eq!(shown.matches("<div").count(), shown.matches("</div>").count());
}

#[test]
fn a_technique_stands_for_itself_only_without_its_parts() {
    let attack =
        |id: &str| AttackLink { id: id.to_owned(), name: String::new(), reference: "https://a.example/".to_owned() };
    let document = json!({ "rule": { "name": "R" } });
    let finding = Finding {
        techniques: vec![attack("T1218"), attack("T1218.010"), attack("T1059")],
        ..Finding::of(&document, Clock::Logged).unwrap()
    };
    let shown = super::attack(&finding).into_string();
    assert_eq!(shown.matches("<li>").count(), 2, "{shown}");
}

#[test]
fn long_records_are_cut_and_stay_json() {
    let long = json!({ "process": { "command_line": "<ä>".repeat(400_000) }, "list": ["x".repeat(20_000)] });
    let shown = record(&long);
    assert!(shown.len() < 80_000, "{}", shown.len());
    assert!(shown.contains("…[cut, 1191808 more characters]") && shown.contains("&lt;ä&gt;"));
    let many = json!({ "list": vec!["x".repeat(100); 10_000] });
    let shown = record(&many);
    assert!(
        shown.len() < 2 * LONGEST_RECORD && shown.contains("… cut here: the record has 1.0 MiB"),
        "{}",
        &shown[shown.len() - 200..]
    );
}

#[test]
fn hidden_characters_of_a_record_are_json_escapes() {
    assert!(record(&json!({ "a": "\u{202e}\u{1b}" })).contains("\\u202e\\u001b"));
}
