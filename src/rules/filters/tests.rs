use super::*;
use crate::ecs;
use crate::event::{Document, IpValue};
use serde_json::json;

fn document() -> Document {
    let mut document = Document::new();
    document.set(ecs::PROCESS_NAME, "Reg.exe");
    document.set(ecs::PROCESS_PID, 40);
    document.set(ecs::PROCESS_EXECUTABLE, "C:\\Windows\\System32\\Reg.exe");
    document.set(ecs::MESSAGE, "The quick foo.exe was Started by user_1");
    document.set(ecs::DESTINATION_IP, IpValue::parse("10.1.2.3").unwrap());
    document.set(ecs::FILE_CODE_SIGNATURE_TRUSTED, true);
    document
}

fn passes(filters: &Value) -> Result<bool, String> {
    let filters: Vec<Value> = filters.as_array().unwrap().clone();
    let (predicate, findings) = compile(&filters, &|_| Span::default());
    match findings.iter().find(|found| found.is_error()) {
        Some(error) => Err(error.message.clone()),
        None => Ok(predicate.is_none_or(|predicate| predicate.matches(&document()))),
    }
}

fn query(query: &Value) -> Result<bool, String> {
    passes(&json!([{"meta": {}, "query": query}]))
}

#[test]
fn every_kind_of_query_is_asked_as_elasticsearch_asks_it() {
    for (body, expected) in [
        (json!({"match_all": {}}), true),
        (json!({"match_none": {}}), false),
        (json!({"match_phrase": {"process.name": "Reg.exe"}}), true),
        (json!({"match_phrase": {"process.name": "reg.exe"}}), false),
        (json!({"match_phrase": {"process.name": {"query": "Reg.exe"}}}), true),
        (json!({"match_phrase": {"process.name.caseless": "REG.EXE"}}), true),
        (json!({"match_phrase": {"message": "quick FOO.exe"}}), true),
        (json!({"match_phrase": {"message": "quick foo"}}), false),
        (json!({"match_phrase": {"message": "user_1"}}), true),
        (json!({"match_phrase": {"message": "user"}}), false),
        (json!({"match_phrase": {"process.pid": 40}}), true),
        (json!({"match_phrase": {"process.pid": "40"}}), true),
        (json!({"match_phrase": {"file.code_signature.trusted": true}}), true),
        (json!({"match": {"process.name": {"query": "Reg.exe", "type": "phrase"}}}), true),
        (json!({"match": {"message": "slow quick"}}), true),
        (json!({"match": {"message": {"query": "slow quick", "operator": "and"}}}), false),
        (json!({"term": {"destination.ip": "10.0.0.0/8"}}), true),
        (json!({"term": {"process.name": {"value": "REG.EXE", "case_insensitive": true}}}), true),
        (json!({"terms": {"process.name": ["a.exe", "Reg.exe"], "boost": 1.0}}), true),
        (json!({"terms": {"process.name": []}}), false),
        (json!({"exists": {"field": "process.pid"}}), true),
        (json!({"exists": {"field": "file.name"}}), false),
        (json!({"prefix": {"process.executable": "C:\\Windows"}}), true),
        (json!({"prefix": {"process.executable": {"value": "c:\\windows", "case_insensitive": true}}}), true),
        (json!({"wildcard": {"process.executable": {"value": "?:\\\\windows\\\\*", "case_insensitive": true}}}), true),
        (json!({"wildcard": {"process.executable": {"value": "?:\\\\windows\\\\*"}}}), false),
        (json!({"regexp": {"process.name": {"value": "R.g\\.exe", "flags": "ALL"}}}), true),
        (json!({"range": {"process.pid": {"gte": 40, "lt": 41}}}), true),
        (json!({"range": {"process.pid": {"gt": "40"}}}), false),
        (json!({"multi_match": {"type": "phrase", "query": "Reg.exe", "fields": ["file.name", "process.name"]}}), true),
        (json!({"constant_score": {"filter": {"exists": {"field": "process.pid"}}}}), true),
    ] {
        assert_eq!(query(&body), Ok(expected), "{body}");
    }
}

#[test]
fn clauses_of_bool_count_as_many_as_are_wanted() {
    let yes = json!({"match_all": {}});
    let no = json!({"match_none": {}});
    for (body, expected) in [
        (json!({}), true),
        (json!({"must": [yes], "filter": yes}), true),
        (json!({"must": [yes, no]}), false),
        (json!({"must_not": [no]}), true),
        (json!({"must_not": yes}), false),
        (json!({"should": [no, yes]}), true),
        (json!({"should": [no, no]}), false),
        (json!({"must": [yes], "should": [no]}), true),
        (json!({"must": [yes], "should": [no], "minimum_should_match": 1}), false),
        (json!({"should": [no, yes, yes], "minimum_should_match": 2}), true),
        (json!({"should": [no, no, yes], "minimum_should_match": "2"}), false),
        (json!({"should": [no, no, yes, yes], "minimum_should_match": "50%"}), true),
        (json!({"should": [no, yes], "minimum_should_match": "-1"}), true),
        (json!({"should": [yes], "minimum_should_match": 2}), false),
    ] {
        assert_eq!(query(&json!({"bool": body})), Ok(expected), "{body}");
    }
}

#[test]
fn metadata_negates_switches_off_and_combines() {
    let phrase = |meta: Value, name: &str| json!({"meta": meta, "query": {"match_phrase": {"process.name": name}}});
    for (filters, expected) in [
        (json!([]), true),
        (json!([phrase(json!({"negate": true}), "Reg.exe")]), false),
        (json!([phrase(json!({"negate": true, "disabled": true}), "Reg.exe")]), true),
        (json!([phrase(json!({}), "Reg.exe"), phrase(json!({}), "x")]), false),
        (
            json!([{"meta": {"type": "combined", "relation": "OR", "params": [phrase(json!({}), "x"), phrase(json!({}), "Reg.exe")]}}]),
            true,
        ),
        (
            json!([{"meta": {"type": "combined", "relation": "AND", "params": [phrase(json!({}), "x"), phrase(json!({}), "Reg.exe")]}}]),
            false,
        ),
        (json!([{"meta": {"type": "combined", "negate": true, "params": [phrase(json!({}), "x")]}}]), true),
        (json!([{"meta": {"negate": true}, "exists": {"field": "file.name"}}]), true),
    ] {
        assert_eq!(passes(&filters), Ok(expected), "{filters}");
    }
}

#[test]
fn lucene_syntax_is_read_with_its_own_precedence() {
    for (text, expected) in [
        ("process.name:Reg.exe", true),
        ("process.name:\"Reg.exe\" AND process.pid:40", true),
        ("process.name:x OR process.pid:40", true),
        ("process.name:x process.pid:40", true),
        ("process.name:x AND process.pid:40", false),
        ("NOT process.name:x", true),
        ("-process.name:Reg.exe", false),
        ("process.pid:40 AND NOT process.name:(Reg.exe OR x)", false),
        ("!process.name:x && process.pid:40", true),
        ("process.executable:C\\:\\\\Windows\\\\*", true),
        ("process.executable:c\\:\\\\windows\\\\*", false),
        ("process.pid:[1 TO 40]", true),
        ("process.pid:[1 TO 40}", false),
        ("process.pid:{40 TO *]", false),
        ("process.pid:>=40", true),
        ("_exists_:process.pid", true),
        ("_exists_:file.name", false),
        ("process.name:*", true),
        ("process.name:/R[a-f]g.*/", true),
        ("message:(slow quick)", true),
        ("message:\"was started\"^2", true),
        ("destination.ip:\"10.0.0.0/8\"", true),
        ("*:*", true),
        // What is optional counts for nothing beside what is compulsory.
        ("process.name:x OR process.pid:40 AND _exists_:file.name", false),
        ("process.pid:40 AND _exists_:process.name OR process.name:x", true),
    ] {
        assert_eq!(query(&json!({"query_string": {"query": text}})), Ok(expected), "{text}");
    }
    let with = |options: Value| query(&json!({"query_string": options}));
    assert_eq!(with(json!({"query": "Reg.exe", "fields": ["file.name", "process.name^2"]})), Ok(true));
    assert_eq!(with(json!({"query": "process.name:x process.pid:40", "default_operator": "AND"})), Ok(false));
}

#[test]
fn a_filter_that_cannot_be_honoured_says_why() {
    for (body, reason) in [
        (json!({"script": {"script": "true"}}), "'script'"),
        (json!({"geo_distance": {}}), "'geo_distance'"),
        (json!({"range": {"@timestamp": {"gte": "now-7d"}}}), "when the rule runs"),
        (json!({"range": {"process.pid": {"gte": 1, "time_zone": "x"}}}), "time_zone"),
        (json!({"query_string": {"query": "evil"}}), "all fields"),
        (json!({"query_string": {"query": "process.name:evil~2"}}), "fuzzy"),
        (json!({"query_string": {"query": "process.*:evil"}}), "pattern"),
        (json!({"query_string": {"query": "process.name:(x"}}), "not closed"),
        (json!({"query_string": {"query": "process.name:x AND"}}), "right"),
        (json!({"terms": {"process.name": {"index": "x", "id": "1", "path": "y"}}}), "look-ups"),
        (json!({"match_phrase": {"destination.ip": "no address"}}), "not an IP address"),
        (json!({"bool": {"should": [], "minimum_should_match": "3<90%"}}), "minimum_should_match"),
        (json!({"exists": {"field": "a"}, "match_all": {}}), "one kind"),
        (json!({}), "one kind"),
        (json!("x"), "no object"),
    ] {
        let error = query(&body).unwrap_err();
        assert!(error.contains(reason), "{body}: {error}");
    }
    let mut deep = json!({"match_all": {}});
    for _ in 0..200 {
        deep = json!({"bool": {"must": [deep]}});
    }
    assert!(query(&deep).unwrap_err().contains("deep"));
    let deep = format!("{}process.name:x{}", "(".repeat(200), ")".repeat(200));
    assert!(query(&json!({"query_string": {"query": deep}})).unwrap_err().contains("deep"));
}
