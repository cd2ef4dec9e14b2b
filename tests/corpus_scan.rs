//! The whole pipeline over the real corpus: the alerts that must be there, sums that add up, and the same output for any number of threads and
//! any order of files.
//!
//! The corpus carries its own licence and is read from where it is: `EVQL_SHARED` names the folder. These tests are ignored unless they are asked for: `cargo test -- --include-ignored`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::ecs;
use evql::event::Clock;
use evql::pipeline::{self, Outcome, RunOptions, Silent, SpoolLimits, TimelineOptions};
use evql::report::{AlertsJson, Exporter, JsonLayout, TimelineEcs, TimelineFormat, TimelineJson};
use results::results;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

fn corpus() -> PathBuf {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material");
    PathBuf::from(shared).join("corpus")
}

fn run(paths: &[PathBuf], threads: usize, clock: Clock) -> (Detector, Outcome) {
    let detector = Detector::new(mission::rules());
    let options = RunOptions { clock, threads, timeline: Some(TimelineOptions::default()), ..RunOptions::default() };
    let outcome = pipeline::run(paths, &detector, &options, &Silent).unwrap();
    (detector, outcome)
}

/// Host and record ids of each alert.
fn alerts(outcome: &Outcome) -> Vec<(String, Vec<String>)> {
    let text = |event: &evql::event::Event, field| event.document.text(field).unwrap_or_default().to_owned();
    let ids = |alert: &evql::detect::Alert| alert.present().map(|event| text(event, ecs::WINLOG_RECORD_ID)).collect();
    let host = |alert: &evql::detect::Alert| text(alert.last().unwrap(), ecs::HOST_NAME);
    let mut all: Vec<_> = outcome.alerts.hold().unwrap().iter().map(|alert| (host(alert), ids(alert))).collect();
    all.sort();
    all
}

fn expected(all: &[(&str, [&str; 2])]) -> Vec<(String, Vec<String>)> {
    all.iter().map(|(host, ids)| ((*host).to_owned(), ids.map(str::to_owned).to_vec())).collect()
}

/// Everything that is written, as one text.
fn output(paths: &[PathBuf], options: &RunOptions) -> String {
    let detector = Detector::new(mission::rules());
    let mut out = Vec::new();
    for format in [&TimelineJson(JsonLayout::Lines) as &dyn TimelineFormat, &TimelineEcs] {
        let timeline = Some(TimelineOptions { contents: format.contents() });
        let options = RunOptions { timeline, ..options.clone() };
        let outcome = pipeline::run(paths, &detector, &options, &Silent).unwrap();
        let results = results(&detector, &outcome.alerts, options.clock);
        AlertsJson(JsonLayout::Lines).export(&results, &mut out).unwrap();
        outcome.timeline.unwrap().write(&results, format, &mut out).unwrap();
        out.extend(format!("{:#?}{:#?}", outcome.stats, outcome.faults).bytes());
    }
    String::from_utf8(out).unwrap()
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn the_built_in_rule_finds_exactly_the_known_alerts() {
    let corpus = corpus();
    let (_, logged) = run(std::slice::from_ref(&corpus), 2, Clock::Logged);
    let known = [
        ("IEWIN7", ["16792", "16794"]),
        ("IEWIN7", ["17287", "17289"]),
        ("MSEDGEWIN10", ["4039", "4043"]),
        ("MSEDGEWIN10", ["4932", "4934"]),
    ];
    assert_eq!(alerts(&logged), expected(&known));
    let (_, utc) = run(&[corpus], 2, Clock::Utc);
    assert_eq!(alerts(&utc), expected(&[known[1], known[3]]));
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn every_record_is_accounted_for() {
    let corpus = corpus();
    let (detector, outcome) = run(&[corpus], 2, Clock::Logged);
    let stats = &outcome.stats;
    assert!(stats.adds_up(), "{stats:#?}");
    assert_eq!(stats.files, 185);
    assert_eq!(stats.mapped, 2891, "distinct Sysmon events of the corpus");
    assert_eq!(stats.by_id.values().sum::<u64>(), stats.mapped);
    let ids = [1, 3, 7].map(|id| stats.by_id.get(&id).copied().unwrap_or_default());
    assert_eq!(ids, [1442, 90, 607], "process creations, connections, image loads");
    let mut rows = Vec::new();
    let mapped = stats.mapped;
    let results = results(&detector, &outcome.alerts, Clock::Logged);
    outcome.timeline.unwrap().write(&results, &TimelineJson(JsonLayout::Lines), &mut rows).unwrap();
    let rows = String::from_utf8(rows).unwrap().lines().count();
    assert_eq!(rows as u64, mapped, "the timeline drops nothing");
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn threads_and_order_of_files_change_nothing() {
    let corpus = corpus();
    let mut all = Vec::new();
    files(&corpus, &mut all);
    all.sort();
    let threads = |threads| RunOptions { threads, ..RunOptions::default() };
    let reference = output(&all, &threads(1));
    for number in [2, 8] {
        all.rotate_left(61);
        all.reverse();
        assert!(output(&all, &threads(number)) == reference, "{number} threads differ");
    }
    let slow = RunOptions { slow_reader: true, ..RunOptions::default() };
    assert!(output(&all, &slow) == reference, "the slow reader differs");
    let limits = SpoolLimits { max_memory: 100_000, temp_folder: None };
    let tight = RunOptions { limits, ..RunOptions::default() };
    assert!(output(&all, &tight) == reference, "sorting on disk differs");
}
