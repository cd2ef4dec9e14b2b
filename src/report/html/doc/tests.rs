use super::*;
use serde_json::json;

#[test]
fn names_are_found_nested_dotted_and_mixed() {
    let documents = [
        json!({ "a": { "b": { "c": 1 } } }),
        json!({ "a.b.c": 1 }),
        json!({ "a": { "b.c": 1 } }),
        json!({ "a.b": { "c": 1 } }),
        json!({ "a": { "x": 2 }, "a.b": { "c": 1 } }),
    ];
    for document in documents {
        assert_eq!(text(&document, "a.b.c").as_deref(), Some("1"), "{document}");
        assert_eq!(at(&document, "a.b.d"), None);
    }
}

#[test]
fn wrong_types_are_no_text() {
    let document = json!({ "a": [null, {}, [], "", "x", true], "b": {}, "c": null, "d": 1.5 });
    assert_eq!(texts(&document, "a").collect::<Vec<_>>(), ["x", "true"]);
    assert_eq!((text(&document, "b"), text(&document, "c")), (None, None));
    assert_eq!(text(&document, "d").as_deref(), Some("1.5"));
    assert!(list(&document, "b").is_empty() && list(&json!(3), "b").is_empty());
    assert_eq!((number(&document, "d"), flag(&document, "a")), (None, false));
}
