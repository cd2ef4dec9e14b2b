//! The other end of a connection is named by every output, also where the record alone does not tell which one that is.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A connection of `ws01`, whose end is named first, without names; records are a second apart.
fn connection(number: u32, initiated: bool, [source, destination]: [(&str, u16); 2]) -> String {
    format!(
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Microsoft-Windows-Sysmon'/><EventID>3</EventID>\
        <TimeCreated SystemTime='2024-03-05T09:14:{number:02}.5Z'/><EventRecordID>{number}</EventRecordID>\
        <Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>ws01</Computer></System><EventData>\
        <Data Name='UtcTime'>2024-03-05 09:14:{number:02}.500</Data>\
        <Data Name='ProcessGuid'>{{3fe15d12-e25b-65e6-2301-000000001f00}}</Data><Data Name='ProcessId'>4</Data>\
        <Data Name='Image'>System</Data><Data Name='Protocol'>tcp</Data><Data Name='Initiated'>{initiated}</Data>\
        <Data Name='SourceIp'>{}</Data><Data Name='SourcePort'>{}</Data><Data Name='SourceHostname'>-</Data>\
        <Data Name='DestinationIp'>{}</Data><Data Name='DestinationPort'>{}</Data></EventData></Event>",
        source.0, source.1, destination.0, destination.1
    )
}

/// A folder with evidence, and a rule for connections that were accepted.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let opened = connection(2, true, [("10.0.0.1", 50001), ("10.0.0.7", 443)]);
    // As older versions of Sysmon have it: the own end first.
    let accepted = connection(1, false, [("10.0.0.1", 445), ("10.0.0.9", 50002)]);
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("logs/a.xml"), format!("<Events>{accepted}{opened}</Events>")).unwrap();
    std::fs::write(folder.path().join("accepted.eql"), "network where network.direction == \"ingress\"").unwrap();
    folder
}

fn evql(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_evql")).current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

const ACCEPTED: &str = "Network connection accepted: System (pid 4) from 10.0.0.9:50002 over tcp at 10.0.0.1:445";

#[test]
fn an_address_that_the_host_shows_elsewhere_tells_the_other_end_in_every_output() {
    let folder = folder();
    let scan = |args: &[&str]| evql(folder.path(), &[&["scan", "logs", "-r", "accepted.eql"], args].concat());
    for more in [&[][..], &["--no-triage"], &["--threads=1"]] {
        let text = scan(&[&["-o", "alerts.jsonl", "-C"], more].concat());
        assert!(text.contains("tcp 10.0.0.9:50002 -> 10.0.0.1:445, accepted by this host"), "{more:?}: {text}");
        let alert: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.path().join("alerts.jsonl")).unwrap()).unwrap();
        assert_eq!(alert["message"], ACCEPTED, "{more:?}");
        assert_eq!(alert["source"]["ip"], "10.0.0.1", "ECS has it as Elastic maps it");
        assert_eq!(alert["evql"]["host_addresses"], serde_json::json!([{ "host": "ws01", "ip": "10.0.0.1" }]));
        let page = evql(folder.path(), &["report", "alerts.jsonl"]);
        assert!(page.contains("tcp 10.0.0.9:50002 → 10.0.0.1:445, accepted by this host"), "{more:?}");
        let private = page.split("id=\"list-private\"").nth(1).unwrap().split("</pre>").next().unwrap();
        assert!(private.contains("10.0.0.9") && !private.contains("10.0.0.1\n"), "{private}");
        if more != ["--no-triage"] {
            let triage = &alert["evql"]["triage"];
            let destinations = triage["processes"][0]["destinations"].as_array().unwrap();
            let remote: Vec<_> = destinations.iter().map(|it| it["ip"].as_str().unwrap()).collect();
            assert_eq!(remote, ["10.0.0.9", "10.0.0.7"]);
            let seen = triage["elsewhere"].as_array().unwrap().iter().find(|it| it["value"] == "10.0.0.9").unwrap();
            assert_eq!(seen["count"], 1, "{triage}");
        }
    }
    assert!(scan(&["-o", "alerts.csv", "-C"]).contains("10.0.0.9:50002 -> 10.0.0.1:445"));
    assert!(std::fs::read_to_string(folder.path().join("alerts.csv")).unwrap().contains(ACCEPTED));
}

#[test]
fn a_timeline_names_the_other_end_by_what_later_events_show() {
    let folder = folder();
    for more in [&[][..], &["--slow-reader"], &["--threads=1"]] {
        let timeline = |kind: &str| evql(folder.path(), &[&["timeline", "logs", "-t", kind], more].concat());
        assert!(timeline("timesketch").contains(ACCEPTED), "{more:?}");
        let rows = timeline("tle");
        let mut reader = csv::Reader::from_reader(rows.as_bytes());
        let at = reader.headers().unwrap().iter().position(|name| name == "RemoteHost").unwrap();
        let remote: Vec<String> = reader.records().map(|row| row.unwrap()[at].to_owned()).collect();
        assert_eq!(remote, ["10.0.0.9:50002", "10.0.0.7:443"], "{more:?}");
    }
}

#[test]
fn where_no_event_shows_an_address_the_ends_are_told_as_recorded() {
    let folder = folder();
    let accepted = connection(1, false, [("10.0.0.1", 445), ("10.0.0.9", 50002)]);
    std::fs::write(folder.path().join("logs/a.xml"), accepted).unwrap();
    let text = evql(folder.path(), &["scan", "logs", "-r", "accepted.eql"]);
    assert!(text.contains("which one is this host's is not known"), "{text}");
    assert!(
        evql(folder.path(), &["timeline", "logs", "-t", "tle"]).contains("10.0.0.1:445 (or the other end: not known)")
    );
}
