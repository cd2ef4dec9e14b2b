//! A limit of what is looked up about an alert is told in the summary when it is reached.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::eql;
use evql::pipeline::{self, RunOptions, Silent};
use evql::rules::{Rule, RuleSet};
use std::fmt::Write as _;

const CHILD: &str = "{3fe15d12-e25b-65e6-2301-000000001f00}";

fn event(number: usize, id: u32, data: &str) -> String {
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Microsoft-Windows-Sysmon'/><EventID>{id}</EventID>\
        <TimeCreated SystemTime='2024-03-05T09:14:00.5Z'/><EventRecordID>{number}</EventRecordID>\
        <Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>ws01</Computer></System><EventData>\
        <Data Name='UtcTime'>2024-03-05 09:14:00.500</Data><Data Name='Image'>C:\\a.exe</Data>{data}</EventData></Event>"
    )
}

/// What triage tells beside the alerts of a query.
fn notices(events: &[String], query: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.xml");
    std::fs::write(&path, format!("<Events>{}</Events>", events.concat())).unwrap();
    let detector = Detector::new(RuleSet { rules: vec![Rule::bare(query, eql::compile(query).query.unwrap())] });
    let mut outcome = pipeline::run(&[path], &detector, &RunOptions::default(), &Silent).unwrap();
    assert!(!outcome.alerts.is_empty());
    let triage = outcome.again.triage(&mut outcome.alerts, &Silent).unwrap();
    triage.notices().into_iter().map(|notice| notice.text).collect()
}

#[test]
fn values_that_are_too_many_to_look_for_are_counted() {
    let guid = format!("<Data Name='ProcessGuid'>{CHILD}</Data><Data Name='ProcessId'>7</Data>");
    let name = |at: usize| event(at + 2, 22, &format!("{guid}<Data Name='QueryName'>n{at}.example</Data>"));
    let start = event(1, 1, &guid);
    let of = |names: usize| {
        let events: Vec<String> = std::iter::once(start.clone()).chain((0..names).map(name)).collect();
        notices(&events, "process where event.code == \"1\"")
    };
    assert_eq!(of(20), [""; 0]);
    assert_eq!(of(23), ["3 values of alerts not looked for elsewhere: of each kind the first 20 of an alert are"]);
}

#[test]
fn long_command_lines_that_stay_cut_are_counted() {
    let command = "x".repeat(9000);
    let start = |at: usize| {
        let mut data = String::new();
        write!(data, "<Data Name='ProcessGuid'>{{3fe15d12-e25b-65e6-2301-{at:012x}}}</Data>").unwrap();
        write!(data, "<Data Name='ProcessId'>{at}</Data><Data Name='CommandLine'>{command}{at}</Data>").unwrap();
        event(at, 1, &data)
    };
    let events: Vec<String> = (1..=1002).map(start).collect();
    let told = notices(&events, "process where event.code == \"1\"");
    assert_eq!(told, ["2 command lines beside alerts told in part: more than 1,000 are longer than 8192 bytes"]);
}

#[test]
fn command_lines_that_are_too_long_together_are_counted() {
    let command = "x".repeat(100_000);
    let start = |at: usize| {
        let mut data = String::new();
        write!(data, "<Data Name='ProcessGuid'>{{3fe15d12-e25b-65e6-2301-{at:012x}}}</Data>").unwrap();
        write!(data, "<Data Name='ProcessId'>{at}</Data><Data Name='CommandLine'>{command}{at}</Data>").unwrap();
        event(at, 1, &data)
    };
    // 167 of them have less than 16 MiB.
    let events: Vec<String> = (1..=170).map(start).collect();
    let told = notices(&events, "process where event.code == \"1\"");
    assert_eq!(
        told,
        ["3 command lines beside alerts told in part: those longer than 8192 bytes have more than 16 MiB together"]
    );
}
