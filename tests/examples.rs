//! The examples in `docs/examples` over the samples, and the facade beside the command line: they tell the same.
//!
//! `EVQL_BLESS=1` rewrites what the examples are expected to print; read it before you commit it.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::event::Clock;
use evql::report::{AlertsJson, JsonLayout, TimelineEcs};
use evql::rules::RuleSelection;
use evql::{Scanner, ScannerError};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder of the examples. `cargo test` builds them, but `cargo test --test examples` does not: it would run what an earlier build has left there.
fn built() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let own = std::env::current_exe().unwrap();
        let folder = own.parent().unwrap().with_file_name("examples");
        // Under Wine there is no cargo, and who runs the tests has built them (`tests/windows/run`).
        if std::env::var_os("EVQL_EXAMPLES_BUILT").is_some() {
            return folder;
        }
        let release = folder.parent().unwrap().ends_with("release").then_some("--release");
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "--examples"]).args(release).current_dir(root());
        assert!(build.status().unwrap().success(), "the examples cannot be built");
        folder
    });
    &FOLDER
}

/// What an example prints.
fn printed(name: &str, args: &[&str]) -> String {
    let example = built().join(name).with_extension(std::env::consts::EXE_EXTENSION);
    let output = Command::new(&example).args(args).current_dir(root()).env_remove("RUST_BACKTRACE").output().unwrap();
    // A path that is joined to a folder is written as the system does.
    let text =
        |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace("\r\n", "\n").replace("samples\\", "samples/");
    format!("{}-- stderr\n{}", text(output.stdout), text(output.stderr))
}

/// Compares with the file in `tests/snapshots/examples`, or writes it.
fn kept(name: &str, text: &str) {
    let path = root().join("tests/snapshots/examples").join(name);
    if std::env::var_os("EVQL_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(expected == text, "{} differs; EVQL_BLESS=1 rewrites it:\n{text}", path.display());
}

/// What the binary prints.
fn evql(args: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_evql")).args(args).current_dir(root()).output().unwrap();
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn scan_folder_prints_alerts_and_what_could_not_be_read() {
    kept("scan_folder.txt", &printed("scan_folder", &["samples"]));
}

#[test]
fn run_query_prints_events_that_match() {
    let sequence = "sequence by process.entity_id [process where event.type == \"start\" and process.name : \"regsvr32.exe\"] [network where true]";
    kept("run_query.txt", &printed("run_query", &[sequence, "samples"]));
    kept("run_query_wrong.txt", &printed("run_query", &["process where process.name ==", "samples"]));
}

#[test]
fn map_to_ecs_prints_documents() {
    kept("map_to_ecs.txt", &printed("map_to_ecs", &["samples/regasm.evtx"]));
}

#[test]
fn test_rules_prints_failures_and_changes_that_no_test_notices() {
    kept("test_rules.txt", &printed("test_rules", &["tests/cli/detections/scriptlet.test.toml"]));
}

#[test]
fn every_example_is_run_by_a_test() {
    let own = fs::read_to_string(root().join("tests/examples.rs")).unwrap();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("docs/examples")).unwrap() {
        let name = entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned();
        assert!(own.contains(&format!("printed(\"{name}\"")), "nothing runs docs/examples/{name}.rs");
        seen += 1;
    }
    assert_eq!(seen, 4);
}

/// The samples, as a person names them in the root of the repository.
fn samples() -> [&'static str; 3] {
    ["samples/regsvr32.evtx", "samples/macro-ws-0431.evtx", "samples/damaged-chunk.evtx"]
}

#[test]
fn the_facade_and_the_command_line_write_the_same_alerts() {
    for (clock, name) in [(Clock::Logged, "logged"), (Clock::Utc, "utc")] {
        let scanner = Scanner::builder().clock(clock).threads(2).build().unwrap();
        let mut results = scanner.scan(samples()).unwrap();
        results.enrich().unwrap();
        let mut written = Vec::new();
        results.write(&AlertsJson(JsonLayout::Lines), &mut written).unwrap();
        let args = [&["scan", "--clock", name, "-t", "jsonl", "-o", "-"], &samples()[..]].concat();
        assert!(written == evql(&args), "{}", String::from_utf8_lossy(&written));
        assert!(results.alerts().len() > 1);
    }
}

#[test]
fn the_facade_and_the_command_line_write_the_same_documents() {
    let mut written = Vec::new();
    let scanner = Scanner::builder().build().unwrap();
    let results = scanner.scan_timeline(samples(), &TimelineEcs, &mut written).unwrap();
    assert!(written == evql(&[&["timeline", "-t", "ecs", "-o", "-"], &samples()[..]].concat()));
    assert!(results.stats().adds_up() && results.stats().mapped > 10);
}

/// With the built-in rules and no alert, and with a rule whose field nobody has: each has notices of its own kind.
#[test]
fn the_facade_and_the_command_line_give_the_same_notices() {
    let folder = tempfile::tempdir().unwrap();
    let rule = folder.path().join("own.eql").display().to_string();
    fs::write(&rule, "network where own.field == \"a\" and dns.question.name == \"b\"").unwrap();
    for (rules, evidence) in [(None, "samples/split-files-2.evtx"), (Some(&rule), "samples/split-files-2.evtx")] {
        let builder = Scanner::builder();
        let scanner = match rules {
            Some(rule) => builder.rules_from([rule]),
            None => builder,
        };
        let results = scanner.build().unwrap().scan([evidence]).unwrap();
        let own = results.notices().iter().map(|notice| (notice.kind.as_str(), notice.text.as_str()));
        let own: Vec<(String, String)> = own.map(|(kind, text)| (kind.to_owned(), text.to_owned())).collect();
        let given: Vec<&str> = rules.iter().flat_map(|rule| ["-r", rule.as_str()]).collect();
        let summary = evql(&[&["scan", "-q", "--summary-json", "-", evidence][..], &given].concat());
        let summary: serde_json::Value = serde_json::from_slice(&summary).unwrap();
        let told = summary["notices"].as_array().unwrap().iter();
        let text = |notice: &serde_json::Value, key: &str| notice[key].as_str().unwrap().to_owned();
        let told: Vec<_> = told.map(|notice| (text(notice, "kind"), text(notice, "text"))).collect();
        assert_eq!(own, told, "{evidence}");
        assert!(own.len() > 1, "{own:?}");
    }
}

#[test]
fn one_scan_changes_nothing_of_the_next() {
    let scanner = Scanner::builder().query("process where own.field == \"a\"").build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.ndjson");
    let document =
        "{\"@timestamp\":\"2024-03-05T09:14:03Z\",\"event\":{\"category\":\"process\"},\"own\":{\"field\":\"a\"}}\n";
    fs::write(&path, document).unwrap();
    let with_field = |path: PathBuf| {
        let results = scanner.scan([path]).unwrap();
        (results.events().count(), results.notices().iter().map(|notice| notice.text.clone()).collect::<Vec<_>>())
    };
    assert_eq!(with_field(path), (1, Vec::new()));
    let (found, notices) = with_field(root().join("samples/regasm.evtx"));
    assert_eq!(found, 0);
    assert!(notices[0].contains("`own.field` is asked for by the rule 'query'"), "{notices:?}");
}

#[test]
fn wrong_rules_are_an_error_that_names_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let rule = folder.path().join("wrong.eql");
    fs::write(&rule, "process where\n  process.name ==\n").unwrap();
    fs::write(folder.path().join("right.eql"), "process where true").unwrap();
    let error = Scanner::builder().rules_from([&rule]).build().unwrap_err();
    assert!(error.to_string().contains("wrong.eql:3:1: error["), "{error}");
    let skipping = Scanner::builder().rules_from([folder.path()]).skip_bad_rules(true).build().unwrap();
    assert_eq!(skipping.rules().len(), 1);
    assert!(skipping.rule_files().iter().any(evql::rules::FileReport::has_error));
    let no_rule = Scanner::builder().rules_from([&rule]).skip_bad_rules(true).build().unwrap_err();
    assert!(matches!(no_rule, ScannerError::NoRule));
    let none = RuleSelection { include: vec!["no such tag".to_owned()], ..RuleSelection::default() };
    assert!(matches!(Scanner::builder().select(none).build().unwrap_err(), ScannerError::NoRule));
}

#[test]
fn exceptions_and_max_signals_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let rule = folder.path().join("all.eql");
    fs::write(&rule, "any where true").unwrap();
    let limited = Scanner::builder().rules_from([&rule]).max_signals(true).build().unwrap();
    let results = limited.scan(["samples/several-chunks.evtx"]).unwrap();
    assert_eq!(results.alerts().len() + results.left_out(), usize::try_from(results.stats().mapped).unwrap());
    assert!(results.left_out() > 0);
    let empty = limited.scan(["no/such/path"]).unwrap();
    assert_eq!((empty.alerts().len(), empty.faults().len(), empty.inputs().len()), (0, 1, 0));
}
