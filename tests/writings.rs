//! One event in the writings of several tools is one event: GUIDs, flags, numbers and times have one normal form where records enter.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::eql;
use evql::pipeline::{self, Outcome, RunOptions, Silent};
use evql::rules::{Rule, RuleSet};
use std::path::PathBuf;

/// A process and its connection, as Windows exports them.
const PROCESS: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>1</EventID>\
<Version>5</Version><Level>4</Level><TimeCreated SystemTime='2024-03-05T09:14:03.5434567Z'/>\
<EventRecordID>2007</EventRecordID><Channel>Microsoft-Windows-Sysmon/Operational</Channel>\
<Computer>ws-0417.corp.example</Computer><Security UserID='S-1-5-18'/></System><EventData>\
<Data Name='UtcTime'>2024-03-05 09:14:03.543</Data>\
<Data Name='ProcessGuid'>{3fe15d12-e25b-65e6-2301-000000001f00}</Data><Data Name='ProcessId'>7404</Data>\
<Data Name='Image'>C:\\Windows\\System32\\regsvr32.exe</Data>\
<Data Name='LogonId'>0x29c41</Data></EventData></Event>";
const CONNECTION: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
<Provider Name='Microsoft-Windows-Sysmon' Guid='{5770385f-c22a-43e0-bf4c-06f5698ffbd9}'/><EventID>3</EventID>\
<Version>5</Version><Level>4</Level><TimeCreated SystemTime='2024-03-05T09:14:04.6094567Z'/>\
<EventRecordID>2008</EventRecordID><Channel>Microsoft-Windows-Sysmon/Operational</Channel>\
<Computer>ws-0417.corp.example</Computer><Security UserID='S-1-5-18'/></System><EventData>\
<Data Name='UtcTime'>2024-03-05 09:14:04.609</Data>\
<Data Name='ProcessGuid'>{3fe15d12-e25b-65e6-2301-000000001f00}</Data><Data Name='ProcessId'>7404</Data>\
<Data Name='Image'>C:\\Windows\\System32\\regsvr32.exe</Data><Data Name='Protocol'>tcp</Data>\
<Data Name='Initiated'>true</Data><Data Name='SourceIsIpv6'>false</Data><Data Name='SourceIp'>10.20.4.17</Data>\
<Data Name='SourcePort'>49712</Data><Data Name='DestinationIp'>104.21.36.77</Data>\
<Data Name='DestinationPort'>80</Data></EventData></Event>";

const SEQUENCE: &str = "sequence by process.entity_id with maxspan=1m \
    [process where process.name : \"regsvr32.exe\"] [network where network.direction == \"egress\"]";

fn scan(files: &[(&str, String)], query: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        })
        .collect();
    let set = RuleSet { rules: vec![Rule::bare(query, eql::compile(query).query.unwrap())] };
    let detector = Detector::new(set);
    let options = RunOptions::default();
    pipeline::run(&paths, &detector, &options, &Silent).unwrap()
}

/// The two events as some tool writes them.
fn written(change: impl Fn(&str) -> String) -> String {
    change(&format!("<Events>{PROCESS}{CONNECTION}</Events>"))
}

/// Every letter of the GUIDs of processes in capitals, in braces or not.
fn in_capitals(text: &str, open: &str, close: &str) -> String {
    text.replace(
        "{3fe15d12-e25b-65e6-2301-000000001f00}",
        &format!("{open}3FE15D12-E25B-65E6-2301-000000001F00{close}"),
    )
}

#[test]
fn a_process_is_one_in_every_writing_of_its_guid() {
    for (open, close) in [("{", "}"), ("", ""), ("(", ")"), (" {", "} ")] {
        let other = in_capitals(CONNECTION, open, close);
        let files = [("process.xml", PROCESS.to_owned()), ("connection.xml", other)];
        assert_eq!(scan(&files, SEQUENCE).alerts.len(), 1, "{open}");
    }
}

#[test]
fn a_guid_of_zeros_is_no_process_in_any_writing() {
    for zero in [
        "{00000000-0000-0000-0000-000000000000}",
        "00000000-0000-0000-0000-000000000000",
        "00000000000000000000000000000000",
    ] {
        let text = written(|text| text.replace("{3fe15d12-e25b-65e6-2301-000000001f00}", zero));
        assert_eq!(scan(&[("zero.xml", text)], SEQUENCE).alerts.len(), 0, "{zero}");
    }
}

#[test]
fn a_record_in_the_writing_of_another_tool_is_a_duplicate() {
    let writings: [fn(&str) -> String; 7] = [
        |text| in_capitals(text, "", ""),
        |text| text.replace(">true<", ">True<").replace(">false<", ">False<"),
        |text| text.replace(">0x29c41<", ">0x0000000000029C41<"),
        |text| text.replace(">7404<", "> 7404 <").replace(">49712<", ">49,712<").replace(">80<", ">0x50<"),
        // Microseconds, as Python has them, and no `T`.
        |text| {
            text.replace("T09:14:03.5434567Z", " 09:14:03.543456").replace("T09:14:04.6094567Z", " 09:14:04.609457 UTC")
        },
        |text| text.replace("2024-03-05 09:14:03.543<", "2024-03-05T09:14:03.543000Z<"),
        |text| text.replace("WS-0417", "ws-0417").replace("ws-0417.corp.example", "WS-0417.corp.example"),
    ];
    for (number, writing) in writings.into_iter().enumerate() {
        let files = [("a.xml", written(str::to_owned)), ("b.xml", written(writing))];
        let outcome = scan(&files, SEQUENCE);
        assert_eq!(outcome.faults, [], "{number}");
        assert_eq!((outcome.stats.mapped, outcome.stats.tally.duplicates, outcome.alerts.len()), (2, 2, 1), "{number}");
    }
}

#[test]
fn another_record_of_the_same_number_is_no_duplicate() {
    let other = |text: &str| text.replace("09:14:03.543", "09:14:03.544").replace("09:14:04.609", "09:14:04.610");
    let outcome = scan(&[("a.xml", written(str::to_owned)), ("b.xml", written(other))], SEQUENCE);
    assert_eq!((outcome.stats.mapped, outcome.stats.tally.duplicates), (4, 0));
}

#[test]
fn flags_and_numbers_of_other_tools_are_what_rules_ask_for() {
    let text = written(|text| {
        text.replace(">true<", ">True<")
            .replace(">false<", ">0<")
            .replace(">80<", ">0x50<")
            .replace(">7404<", ">7,404<")
    });
    let query = "network where network.direction == \"egress\" and network.type == \"ipv4\" and destination.port == 80 \
        and process.pid == 7404";
    assert_eq!(scan(&[("a.xml", text)], query).alerts.len(), 1);
}

#[test]
fn documents_in_another_writing_join_and_are_duplicates() {
    let document = |at: &str, code: &str, category: &str, guid: &str, pid: &str| {
        format!(
            "{{\"@timestamp\":\"{at}\",\"event\":{{\"category\":\"{category}\",\"code\":{code}}},\
            \"host\":{{\"name\":\"ws\"}},\"winlog\":{{\"record_id\":{code},\"provider_name\":\"Microsoft-Windows-Sysmon\"}},\
            \"process\":{{\"entity_id\":\"{guid}\",\"pid\":{pid},\"name\":\"regsvr32.exe\"}},\
            \"network\":{{\"direction\":\"egress\"}}}}\n"
        )
    };
    let normal = "{3fe15d12-e25b-65e6-2301-000000001f00}";
    let start = document("2024-03-05T09:14:03.543Z", "1", "process", normal, "7404");
    let connection = document(
        "2024-03-05 09:14:04.609 UTC",
        "\"3\"",
        "network",
        "3FE15D12-E25B-65E6-2301-000000001F00",
        "\"7,404\"",
    );
    let copy = document("2024-03-05T09:14:04.609Z", "3", "network", normal, "7404");
    let outcome = scan(&[("a.ndjson", format!("{start}{connection}")), ("b.ndjson", copy)], SEQUENCE);
    assert_eq!((outcome.alerts.len(), outcome.stats.tally.duplicates, outcome.stats.by_id.len()), (1, 1, 2));
    let zero = "00000000-0000-0000-0000-000000000000";
    let none = [
        document("2024-03-05T09:14:03Z", "1", "process", zero, "1"),
        document("2024-03-05T09:14:04Z", "3", "network", zero, "1"),
    ];
    assert_eq!(scan(&[("a.ndjson", none.concat())], SEQUENCE).alerts.len(), 0);
}
