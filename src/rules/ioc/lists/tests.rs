//! Tests of the lists of a run.

use super::*;

fn load(files: &[(&str, &str)]) -> IndicatorLists {
    let folder = tempfile::tempdir().unwrap();
    let path = |(name, text): &(&str, &str)| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    load_lists(&files.iter().map(path).collect::<Vec<_>>(), &ListOptions::default())
}

#[test]
fn formats_are_told_by_content() {
    let lists = load(&[
        ("a", "evil.example\n"),
        ("b", "value,type\nevil.example,domain\nother.example,domain\n"),
        ("c", r#"{"type":"bundle","objects":[{"type":"indicator","pattern":"[file:name = 'a.exe']"}]}"#),
        ("d", r#"{"Event":{"Attribute":[{"type":"ip-src","value":"192.0.2.7"}]}}"#),
    ]);
    let formats: Vec<_> = lists.lists.iter().map(|list| list.format.unwrap().name()).collect();
    assert_eq!(formats, ["list", "CSV", "STIX", "MISP"]);
    assert_eq!(lists.counts(), "4 indicators: 1 address, 2 domains, 1 file name");
    assert_eq!(lists.repeats, 1);
    assert!(!lists.has_error());
}

#[test]
fn a_file_that_gives_nothing_is_an_error() {
    for (name, text) in [("a", "# nothing\n"), ("b", "{\"a\":1}"), ("c", "{\"a\":"), ("d.csv", "a,b\n"), ("e", "")] {
        let lists = load(&[(name, text), ("x", "evil.example\n")]);
        assert!(lists.has_error(), "{text}");
        assert_eq!(lists.indicators.len(), 1);
        assert_eq!(lists.lists.len(), lists.files.len());
    }
    let gone = load_lists(&["no-such-file".into()], &ListOptions::default());
    assert!(gone.has_error() && gone.lists.len() == 1);
}

#[test]
fn what_is_too_broad_is_left_out_and_told() {
    let lists = load(&[("a", "com\nevil.example\n10.0.0.1\nnothing here\n")]);
    assert_eq!(lists.counts(), "2 indicators: 1 address, 1 domain");
    let slugs: Vec<_> = lists.files[0].diagnostics.iter().map(|found| found.code.0).collect();
    assert_eq!(slugs, ["broad-indicator", "private-indicator", "unusable-indicator"]);
    assert_eq!(lists.notices().len(), 2);
}

#[test]
fn evidence_is_told_from_lists() {
    let is_list = |text: &str| looks_like_list(text.as_bytes()).is_some();
    assert!(is_list("{ \"type\" : \"bundle\",\n \"id\": \"bundle--1\", \"objects\": []}"));
    assert!(is_list(r#"{"Event":{"info":"x","Orgc":{},"Attribute":[]}}"#));
    assert!(is_list(r#"{"response":[{"Event":{"orgc_id":"1"}}]}"#));
    assert!(!is_list(r#"{"Event":{"System":{"EventID":1},"EventData":{}}}"#));
    assert!(!is_list(r#"{"@timestamp":"2024","event":{"code":"1"}}"#));
    assert!(!is_list("evil.example"));
}
