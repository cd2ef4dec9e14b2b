//! JSON documents give what the records they came from give: the same events, the same alerts.
//!
//! The samples are the project's own; with `EVQL_SHARED` the same is asked of a real corpus and its rules, and the conformance queries of other projects
//! run through the pipeline as a user would run them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::detect::{Alert, Detector, RuleHit};
use evql::eql::{self, KeyValues, Query};
use evql::event::{Clock, Document, Object};
use evql::pipeline::{self, Outcome, Roles, RunOptions, Silent, TimelineOptions};
use evql::report::{AlertsJson, Exporter, JsonLayout, TimelineEcs, TimelineFormat};
use evql::rules::{self, Rule, RuleLanguage, RuleSet};
use evql::source::{self, FaultKind, FaultSeverity, Item, Scratch, Search};
use evql::sysmon::{self, Mapping};
use results::results;
use serde_json::Value;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

fn shared() -> PathBuf {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material");
    PathBuf::from(shared)
}

fn run(paths: &[PathBuf], detector: &Detector, roles: Roles, timeline: bool) -> Outcome {
    let contents = TimelineEcs.contents();
    let timeline = timeline.then_some(TimelineOptions { contents });
    let options = RunOptions { roles, timeline, ..RunOptions::default() };
    pipeline::run(paths, detector, &options, &Silent).unwrap()
}

fn alerts_of(outcome: &Outcome, detector: &Detector) -> Vec<u8> {
    let mut out = Vec::new();
    let results = results(detector, &outcome.alerts, Clock::Logged);
    AlertsJson(JsonLayout::Lines).export(&results, &mut out).unwrap();
    out
}

fn timeline_of(outcome: &mut Outcome, detector: &Detector) -> Vec<u8> {
    let mut out = Vec::new();
    let timeline = outcome.timeline.take().unwrap();
    let results = results(detector, &outcome.alerts, Clock::Logged);
    timeline.write(&results, &TimelineEcs, &mut out).unwrap();
    out
}

/// Reads logs, writes their timeline as ECS documents, reads those, and compares.
fn round_trip(logs: &Path, detector: &Detector) {
    let mut from_logs = run(&[logs.to_owned()], detector, Roles::default(), true);
    let timeline = timeline_of(&mut from_logs, detector);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timeline.ndjson");
    std::fs::write(&path, &timeline).unwrap();
    let mut from_documents = run(&[path], detector, Roles::default(), true);
    assert_eq!(from_documents.faults, []);
    assert_eq!(from_documents.stats.mapped, from_logs.stats.mapped);
    assert_eq!(from_documents.stats.by_id, from_logs.stats.by_id);
    let alerts = |outcome: &Outcome| alerts_of(outcome, detector);
    assert!(!from_logs.alerts.is_empty());
    // Without a timeline, events that cannot matter are not even mapped.
    let findings_only = run(&[logs.to_owned()], detector, Roles::default(), false);
    assert!(alerts(&findings_only) == alerts(&from_logs), "the alerts differ without a timeline");
    assert_eq!(findings_only.stats, from_logs.stats);
    assert!(alerts(&from_documents) == alerts(&from_logs), "the alerts differ");
    assert!(timeline_of(&mut from_documents, detector) == timeline, "the timelines differ");
    // Document by document: what is written is what is mapped.
    let mut written: Vec<Document> = timeline
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut document: Object = serde_json::from_slice(line).unwrap();
            document.shift_remove("evql");
            Document::from_json(&document)
        })
        .collect();
    let mut mapped = mapped_events(logs);
    assert!(mapped.len() >= written.len());
    let key = |document: &Document| format!("{document:?}");
    written.sort_by_cached_key(key);
    mapped.sort_by_cached_key(key);
    // Copies of a record differ in nothing but the file.
    mapped.dedup();
    let mut mapped = mapped.into_iter();
    for document in &written {
        assert!(mapped.any(|mapped| mapped == *document), "{document:?}");
    }
}

/// Every event of some logs, mapped one by one.
fn mapped_events(logs: &Path) -> Vec<Document> {
    let inputs = source::discover(&[logs.to_owned()], &Search::default()).inputs;
    let mut scratch = Scratch::default().wanting(sysmon::is_provider);
    let mut documents = Vec::new();
    for unit in source::units(&inputs, 16) {
        source::read_unit(&inputs, &unit, &mut scratch, &mut |item| match item {
            Item::Record(record) if sysmon::is_sysmon(&record) => {
                let path = &inputs[record.origin.input as usize].display;
                documents.push(sysmon::map(&record, path, Mapping::Integration).document);
            }
            _ => {}
        });
    }
    documents
}

#[test]
fn a_timeline_of_the_samples_gives_the_same_alerts_as_the_samples() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    round_trip(&samples, &Detector::new(mission::rules()));
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn a_timeline_of_a_real_corpus_gives_the_same_alerts_by_every_rule() {
    let shared = shared();
    let loaded = rules::load(&[shared.join("rules/elastic-windows")]);
    round_trip(&shared.join("corpus"), &Detector::new(loaded.set));
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn every_rule_finds_the_same_with_and_without_plan_and_index() {
    let shared = shared();
    let detector = Detector::new(rules::load(&[shared.join("rules/elastic-windows")]).set);
    let outcome = run(&[shared.join("corpus")], &detector, Roles::default(), false);
    let mut hits = 0;
    for document in &mapped_events(&shared.join("corpus")) {
        if !sysmon::is_sysmon_document(document) || document.text(evql::ecs::HOST_OS_TYPE) != Some("windows") {
            continue;
        }
        let id: u32 = document.text(evql::ecs::EVENT_CODE).unwrap().parse().unwrap();
        let names = |hits: Vec<(usize, RuleHit)>| -> Vec<String> {
            hits.into_iter().map(|(rule, hit)| format!("{rule} {hit:?}")).collect()
        };
        // Every rule asked as it stands, without plan or index.
        let naive = detector.rules().iter().enumerate().filter_map(|(index, rule)| {
            let hit = match &rule.query {
                Query::Event(query) => query.matches(document).then_some(RuleHit::Event),
                Query::Sequence(query) => query.candidate(document).map(RuleHit::Joined),
                Query::Sample(query) => query.candidate(document).map(RuleHit::Joined),
                counting => {
                    let holds = |filter: usize| counting.filters()[filter].predicate().matches(document);
                    counting.candidate_where(document, &mut KeyValues::default(), holds).map(RuleHit::Joined)
                }
            };
            hit.map(|hit| (index, hit))
        });
        let all = names(naive.collect());
        assert_eq!(all, names(detector.hits(document)), "by the index, event {id}");
        assert_eq!(all, names(detector.hits_of_sysmon(id, document)), "by the event ID, event {id}");
        hits += all.len();
        for (field, _) in document.iter() {
            assert!(sysmon::is_constant(field) || sysmon::may_have(id, field, Mapping::Integration), "{field} of {id}");
        }
    }
    assert!(hits > 500, "only {hits} hits");
    let of_eql = |alert: &&Alert| detector.rules()[alert.rule].origin.language == RuleLanguage::Eql;
    assert_eq!(
        outcome.alerts.hold().unwrap().iter().filter(of_eql).count(),
        218,
        "as the naive way and two readers agree"
    );
}

#[test]
fn lines_that_cannot_be_read_are_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.ndjson");
    let lines =
        "{\"@timestamp\":\"2024-01-01T00:00:00Z\",\"a\":1}\nnonsense\n{\"@timestamp\":\"soon\"}\n{\"a\":1}\n7\n";
    std::fs::write(&path, lines).unwrap();
    let outcome = run(&[path], &Detector::new(mission::rules()), Roles::default(), true);
    let stats = &outcome.stats;
    assert!(stats.adds_up(), "{stats:#?}");
    assert_eq!((stats.tally.records, stats.mapped, stats.tally.unreadable), (5, 1, 4));
    assert_eq!(outcome.faults.len(), 4);
}

/// One conformance query.
#[derive(serde::Deserialize)]
struct Case {
    query: String,
    expected_event_ids: Option<toml::Value>,
}

fn ids(value: &toml::Value, out: &mut Vec<i64>) {
    match value {
        toml::Value::Integer(id) => out.push(*id),
        toml::Value::Array(items) => items.iter().for_each(|item| ids(item, out)),
        other => panic!("{other}"),
    }
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn conformance_queries_find_the_same_through_the_pipeline() {
    let shared = shared();
    let folder = shared.join("oracle/eql");
    let text = std::fs::read_to_string(folder.join("additional_test_queries.toml")).unwrap();
    let mut file: toml::Table = toml::from_str(&text).unwrap();
    let cases: Vec<Case> = file.remove("queries").unwrap().try_into().unwrap();
    let roles = Roles {
        timestamp: Some("timestamp".to_owned()),
        category: Some("event_type".to_owned()),
        tiebreaker: Some("serial_event_id".to_owned()),
    };
    let mut tried = 0;
    for case in &cases {
        let Some(expected) = &case.expected_event_ids else { continue };
        let query = eql::compile(&case.query).query.unwrap();
        let detector = Detector::new(RuleSet { rules: vec![Rule::bare(&case.query, query)] });
        let outcome = run(&[folder.join("test_data.json")], &detector, roles.clone(), false);
        let events = outcome.alerts.hold().unwrap().iter().flat_map(Alert::present);
        let id = |event: &Object| event.get("serial_event_id").and_then(Value::as_i64).unwrap();
        let found: Vec<i64> = events.map(|event| id(event.original.as_deref().unwrap())).collect();
        let mut wanted = Vec::new();
        ids(expected, &mut wanted);
        assert_eq!(found, wanted, "{}", case.query);
        tried += 1;
    }
    assert_eq!(tried, 61);
}

/// A start and a connection as an agent writes them, read this long after they were logged.
fn agent_documents(between: &str, read: [&str; 2]) -> String {
    let document = |at: &str, read: &str, code: &str, category: &str, guid: &str| {
        serde_json::json!({
            "@timestamp": at,
            "event": { "category": [category], "type": ["start"], "code": code, "created": read },
            "host": { "name": "ws-0417" },
            "winlog": { "record_id": code, "channel": "Microsoft-Windows-Sysmon/Operational", "provider_name": "Microsoft-Windows-Sysmon" },
            "process": { "entity_id": guid, "name": "regsvr32.exe" },
        })
        .to_string()
    };
    let start = document("2024-03-05T09:00:00.000Z", read[0], "1", "process", "{3FE15D12-E25B-65E6-2301-000000001F00}");
    let connection = document(between, read[1], "3", "network", "3fe15d12-e25b-65e6-2301-000000001f00");
    format!("{start}\n{connection}\n")
}

fn alerts_within_a_minute(documents: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("documents.ndjson");
    std::fs::write(&path, documents).unwrap();
    let text = "sequence by process.entity_id with maxspan=1m [process where true] [network where true]";
    let query = eql::compile(text).query.unwrap();
    let detector = Detector::new(RuleSet { rules: vec![Rule::bare(text, query)] });
    run(&[path], &detector, Roles::default(), false).alerts.len()
}

#[test]
fn documents_of_agents_are_ordered_by_when_it_happened_and_not_by_when_it_was_read() {
    let read_late =
        agent_documents("2024-03-05T09:00:01.000Z", ["2024-03-05T09:00:01.000Z", "2024-03-05T09:10:01.000Z"]);
    assert_eq!(alerts_within_a_minute(&read_late), 1, "one second apart, read ten minutes apart");
    let one_batch =
        agent_documents("2024-03-05T09:10:00.000Z", ["2024-03-05T12:00:00.000Z", "2024-03-05T12:00:00.005Z"]);
    assert_eq!(alerts_within_a_minute(&one_batch), 0, "ten minutes apart, read in one batch");
}

#[test]
fn documents_say_in_a_field_of_evqls_own_when_they_were_logged() {
    let documents = agent_documents("2024-03-05T08:59:59.000Z", ["2024-03-05T09:00:01.000Z"; 2]);
    assert_eq!(alerts_within_a_minute(&documents), 0, "by @timestamp the connection comes first");
    let logged = |line: &str, at: &str| line.replacen('{', &format!(r#"{{"evql":{{"logged":"{at}"}},"#), 1);
    let (start, connection) = documents.split_once('\n').unwrap();
    let (start, connection) = (logged(start, "2024-03-05T09:00:00.1Z"), logged(connection, "2024-03-05T09:00:00.2Z"));
    assert_eq!(
        alerts_within_a_minute(&format!("{start}\n{connection}\n")),
        1,
        "by the time of logging it comes second"
    );
}

#[test]
fn a_file_that_begins_with_many_zeros_is_told_by_what_comes_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copied.ndjson");
    let documents = agent_documents("2024-03-05T09:00:01.000Z", ["2024-03-05T09:00:01.000Z"; 2]);
    let zeros = vec![0; 100_000];
    std::fs::write(&path, [zeros.as_slice(), documents.as_bytes(), &zeros].concat()).unwrap();
    for given in [&path, folder.path()] {
        let outcome = run(&[given.to_owned()], &Detector::new(mission::rules()), Roles::default(), false);
        assert_eq!((outcome.faults.len(), outcome.stats.mapped), (0, 2));
    }
}

#[test]
fn a_response_that_lacks_documents_is_incomplete_evidence() {
    let documents = agent_documents("2024-03-05T09:00:01.000Z", ["2024-03-05T09:00:01.000Z"; 2]);
    let hits: Vec<String> = documents.lines().map(|line| format!(r#"{{"_id":"1","_source":{line}}}"#)).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("response.json");
    let response = format!(
        r#"{{"timed_out":true,"_shards":{{"total":3,"failed":1}},"hits":{{"total":{{"value":10000,"relation":"gte"}},"hits":[{}]}}}}"#,
        hits.join(",")
    );
    std::fs::write(&path, &response).unwrap();
    let outcome = run(&[path], &Detector::new(mission::rules()), Roles::default(), false);
    assert_eq!(outcome.stats.mapped, 2);
    assert!(outcome.stats.adds_up());
    let kinds: Vec<(FaultKind, FaultSeverity)> =
        outcome.faults.iter().map(|fault| (fault.kind, fault.severity)).collect();
    assert_eq!(kinds, [(FaultKind::Incomplete, FaultSeverity::Lost); 3]);
    for said in ["timed_out", "1 of 3 shards", "2 of at least 10000"] {
        assert!(outcome.faults.iter().any(|fault| fault.reason.contains(said)), "{said}: {:?}", outcome.faults);
    }
}
