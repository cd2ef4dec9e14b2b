use super::*;

#[test]
fn names_that_elasticsearch_refuses_are_refused() {
    for good in [TimelineBulk::INDEX, "case-42", "logs-x.y-z"] {
        assert!(TimelineBulk::new(good, true, None).is_ok(), "{good}");
    }
    for bad in ["", ".", "..", "-a", "_a", "Case", "a b", "a/b", "a*", "a\"b", "a:b", "a\nb", &"a".repeat(256)] {
        assert!(TimelineBulk::new(bad, true, None).is_err(), "{bad:?}");
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

/// What `-t bulk` into an index makes of a document.
fn completed(index: &str, document: serde_json::Value) -> serde_json::Value {
    let serde_json::Value::Object(mut object) = document else { panic!("no object") };
    let bulk = TimelineBulk::new(index, false, Ticks::from_unix_millis(0)).unwrap();
    bulk.complete(&mut object, &HostAddresses::default());
    object.into()
}

#[test]
fn a_document_has_what_kibanas_analyzer_asks_for() {
    for (event, agent) in [
        (json!({ "module": "windows", "dataset": "windows.sysmon_operational" }), json!("filebeat")),
        (json!({ "module": "sysmon_linux", "dataset": "sysmon_linux.log" }), json!("filebeat")),
        (json!({ "module": "sysmon" }), json!("winlogbeat")),
        (json!({ "module": "endpoint", "dataset": "endpoint.events.process" }), json!(null)),
        (json!({}), json!(null)),
    ] {
        let made = completed("case-42", json!({ "event": event }));
        assert_eq!(made["agent"]["type"], agent, "{made}");
        assert_eq!(made["event"]["ingested"], "1970-01-01T00:00:00.000Z");
        assert_eq!(made["data_stream"], json!(null), "an index that is no data stream has no parts: {made}");
    }
}

#[test]
fn what_a_document_says_itself_stays_but_for_when_and_where_it_arrives() {
    let made = completed(
        "logs-case-of-may",
        json!({
            "message": "as it was",
            "agent.type": "endpoint",
            "event.module": "sysmon",
            "event.ingested": "2020-01-01T00:00:00Z",
            "data_stream": { "dataset": "endpoint.events.process", "namespace": "default" },
        }),
    );
    let expected = json!({
        "message": "as it was",
        "agent.type": "endpoint",
        "event.module": "sysmon",
        "event": { "ingested": "1970-01-01T00:00:00.000Z" },
        "data_stream": { "type": "logs", "dataset": "case", "namespace": "of-may" },
    });
    assert_eq!(made, expected);
}
