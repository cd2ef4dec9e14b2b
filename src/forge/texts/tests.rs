use super::super::LogWriter;
use super::*;
use std::io::Cursor;

fn texts() -> RecordTexts<'static> {
    RecordTexts {
        record_id: Some(7),
        time: Ticks::parse_rfc3339("2024-03-14T10:00:01.1559493Z").unwrap(),
        provider: "Microsoft-Windows-Sysmon",
        event_id: 3,
        version: Some(5),
        channel: "Microsoft-Windows-Sysmon/Operational",
        computer: "WS-0417",
        user_sid: Some("S-1-5-18"),
        data: vec![("Initiated", "true"), ("SourcePort", "0443"), ("DestinationPort", "443"), ("Image", "")],
        ..RecordTexts::default()
    }
}

fn xml(record: &LogRecord) -> String {
    let mut out = Cursor::new(Vec::new());
    let mut writer = LogWriter::new(&mut out).unwrap();
    writer.push(record).unwrap();
    writer.finish().unwrap();
    let mut parser = evtx::EvtxParser::from_buffer(out.into_inner()).unwrap();
    let record = parser.records().next().unwrap().unwrap();
    assert_eq!(record.event_record_id, 1, "a new log numbers its records anew");
    record.data
}

#[test]
fn texts_are_written_as_they_are_and_in_their_types_where_both_can_be() {
    let xml = xml(&texts().record().unwrap());
    assert!(xml.contains("<Data Name=\"SourcePort\">0443</Data>"), "{xml}");
    assert!(xml.contains("<Data Name=\"DestinationPort\">443</Data>"), "{xml}");
    assert!(xml.contains("<Data Name=\"Initiated\">true</Data>"), "{xml}");
    assert!(xml.contains("UserID=\"S-1-5-18\""), "{xml}");
    assert!(!xml.contains("<Level>"), "what the record does not have is left out: {xml}");
}

#[test]
fn an_event_id_that_no_log_can_hold_makes_no_record() {
    assert_eq!(RecordTexts { event_id: 70_000, ..texts() }.record(), None);
}
