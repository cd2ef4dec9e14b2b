use super::super::{LogWriter, RecordTexts};
use super::*;
use std::io::Cursor;

/// Writes every text backwards, and gives every identifier another last number.
#[derive(Default)]
struct Reverser {
    names: Vec<String>,
}

impl RecordEditor for Reverser {
    fn text(&mut self, name: &str, text: &str) -> Option<String> {
        self.names.push(name.to_owned());
        Some(text.chars().rev().collect())
    }

    fn sid(&mut self, name: &str, sid: &str) -> Option<String> {
        self.names.push(name.to_owned());
        Some(format!("{sid}-77"))
    }

    fn guid(&mut self, name: &str, mut guid: [u8; 16]) -> Option<[u8; 16]> {
        self.names.push(name.to_owned());
        guid[0] = 0xab;
        Some(guid)
    }
}

#[test]
fn every_text_is_shown_with_its_name_but_for_those_that_records_are_known_by() {
    let texts = RecordTexts {
        provider: "Microsoft-Windows-Sysmon",
        channel: "Microsoft-Windows-Sysmon/Operational",
        computer: "WS-0417",
        user_sid: Some("S-1-5-18"),
        data: vec![("ProcessGuid", "{00112233-4455-6677-8899-aabbccddeeff}"), ("Image", "abc"), ("ProcessId", "4")],
        ..RecordTexts::default()
    };
    let mut record = texts.record().unwrap();
    let mut editor = Reverser::default();
    record.edit(&mut editor);
    editor.names.sort_unstable();
    assert_eq!(editor.names, ["Computer", "Image", "ProcessGuid", "UserID"]);
    let mut out = Cursor::new(Vec::new());
    let mut writer = LogWriter::new(&mut out).unwrap();
    writer.push(&record).unwrap();
    writer.finish().unwrap();
    let mut parser = evtx::EvtxParser::from_buffer(out.into_inner()).unwrap();
    let xml = parser.records().next().unwrap().unwrap().data;
    for part in ["7140-SW", ">cba<", "S-1-5-18-77", "Microsoft-Windows-Sysmon/Operational", ">4<"] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    assert!(xml.to_lowercase().contains("001122ab-4455"), "{xml}");
}
