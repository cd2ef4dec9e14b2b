use super::super::schema::{CHANNEL, PROVIDER, PROVIDER_GUID, Schema, kind_of};
use super::*;
use evtx::{EvtxParser, ParserSettings};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn sysmon(record_id: u64, event_id: u16, image: &str) -> ForgedEvent {
    let schema = Schema::of(event_id).unwrap();
    let fields = schema
        .fields()
        .map(|name| {
            let kind = kind_of(name);
            let text = match (name, kind) {
                ("Image", _) => image,
                (_, BinXmlType::Guid) => "{365abb72-6759-5cd8-0000-0010e2d50f00}",
                (_, BinXmlType::Boolean) => "true",
                (_, BinXmlType::HexInt32 | BinXmlType::HexInt64) => "0x3e7",
                (_, BinXmlType::UInt16 | BinXmlType::UInt32) => "443",
                (name, _) => name,
            };
            ForgedField { name: name.to_owned(), kind, value: ForgedValue::of(kind, text).unwrap() }
        })
        .collect();
    ForgedEvent {
        record_id,
        number: record_id,
        time: Ticks::parse_rfc3339("2024-03-05T09:14:02.1234567Z").unwrap(),
        provider: PROVIDER.to_owned(),
        provider_guid: ForgedValue::of(BinXmlType::Guid, PROVIDER_GUID).unwrap(),
        event_id,
        qualifiers: None,
        version: schema.version,
        level: 4,
        task: event_id,
        opcode: 0,
        keywords: 1 << 63,
        process_id: 2868,
        thread_id: 4012,
        channel: CHANNEL.to_owned(),
        computer: "ws-0417.corp.example".to_owned(),
        user_id: ForgedValue::of(BinXmlType::Sid, "S-1-5-18").unwrap(),
        fields,
        chunk: 0,
        place: RecordPlace { offset: 0, size: 0 },
    }
}

/// Every record as the independent reader renders it, checksums verified.
fn read(bytes: Vec<u8>) -> Vec<(u64, String)> {
    let settings = ParserSettings::default().validate_checksums(true).indent(false).num_threads(1);
    let mut parser = EvtxParser::from_buffer(bytes).unwrap().with_configuration(settings);
    assert!(parser.header().validate_checksum());
    parser.records().map(|record| record.map(|record| (record.event_record_id, record.data)).unwrap()).collect()
}

#[test]
fn an_independent_reader_sees_every_field_of_every_sysmon_event() {
    let mut events: Vec<_> = (1..=29).chain([255]).zip(100..).map(|(id, n)| sysmon(n, id, r"C:\a.exe")).collect();
    let records = read(write_file(1, &mut events).unwrap());
    assert_eq!(records.len(), events.len());
    for (event, (number, xml)) in events.iter().zip(records) {
        assert_eq!(number, event.number);
        assert!(xml.contains(&format!("<EventID>{}</EventID>", event.event_id)), "{xml}");
        for field in &event.fields {
            let element = format!("<Data Name=\"{}\">{}</Data>", field.name, field.value.text);
            assert!(xml.contains(&element), "{element} in {xml}");
        }
    }
}

#[test]
fn the_system_part_is_complete() {
    let mut events = [sysmon(100, 3, r"C:\a.exe")];
    let (_, xml) = read(write_file(2, &mut events).unwrap()).remove(0);
    for part in [
        r#"<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event">"#,
        r#"<Provider Name="Microsoft-Windows-Sysmon" Guid="{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"/>"#,
        "<Version>5</Version>",
        "<Level>4</Level>",
        "<Task>3</Task>",
        "<Opcode>0</Opcode>",
        "<Keywords>0x8000000000000000</Keywords>",
        r#"<TimeCreated SystemTime="2024-03-05T09:14:02.1234567Z"/>"#,
        "<EventRecordID>100</EventRecordID>",
        "<Correlation/>",
        r#"<Execution ProcessID="2868" ThreadID="4012"/>"#,
        "<Channel>Microsoft-Windows-Sysmon/Operational</Channel>",
        "<Computer>ws-0417.corp.example</Computer>",
        r#"<Security UserID="S-1-5-18"/>"#,
    ] {
        assert!(xml.contains(part), "{part} in {xml}");
    }
}

#[test]
fn a_full_chunk_is_followed_by_another() {
    let mut events: Vec<_> = (0..120).map(|n| sysmon(1000 + n, 1, &format!("C:\\{n}\\ünïcödé-文件.exe"))).collect();
    let bytes = write_file(1, &mut events).unwrap();
    let chunks = events.last().unwrap().chunk + 1;
    assert!(chunks > 1);
    assert_eq!(bytes.len(), FILE_HEADER_SIZE + chunks * CHUNK_SIZE);
    let records = read(bytes);
    assert_eq!(records.len(), 120);
    for (event, (number, xml)) in events.iter().zip(records) {
        assert_eq!(number, event.number);
        assert!(xml.contains(event.field("Image").unwrap()));
    }
}

#[test]
fn an_event_larger_than_a_chunk_is_refused() {
    let mut events = [sysmon(1, 5, "C:\\a.exe"), sysmon(2, 5, &"x".repeat(32_700))];
    assert_eq!(write_file(1, &mut events), Err(TooLarge { event: 1 }));
}

#[test]
fn a_file_without_events_has_one_empty_chunk() {
    let bytes = write_file(1, &mut []).unwrap();
    assert_eq!(bytes.len(), FILE_HEADER_SIZE + CHUNK_SIZE);
    assert_eq!(read(bytes), []);
}

#[test]
fn an_event_without_data_is_whole() {
    let mut event = sysmon(5, 5, "C:\\a.exe");
    event.fields.clear();
    let (_, xml) = read(write_file(1, &mut [event]).unwrap()).remove(0);
    assert!(xml.contains("<EventRecordID>5</EventRecordID>") && !xml.contains("EventData"), "{xml}");
}

#[test]
fn hosts_may_share_a_file() {
    let mut events = [sysmon(1, 5, "C:\\a.exe"), sysmon(2, 5, "C:\\a.exe")];
    events[1].computer = "srv-02.corp.example".to_owned();
    let records = read(write_file(1, &mut events).unwrap());
    assert!(records[1].1.contains("<Computer>srv-02.corp.example</Computer>"));
}

#[test]
fn tables_and_templates_lie_where_windows_puts_them() {
    // Read from a real log whose first record is also a process start on a host with a name of six letters.
    let mut event = sysmon(1, 1, "C:\\a.exe");
    event.computer = "ABCDEF".to_owned();
    event.fields.retain(|field| field.name != "OriginalFileName" && field.name != "ParentUser");
    let bytes = write_file(1, &mut [event]).unwrap();
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let chunk = FILE_HEADER_SIZE;
    let names: BTreeSet<u32> = (0..64).map(|bucket| u32_at(chunk + 0x80 + bucket * 4)).filter(|&at| at != 0).collect();
    let real = [
        0x24d, 0x2f8, 0x31a, 0x33d, 0x39b, 0x3ce, 0x3f7, 0x43f, 0x466, 0x4ba, 0x4e8, 0x51d, 0x56d, 0x5a9, 0x5f3, 0x61d,
        0x646, 0x67d, 0x6a0, 0x7fe, 0x826,
    ];
    assert_eq!(names, BTreeSet::from(real));
    let size_of_definition = |offset: usize| u32_at(chunk + offset + 20);
    assert_eq!(size_of_definition(0x226), 0x484);
    assert_eq!(size_of_definition(0x7d7), 0x46e);
    let templates: Vec<u32> = (0..32).map(|bucket| u32_at(chunk + 0x180 + bucket * 4)).filter(|&at| at != 0).collect();
    assert_eq!(templates.len(), 2);
    assert!(templates.contains(&0x226) && templates.contains(&0x7d7));
}

proptest! {
    #[test]
    fn any_text_that_xml_can_hold_is_read_back(text in "[^\\p{Cc}\\u{fffe}\\u{ffff}]{0,60}") {
        let (_, xml) = read(write_file(1, &mut [sysmon(1, 5, &text)]).unwrap()).remove(0);
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let quoted = escaped.replace('"', "&quot;").replace('\'', "&apos;");
        let image = |text: &str| xml.contains(&format!("<Data Name=\"Image\">{text}</Data>"));
        prop_assert!(image(&escaped) || image(&quoted), "{xml}");
    }
}
