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
            "@timestamp": "2019-05-12T18:35:05.155Z",
            "event": { "created": "2019-05-12T18:35:05.1559493Z", "code": "1" },
            "evql": { "logged": "2019-05-12T18:35:05.1559493Z" },
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

#[test]
fn a_record_that_an_agent_read_twice_has_one_id() {
    let read = |created: &str, host: &str, record: serde_json::Value| {
        let document = json!({
            "@timestamp": "2024-03-05T09:00:00.123Z",
            "event": { "created": created },
            "winlog": { "channel": "A", "computer_name": host, "record_id": record },
        });
        id(document.to_string().as_bytes())
    };
    let first = read("2024-03-05T09:00:05.000Z", "ws01", 7.into());
    assert_eq!(first, read("2024-03-06T10:00:00.000Z", "WS01", "7".into()));
    let dotted = json!({
        "@timestamp": "2024-03-05T09:00:00.123Z",
        "event.created": "2024-03-07T10:00:00.000Z",
        "winlog.channel": "A",
        "winlog.computer_name": "ws01",
        "winlog.record_id": "7",
    });
    assert_eq!(first, id(dotted.to_string().as_bytes()));
    assert_ne!(first, read("2024-03-05T09:00:05.000Z", "ws01", 8.into()));
}
