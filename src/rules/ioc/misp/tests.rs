//! Tests of exports of MISP.

use super::*;

const EVENT: &str = r#"{"Event":{"info":"Case 7","threat_level_id":"1","Attribute":[
 {"type":"filename|sha256","value":"a.exe|e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b856","to_ids":true,"comment":"dropper"},
 {"type":"domain|ip","value":"evil.example|192.0.2.7","to_ids":"1"},
 {"type":"malware-sample","value":"b.exe|d41d8cd98f00b204e9800998ecf8427f"},
 {"type":"ip-dst|port","value":"192.0.2.8|443"},
 {"type":"url","value":"http://evil.example/a","to_ids":false},
 {"type":"mutex","value":"x"}],
 "Object":[{"name":"file","Attribute":[{"type":"filename","value":"c.exe","to_ids":true},{"type":"sha1","value":"x"}]},{"deleted":true,"Attribute":[]}]}}"#;

fn read_all(text: &str) -> ListReader {
    let mut reader = ListReader::new(text, "list", false);
    assert!(read(text, &mut reader), "{text}");
    reader
}

#[test]
fn attributes_of_events_and_objects_are_indicators() {
    let reader = read_all(EVENT);
    let found: Vec<_> = reader.indicators.iter().map(|one| (&*one.text, one.label(), one.line)).collect();
    assert_eq!(
        found,
        [
            ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b856", "SHA-256", 2),
            ("evil.example", "domain", 3),
            ("192.0.2.7", "address", 3),
            ("d41d8cd98f00b204e9800998ecf8427f", "MD5 or IMPHASH", 4),
            ("192.0.2.8", "address", 5),
            ("c.exe", "file name", 8),
        ]
    );
    assert_eq!(reader.indicators[0].note.as_deref(), Some("Case 7: dropper"));
    assert_eq!(reader.indicators[0].level, Some(Level::High));
    assert_eq!(reader.passed_over.values().sum::<usize>(), 2);
    assert_eq!(reader.findings.len(), 2, "{:?}", reader.findings);
    assert!(EVENT[reader.findings[0].span.range()].contains("mutex"));
}

#[test]
fn events_come_in_several_wrappings() {
    let attribute = r#"{"type":"domain","value":"evil.example"}"#;
    for text in [
        format!(r#"{{"response":[{{"Event":{{"Attribute":[{attribute}]}}}}]}}"#),
        format!(r#"{{"response":{{"Attribute":[{attribute}]}}}}"#),
        format!(r#"{{"Attribute":[{attribute}]}}"#),
        format!("[{attribute}]"),
        format!(r#"[{{"Event":{{"Attribute":[{attribute}]}}}}]"#),
    ] {
        assert_eq!(read_all(&text).indicators.len(), 1, "{text}");
    }
}

#[test]
fn other_json_is_not_misp() {
    for text in ["{}", "[]", r#"{"a":1}"#, "[1]", r#"{"type":"bundle","objects":[]}"#] {
        assert!(!read(text, &mut ListReader::new(text, "list", false)), "{text}");
    }
}
