//! Rules are found in every form in which people have them: as the ZIP of a release, as a repository of detections as code, as Kibana exports them or its API answers,
//! as the assets of a package.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::rules::{self, Loaded};
use serde_json::{Value, json};
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

const SIGMA: &str = "title: A rule of Sigma\nid: 5638f7c0-ac70-491d-8465-2a65075e0d86\nstatus: test\nlogsource: {category: process_creation, product: windows}\ndetection: {s: {Image|endswith: '\\a.exe'}, condition: s}\nlevel: low\n";

fn toml(id: &str, extra: &str) -> String {
    format!(
        "[metadata]\ncreation_date = \"2024/01/01\"\nmaturity = \"production\"\n\n[rule]\nrule_id = \"{id}\"\nname = \"Rule {id}\"\ndescription = \"d\"\nrisk_score = 21\nseverity = \"low\"\ntype = \"eql\"\nlanguage = \"eql\"\nquery = 'process where process.name == \"a.exe\"'\n{extra}"
    )
}

fn kibana(id: &str, version: u32) -> Value {
    json!({
        "rule_id": id, "name": format!("Rule {id}"), "description": "d", "risk_score": 21, "severity": "low", "type": "eql", "language": "eql",
        "query": "process where process.name == \"a.exe\"", "version": version, "index": ["logs-*"], "threat": [], "references": [],
    })
}

/// The files of a folder, as pairs of path and text.
type Files = Vec<(String, String)>;

fn files(all: &[(&str, &str)]) -> Files {
    all.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn in_folder(folder: &Path, files: &Files) -> PathBuf {
    for (path, text) in files {
        let path = folder.join("folder").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder.join("folder")
}

fn in_zip(folder: &Path, files: &Files) -> PathBuf {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in files {
        writer.start_file(path.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    let path = folder.join("release.zip");
    std::fs::write(&path, writer.finish().unwrap().into_inner()).unwrap();
    path
}

fn in_tar_gz(folder: &Path, files: &Files) -> PathBuf {
    let path = folder.join("release.tar.gz");
    let gzip = flate2::write::GzEncoder::new(std::fs::File::create(&path).unwrap(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for (path, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap();
    path
}

/// What was loaded, as a person would count it.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    /// Ids and versions, in order.
    rules: Vec<String>,
    deprecated: usize,
    passed_over: usize,
}

fn counts(loaded: &Loaded) -> Counts {
    assert!(!loaded.has_error(), "{:?}", loaded.files.iter().filter(|file| file.has_error()).collect::<Vec<_>>());
    let rule = |rule: &rules::Rule| match &rule.meta.version {
        Some(version) => format!("{} {version}", rule.meta.id),
        None => rule.meta.id.clone(),
    };
    let rules = loaded.set.rules.iter().map(rule).collect();
    Counts { rules, deprecated: loaded.deprecated.len(), passed_over: loaded.passed_over }
}

/// Loads files as a folder and as archives, which must come to the same.
fn everywhere(files: &Files) -> (Counts, Loaded) {
    let folder = tempfile::tempdir().unwrap();
    let of_folder = rules::load(&[in_folder(folder.path(), files)]);
    let expected = counts(&of_folder);
    for archive in [in_zip(folder.path(), files), in_tar_gz(folder.path(), files)] {
        let loaded = rules::load(&[archive]);
        assert_eq!(counts(&loaded), expected);
        assert!(loaded.files.iter().all(|file| file.path.contains("release")), "{:?}", loaded.files);
    }
    (expected, of_folder)
}

fn expect(rules: &[&str], deprecated: usize, passed_over: usize) -> Counts {
    Counts { rules: rules.iter().map(|rule| (*rule).to_owned()).collect(), deprecated, passed_over }
}

#[test]
fn a_release_of_sigma() {
    let old = SIGMA.replace("5638f7c0", "00000000").replace("status: test", "status: deprecated");
    let all = files(&[
        ("sigma/rules/windows/process_creation/a.yml", SIGMA),
        ("sigma/deprecated/windows/b.yml", &old),
        ("sigma/tests/config.yml", "detection_is: not here\n"),
        ("sigma/.github/workflows/ci.yml", "on: push\njobs: {}\n"),
        ("sigma/README.md", "# Sigma"),
    ]);
    assert_eq!(everywhere(&all).0, expect(&["5638f7c0-ac70-491d-8465-2a65075e0d86"], 1, 3));
}

#[test]
fn a_repository_of_detections_as_code() {
    let lists =
        "\"exceptions_list\" = [{id = \"x\", list_id = \"own\", type = \"detection\", namespace_type = \"single\"}]\n";
    let exceptions = "[metadata]\ncreation_date = \"2024/01/01\"\nlist_name = \"Own\"\nrule_ids = [\"1\"]\nrule_names = [\"Rule 1\"]\nupdated_date = \"2024/01/01\"\n\n[[exceptions]]\n[exceptions.container]\ndescription = \"d\"\nlist_id = \"own\"\nname = \"Own\"\nnamespace_type = \"single\"\ntags = []\ntype = \"detection\"\n\n[[exceptions.items]]\ndescription = \"d\"\nlist_id = \"own\"\nitem_id = \"i\"\nname = \"n\"\nnamespace_type = \"single\"\ntags = []\ntype = \"simple\"\n\n[[exceptions.items.entries]]\nfield = \"process.name\"\noperator = \"included\"\ntype = \"match\"\nvalue = \"b.exe\"\n";
    let actions = "[metadata]\ncreation_date = \"2024/01/01\"\nrule_id = \"1\"\nrule_name = \"Rule 1\"\nupdated_date = \"2024/01/01\"\n\n[[actions]]\naction_type_id = \".slack\"\ngroup = \"default\"\nid = \"s\"\n\n[actions.params]\nmessage = \"m\"\n";
    let lock = json!({ "1": { "rule_name": "Rule 1", "sha256": "00", "type": "eql", "version": 3 } }).to_string();
    let gone =
        json!({ "9": { "deprecation_date": "2023/01/01", "rule_name": "Rule 9", "stack_version": "8.3" } }).to_string();
    let all = files(&[
        (
            "dac/_config.yaml",
            "rule_dirs:\n  - rules\nfiles:\n  deprecated_rules: etc/deprecated_rules.json\n  packages: etc/packages.yaml\n",
        ),
        ("dac/rules/windows/one.toml", &toml("1", lists)),
        ("dac/rules/_deprecated/two.toml", &toml("2", "")),
        ("dac/rules_building_block/three.toml", &toml("3", "building_block_type = \"default\"\n")),
        ("dac/exceptions/own.toml", exceptions),
        ("dac/actions/one.toml", actions),
        ("dac/etc/version.lock.json", &lock),
        ("dac/etc/deprecated_rules.json", &gone),
        ("dac/etc/packages.yaml", "package:\n  name: \"8.16\"\n"),
        ("dac/etc/stack-schema-map.yaml", "\"8.16.0\":\n  beats: \"8.16.0\"\n"),
        ("dac/pyproject.toml", "[project]\nname = \"detection_rules\"\n"),
    ]);
    let (found, loaded) = everywhere(&all);
    assert_eq!(found, expect(&["1", "3"], 1, 7));
    assert_eq!(loaded.set.rules[0].exceptions.len(), 1);
    assert!(loaded.set.rules[1].meta.building_block);
}

#[test]
fn the_assets_of_a_package_in_their_versions() {
    let asset = |id: &str, version: u32| {
        let asset =
            json!({ "attributes": kibana(id, version), "id": format!("{id}_{version}"), "type": "security-rule" });
        (format!("security_detection_engine-8.16.1/kibana/security_rule/{id}_{version}.json"), format!("{asset:#}"))
    };
    let mut all = vec![asset("1", 3), asset("1", 103), asset("1", 12), asset("2", 5)];
    all.extend(files(&[
        ("security_detection_engine-8.16.1/manifest.yml", "name: security_detection_engine\nversion: 8.16.1\n"),
        ("security_detection_engine-8.16.1/changelog.yml", "- version: 8.16.1\n"),
    ]));
    let (found, loaded) = everywhere(&all);
    assert_eq!(found, expect(&["1 103", "2 5"], 0, 2));
    assert!(
        loaded
            .notices
            .iter()
            .any(|notice| notice.text == "1 rule is there in several versions, and the highest of each runs")
    );
}

#[test]
fn exports_and_answers_of_kibana() {
    let one = kibana("1", 1);
    let saved = json!({ "id": "aa", "updated_at": "2024-01-01T00:00:00Z", "enabled": true, "rule_source": { "type": "internal" }, "revision": 0, "rule_id": "1",
        "name": "Rule 1", "description": "d", "risk_score": 21, "severity": "low", "type": "eql", "language": "eql",
        "query": "process where process.name == \"a.exe\"", "version": 1, "exceptions_list": [], "actions": [], "response_actions": [] });
    let old = json!({ "exported_count": 1, "missing_rules": [], "missing_rules_count": 0 });
    let new = json!({ "exported_count": 3, "exported_rules_count": 1, "missing_rules": [], "missing_rules_count": 0, "exported_exception_list_count": 0,
        "exported_exception_list_item_count": 0, "missing_exception_lists": [], "excluded_action_connection_count": 0, "exported_action_connector_count": 1 });
    let connector = json!({ "id": "c", "type": "action", "attributes": { "actionTypeId": ".slack", "name": "Slack" }, "references": [] });
    let find = json!({ "page": 1, "perPage": 20, "total": 1, "data": [saved] });
    let forms = [
        ("an old export", format!("{one}\n{old}\n"), "ndjson"),
        ("a new export", format!("{saved}\n{connector}\n{new}\n"), "ndjson"),
        ("GET", saved.to_string(), "json"),
        ("GET, pretty", format!("{saved:#}"), "json"),
        ("_find", format!("{find:#}"), "json"),
        ("an array", format!("{:#}", json!([saved])), "json"),
    ];
    for (name, text, ending) in forms {
        let all = vec![(format!("rules.{ending}"), text)];
        assert_eq!(everywhere(&all).0, expect(&["1 1"], 0, 0), "{name}");
    }
}

#[test]
fn one_rule_in_several_forms_counts_once() {
    let toml = toml("1", "");
    let all = files(&[
        ("rules/one.toml", toml.as_str()),
        ("export.ndjson", &kibana("1", 2).to_string()),
        ("package/one_7.json", &json!({ "attributes": kibana("1", 7), "type": "security-rule" }).to_string()),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let loaded = rules::load(&[in_folder(folder.path(), &all)]);
    assert_eq!(loaded.set.rules.len(), 1);
    assert_eq!(loaded.set.rules[0].meta.version.as_deref(), Some("7"));
    assert_eq!(loaded.files.iter().filter(|file| !file.diagnostics.is_empty()).count(), 2);
}

#[test]
fn what_is_broken_in_an_archive_is_told_by_its_place_and_hides_nothing() {
    let broken = SIGMA.replace("endswith", "endswit").replace("5638f7c0", "00000000");
    let all = files(&[("a/broken.yml", broken.as_str()), ("a/whole.yml", SIGMA)]);
    let folder = tempfile::tempdir().unwrap();
    let loaded = rules::load(&[in_zip(folder.path(), &all)]);
    assert_eq!(loaded.set.rules.len(), 1);
    let wrong: Vec<&rules::FileReport> = loaded.files.iter().filter(|file| file.has_error()).collect();
    assert!(wrong.len() == 1 && Path::new(&wrong[0].path).ends_with("release.zip/a/broken.yml"), "{wrong:?}");
    assert!(!loaded.has_error_in_named_file());
    std::fs::write(folder.path().join("half.zip"), &std::fs::read(folder.path().join("release.zip")).unwrap()[..60])
        .unwrap();
    let loaded = rules::load(&[folder.path().join("half.zip")]);
    assert!(loaded.has_error() && loaded.has_error_in_named_file());
}
