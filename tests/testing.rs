//! `evql test` as a person uses it: the samples of this repository, a test that is made, broken and brought up to date, and weakened rules.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::testing::{RunSettings, SuiteError, SuiteOptions, TestSuite, Verdict};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn evql(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_evql")).args(args).current_dir(root()).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n", "\n")
}

#[test]
fn the_tests_of_the_samples_pass() {
    let suite = TestSuite::load([root().join("samples")], &SuiteOptions::default()).unwrap();
    assert!(suite.cases.len() > 25 && suite.passed_over == 0, "{}", suite.cases.len());
    let results = suite.run(RunSettings::default(), &|_, _| ()).unwrap();
    for (case, result) in suite.cases.iter().zip(&results) {
        assert_eq!(result.verdict, Verdict::Passed, "{}: {:#?}", case.id(), result.failures);
    }
    let alerts: usize = results.iter().flat_map(|result| &result.runs).map(|run| run.found.alerts.len()).sum();
    assert!(alerts > 20, "only {alerts} alerts in all samples");
}

#[test]
fn a_new_test_passes_fails_when_something_else_is_found_and_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("first.test.toml");
    let path = file.to_str().unwrap();
    let made = evql(&["test", "--new", "samples/macro-ws-0431.evtx", "samples/broken-checksum.evtx", "-o", path]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    assert_eq!(evql(&["test", path]).status.code(), Some(0));
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains("records = [52009, 52011]") && written.contains("[[test.expect.fault]]"), "{written}");
    fs::write(&file, written.replace("[52009, 52011]", "[52009, 52010]")).unwrap();
    let failed = evql(&["test", path]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stdout).contains("stage 2 of 2 was not met by record 52010"), "{}", text(&failed.stdout));
    assert_eq!(evql(&["test", path, "--update"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).unwrap(), written);
    // An existing file is not lost.
    assert_eq!(evql(&["test", "--new", "samples/dns.evtx", "-o", path]).status.code(), Some(3));
}

/// Every file format is written beside what people see, and told by the ending.
#[test]
fn results_go_to_a_file_in_the_format_of_its_ending() {
    let folder = tempfile::tempdir().unwrap();
    for (name, begin) in
        [("a.xml", "<?xml"), ("a.tap", "TAP version 14"), ("a.jsonl", "{\"type\":\"test\""), ("a.txt", "ok ")]
    {
        let path: PathBuf = folder.path().join(name);
        let run = evql(&["test", "samples/scenarios/dns.toml", "-o", path.to_str().unwrap()]);
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
        assert!(text(&run.stdout).contains("1 test passed"), "{}", text(&run.stdout));
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.starts_with(begin), "{name}: {written}");
    }
}

/// The point of tests: a rule that somebody weakens is caught, whatever was weakened in it.
#[test]
fn a_weakened_rule_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let samples = std::path::absolute(root().join("samples")).unwrap().to_string_lossy().replace('\\', "/");
    let rule = fs::read_to_string(root().join("tests/cli/detections/scriptlet.eql")).unwrap();
    let test = fs::read_to_string(root().join("tests/cli/detections/scriptlet.test.toml")).unwrap();
    let path = folder.path().join("scriptlet.test.toml");
    fs::write(&path, test.replace("../../../samples", &samples)).unwrap();
    let verdicts = |rule: &str| {
        fs::write(folder.path().join("scriptlet.eql"), rule).unwrap();
        let suite = TestSuite::load([&path], &SuiteOptions::default()).unwrap();
        let results = suite.run(RunSettings::default(), &|_, _| ()).unwrap();
        results.iter().map(|result| result.verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(&rule), [Verdict::Passed, Verdict::Passed]);
    assert_eq!(verdicts(&rule.replace("\"regsvr32.exe\"", "\"regsvr33.exe\"")), [Verdict::Failed, Verdict::Passed]);
    assert_eq!(verdicts(&rule.replace("maxspan=5m", "maxspan=1s")), [Verdict::Failed, Verdict::Passed]);
    assert_eq!(verdicts(&rule.replace("\"msiexec.exe\"", "\"other.exe\"")), [Verdict::Passed, Verdict::Failed]);
}

#[test]
fn wrong_files_are_all_told_at_once() {
    let error = TestSuite::load([root().join("tests/cli/wrong-tests")], &SuiteOptions::default()).unwrap_err();
    let SuiteError::Wrong { files } = &error else { panic!("{error}") };
    assert_eq!(files.iter().map(|file| file.diagnostics.len()).collect::<Vec<_>>(), [1, 6]);
    assert!(error.to_string().contains("key.test.toml:7:1: error[test-file]: unknown field `recrods`"), "{error}");
    assert!(matches!(
        TestSuite::load([root().join("docs/examples")], &SuiteOptions::default()),
        Err(SuiteError::Nothing)
    ));
}
