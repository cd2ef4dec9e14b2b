//! Values that Elasticsearch does not index, being too long for keywords, count as missing, and the summary says so.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::eql;
use evql::forge::Scenario;
use evql::pipeline::{self, RunOptions, Silent, TimelineOptions};
use evql::rules::{Rule, RuleSet};
use evql::timeline::RowContents;
use std::path::{Path, PathBuf};

/// A log in which a process has a very long argument, and a copy of it.
fn logs(folder: &Path) -> [PathBuf; 2] {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scenarios/regsvr32.toml");
    let scenario = std::fs::read_to_string(samples).unwrap();
    let long = format!("update.sct{} scrobj.dll'", "A".repeat(1500));
    let scenario = Scenario::parse(&scenario.replacen("update.sct scrobj.dll'", &long, 1), "regsvr32.toml").unwrap();
    let bytes = &scenario.build().unwrap()[0].bytes;
    ["a.evtx", "b.evtx"].map(|name| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    })
}

#[test]
fn events_with_values_that_are_too_long_for_a_keyword_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let paths = logs(folder.path());
    let told = |query: &str, options: &RunOptions| -> Vec<String> {
        let detector = Detector::new(RuleSet { rules: vec![Rule::bare(query, eql::compile(query).query.unwrap())] });
        let outcome = pipeline::run(&paths, &detector, options, &Silent).unwrap();
        outcome.notices.into_iter().map(|notice| notice.text).collect()
    };
    let timeline = |contents| Some(TimelineOptions { contents });
    let all = [
        RunOptions::default(),
        RunOptions { slow_reader: true, ..RunOptions::default() },
        RunOptions { threads: 1, timeline: timeline(RowContents::Record), ..RunOptions::default() },
        RunOptions { timeline: timeline(RowContents::Document), ..RunOptions::default() },
    ];
    for options in &all {
        let args = told("process where process.args : \"*AAAA*\"", options);
        let [text] = &*args else { panic!("one notice: {args:?}") };
        assert_eq!(
            text,
            "1 event with values of more than 1,024 characters in fields that rules ask for (`process.args`): \
             these count as missing, as in Elasticsearch (ignore_above)"
        );
        assert_eq!(told("process where process.command_line : \"*AAAA*\"", options), [""; 0], "no keyword");
        assert_eq!(told("process where process.name : \"x\"", options), [""; 0], "not too long");
    }
}

/// Sigma compares what was logged: a long value is found, and only rules of Elastic's are blind to it.
#[test]
fn values_that_are_too_long_for_keywords_are_not_too_long_for_sigma() {
    let folder = tempfile::tempdir().unwrap();
    let paths = logs(folder.path());
    let sigma = "title: Long\nlogsource: {category: process_creation}\ndetection: {s: {CommandLine|contains: AAAAAAAA}, condition: s}\n";
    let path = folder.path().join("long.yml");
    std::fs::write(&path, sigma).unwrap();
    let sigma = evql::rules::load(&[path]).set.rules;
    let bare = |query: &str| Rule::bare(query, eql::compile(query).query.unwrap());
    let elastic = [bare("process where process.args : \"*AAAAAAAA*\"")];
    let run = |rules: Vec<Rule>| {
        let detector = Detector::new(RuleSet { rules });
        let outcome = pipeline::run(&paths, &detector, &RunOptions::default(), &Silent).unwrap();
        let notices: Vec<String> = outcome.notices.iter().map(|notice| notice.text.clone()).collect();
        (outcome.alerts.hold().unwrap().len(), notices)
    };
    assert_eq!(run(sigma.clone()), (1, Vec::new()));
    let (found, notices) = run(sigma.into_iter().chain(elastic).collect());
    assert_eq!(found, 1);
    let [text] = &*notices else { panic!("one notice: {notices:?}") };
    assert!(text.contains("(`process.args`)"), "{text}");
    assert!(text.ends_with("(ignore_above); rules of Sigma compare what was logged, however long it is"), "{text}");
}
