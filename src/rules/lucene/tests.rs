//! Tests of queries in Lucene's syntax; the page of the language reference has more.

use super::compile;

#[test]
fn what_cannot_be_read_is_named() {
    for (query, reason) in [
        ("evil", "all fields"),
        ("process.name:evil~2", "fuzzy"),
        ("\"a b\"~3", "fields"),
        ("process.*:evil", "pattern"),
        ("process.name:(x", "not closed"),
        ("@timestamp:[now-7d TO now]", "known"),
        ("source.ip:abc*", "text"),
    ] {
        let refused = compile(query).unwrap_err();
        assert!(refused.contains(reason), "{query}: {refused}");
    }
}

#[test]
fn unknown_fields_are_warned_of() {
    let compiled = compile("proces.name:a").unwrap();
    assert_eq!(compiled.unknown.len(), 1);
    assert!(compile("*").unwrap().query.is_some());
}
