use super::*;
use crate::ecs;
use serde_json::json;

fn document(json: serde_json::Value) -> Document {
    let serde_json::Value::Object(object) = json else { panic!("an object") };
    Document::from_json(&object)
}

#[test]
fn nested_dotted_and_mixed_names_are_the_same() {
    let nested = document(json!({"process": {"parent": {"name": "a"}, "pid": 1}}));
    assert_eq!(document(json!({"process.parent.name": "a", "process.pid": 1})), nested);
    assert_eq!(document(json!({"process": {"parent.name": "a"}, "process.pid": 1})), nested);
}

#[test]
fn arrays_are_their_members_and_nulls_are_nothing() {
    let flat =
        document(json!({"a": [1, [2, null], []], "b": null, "c": [null], "d": {}, "e": [{"x": 1}, {"x": 2, "y": 3}]}));
    assert_eq!(flat.values(&Field::named("a")), [Value::Long(1), Value::Long(2)]);
    assert_eq!(flat.values(&Field::named("e.x")), [Value::Long(1), Value::Long(2)]);
    assert_eq!(flat.iter().count(), 3, "a, e.x, e.y");
    let both = document(json!({"a.b": 1, "a": {"b": 2}}));
    assert_eq!(both.values(&Field::named("a.b")), [Value::Long(1), Value::Long(2)]);
}

#[test]
fn values_take_the_type_of_their_field() {
    let flat = document(
        json!({"source.ip": "::1", "destination.ip": "none", "@timestamp": 1500, "process.pid": "7", "x": 1e3}),
    );
    assert!(matches!(flat.first(ecs::SOURCE_IP), Some(Value::Ip(_))));
    assert_eq!(flat.text(ecs::DESTINATION_IP), Some("none"));
    assert_eq!(flat.first(ecs::TIMESTAMP).map(ToString::to_string).as_deref(), Some("1970-01-01T00:00:01.500Z"));
    assert_eq!(flat.first(ecs::PROCESS_PID), Some(&Value::Long(7)), "as Elasticsearch indexes it");
    assert_eq!(flat.values(&Field::named("x")), [Value::Double(1000.0)]);
}

#[test]
fn numbers_are_milliseconds_unless_they_are_too_large() {
    let at = |number: serde_json::Value| match number {
        serde_json::Value::Number(number) => instant(&number).map(|at| at.to_string()),
        _ => None,
    };
    assert_eq!(at(json!(0)).as_deref(), Some("1970-01-01T00:00:00.000Z"));
    assert_eq!(at(json!(1500.25)).as_deref(), Some("1970-01-01T00:00:01.5002500Z"));
    assert_eq!(at(json!(116_444_736_000_000_000_i64)).as_deref(), Some("1970-01-01T00:00:00.000Z"), "a FILETIME");
    assert_eq!(at(json!(1e300)), None);
}

fn given(name: &str, value: serde_json::Value) -> Vec<Value> {
    let object = Object::from_iter([(name.to_owned(), value)]);
    Document::from_json(&object).values(&Field::named(name)).to_vec()
}

#[test]
fn values_in_quotes_take_the_type_of_their_field() {
    assert_eq!(given("process.pid", "7404".into()), [Value::Long(7404)]);
    assert_eq!(given("process.pid", "0x1CEC".into()), [Value::Long(7404)]);
    assert_eq!(given("destination.port", " 7,404".into()), [Value::Long(7404)]);
    assert_eq!(given("dll.code_signature.trusted", "True".into()), [Value::Boolean(true)]);
    assert_eq!(given("dll.code_signature.trusted", 0.into()), [Value::Boolean(false)]);
    assert_eq!(given("event.code", 1.into()), [Value::from("1")]);
    assert_eq!(given("winlog.record_id", 42.into()), [Value::from("42")]);
    assert_eq!(given("nobody.knows", 42.into()), [Value::Long(42)]);
    let at = Ticks::parse_rfc3339("2024-03-05T09:14:03.543456Z").unwrap();
    assert_eq!(given("@timestamp", "2024-03-05 09:14:03.543456 UTC".into()), [Value::Date(at)]);
}

#[test]
fn answers_of_documents_keep_their_pairs() {
    let answers = json!([{"type": "SRV"}, {"data": "a.example.net", "type": "CNAME"}, {"type": "SRV"}]);
    for given in [json!({"dns": {"answers": answers.clone()}}), json!({"dns.answers": answers.clone()})] {
        assert_eq!(document(given).to_json()["dns"]["answers"], answers);
    }
}
