//! Tests of files of indicators, and of the rules that want them.

use super::*;
use crate::eql::Query;
use crate::rules::{RuleSet, parse_export};

const RULE: &str = r#"{"rule_id":"1","name":"n","type":"threat_match","language":"kuery","risk_score":1,"query":"event.category: network",
 "threat_query":"threat.indicator.type: ip*","threat_mapping":[{"entries":[{"field":"destination.ip","type":"mapping","value":"threat.indicator.ip"}]},
 {"entries":[{"field":"file.name","type":"mapping","value":"threat.indicator.file.name"},{"field":"user.name","type":"mapping","value":"threat.indicator.user","negate":true}]}]}"#;

fn indicators(files: &[(&str, &str)]) -> GivenIndicators {
    let folder = tempfile::tempdir().unwrap();
    let path = |(name, text): &(&str, &str)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    load_indicators(&files.iter().map(path).collect::<Vec<_>>())
}

fn set() -> RuleSet {
    RuleSet { rules: parse_export(RULE).into_iter().filter_map(|parsed| parsed.rule).collect() }
}

#[test]
fn json_and_csv_are_read() {
    let loaded = indicators(&[
        (
            "a.ndjson",
            "{\"threat.indicator.ip\":\"192.0.2.1\"}\n{\"threat\":{\"indicator\":{\"ip\":[\"192.0.2.2\"]}}}\n",
        ),
        ("b.json", r#"{"hits":{"hits":[{"_source":{"threat":{"indicator":{"ip":"192.0.2.3"}}}}]}}"#),
        ("c.csv", "threat.indicator.ip,threat.indicator.type\n192.0.2.4,\n"),
    ]);
    assert!(!loaded.has_error(), "{:?}", loaded.files);
    let ip = |document: &Document| document.values(&Field::named("threat.indicator.ip"))[0].to_string();
    assert_eq!(
        loaded.documents.iter().map(ip).collect::<Vec<_>>(),
        ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"]
    );
}

#[test]
fn what_is_no_file_of_indicators_is_an_error() {
    for (name, text) in [("a.json", "{\"a\":1}\n{\"a\":"), ("b.json", "[]"), ("c.csv", "a,b\n1,2,3\n")] {
        assert!(indicators(&[(name, text)]).has_error(), "{text}");
    }
}

#[test]
fn a_rule_without_indicators_does_not_run() {
    let mut set = set();
    let not_run = GivenIndicators::default().give_to(&mut set);
    assert!(set.rules.is_empty() && not_run[0].0.reason.contains("--indicators"));
}

#[test]
fn an_event_fits_if_one_indicator_fits_all_of_a_group() {
    let loaded = indicators(&[(
        "a.ndjson",
        r#"{"threat.indicator.type":"ipv4","threat.indicator.ip":"192.0.2.0/24"}
{"threat.indicator.type":"ipv4","threat.indicator.file.name":"bad.exe","threat.indicator.user":"anna"}
{"threat.indicator.type":"ipv4","threat.indicator.file.name":"worse.exe","threat.indicator.user":"eva"}
{"threat.indicator.type":"domain","threat.indicator.ip":"198.51.100.1"}"#,
    )]);
    let mut set = set();
    assert!(loaded.give_to(&mut set).is_empty());
    let rule = &set.rules[0];
    let Query::Event(query) = &rule.query else { panic!() };
    let wanted = rule.origin.threat_match.clone().unwrap();
    let found = |pairs: &[(&str, &str)]| {
        let mut event = Document::new();
        for (name, value) in pairs.iter().chain(&[("event.category", "network")]) {
            event.set(Field::named(name), *value);
        }
        // Two ways to the answer: the condition, and the search for what to show.
        let hits = wanted.hits(&event, &rule.origin.indicators, 9).len();
        assert_eq!(query.matches(&event), hits > 0, "{pairs:?}");
        hits
    };
    assert_eq!(found(&[("destination.ip", "192.0.2.77")]), 1);
    assert_eq!(found(&[("destination.ip", "198.51.100.1")]), 0, "the threat query takes no domains");
    assert_eq!(found(&[("file.name", "bad.exe"), ("user.name", "anna")]), 0);
    assert_eq!(found(&[("file.name", "bad.exe"), ("user.name", "eva")]), 1);
    assert_eq!(found(&[("file.name", "bad.exe")]), 1);
    assert_eq!(found(&[("file.name", "BAD.EXE")]), 0);
    assert_eq!(found(&[("user.name", "eva")]), 0);
}
