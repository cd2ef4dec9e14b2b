use super::*;
use crate::diag;

#[test]
fn every_embedded_file_loads_without_a_diagnostic() {
    for (name, text) in FILES {
        let parsed = parse_toml(text);
        let report: Vec<String> = parsed.diagnostics.iter().map(|found| diag::concise(found, name, text)).collect();
        assert!(report.is_empty(), "{report:#?}");
        assert!(parsed.rule.is_some(), "{name}");
    }
    assert_eq!(builtin().rules.len(), FILES.len());
}

#[test]
fn the_registration_utility_rule_says_what_it_must() {
    let rules = builtin().rules;
    let meta = &rules[0].meta;
    assert_eq!(meta.name, "Network Connection via Registration Utility");
    assert_eq!((meta.level.name(), meta.level.severity(), meta.risk_score), ("low", 21, 21.0));
    let techniques: Vec<&str> =
        meta.threat.iter().flat_map(|attack| &attack.techniques).map(|technique| technique.id.as_str()).collect();
    assert_eq!(techniques, ["T1218", "T1218.009", "T1218.010"]);
    assert!(meta.note.as_deref().is_some_and(|note| note.contains("What to look at")));
}
