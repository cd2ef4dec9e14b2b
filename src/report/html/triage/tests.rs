use super::*;
use serde_json::json;

#[test]
fn without_triage_the_tree_is_what_the_events_say() {
    let event = json!({ "process": { "executable": "C:\\b.exe", "pid": 2, "command_line": "b 1", "parent": { "name": "a.exe", "pid": 1 } } });
    let shown = triage(&json!({ "events": [null, event] })).into_string();
    assert!(shown.find("a.exe (pid 1)").unwrap() < shown.find("C:\\b.exe (pid 2)").unwrap());
    assert_eq!(triage(&json!({ "events": [{ "process": { "name": "x" } }] })).into_string(), "", "no parent, no tree");
    assert_eq!(triage(&json!({ "evql": { "triage": { "processes": [], "elsewhere": [] } } })).into_string(), "");
}

#[test]
fn ancestors_come_first_and_children_last() {
    let node = |name: &str| json!({ "executable": name });
    let process = json!({ "process": node("own.exe"), "ancestors": [node("parent.exe"), node("grand.exe")], "children": [node("child.exe")] });
    let shown = triage(&json!({ "evql": { "triage": { "processes": [process] } } })).into_string();
    let places = ["grand.exe", "parent.exe", "own.exe", "child.exe"].map(|name| shown.find(name).unwrap());
    assert!(places.is_sorted(), "{shown}");
    assert!(shown.contains("class=\"d2 own\"") && shown.contains("class=\"d3 \""), "{shown}");
}

#[test]
fn tables_show_what_there_is_and_say_what_is_not() {
    let rows: Vec<Value> = (0..150).map(|n| json!({ "path": format!("C:\\{n}"), "count": 2 })).collect();
    let process = json!({ "files": rows, "omitted": { "files": 12 }, "dns": [{ "name": "a.example", "answers": ["1.2.3.4", "1.2.3.5"] }] });
    let shown = triage(&json!({ "evql": { "triage": { "processes": [process] } } })).into_string();
    assert!(
        shown.contains("Files <span class=\"count\">162</span>")
            && shown.contains("… and 62 more entries, not shown here"),
        "{shown}"
    );
    assert!(shown.contains("1.2.3.4, 1.2.3.5") && !shown.contains(">status<"), "columns without a value are left out");
    assert!(!shown.contains("first"), "so are times");
}

#[test]
fn other_places_are_listed() {
    let elsewhere = json!([{ "kind": "command_line", "value": "a <b>", "hosts": 1200, "host_names": ["h1", "h2"], "first": "2024-03-01T00:00:00Z", "last": "never<" }]);
    let shown = triage(&json!({ "evql": { "triage": { "elsewhere": elsewhere } } })).into_string();
    for text in ["command line", "a &lt;b&gt;", "1,200", "h1, h2", "2024-03-01 00:00:00.000", "never&lt;"] {
        assert!(shown.contains(text), "{text} in {shown}");
    }
}

#[test]
fn a_wrong_shape_is_no_triage() {
    for odd in
        [json!(1), json!([]), json!({ "processes": {} }), json!({ "processes": [1, null, []], "elsewhere": "x" })]
    {
        let shown = triage(&json!({ "evql": { "triage": odd } })).into_string();
        assert!(!shown.contains("table"), "{shown}");
    }
    assert_eq!(several(2, "DNS query"), "DNS queries");
    assert_eq!(
        [several(2, "child process"), several(1, "entry"), several(3, "child")],
        ["child processes", "entry", "children"]
    );
}
