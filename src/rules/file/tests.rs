use super::*;
use crate::diag;

const HEAD: &str = "[rule]\nid = \"x\"\nname = \"n\"\ndescription = \"d\"\nseverity = \"high\"\nrisk_score = 73\n";

fn places(text: &str) -> Vec<String> {
    parse_toml(text).diagnostics.iter().map(|found| diag::concise(found, "r.toml", text)).collect()
}

#[test]
fn a_small_rule_loads() {
    let parsed = parse_toml(&format!("{HEAD}query = 'process where process.pid == 1'\n"));
    assert_eq!(parsed.diagnostics, []);
    let rule = parsed.rule.unwrap();
    assert_eq!((rule.meta.level, rule.meta.risk_score), (Level::High, 73.0));
    assert_eq!(rule.source, "process where process.pid == 1");
}

#[test]
fn mistakes_in_the_query_are_placed_in_the_rule_file() {
    let found = places(&format!("{HEAD}query = '''\nprocess where\n  process.pid = 1\n'''\n"));
    assert!(found[0].starts_with("r.toml:9:15: error["), "{found:?}");
    // With escapes in the TOML string the columns are still those of the file.
    let found = places(&format!("{HEAD}query = \"process where \\\"a\\\" = 1\"\n"));
    assert!(found[0].starts_with("r.toml:7:30: error["), "{found:?}");
}

#[test]
fn mistakes_in_the_file_are_placed_too() {
    let found = places(&format!("{HEAD}query = 'any where true'\nseverty = 1\n"));
    assert!(found[0].starts_with("r.toml:8:1: error[rule-file]: unknown field `severty`"), "{found:?}");
    assert!(places("[rule\n")[0].starts_with("r.toml:1:6: error[rule-file]"));
    assert!(places("")[0].contains("missing field `rule`"));
}
