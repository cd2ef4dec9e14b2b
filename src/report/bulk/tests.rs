use super::*;

#[test]
fn names_that_elasticsearch_refuses_are_refused() {
    for good in [TimelineBulk::INDEX, "case-42", "logs-x.y-z"] {
        assert!(TimelineBulk::new(good, true).is_ok(), "{good}");
    }
    for bad in ["", ".", "..", "-a", "_a", "Case", "a b", "a/b", "a*", "a\"b", "a:b", "a\nb", &"a".repeat(256)] {
        assert!(TimelineBulk::new(bad, true).is_err(), "{bad:?}");
    }
}

#[test]
fn the_id_follows_from_what_names_the_event_and_from_nothing_else() {
    let event = |path: &str, record: &str| {
        json!({
            "event": { "created": "2019-05-12T18:35:05.1559493Z", "code": "1" },
            "log": { "file": { "path": path } },
            "winlog": { "channel": "A", "computer_name": "B\u{e4}\n", "record_id": record },
        })
        .to_string()
    };
    let id_of = |path: &str, record: &str| id(event(path, record).as_bytes());
    assert_eq!(id_of("one", "7"), id_of("two", "7"), "a copy elsewhere is the same event");
    assert_ne!(id_of("one", "7"), id_of("one", "8"));
    assert_eq!(id_of("one", "7").len(), 40);
    assert_ne!(id(b"{\"a\":1}"), id(b"{\"a\":2}"), "documents without a record differ by all they say");
}
