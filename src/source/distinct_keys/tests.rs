use super::*;

fn read(text: &str) -> (Option<Value>, Option<String>) {
    let mut findings = JsonFindings::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = DistinctKeys(&mut findings).deserialize(&mut reader).ok();
    (value, findings.repeated)
}

#[test]
fn values_are_those_of_serde_json() {
    for text in [
        r#"{"a":[1,-2,3.5,1e3,true,null,"x\u00e4",{}],"b":{"c":[]},"d":18446744073709551615}"#,
        "[]",
        "7",
        "1e400",
        "{\"a\":",
    ] {
        assert_eq!(read(text), (serde_json::from_str(text).ok(), None), "{text}");
    }
    let deep = "[".repeat(1000);
    assert_eq!(read(&deep), (None, None), "nesting has a limit");
}

#[test]
fn a_name_that_stands_twice_in_one_object_is_noticed() {
    assert_eq!(read(r#"{"a":{"x":1,"x":2}}"#).1.as_deref(), Some("x"));
    assert_eq!(read(r#"{"a":{"x":1},"b":{"x":2}}"#).1, None);
    assert_eq!(read(r#"{"a":1,"a":2}"#).0, Some(serde_json::json!({"a": 2})), "the last one counts");
}

#[test]
fn a_value_of_too_many_values_is_not_read() {
    for (members, is_read) in [(MOST_VALUES, true), (MOST_VALUES + 1, false)] {
        let list = format!("[{}]", vec!["1"; members as usize].join(","));
        assert_eq!(read(&list).0.is_some(), is_read, "{members}");
        let object = format!("{{{}}}", (0..members).map(|n| format!("\"{n}\":1")).collect::<Vec<_>>().join(","));
        assert_eq!(read(&object).0.is_some(), is_read, "{members}");
    }
}
