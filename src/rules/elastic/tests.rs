use super::*;
use crate::diag;
use crate::eql::Query;
use crate::rules::{Level, RuleLanguage};

const RULE: &str = r#"
[metadata]
maturity = "production"

[rule]
author = ["Somebody"]
description = "Says what it does."
from = "now-9m"
index = ["logs-*"]
language = "eql"
license = "MIT"
name = "A rule"
risk_score = 47
rule_id = "0000-1"
severity = "medium"
type = "eql"
max_signals = 33
building_block_type = "default"
event_category_override = "event.kind"
query = '''
process where process.name : "a.exe"
'''

[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1"
name = "One"
reference = "https://example.com/T1"
[[rule.threat.technique.subtechnique]]
id = "T1.001"
name = "One point one"
reference = "https://example.com/T1/001"
[rule.threat.tactic]
id = "TA1"
name = "Tactic"
reference = "https://example.com/TA1"
"#;

#[test]
fn a_rule_says_all_it_has_to_say() {
    let parsed = parse_elastic(RULE);
    assert_eq!(parsed.diagnostics, []);
    let rule = parsed.rule.unwrap();
    assert_eq!((rule.meta.id.as_str(), rule.meta.level, rule.meta.risk_score), ("0000-1", Level::Medium, 47.0));
    assert_eq!((rule.meta.max_signals, rule.meta.building_block), (Some(33), true));
    let techniques: Vec<&str> = rule.meta.threat[0].techniques.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(techniques, ["T1", "T1.001"]);
    let Query::Event(query) = &rule.query else { panic!("an event query") };
    let mut document = crate::event::Document::new();
    document.set(crate::ecs::PROCESS_NAME, "A.EXE");
    document.set(crate::ecs::EVENT_KIND, "process");
    assert!(query.matches(&document), "the category is where the rule says it is");
}

#[test]
fn rules_of_kibanas_languages_run() {
    let of = |language: &str, query: &str| {
        let text = RULE.replace("type = \"eql\"", "type = \"query\"");
        let text = text.replace("language = \"eql\"", &format!("language = \"{language}\""));
        parse_elastic(&text.replace("process where process.name : \"a.exe\"", query))
    };
    let kuery = of("kuery", "process.name: (a.exe or b*) and not user.name: SYSTEM");
    assert_eq!((kuery.diagnostics, kuery.language.as_str()), (Vec::new(), "kuery"));
    assert_eq!(kuery.rule.map(|rule| rule.origin.language), Some(RuleLanguage::Kuery));
    let lucene = of("lucene", "process.name:(a.exe OR b*) AND NOT user.name:SYSTEM");
    assert_eq!(lucene.rule.map(|rule| rule.origin.language), Some(RuleLanguage::Lucene), "{:?}", lucene.diagnostics);
    let refused = of("lucene", "process.name:evil~2");
    let not_run = refused.not_run.unwrap_or_default();
    assert_eq!(not_run.language, "lucene");
    assert!(not_run.reason.contains("fuzzy"), "{}", not_run.reason);
    assert!(refused.rule.is_none() && refused.diagnostics.is_empty());
}

#[test]
fn a_mistake_in_kql_has_its_place_in_the_file() {
    let text = RULE.replace("type = \"eql\"", "type = \"query\"").replace("language = \"eql\"", "language = \"kuery\"");
    let text = text.replace("process where process.name : \"a.exe\"", "process.name: b and\n  (process.name: d");
    let parsed = parse_elastic(&text);
    let found: Vec<_> = parsed.diagnostics.iter().map(|found| (found.code.0, &text[found.span.range()])).collect();
    assert_eq!(found, [("unterminated", "(")]);
    assert!(parsed.rule.is_none());
}

#[test]
fn other_languages_are_named_and_not_wrong() {
    let tables = RULE.replace("type = \"eql\"", "type = \"esql\"").replace("language = \"eql\"", "language = \"esql\"");
    let parsed = parse_elastic(&tables);
    assert_eq!(parsed.not_run.map(|rule| rule.language).as_deref(), Some("esql"));
    assert!(parsed.rule.is_none() && parsed.diagnostics.is_empty());
    let learned = RULE.replace("type = \"eql\"", "type = \"machine_learning\"").replace("language = \"eql\"\n", "");
    assert_eq!(parse_elastic(&learned).not_run.map(|rule| rule.language).as_deref(), Some("machine_learning"));
}

#[test]
fn mistakes_are_placed_in_the_file() {
    let places = |text: &str| -> Vec<String> {
        parse_elastic(text).diagnostics.iter().map(|found| diag::concise(found, "r.toml", text)).collect()
    };
    let found = places(&RULE.replace("process.name :", "process.name ="));
    assert!(found[0].starts_with("r.toml:21:28: error[single-equals]"), "{found:?}");
    let found = places(&RULE.replace("severity = \"medium\"", "severity = \"dire\""));
    assert!(found[0].starts_with("r.toml:15:12: error[rule-file]"), "{found:?}");
    let found = places(&RULE.replace("query = '''\nprocess where process.name : \"a.exe\"\n'''", ""));
    assert!(found[0].contains("error[no-query]"), "{found:?}");
}

#[test]
fn the_account_that_wrote_the_record_is_not_the_user() {
    let warned = |query: &str| {
        let parsed = parse_elastic(&RULE.replace("process.name : \"a.exe\"", query));
        parsed.diagnostics.iter().any(|found| found.code == crate::rules::codes::WRITER_AS_USER)
    };
    assert!(warned("user.id != \"S-1-5-18\""));
    assert!(!warned("not (data_stream.dataset == \"x\" and user.id == \"S-1-5-18\")"), "the rule knows");
    assert!(!warned("user.name == \"ann\""));
}
