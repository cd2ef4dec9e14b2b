use super::*;
use crate::rules::mission;

fn load_text(ending: &str, text: &str) -> LoadedExceptions {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("x.{ending}"));
    std::fs::write(&path, text).unwrap();
    load_exceptions(&[path], &mission())
}

/// Slug, and the marked text, of everything that is found.
fn findings(loaded: &LoadedExceptions) -> Vec<(&'static str, String)> {
    let marked = |file: &FileReport, found: &Diagnostic| {
        file.text.get(found.span.start as usize..found.span.end as usize).unwrap_or_default().to_owned()
    };
    loaded
        .files
        .iter()
        .flat_map(|file| file.diagnostics.iter().map(|found| (found.code.0, marked(file, found))))
        .collect()
}

#[test]
fn own_files_name_rules_and_conditions() {
    let loaded = load_text(
        "toml",
        "[[exception]]\nname = 'a'\nwhere = 'process.pid == 4'\n\n[[exception]]\nname = 'b'\nrules = ['network connection via registration utility']\nwhere = 'true'\n",
    );
    assert_eq!(findings(&loaded), []);
    assert_eq!(loaded.alerts.len(), 2);
    assert!(loaded.alerts[0].is_for("any", "thing"));
    assert!(loaded.alerts[1].is_for("any", "Network Connection via Registration Utility"));
    assert!(!loaded.alerts[1].is_for("any", "thing"));
}

#[test]
fn mistakes_are_found_where_they_stand() {
    let condition = load_text("toml", "[[exception]]\nname = 'a'\nwhere = 'process.pid === 4'\n");
    assert!(condition.has_error());
    assert!(findings(&condition)[0].1.contains('='), "{:?}", findings(&condition));
    let rule = load_text("toml", "[[exception]]\nname = 'a'\nrules = ['nobody']\nwhere = 'true'\n");
    assert_eq!(findings(&rule), [("unknown-rule", "'nobody'".to_owned())]);
    assert!(!rule.has_error());
    let pipe = load_text("toml", "[[exception]]\nname = 'a'\nwhere = 'true | head 1'\n");
    assert!(pipe.has_error());
    let typo = load_text("toml", "[[exception]]\nname = 'a'\nwere = 'true'\n");
    assert!(typo.has_error());
    assert!(load_text("ndjson", "{\"a\":1}\nnonsense\n").has_error());
}

#[test]
fn items_of_kibana_go_to_every_rule() {
    let item = r#"{"list_id":"l","name":"n","entries":[{"field":"process.name","type":"match","operator":"included","value":"x.exe"}]}"#;
    let loaded = load_text("ndjson", &format!("{item}\n{{\"exported_exception_list_item_count\":1}}\n"));
    assert_eq!(findings(&loaded), []);
    let mut set = mission();
    loaded.give_to(&mut set);
    assert_eq!(set.rules[0].exceptions.len(), 1);
}
