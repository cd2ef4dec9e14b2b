use super::*;
use crate::base::{Locator, Ticks};
use crate::ecs::{self, Field};
use proptest::prelude::*;

fn event(logged: i64, utc: i64, tiebreaker: Option<u64>, offset: u64) -> Event {
    Event {
        document: Document::new(),
        timestamp: Ticks(utc),
        logged: Ticks(logged),
        tiebreaker,
        origin: Locator { input: 0, offset },
        original: None,
        is_logged_known: true,
        is_recovered: false,
    }
}

#[test]
fn a_document_writes_nested_json_with_lists_where_ecs_has_them() {
    let mut document = Document::new();
    document.set(ecs::PROCESS_PID, 42);
    document.set(ecs::PROCESS_NAME, "a.exe");
    document.push(ecs::EVENT_CATEGORY, "process");
    document.set(Field::named("winlog.event_data.Zed"), "z");
    document.set(ecs::DESTINATION_IP, IpValue::parse("0:0:0:0:0:0:0:1").unwrap());
    document.set(ecs::TIMESTAMP, Ticks::parse_rfc3339("2020-01-01T00:00:00Z").unwrap());
    assert_eq!(
        document.to_json().to_string(),
        r#"{"@timestamp":"2020-01-01T00:00:00.000Z","destination":{"ip":"0:0:0:0:0:0:0:1"},"event":{"category":["process"]},"process":{"name":"a.exe","pid":42},"winlog":{"event_data":{"Zed":"z"}}}"#
    );
}

#[test]
fn a_name_that_is_also_a_prefix_keeps_both_values() {
    let mut document = Document::new();
    document.set(Field::named("x"), "1");
    document.set(Field::named("x.y"), "2");
    assert_eq!(document.to_json().to_string(), r#"{"x":"1","x.y":"2"}"#);
}

#[test]
fn fields_are_set_added_and_removed() {
    let mut document = Document::new();
    document.push_distinct(ecs::RELATED_HASH, "a");
    document.push_distinct(ecs::RELATED_HASH, "b");
    document.push_distinct(ecs::RELATED_HASH, "a");
    assert_eq!(document.all(ecs::RELATED_HASH).len(), 2);
    document.set_if_missing(ecs::RELATED_HASH, "c");
    assert_eq!(document.text(ecs::RELATED_HASH), Some("a"));
    document.set_all(ecs::RELATED_HASH, []);
    assert!(!document.has(ecs::RELATED_HASH));
    document.set_all(ecs::PROCESS_ARGS, ["x".into(), "y".into()]);
    assert_eq!(document.iter().count(), 1);
}

proptest! {
    /// Many values at once are what they are one by one.
    #[test]
    fn many_fields_are_set_as_one_by_one(
        before in pairs(),
        pairs in pairs(),
        values in proptest::collection::vec("[a-c]{1,2}", 0..12),
    ) {
        let mut start = Document::new();
        for (name, value) in &before {
            start.set(Field::named(name), value.as_str());
        }
        let many: Vec<(Field, Value)> = pairs.iter().map(|(name, value)| (Field::named(name), value.as_str().into())).collect();
        let (mut set, mut filled, mut extended) = (start.clone(), start.clone(), start.clone());
        let (mut set_at_once, mut filled_at_once, mut extended_at_once) = (start.clone(), start.clone(), start);
        for (field, value) in &many {
            set.set(field.clone(), value.clone());
            filled.set_if_missing(field.clone(), value.clone());
        }
        set_at_once.set_many(many.clone());
        filled_at_once.set_many_if_missing(many);
        prop_assert_eq!(set, set_at_once);
        prop_assert_eq!(filled, filled_at_once);
        let field = Field::named("a");
        for value in &values {
            extended.push_distinct(field.clone(), value.as_str());
        }
        extended_at_once.extend_distinct(field, values.iter().map(|value| Value::from(value.as_str())));
        prop_assert_eq!(extended, extended_at_once);
    }
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    proptest::collection::vec(("[a-c](\\.[a-c])?", "[a-c]{1,2}"), 0..12)
}

#[test]
fn addresses_are_compared_by_value() {
    let long = IpValue::parse("0:0:0:0:0:0:0:1").unwrap();
    assert_eq!(long.address, IpValue::parse("::1").unwrap().address);
    assert_eq!(IpValue::parse("::ffff:10.0.0.1").unwrap().address, IpValue::parse("10.0.0.1").unwrap().address);
    assert_eq!(IpValue::parse("10.0.0"), None);
}

#[test]
fn order_is_time_then_tiebreaker_with_missing_last_then_place() {
    let mut events = [event(5, 1, None, 0), event(5, 9, Some(7), 9), event(5, 2, Some(7), 3), event(4, 8, Some(9), 1)];
    events.sort_by_key(|event| event.order(Clock::Logged));
    assert_eq!(events.each_ref().map(|event| event.timestamp.0), [8, 2, 9, 1]);
    events.sort_by_key(|event| event.order(Clock::Utc));
    assert_eq!(events.each_ref().map(|event| event.timestamp.0), [1, 2, 8, 9]);
}
