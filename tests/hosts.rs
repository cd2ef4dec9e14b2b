//! A host is one in whatever letters its name is written, and of a process that appears under two names the summary tells.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::eql;
use evql::event::Value;
use evql::pipeline::{self, Outcome, RunOptions, Silent, SurveyOptions, TimelineOptions};
use evql::report::{TimelineCsv, TimelineFormat};
use evql::rules::{Rule, RuleSet};
use results::results;
use std::path::PathBuf;

#[path = "support/results.rs"]
mod results;

const GUID: &str = "{3fe15d12-e25b-65e6-2301-000000001f00}";

/// An event of the process; records are numbered and logged one after another, a second apart.
fn event(computer: &str, number: u32, id: u32, rest: &str) -> String {
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Microsoft-Windows-Sysmon'/><EventID>{id}</EventID>\
        <TimeCreated SystemTime='2024-03-05T09:14:{number:02}.5Z'/><EventRecordID>{number}</EventRecordID>\
        <Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>{computer}</Computer></System><EventData>\
        <Data Name='UtcTime'>2024-03-05 09:14:{number:02}.500</Data><Data Name='ProcessGuid'>{GUID}</Data>\
        <Data Name='ProcessId'>7404</Data><Data Name='Image'>C:\\Windows\\System32\\regsvr32.exe</Data>{rest}</EventData></Event>"
    )
}

const CONNECTION: &str = "<Data Name='Protocol'>tcp</Data><Data Name='Initiated'>true</Data>\
    <Data Name='DestinationIp'>104.21.36.77</Data><Data Name='DestinationPort'>80</Data>";

/// A start and a connection of one process, under two names of its host.
fn start_and_connection(start: &str, connection: &str) -> String {
    format!("<Events>{}{}</Events>", event(start, 1, 1, ""), event(connection, 2, 3, CONNECTION))
}

struct Evidence {
    _folder: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

fn evidence(files: &[String]) -> Evidence {
    let folder = tempfile::tempdir().unwrap();
    let write = |(number, text): (usize, &String)| {
        let path = folder.path().join(format!("{number}.xml"));
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths = files.iter().enumerate().map(write).collect();
    Evidence { _folder: folder, paths }
}

fn detector(query: &str) -> Detector {
    Detector::new(RuleSet { rules: vec![Rule::bare(query, eql::compile(query).query.unwrap())] })
}

fn scan(files: &[String], query: &str) -> Outcome {
    pipeline::run(&evidence(files).paths, &detector(query), &RunOptions::default(), &Silent).unwrap()
}

#[test]
fn a_sequence_goes_on_where_the_name_of_its_host_changes_its_letters() {
    for by in ["process.entity_id", "host.name, process.entity_id", "host.id", "winlog.computer_name"] {
        let query = format!("sequence by {by} [process where true] [network where true]");
        let outcome = scan(&[start_and_connection("WS-0417.corp", "ws-0417.Corp")], &query);
        assert_eq!(outcome.alerts.len(), 1, "by {by}");
        assert_eq!(outcome.notices, [], "by {by}");
        if by == "winlog.computer_name" {
            assert_eq!(
                outcome.alerts.hold().unwrap()[0].join_keys,
                [Some(Value::from("WS-0417.corp"))],
                "as the first event has it"
            );
        }
        let names: Vec<_> = outcome.alerts.hold().unwrap()[0]
            .present()
            .map(|event| event.document.text(evql::ecs::HOST_NAME).unwrap())
            .collect();
        assert_eq!(names, ["WS-0417.corp", "ws-0417.Corp"], "values stay as they were recorded");
    }
}

#[test]
fn a_process_under_two_names_of_hosts_is_told() {
    let query = "sequence by process.entity_id [process where true] [network where true]";
    let outcome = scan(&[start_and_connection("ws-0417", "ws-0417.corp.example")], query);
    assert_eq!(outcome.alerts.len(), 0, "another host, another process");
    let [notice] = outcome.notices.as_slice() else { panic!("{:?}", outcome.notices) };
    assert_eq!(
        notice.text,
        format!(
            "the process id {GUID} appears under the names of several hosts (ws-0417, ws-0417.corp.example): \
            events of different hosts are not joined; one host may have two names"
        )
    );
}

/// No rule needs the events, and the process is told of nevertheless.
#[test]
fn triage_and_tree_tell_of_a_process_under_two_names_of_hosts_that_no_rule_asks_for() {
    let files = [start_and_connection("ws-0417", "ws-0417.corp.example"), event("ws-0417", 9, 5, "")];
    let outcome = scan(&files, "process where event.code == \"5\"");
    assert_eq!((outcome.alerts.len(), outcome.notices.as_slice()), (1, &[][..]));
    let told =
        format!("the process id {GUID} appears under the names of several hosts (ws-0417, ws-0417.corp.example)");
    let evidence = evidence(&files);
    let mut outcome =
        pipeline::run(&evidence.paths, &detector("process where event.code == \"5\""), &RunOptions::default(), &Silent)
            .unwrap();
    let [notice] = &*outcome.again.triage(&mut outcome.alerts, &Silent).unwrap().notices() else {
        panic!("one notice")
    };
    assert!(notice.text.starts_with(&told), "{}", notice.text);
    let tree = outcome.again.processes(&Silent).several_hosts();
    assert_eq!(tree.as_ref(), Some(notice));
}

#[test]
fn copies_of_a_record_are_known_whatever_the_letters_of_its_host() {
    let files = [start_and_connection("WS-0417", "WS-0417"), start_and_connection("ws-0417", "Ws-0417")];
    let outcome = scan(&files, "process where true");
    assert_eq!((outcome.stats.mapped, outcome.stats.tally.duplicates), (2, 2));
}

#[test]
fn a_survey_shows_one_host_in_one_writing_whichever_came_first() {
    let files = [start_and_connection("ws-0417", "Ws-0417"), event("WS-0417", 3, 5, "")];
    let reversed: Vec<String> = files.iter().rev().cloned().collect();
    for files in [files.to_vec(), reversed] {
        let survey = pipeline::survey(&evidence(&files).paths, &SurveyOptions::default(), &Silent).unwrap();
        let hosts = evql::survey::hosts(&survey.files);
        let told: Vec<_> = hosts.iter().map(|host| (&*host.name, host.records())).collect();
        assert_eq!(told, [("WS-0417", 3)]);
    }
}

#[test]
fn a_timeline_has_the_rows_of_a_process_together_in_memory_and_on_disk() {
    let other = event("AAA", 9, 5, "").replace(GUID, "{3fe15d12-e25b-65e6-2301-000000001f01}");
    let files = [start_and_connection("ws-0417", "WS-0417"), other, event("Ws-0417", 5, 5, "")];
    let evidence = evidence(&files);
    let rows = |max_memory: Option<u64>| {
        let timeline = TimelineOptions { contents: TimelineCsv.contents() };
        let mut options = RunOptions { timeline: Some(timeline), ..RunOptions::default() };
        if let Some(bytes) = max_memory {
            options.limits.max_memory = bytes;
        }
        let detector = detector("process where false");
        let mut outcome = pipeline::run(&evidence.paths, &detector, &options, &Silent).unwrap();
        let results = results(&detector, &outcome.alerts, options.clock);
        let mut out = Vec::new();
        outcome.timeline.take().unwrap().write(&results, &TimelineCsv, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let held = rows(None);
    let hosts: Vec<&str> = held
        .lines()
        .skip(1)
        .map(|line| ["AAA", "ws-0417", "WS-0417", "Ws-0417"].into_iter().find(|name| line.contains(name)).unwrap())
        .collect();
    assert_eq!(hosts, ["AAA", "ws-0417", "WS-0417", "Ws-0417"], "one process, in the order of its events");
    assert_eq!(held, rows(Some(1)), "on disk");
}

/// An export of chosen records has such gaps, so that they are no fault.
#[test]
fn numbers_that_no_record_of_a_file_has_are_noted() {
    let notices = |numbers: &[u32]| {
        let events: String = numbers.iter().map(|&number| event("ws-0417", number, 5, "")).collect();
        let outcome = scan(&[format!("<Events>{events}</Events>"), event("ws-0417", 40, 5, "")], "process where false");
        assert_eq!(outcome.faults, []);
        outcome.notices.into_iter().map(|notice| notice.text).collect::<Vec<_>>()
    };
    assert_eq!(notices(&[3, 1, 2]), [""; 0]);
    let [text] = &*notices(&[1, 2, 9, 11]) else { panic!("one notice") };
    assert!(text.starts_with("7 record numbers are missing in ") && text.contains("0.xml: an export"), "{text}");
}
