use super::*;
use crate::base::Locator;
use crate::event::{Event, OrderKey};
use crate::source::Record;
use crate::timeline::{RowWriter, Subject, TimelineRow};
use serde_json::json;

fn record(event_id: u32, data: &[(&str, &str)]) -> Record {
    Record {
        provider: sysmon::PROVIDER.into(),
        provider_guid: None,
        event_id,
        version: Some(5),
        level: Some(4),
        task: Some(event_id),
        opcode: Some(0),
        keywords: Some("0x8000000000000000".into()),
        time_created: Ticks(132_021_597_051_559_493),
        record_id: Some(4711),
        activity_id: None,
        related_activity_id: None,
        process_id: Some(984),
        thread_id: Some(2352),
        channel: "Microsoft-Windows-Sysmon/Operational".into(),
        computer: "WS01".into(),
        user_sid: Some("S-1-5-18".into()),
        data: data.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        origin: Locator { input: 0, offset: 70_000 },
        is_recovered: false,
    }
}

/// The cells of a record by the names of their columns.
fn cells(record: &Record) -> impl Fn(&str) -> String + use<> {
    let event: Event = sysmon::map(record, "a.evtx", sysmon::Mapping::default());
    let order = OrderKey::new(record.time_created, record.record_id, record.origin);
    let mut writer = RowWriter::default();
    writer.record(&Subject::new(&event.document, order, false), record, Some(1), "a.evtx");
    let bytes = writer.take();
    let row = match TimelineRow::read(&bytes).unwrap().record().unwrap() {
        RecordView::Record { system, data } => of_record(&system, data, &HostAddresses::default()).0,
        RecordView::Document(_) => unreachable!("a record was written"),
    };
    for length in 0..bytes.len() {
        // Bytes that were cut off are no row, or one with less in it.
        let _ = TimelineRow::read(&bytes[..length]).and_then(|row| row.record());
    }
    move |column| row[HEAD.iter().position(|name| *name == column).unwrap()].clone()
}

#[test]
fn a_process_creation_is_filled_as_its_map_says() {
    let cell = cells(&record(
        1,
        &[
            ("RuleName", "-"),
            ("ProcessGuid", "{1}"),
            ("ProcessId", "3836"),
            ("CommandLine", "jjs.exe -x"),
            ("User", "IEWIN7\\IEUser"),
            ("Hashes", "SHA1=AA,MD5=BB"),
            ("ParentProcessGuid", "{2}"),
            ("ParentProcessId", "1372"),
            ("ParentImage", "C:\\Windows\\explorer.exe"),
        ],
    ));
    let expected = [
        ("RecordNumber", "4711"),
        ("EventRecordId", "4711"),
        ("TimeCreated", "2019-05-12 18:35:05.1559493"),
        ("EventId", "1"),
        ("Level", "Info"),
        ("Provider", "Microsoft-Windows-Sysmon"),
        ("Channel", "Microsoft-Windows-Sysmon/Operational"),
        ("ProcessId", "984"),
        ("ThreadId", "2352"),
        ("Computer", "WS01"),
        ("ChunkNumber", "1"),
        ("UserId", "S-1-5-18"),
        ("MapDescription", "Process creation"),
        ("UserName", "IEWIN7\\IEUser"),
        ("RemoteHost", ""),
        ("PayloadData1", "ProcessID: 3836, ProcessGUID: {1}"),
        ("PayloadData2", "RuleName: -"),
        ("PayloadData3", "SHA1=AA,MD5=BB"),
        ("PayloadData4", "ParentProcess: C:\\Windows\\explorer.exe"),
        ("PayloadData5", "ParentProcessID: 1372, ParentProcessGUID: {2}"),
        ("PayloadData6", ""),
        ("ExecutableInfo", "jjs.exe -x"),
        ("HiddenRecord", "False"),
        ("SourceFile", "a.evtx"),
        ("Keywords", "Classic"),
        ("ExtraDataOffset", "0"),
    ];
    for (column, text) in expected {
        assert_eq!(cell(column), text, "{column}");
    }
    let payload: serde_json::Value = serde_json::from_str(&cell("Payload")).unwrap();
    assert_eq!(payload["EventData"]["Data"][2], json!({ "@Name": "ProcessId", "#text": "3836" }));
}

#[test]
fn one_value_is_no_list_and_no_value_an_empty_one() {
    let payload = |data: &[(&str, &str)]| cells(&record(5, data))("Payload");
    assert_eq!(payload(&[("a", "\u{1}\"")]), "{\"EventData\":{\"Data\":{\"@Name\":\"a\",\"#text\":\"\\u0001\\\"\"}}}");
    assert_eq!(payload(&[]), "{\"EventData\":{\"Data\":[]}}");
}

#[test]
fn older_schemas_write_guids_and_hashes_under_other_names() {
    let cell = cells(&record(10, &[("SourceProcessGUID", "{1}"), ("SourceProcessId", "4")]));
    assert_eq!(cell("PayloadData3"), "SourceProcessID: 4, SourceProcessGUID: {1}");
    let cell = cells(&record(23, &[("Hash", "SHA1=AA")]));
    assert_eq!(cell("PayloadData3"), "SHA1=AA");
    let cell = cells(&record(999, &[("User", "x")]));
    assert_eq!((cell("MapDescription"), cell("UserName")), (String::new(), String::new()), "there is no map");
}

#[test]
fn a_payload_that_is_too_long_for_a_cell_stays_json() {
    let long = "\"".repeat(1 << 20);
    let many: Vec<(String, String)> = (0..500).map(|at| (format!("n{at}"), "x".repeat(300))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    for data in [vec![("CommandLine", long.as_str()), ("User", "u")], many] {
        let payload = cells(&record(1, &data))("Payload");
        assert!(payload.encode_utf16().count() <= CELL_LIMIT);
        let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
        assert!(payload["EventData"]["Data"][0]["#text"].as_str().unwrap().ends_with("\u{2026}[cut]"));
    }
}

#[test]
fn a_document_is_not_logged_when_another_program_read_it() {
    let created = |of_evql: &str| {
        let json = format!(
            r#"{{"@timestamp":"2024-03-05T09:00:00.000Z","event":{{"created":"2024-03-05T12:00:00.000Z"}}{of_evql}}}"#
        );
        let at = Ticks::parse_rfc3339("2024-03-05T09:00:00Z").unwrap();
        of_document(json.as_bytes(), at, &HostAddresses::default()).0[column("TimeCreated")].clone()
    };
    assert_eq!(created(""), "2024-03-05 09:00:00.0000000");
    assert_eq!(created(r#","evql":{"logged":"2024-03-05T09:00:00.1234567Z"}"#), "2024-03-05 09:00:00.1234567");
}

#[test]
fn the_remote_host_is_the_other_end_whichever_name_the_record_has_for_it() {
    let remote = |initiated: &str, data: [&str; 4]| {
        let [source, source_port, destination, destination_port] = data;
        let entries = [
            ("Initiated", initiated),
            ("SourceIp", source),
            ("SourcePort", source_port),
            ("DestinationIp", destination),
            ("DestinationPort", destination_port),
        ];
        let record = record(3, &entries);
        let event: Event = sysmon::map(&record, "a.evtx", sysmon::Mapping::default());
        let mut known = HostAddresses::default();
        known.add(event.document.text(ecs::HOST_NAME).unwrap(), "10.0.0.1".parse().unwrap());
        let own = |name: &str| record.data.iter().find(|(have, _)| **have == *name).map(|(_, text)| &**text);
        let mut row = TleRow::default();
        row.set_remote_host(Connection::of_record(&record.computer, own).as_ref(), &known);
        let of_record = std::mem::take(&mut row.0[column("RemoteHost")]);
        let json = serde_json::to_vec(&event.document.to_json()).unwrap();
        assert_eq!(of_document(&json, event.timestamp, &known).0[column("RemoteHost")], of_record);
        of_record
    };
    assert_eq!(remote("true", ["10.0.0.1", "50000", "10.0.0.2", "445"]), "10.0.0.2:445");
    assert_eq!(
        remote("false", ["10.0.0.1", "445", "10.0.0.2", "50000"]),
        "10.0.0.2:50000",
        "as older versions have it"
    );
    assert_eq!(remote("false", ["10.0.0.2", "50000", "10.0.0.1", "445"]), "10.0.0.2:50000", "as newer ones have it");
    assert_eq!(remote("false", ["10.0.0.2", "5", "10.0.0.3", "6"]), "10.0.0.2:5 (or the other end: not known)");
    assert_eq!(remote("true", ["127.0.0.1", "5", "127.0.0.1", "6"]), "127.0.0.1:6", "it does not leave the host");
}
