//! Tests of bundles.

use super::*;

fn read_all(text: &str) -> ListReader {
    let mut reader = ListReader::new(text, "list", false);
    assert!(read(text, &mut reader));
    reader
}

#[test]
fn indicators_of_a_bundle_are_read() {
    let text = r#"{"type":"bundle","id":"bundle--1","objects":[
 {"type":"identity","name":"x"},
 {"type":"indicator","name":"C2","pattern_type":"stix","pattern":"[file:name = 'a\\\\b' OR domain-name:value = 'evil.example']"},
 {"type":"indicator","revoked":true,"pattern":"[url:value = 'http://x.example']"},
 {"type":"indicator","pattern_type":"yara","pattern":"rule x {}"},
 {"type":"indicator","pattern":"[mutex:name = \"é\"]"},
 {"type":"indicator","pattern":"[mutex:name = '\u00e9' OR x"},
 {"type":"indicator"}]}"#;
    let reader = read_all(text);
    let found: Vec<_> = reader.indicators.iter().map(|one| (&*one.text, one.line, one.note.as_deref())).collect();
    assert_eq!(found, [("a\\b", 3, Some("C2")), ("evil.example", 3, Some("C2"))]);
    assert_eq!(reader.passed_over.values().sum::<usize>(), 2);
    let places: Vec<_> = reader.findings.iter().map(|one| &text[one.span.range()]).collect();
    assert_eq!(places[0], "\"rule x {}\"");
    // The end of a pattern, behind an escape.
    assert_eq!(&places[2], &"x");
    assert_eq!(reader.unusable, 4, "{places:?}");
}

#[test]
fn other_json_is_no_bundle() {
    for text in ["{}", "[]", r#"{"type":"x","objects":[]}"#, r#"{"Event":{}}"#] {
        assert!(!read(text, &mut ListReader::new(text, "list", false)), "{text}");
    }
}
