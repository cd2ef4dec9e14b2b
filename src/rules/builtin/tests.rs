use super::*;
use crate::diag;
use std::path::Path;

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
fn the_list_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules/builtin");
    let mut there = Vec::new();
    for tactic in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for file in std::fs::read_dir(&tactic).unwrap() {
            let name = [tactic.file_name().unwrap().to_owned(), file.unwrap().file_name()];
            there.push(name.map(|part| part.into_string().unwrap()).join("/"));
        }
    }
    there.sort();
    assert_eq!(FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), there);
}

#[test]
fn the_registration_utility_rule_says_what_it_must() {
    let rules = mission().rules;
    let meta = &rules[0].meta;
    assert_eq!(meta.id, "9d0c2f6a-5f1b-4c62-8e0e-3a6f6f1f7b21");
    assert_eq!((meta.level.name(), meta.level.severity(), meta.risk_score), ("low", 21, 21.0));
    let techniques: Vec<&str> =
        meta.threat.iter().flat_map(|attack| &attack.techniques).map(|technique| technique.id.as_str()).collect();
    assert_eq!(techniques, ["T1218", "T1218.009", "T1218.010"]);
    assert!(meta.note.as_deref().is_some_and(|note| note.contains("What to look at")));
}
