use crate::testing::run::{RunSettings, run};
use crate::testing::suite::{SuiteOptions, TestSuite};

/// One process that starts (record 1), connects 60 s later (2), and ends (3); another one connects (4).
const EVENTS: &str = r#"
[[test.process]]
label = "a"
pid = 10
Image = 'C:\a.exe'
User = 'CORP\mara'
[[test.process]]
label = "b"
pid = 11
Image = 'C:\b.exe'
User = 'CORP\mara'
[[test.event]]
id = 1
time = "2024-03-05T09:14:02Z"
process = "a"
[[test.event]]
id = 3
after_ms = 60000
process = "a"
DestinationIp = "198.51.100.7"
DestinationPort = 443
[[test.event]]
id = 5
after_ms = 1000
process = "a"
[[test.event]]
id = 3
after_ms = 1000
process = "b"
DestinationIp = "198.51.100.8"
DestinationPort = 80
"#;

/// How the absence of an alert of a rule is explained, if these records are expected of it.
fn explained(rule: &str, records: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.test.toml");
    std::fs::write(folder.path().join("rule.eql"), rule).unwrap();
    let records = if records.is_empty() { String::new() } else { format!("records = {records}\n") };
    let expect = format!("[[test.expect.alert]]\nrule = \"rule\"\n{records}");
    std::fs::write(&path, format!("rules = [\"rule.eql\"]\n[[test]]\nname = \"a\"\n{expect}{EVENTS}")).unwrap();
    let suite = TestSuite::load([path], &SuiteOptions::default()).unwrap();
    let results = run(&suite.cases, RunSettings::default(), &|_, _| ()).unwrap();
    let failure = results[0].failures.first().unwrap();
    assert!(failure.message.starts_with("expected alert is missing"), "{failure:#?}");
    failure.details.join("\n")
}

/// Holds that an explanation has all of these parts, in this order.
fn holds(rule: &str, records: &str, parts: &[&str]) {
    let text = explained(rule, records);
    let mut from = 0;
    for part in parts {
        let at = text[from..].find(part).unwrap_or_else(|| panic!("'{part}' is not there:\n{text}"));
        from += at + part.len();
    }
}

#[test]
fn the_condition_that_failed_stands_with_the_value_and_its_place() {
    let rule = "sequence by process.entity_id\n  [process where event.type == \"start\"]\n  [network where destination.port == 80]";
    let parts = [
        "stage 1 of 2 was met by record 1 on",
        "stage 2 of 2 was not met by record 2",
        "destination.port == 80",
        "rule.eql:3:18",
        "destination.port is 443",
    ];
    holds(rule, "[1, 2]", &parts);
    holds(
        rule,
        "",
        &[
            "stage 1 of 2 was met by record 1",
            "stage 2 of 2 was met by no event after that; nearest is record 2",
            "destination.port is 443",
        ],
    );
}

#[test]
fn the_branch_that_excepts_an_event_is_named() {
    let rule = "network where not (destination.port == 22 or\n  destination.ip == \"198.51.100.7\") and process.name : \"a.exe\"";
    holds(
        rule,
        "[2]",
        &["excepted by: destination.ip == \"198.51.100.7\"", "rule.eql:2:3", "destination.ip is \"198.51.100.7\""],
    );
}

#[test]
fn what_keeps_stages_apart_that_are_all_met_is_told() {
    let start = "[process where event.type == \"start\"]";
    let late = format!("sequence by process.entity_id with maxspan=30s {start} [network where true]");
    holds(&late, "[1, 2]", &["stage 2 of 2 was met by record 2", "it took 60", "maxspan is 30"]);
    let other = format!("sequence by process.entity_id {start} [network where destination.port == 80]");
    holds(&other, "[1, 4]", &["they are not joined: process.entity_id is", "record 4"]);
    let ended = format!(
        "sequence by user.name {start} [network where destination.port == 80] until [process where event.type == \"end\"]"
    );
    holds(&ended, "[1, 4]", &["record 3", "ends it", "rule.eql:1:"]);
    let absent = "sequence by user.name with maxspan=10m [process where event.type == \"start\"] ![process where event.type == \"end\"] [network where destination.port == 80]";
    holds(absent, "[1, 4]", &["record 3", "demands that none is"]);
    let early = format!("sequence by process.entity_id [network where true] {start}");
    holds(&early, "[2, 1]", &["comes before"]);
}

#[test]
fn a_record_that_is_not_there_is_told() {
    holds("network where destination.port == 81", "[77]", &["there is no event with record number 77"]);
}
