//! `docs/fields.md` is what the mapping's tables say, and a sample with one event of every ID becomes what it became before, in both mappings.
//! `EVQL_BLESS=1` writes both anew.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::pipeline::{self, Options, Silent};
use evql::rules::RuleSet;
use evql::sysmon::Mapping;
use std::path::Path;

#[test]
fn the_page_of_fields_is_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fields.md");
    let page = evql::sysmon::reference();
    if std::env::var_os("EVQL_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    assert!(
        written == page,
        "docs/fields.md is behind the tables in src/sysmon: EVQL_BLESS=1 cargo test --test fields"
    );
    for id in evql::sysmon::event_ids() {
        assert!(page.contains(&format!("\n| {id} | ")), "ID {id} has no row");
    }
}

#[test]
fn one_event_of_every_id_becomes_what_it_became_before() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sample = root.join("samples/all-ids.evtx");
    for (mapping, name) in [(Mapping::Integration, "integration"), (Mapping::Winlogbeat, "winlogbeat")] {
        let options = Options { mapping, timeline: true, ..Options::default() };
        let detector = Detector::for_mapping(RuleSet::default(), mapping);
        let outcome = pipeline::run(std::slice::from_ref(&sample), &detector, &options, &Silent).unwrap();
        let mut events: Vec<_> = outcome.processes.iter().flat_map(|process| &process.entries).collect();
        events.sort_by_key(|entry| entry.event.tiebreaker);
        let ids: Vec<u32> = events
            .iter()
            .map(|entry| entry.event.document.text(evql::ecs::EVENT_CODE).unwrap().parse().unwrap())
            .collect();
        assert_eq!(ids, evql::sysmon::event_ids().collect::<Vec<_>>());
        let mut lines = String::new();
        for entry in events {
            let mut document = entry.event.document.clone();
            document.remove(&evql::ecs::LOG_FILE_PATH.into());
            lines.extend([document.to_json().to_string(), "\n".to_owned()]);
        }
        let path = root.join(format!("tests/mapping/all-ids.{name}.ndjson"));
        if std::env::var_os("EVQL_BLESS").is_some() {
            std::fs::write(&path, &lines).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        assert!(lines == expected, "{name}: EVQL_BLESS=1 cargo test --test fields shows the difference");
    }
}
