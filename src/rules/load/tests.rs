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
    let bytes = folder_of(&[
        ("good.toml", ELASTIC),
        ("bad.eql", "any where 1 = 1"),
        ("empty.toml", ""),
        ("x.toml", "[rule]\nname="),
    ]);
    std::fs::write(bytes.path().join("z.eql"), [0xff, 0xfe, 0x00]).unwrap();
    let loaded = load(&[bytes.path().to_owned(), bytes.path().join("missing.toml")]);
    assert_eq!(loaded.set.rules.len(), 1);
    assert_eq!(codes_of(&loaded), ["single-equals", "rule-file", "unreadable-file", "unreadable-file"]);
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

const FILTER: &str = "[[rule.filters]]\n[rule.filters.meta]\nnegate = true\n[rule.filters.query.match_phrase]\n\"process.name\" = \"a.exe\"\n";

#[test]
fn a_folder_may_hold_anything() {
    let lock = "{\"1\": {\"rule_name\": \"n\", \"sha256\": \"x\", \"type\": \"eql\", \"version\": 3}}";
    let alerts = "{\"_source\": {\"kibana.alert.rule.rule_id\": \"1\", \"rule\": {\"rule_id\": \"1\"}}}\n".repeat(500);
    let folder = folder_of(&[
        ("rules/a.toml", ELASTIC),
        ("pyproject.toml", "[project]\nname='x'\n"),
        ("broken.toml", "{{ cookiecutter.x }}\n[[[\n"),
        ("Cargo.toml", "[package]\nname='x'\n[rules]\na=1\n"),
        ("hunting/a.toml", "[hunt]\nname='n'\nlanguage=['ES|QL']\nquery=['from x']\n"),
        ("lint.toml", "[rule]\nmax_length = 3\n"),
        ("actions/a.toml", "[metadata]\nrule_id='1'\n[[actions]]\nid='1'\n"),
        ("etc/version.lock.json", lock),
        ("package.json", "{\n  \"name\": \"x\",\n  \"type\": \"module\"\n}\n"),
        ("tsconfig.json", "{\n  // comment\n  \"x\": 1\n}\n"),
        ("alerts.ndjson", &alerts),
        ("template.json", "{{ x }}"),
        ("empty.json", ""),
        ("numbers.json", "[1, 2, 3]\n4\n\"rule_id\"\n"),
    ]);
    std::fs::write(folder.path().join("latin1.json"), b"{\"x\": \"\xe9\"}").unwrap();
    let loaded = load(&[folder.path().to_owned()]);
    assert_eq!(codes_of(&loaded), Vec::<&str>::new());
    assert_eq!((loaded.set.rules.len(), loaded.passed_over), (1, 14));
}

#[test]
fn a_rule_in_utf_16_is_a_rule() {
    let folder = folder_of(&[]);
    let export = "{\"rule_id\":\"3\",\"name\":\"n\",\"type\":\"eql\",\"query\":\"any where true\"}\n";
    let bytes: Vec<u8> = format!("\u{feff}{export}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join("export.ndjson"), bytes).unwrap();
    let loaded = load(&[folder.path().to_owned()]);
    assert_eq!((loaded.set.rules.len(), loaded.passed_over), (1, 0));
}

#[test]
fn a_file_that_somebody_named_must_hold_rules() {
    for (name, text) in
        [("a.toml", "[project]\n"), ("a.json", "{\"name\": \"x\"}"), ("a.ndjson", "1\n2\n"), ("b.toml", "[[[")]
    {
        let folder = folder_of(&[(name, text)]);
        let loaded = load(&[folder.path().join(name)]);
        assert!(loaded.has_error(), "{name}");
    }
}

#[test]
fn one_file_has_few_errors_whatever_it_is() {
    let text = "{\"rule_id\": broken\n".repeat(10_000) + &"{\"other\": 1}\n".repeat(10_000);
    let folder = folder_of(&[("a.ndjson", &text)]);
    for path in [folder.path().to_owned(), folder.path().join("a.ndjson")] {
        let loaded = load(&[path]);
        assert_eq!(loaded.files[0].diagnostics.len(), 6);
        assert!(loaded.files[0].diagnostics.iter().any(|found| found.message.starts_with("19995 more")));
    }
}

#[test]
fn files_of_one_name_in_two_folders_are_two_rules() {
    let folder = folder_of(&[
        ("a/x.eql", "any where true"),
        ("b/x.eql", "process where true"),
        ("c/x.eql", "process where true"),
    ]);
    let ids = |loaded: &Loaded| loaded.set.rules.iter().map(|rule| rule.meta.id.clone()).collect::<Vec<_>>();
    let loaded = load(&[folder.path().to_owned()]);
    assert_eq!(ids(&loaded), ["eql:a/x", "eql:b/x", "eql:c/x"]);
    let loaded = load(&["a", "b"].map(|name| folder.path().join(name)));
    let second = format!("eql:{}", folder.path().join("b").join("x.eql").display());
    assert_eq!(ids(&loaded), ["eql:x", &second]);
    let loaded = load(&["b", "c"].map(|name| folder.path().join(name)));
    assert_eq!(codes_of(&loaded), ["duplicate-rule"]);
}

#[test]
fn an_id_with_two_contents_is_said() {
    let other = ELASTIC.replace("any where true", "any where false");
    let filtered = format!("{ELASTIC}{FILTER}");
    for other in [other, filtered] {
        let folder = folder_of(&[("a.toml", ELASTIC), ("b.toml", &other)]);
        let loaded = load(&[folder.path().to_owned()]);
        assert_eq!(loaded.notices.len(), 1);
        assert!(loaded.notices[0].text.contains("different contents"));
    }
}

#[test]
fn deprecated_rules_do_not_run_unless_asked_for() {
    let said = format!("[metadata]\nmaturity = \"deprecated\"\n{ELASTIC}");
    let wrong = ELASTIC.replace("any where true", "any where 1 = 1").replace("'1'", "'3'");
    let folder = folder_of(&[
        ("a.toml", &said),
        ("_deprecated/b.toml", &ELASTIC.replace("'1'", "'2'")),
        ("_deprecated/c.toml", &wrong),
    ]);
    let loaded = load(&[folder.path().to_owned()]);
    assert_eq!((loaded.set.rules.len(), loaded.deprecated.len()), (0, 3));
    assert!(!loaded.has_error());
    let options = LoadOptions { deprecated: true, ..LoadOptions::default() };
    let loaded = load_with(&[folder.path().to_owned()], options, &|count, job| (0..count).for_each(job));
    assert_eq!((loaded.set.rules.len(), loaded.wrong_rules), (2, 1));
    assert!(loaded.set.rules.iter().all(|rule| rule.meta.deprecated));
}

#[test]
fn exceptions_of_other_files_are_given_to_the_rules_that_name_their_list() {
    let rule = format!(
        "{ELASTIC}[[rule.exceptions_list]]\nid='x'\nlist_id='l'\nnamespace_type='single'\ntype='rule_default'\n"
    );
    let item = "[exceptions.container]\nlist_id='l'\nname='n'\n[[exceptions.items]]\nlist_id='l'\nname='known'\nentries=[{field='process.name', type='match', operator='included', value='a.exe'}]\n";
    let toml = format!("[metadata]\nlist_name='n'\n[[exceptions]]\n{item}");
    let json = "{\"list_id\":\"l\",\"name\":\"known\",\"entries\":[{\"field\":\"process.name\",\"type\":\"match\",\"value\":\"a.exe\"}]}\n";
    for (name, text) in [("exceptions/l.toml", toml.as_str()), ("lists.ndjson", json)] {
        let folder = folder_of(&[(name, text), ("rules/a.toml", &rule)]);
        let mut loaded = load(&[folder.path().to_owned()]);
        assert_eq!(codes_of(&loaded), Vec::<&str>::new(), "{name}");
        assert_eq!(loaded.set.rules[0].exceptions.len(), 1, "{name}");
        loaded.tell_missing_lists(&LoadedExceptions::default());
        assert_eq!(loaded.notices, []);
    }
    let folder = folder_of(&[("rules/a.toml", &rule)]);
    let mut loaded = load(&[folder.path().to_owned()]);
    assert_eq!(codes_of(&loaded), ["missing-exceptions"]);
    loaded.tell_missing_lists(&LoadedExceptions::default());
    assert!(loaded.notices[0].text.contains("'l'") && loaded.notices[0].text.contains("'n'"));
}

#[test]
fn a_value_list_is_said_even_if_nobody_checks() {
    let text = "{\"list_id\":\"l\",\"name\":\"known\",\"entries\":[{\"field\":\"process.name\",\"type\":\"list\",\"list\":{\"id\":\"x\",\"type\":\"keyword\"},\"operator\":\"included\"}]}\n{\"rule_id\":\"1\",\"name\":\"n\",\"type\":\"eql\",\"query\":\"any where true\"}\n";
    let folder = folder_of(&[("a.ndjson", text)]);
    let loaded = load(&[folder.path().to_owned()]);
    assert!(loaded.notices[0].text.contains("value list for process.name"));
}

#[test]
fn a_filter_that_cannot_be_honoured_is_an_error_at_its_place() {
    let bad = "[[rule.filters]]\nquery = {script = {source = 'x'}}\n";
    let text = format!("{ELASTIC}{FILTER}{bad}");
    let folder = folder_of(&[("a.toml", &text)]);
    let loaded = load(&[folder.path().to_owned()]);
    assert_eq!(codes_of(&loaded), ["unusable-filter"]);
    let found = crate::diag::concise(&loaded.files[0].diagnostics[0], "a", &text);
    assert!(found.starts_with("a:14:"), "{found}");
    assert_eq!(loaded.set.rules.len(), 0);
}

#[test]
fn of_several_versions_the_highest_runs() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, version: &str, query: &str| {
        let text = format!(
            r#"{{"rule_id":"1","name":"n","type":"eql","language":"eql","risk_score":1,{version}"query":"{query}"}}"#
        );
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("a.json", "\"version\":3,", "any where 3 == 3");
    write("b.json", "\"version\":10,", "any where 10 == 10");
    write("c.json", "\"version\":9,", "any where 9 == 9");
    // Another form of the one that runs.
    write("d.json", "", "any where 10 == 10");
    let loaded = load(&[folder.path().to_owned()]);
    let sources: Vec<&str> = loaded.set.rules.iter().map(|rule| rule.source.as_str()).collect();
    assert_eq!(sources, ["any where 10 == 10"]);
    let notices: Vec<&str> = loaded.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert_eq!(notices, ["1 rule is there in several versions, and the highest of each runs"]);
    assert!(!loaded.has_error());
}
