//! The samples as a responder would use them: the outputs over the whole folder are kept beside it. What each sample must give is said in tests beside them,
//! which `tests/testing.rs` runs.
//!
//! `EVQL_BLESS=1` rewrites the kept outputs; read them before you commit them.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

use evql::detect::Detector;
use evql::event::Clock;
use evql::pipeline::{self, Outcome, RunOptions, Silent, TimelineOptions};
use evql::report::{AlertsJson, Exporter, JsonLayout, TimelineCsv};
use results::results;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

fn run(paths: &[PathBuf], clock: Clock) -> (Detector, Outcome) {
    let detector = Detector::new(mission::rules());
    let options = RunOptions { clock, threads: 2, timeline: Some(TimelineOptions::default()), ..RunOptions::default() };
    let outcome = pipeline::run(paths, &detector, &options, &Silent).unwrap();
    (detector, outcome)
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Compares with a kept file, or writes it.
fn kept(name: &str, text: &str) {
    let path = samples().join("expected").join(name);
    if std::env::var_os("EVQL_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(expected == text, "{name} differs from samples/expected/{name}; EVQL_BLESS=1 rewrites it");
}

#[test]
fn outputs_over_the_whole_folder_are_those_that_were_read_and_kept() {
    let mut files: Vec<PathBuf> = fs::read_dir(samples())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "evtx"))
        .collect();
    files.sort();
    let (detector, mut outcome) = run(&files, Clock::Logged);
    outcome.again.complete(&mut outcome.alerts, &Silent).unwrap();
    let Outcome { alerts, timeline, .. } = outcome;
    let results = results(&detector, &alerts, Clock::Logged);
    let folder = serde_json::to_string(&samples().join("").to_string_lossy()).unwrap();
    let (mut findings, mut rows) = (Vec::new(), Vec::new());
    AlertsJson(JsonLayout::Lines).export(&results, &mut findings).unwrap();
    timeline.unwrap().write(&results, &TimelineCsv, &mut rows).unwrap();
    for (name, out) in [("alerts.jsonl", findings), ("timeline.csv", rows)] {
        // Paths depend on where the repository stands; as text in JSON they are escaped.
        let text = String::from_utf8(out).unwrap();
        let text = text.replace(folder.trim_matches('"'), "samples/");
        kept(name, &text.replace(&*samples().join("").to_string_lossy(), "samples/"));
    }
}
