use super::*;
use crate::diag;

fn line(id: &str, query: &str, extra: &str) -> String {
    let query = serde_json::Value::from(query);
    format!(
        "{{\"rule_id\":\"{id}\",\"name\":\"n\",\"type\":\"eql\",\"language\":\"eql\",\"severity\":\"low\",\"risk_score\":21,\"query\":{query}{extra}}}\n"
    )
}

const LISTS: &str = r#","exceptions_list":[{"id":"1","list_id":"fine","type":"detection","namespace_type":"single"}]"#;
const ITEM: &str = r#"{"list_id":"fine","namespace_type":"single","name":"i","entries":[{"field":"process.name","type":"match","operator":"included","value":"a.exe"}]}
"#;

#[test]
fn rules_and_their_exceptions_come_together_in_any_order() {
    let summary = "{\"exported_count\":2,\"exported_rules_count\":1}\n";
    let text = format!("{ITEM}{}{summary}", line("1", "process where true", LISTS));
    let parsed = parse_export(&text);
    assert_eq!(parsed.len(), 1);
    let rule = parsed[0].rule.as_ref().unwrap();
    assert_eq!(rule.exceptions.len(), 1);
    assert!(parsed[0].diagnostics.is_empty());
}

#[test]
fn a_list_without_items_is_no_mistake_but_one_that_is_missing_is_told() {
    let container = "{\"list_id\":\"fine\",\"namespace_type\":\"single\",\"type\":\"detection\",\"name\":\"l\"}\n";
    let rule = line("1", "process where true", LISTS);
    assert!(parse_export(&format!("{container}{rule}"))[0].diagnostics.is_empty());
    assert_eq!(parse_export(&rule)[0].diagnostics[0].code, codes::MISSING_EXCEPTIONS);
}

#[test]
fn columns_are_those_of_the_export() {
    let text = format!("{}{}", line("1", "any where true", ""), line("2", "any where \"a\" = 1", ""));
    let parsed = parse_export(&text);
    assert!(parsed[0].rule.is_some());
    let found = diag::concise(&parsed[1].diagnostics[0], "e.ndjson", &text);
    let column = text.lines().nth(1).unwrap().find(" = 1").unwrap() + 2;
    assert!(found.starts_with(&format!("e.ndjson:2:{column}: error[")), "{found}");
}

#[test]
fn a_line_that_cannot_be_read_hides_no_other() {
    let text = format!("{{\"rule_id\": \n{}nonsense\n{{}}\n", line("1", "any where true", ""));
    let parsed = parse_export(&text);
    assert!(parsed.iter().any(|parsed| parsed.rule.is_some()));
    let places: Vec<String> =
        parsed[0].diagnostics.iter().map(|found| diag::concise(found, "e", &text)[..4].to_owned()).collect();
    assert_eq!(places, ["e:1:", "e:3:", "e:4:"]);
}

#[test]
fn the_forms_of_one_rule_all_load_with_places_of_their_own() {
    let one = serde_json::json!({"id": "aa", "rule_id": "1", "name": "n", "type": "eql", "severity": "low", "risk_score": 21,
        "note": null, "references": null, "query": "any where \"a\" = 1"});
    let forms = [
        format!("{one:#}"),
        format!("{:#}", serde_json::json!([one])),
        serde_json::json!([one]).to_string(),
        format!("{:#}", serde_json::json!({"page": 1, "perPage": 20, "total": 1, "data": [one]})),
        format!("{:#}", serde_json::json!({"attributes": one, "id": "1_2", "type": "security-rule"})),
        format!("[\n{one},\n{one}\n]\n"),
        format!("{one}{one}"),
        format!("{one:#}\n{one:#}\r\n"),
    ];
    for text in forms {
        let parsed = parse_export(&text);
        assert!(!parsed.is_empty(), "{text}");
        let wrong = text.match_indices(" = 1").map(|(at, _)| to_u32(at + 1));
        let found = parsed.iter().flat_map(|rule| &rule.diagnostics).filter(|found| found.code.0 == "single-equals");
        let found: Vec<u32> = found.map(|found| found.span.start).collect();
        assert_eq!(found, wrong.collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn a_rule_that_breaks_off_is_one_error_where_it_breaks() {
    let text = "{\n  \"rule_id\": \"1\",\n  \"name\": \"n\",\n  \"query\": \"any where true\"\n";
    let parsed = parse_export(text);
    let found: Vec<_> = parsed.iter().flat_map(|rule| &rule.diagnostics).collect();
    assert_eq!(found.len(), 1);
    assert!(diag::concise(found[0], "e", text).starts_with("e:4:"), "{}", diag::concise(found[0], "e", text));
}
