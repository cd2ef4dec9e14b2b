use super::*;
use crate::base::{Locator, Ticks};
use crate::source::Record;
use serde_json::{Value, json};

/// A Sysmon record with these EventData entries.
fn record(event_id: u32, data: &[(&str, &str)]) -> Record {
    Record {
        provider: PROVIDER.into(),
        provider_guid: Some(PROVIDER_GUID.into()),
        event_id,
        version: Some(5),
        level: Some(4),
        task: Some(event_id),
        opcode: Some(0),
        keywords: Some("0x8000000000000000".into()),
        time_created: Ticks::parse_rfc3339("2024-03-01T10:00:00.1234567Z").unwrap(),
        record_id: Some(7),
        activity_id: None,
        related_activity_id: None,
        process_id: Some(1880),
        thread_id: Some(2020),
        channel: "ForwardedEvents".into(),
        computer: "WS01.corp.example".into(),
        user_sid: Some("S-1-5-18".into()),
        data: data.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
        origin: Locator { input: 0, offset: 4608 },
        is_recovered: false,
    }
}

fn mapped(event_id: u32, data: &[(&str, &str)]) -> Value {
    map(&record(event_id, data), "host.evtx", Mapping::Integration).document.to_json()
}

#[test]
fn a_process_creation_is_mapped_whole() {
    let document = mapped(
        1,
        &[
            ("RuleName", "-"),
            ("UtcTime", "2024-03-01 10:00:00.100"),
            ("ProcessGuid", "{AAAA0001-0000-65e1-0000-00000000000A}"),
            ("ProcessId", "4711"),
            ("Image", "C:\\Windows\\System32\\regsvr32.exe"),
            ("FileVersion", "10.0"),
            ("Description", "Microsoft(C) Register Server"),
            ("Product", "Windows"),
            ("Company", "Microsoft"),
            ("OriginalFileName", "REGSVR32.EXE"),
            ("CommandLine", "regsvr32.exe /s \"C:\\a b\\c.dll\""),
            ("CurrentDirectory", "C:\\Users\\ann\\"),
            ("User", "CORP\\ann"),
            ("LogonGuid", "{00000000-0000-0000-0000-000000000000}"),
            ("LogonId", "0x3e7"),
            ("TerminalSessionId", "1"),
            ("IntegrityLevel", "Medium"),
            ("Hashes", "MD5=AABB,SHA256=CCDD,IMPHASH=00000000000000000000000000000000"),
            ("ParentProcessGuid", "{AAAA0001-0000-65e1-0000-00000000000B}"),
            ("ParentProcessId", "12"),
            ("ParentImage", "C:\\Windows\\explorer.exe"),
            ("ParentCommandLine", "explorer.exe"),
            ("ParentUser", "CORP\\ann"),
        ],
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

#[test]
fn a_network_connection_is_mapped_whole() {
    let document = mapped(
        3,
        &[
            ("RuleName", "technique_id=T1218"),
            ("UtcTime", "2024-03-01 10:00:01.000"),
            ("ProcessGuid", "{AAAA0001-0000-65e1-0000-00000000000A}"),
            ("ProcessId", "4711"),
            ("Image", "C:\\Windows\\System32\\regsvr32.exe"),
            ("User", "CORP\\ann"),
            ("Protocol", "tcp"),
            ("Initiated", "true"),
            ("SourceIsIpv6", "true"),
            ("SourceIp", "fe80:0:0:0:0:0:0:1"),
            ("SourceHostname", "WS01"),
            ("SourcePort", "50000"),
            ("SourcePortName", "-"),
            ("DestinationIsIpv6", "true"),
            ("DestinationIp", "2606:4700:0:0:0:0:6810:84e5"),
            ("DestinationHostname", "-"),
            ("DestinationPort", "443"),
            ("DestinationPortName", "https"),
        ],
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

#[test]
fn an_image_load_is_mapped_whole() {
    let document = mapped(
        7,
        &[
            ("UtcTime", "2024-03-01 10:00:00.500"),
            ("ProcessGuid", "{AAAA0001-0000-65e1-0000-00000000000A}"),
            ("ProcessId", "4711"),
            ("Image", "C:\\Windows\\System32\\regsvr32.exe"),
            ("ImageLoaded", "C:\\Windows.old\\System32\\scrobj"),
            ("Company", "Microsoft"),
            ("OriginalFileName", "scrobj.dll"),
            ("Hashes", "SHA1=AA,IMPHASH=BB"),
            ("Signed", "true"),
            ("Signature", "Microsoft Windows"),
            ("SignatureStatus", "Valid"),
            ("User", "CORP\\ann"),
        ],
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).unwrap());
}

#[test]
fn signatures_of_images_say_what_sysmon_says() {
    let signature = |signed: &str, status: &str| {
        let document = mapped(7, &[("Signed", signed), ("SignatureStatus", status)]);
        (document["file"]["code_signature"].clone(), document["dll"]["code_signature"].clone())
    };
    assert_eq!(
        signature("false", "Unavailable"),
        (json!({"status": "Unavailable", "trusted": false}), json!({"status": "Unavailable", "trusted": false}))
    );
    assert_eq!(
        signature("failed: Invalid hash", "-"),
        (json!({"trusted": false}), json!({"status": "failed: Invalid hash"}))
    );
    assert_eq!(signature("-", "Expired"), (json!({"status": "Expired"}), Value::Null));
}

#[test]
fn utc_time_of_another_form_leaves_the_time_of_logging() {
    for text in ["2024-03-01 10:00:00", "", "-", "yesterday"] {
        let event = map(&record(1, &[("UtcTime", text)]), "f", Mapping::Integration);
        assert_eq!(event.timestamp, event.logged, "{text:?}");
    }
    let event = map(&record(1, &[("UtcTime", "2024-03-01 09:00:00.000")]), "f", Mapping::Integration);
    assert_eq!(event.timestamp.rfc3339(), "2024-03-01T09:00:00.000Z");
    assert_eq!(event.logged.rfc3339_full(), "2024-03-01T10:00:00.1234567Z");
}

#[test]
fn paths_without_a_backslash_have_no_name() {
    let name = |image: &str| mapped(1, &[("Image", image)])["process"]["name"].clone();
    assert_eq!(name("System"), Value::Null);
    assert_eq!(name("<unknown process>"), Value::Null);
    assert_eq!(name("\\"), Value::Null);
    assert_eq!(name("C:\\Dir\\RegAsm.EXE"), "RegAsm.EXE");
}

#[test]
fn a_hash_list_with_a_part_that_is_none_is_ignored_whole() {
    let document = mapped(1, &[("Hashes", "MD5=AA,Unknown")]);
    assert_eq!((&document["process"], &document["related"]), (&Value::Null, &Value::Null));
    let document = mapped(1, &[("Hashes", "SHA1=0A=B,MD5=,SHA256=000,=ff,IMPHASH=EF")]);
    assert_eq!(document["process"]["hash"], json!({ "sha1": "0a=b" }));
    assert_eq!(document["process"]["pe"], json!({ "imphash": "ef" }));
    assert_eq!(document["related"]["hash"], json!(["0a=b", "ef"]));
}

#[test]
fn users_have_exactly_two_parts() {
    let user = |text: &str| mapped(3, &[("User", text)])["user"].clone();
    assert_eq!(user("NT AUTHORITY\\SYSTEM"), json!({"domain": "NT AUTHORITY", "id": "S-1-5-18", "name": "SYSTEM"}));
    assert_eq!(user("SYSTEM"), json!({"id": "S-1-5-18"}));
    assert_eq!(user("A\\B\\C"), json!({"id": "S-1-5-18"}));
}

#[test]
fn addresses_and_numbers_that_are_none_are_left_out() {
    let document = mapped(
        3,
        &[
            ("SourceIp", "not an address"),
            ("DestinationIp", "10.0.0.300"),
            ("SourcePort", "http"),
            ("ProcessId", "0x10"),
        ],
    );
    assert_eq!(document["source"], Value::Null);
    assert_eq!(document["destination"], Value::Null);
    assert_eq!(document["related"], Value::Null);
    assert_eq!(document["process"]["pid"], 16);
    assert_eq!(document["winlog"]["event_data"], Value::Null, "raw text of converted fields never stays");
}

#[test]
fn the_port_name_of_the_destination_comes_first() {
    let protocol = |data: &[(&str, &str)]| mapped(3, data)["network"]["protocol"].clone();
    assert_eq!(protocol(&[("SourcePortName", "ms-wbt-server"), ("DestinationPortName", "https")]), "https");
    assert_eq!(protocol(&[("SourcePortName", "ms-wbt-server"), ("DestinationPortName", "-")]), "ms-wbt-server");
    assert_eq!(protocol(&[("SourcePortName", ""), ("DestinationPortName", "")]), Value::Null);
}

#[test]
fn of_two_entries_with_one_name_the_first_counts_and_unknown_ones_stay() {
    let document = mapped(1, &[("Image", "C:\\a.exe"), ("Image", "C:\\b.exe"), ("Future", "x"), ("Blank", " ")]);
    assert_eq!(document["process"]["name"], "a.exe");
    assert_eq!(document["winlog"]["event_data"], json!({ "Future": "x", "Blank": " " }));
}

#[test]
fn sysmon_is_told_by_its_provider() {
    let mut forwarded = record(1, &[]);
    assert!(is_sysmon(&forwarded));
    forwarded.provider = "".into();
    forwarded.provider_guid = Some(PROVIDER_GUID.to_uppercase().into());
    assert!(is_sysmon(&forwarded), "by GUID where the name is missing");
    forwarded.provider = "Microsoft-Windows-Security-Auditing".into();
    assert!(!is_sysmon(&forwarded));
}

#[test]
fn a_record_without_computer_or_id_is_still_an_event() {
    let mut bare = record(3, &[]);
    (bare.computer, bare.channel, bare.record_id, bare.user_sid) = ("".into(), "".into(), None, None);
    let event = map(&bare, "f", Mapping::Integration);
    assert_eq!(event.tiebreaker, None);
    let document = event.document.to_json();
    assert_eq!(document["host"], json!({ "os": { "family": "windows", "type": "windows" } }));
    assert_eq!(document["user"], Value::Null);
}

#[test]
fn the_synthetic_host_id_depends_on_the_name_alone() {
    let id = |computer: &str| {
        let mut record = record(1, &[]);
        record.computer = computer.into();
        map(&record, "f", Mapping::Integration).document.to_json()["host"]["id"].clone()
    };
    assert_eq!(id("WS01"), id("ws01"));
    assert_ne!(id("WS01"), id("WS02"));
    assert_eq!(id("WS01").as_str().map(str::len), Some(36));
}
