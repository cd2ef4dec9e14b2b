use super::*;

fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn codes_of(loaded: &Loaded) -> Vec<&'static str> {
    loaded.files.iter().flat_map(|file| &file.diagnostics).map(|found| found.code.0).collect()
}

const ELASTIC: &str =
    "[rule]\nrule_id='1'\nname='n'\nlanguage='eql'\ntype='eql'\nseverity='low'\nrisk_score=1\nquery='any where true'\n";
const OWN: &str = "[rule]\nid='2'\nname='n'\ndescription='d'\nseverity='low'\nrisk_score=1\nquery='any where true'\n";

#[test]
fn a_folder_may_mix_formats_and_hold_other_files() {
    let export = "{\"rule_id\":\"3\",\"name\":\"n\",\"type\":\"eql\",\"query\":\"any where true\"}\n";
    let folder = folder_of(&[
        ("a/elastic.toml", ELASTIC),
        ("a/own.toml", OWN),
        ("export.ndjson", export),
        ("Bare One.eql", "any where true\n"),
        ("README.md", "# rules"),
    ]);
    let loaded = load(&[folder.path().to_owned()]);
    let ids: Vec<&str> = loaded.set.rules.iter().map(|rule| rule.meta.id.as_str()).collect();
    assert_eq!(ids, ["eql:Bare One", "1", "2", "3"]);
    assert_eq!(loaded.passed_over, 1);
    assert_eq!(codes_of(&loaded), Vec::<&str>::new());
}

#[test]
fn what_is_wrong_with_one_file_hides_no_other() {
    let bytes =
        folder_of(&[("good.toml", ELASTIC), ("bad.eql", "any where 1 = 1"), ("empty.toml", ""), ("x.toml", "[x")]);
    std::fs::write(bytes.path().join("z.eql"), [0xff, 0xfe, 0x00]).unwrap();
    let loaded = load(&[bytes.path().to_owned(), bytes.path().join("missing.toml")]);
    assert_eq!(loaded.set.rules.len(), 1);
    assert_eq!(codes_of(&loaded), ["single-equals", "no-rule", "rule-file", "unreadable-file", "unreadable-file"]);
    assert!(loaded.has_error());
}

#[test]
fn the_same_rule_twice_runs_once() {
    let folder = folder_of(&[("a.toml", ELASTIC), ("b.toml", ELASTIC)]);
    let loaded = load(&[folder.path().to_owned()]);
    assert_eq!(loaded.set.rules.len(), 1);
    assert_eq!(codes_of(&loaded), ["duplicate-rule"]);
    assert!(!loaded.has_error());
}

#[test]
fn a_named_file_is_told_by_its_content() {
    let folder = folder_of(&[("query.txt", "any where true"), ("rule.txt", ELASTIC), ("e", "{\"rule_id\":1")]);
    let loaded = load(&["query.txt", "rule.txt", "e"].map(|name| folder.path().join(name)));
    assert_eq!(loaded.set.rules.len(), 2);
    assert_eq!(codes_of(&loaded), ["rule-file"]);
}
