//! Evidence as it comes from the field: copies, windows of time, odd folders. Forged files, so that everything about them is known.

#![allow(clippy::unwrap_used, clippy::print_stderr)] // A test may stop at the first surprise, and says so when it passes itself over.

use evql::detect::Detector;
use evql::event::Clock;
use evql::forge::Scenario;
use evql::pipeline::{self, Outcome, RunOptions, Silent, TimeWindow, TimelineOptions};
use evql::report::TimelineCsv;
use evql::source::FaultKind;
use results::results;
use std::fs;
use std::path::{Path, PathBuf};
use windows_xml::{XmlEncoding, XmlStyle, write_xml};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

#[path = "support/windows_xml.rs"]
mod windows_xml;

fn run(paths: &[PathBuf], options: &RunOptions) -> Outcome {
    pipeline::run(paths, &Detector::new(mission::rules()), options, &Silent).unwrap()
}

/// The rows of the timeline, without the files that they are from.
fn rows(outcome: Outcome) -> Vec<Vec<String>> {
    let detector = Detector::new(mission::rules());
    let results = results(&detector, &outcome.alerts, Clock::Logged);
    let mut out = Vec::new();
    outcome.timeline.unwrap().write(&results, &TimelineCsv, &mut out).unwrap();
    let mut reader = csv::Reader::from_reader(out.as_slice());
    let path = reader.headers().unwrap().iter().position(|name| name == "log.file.path").unwrap();
    let cells = |row: csv::StringRecord| {
        let kept = row.iter().enumerate().filter(|(at, _)| *at != path);
        kept.map(|(_, cell)| cell.to_owned()).collect()
    };
    reader.records().map(|row| cells(row.unwrap())).collect()
}

fn forged(name: &str) -> Vec<evql::forge::ForgedFile> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scenarios").join(name).with_extension("toml");
    Scenario::parse(&fs::read_to_string(path).unwrap(), name).unwrap().build().unwrap()
}

/// A folder with the file of a sample.
fn folder(sample: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("host.evtx");
    fs::write(&path, &forged(sample)[0].bytes).unwrap();
    (folder, path)
}

#[test]
fn copies_of_a_log_count_once_whatever_they_are_called() {
    let (folder, path) = folder("regsvr32");
    let once = run(std::slice::from_ref(&path), &RunOptions::default());
    assert_eq!((once.alerts.len(), once.stats.tally.duplicates), (2, 0));
    fs::create_dir(folder.path().join("shadow")).unwrap();
    fs::copy(&path, folder.path().join("shadow/renamed.bin")).unwrap();
    let twice = run(
        &[folder.path().to_owned()],
        &RunOptions { timeline: Some(TimelineOptions::default()), ..RunOptions::default() },
    );
    assert_eq!(twice.alerts.len(), 2);
    assert_eq!(twice.stats.tally.records, 2 * once.stats.tally.records);
    assert_eq!(twice.stats.mapped, once.stats.mapped);
    assert_eq!(twice.stats.by_id, once.stats.by_id);
    assert_eq!(twice.stats.tally.duplicates, once.stats.mapped);
    assert!(twice.stats.adds_up(), "{:#?}", twice.stats);
    assert_eq!(rows(twice).len() as u64, once.stats.mapped);
}

#[test]
fn a_survey_changes_nothing_of_what_a_run_counts() {
    // Two states of a log of several providers: the later one has a record more, so that copies are told by their numbers, one by one.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scenarios/forwarded.toml");
    let text = fs::read_to_string(path).unwrap();
    let more = "\n[[event]]\nid = 11\ntime = 2024-03-05T23:00:00Z\nprocess = 'explorer@ws-0417.corp.example'\nTargetFilename = 'C:\\t\\late.tmp'\n";
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("early.evtx", text.clone()), ("late.evtx", text + more)] {
        let bytes = Scenario::parse(&text, name).unwrap().build().unwrap().remove(0).bytes;
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let stats = |survey| run(&[folder.path().to_owned()], &RunOptions { survey, ..RunOptions::default() }).stats;
    let (with, without) = (stats(true), stats(false));
    assert!(without.tally.other_providers > 0 && without.tally.duplicates > 0 && without.adds_up(), "{without:#?}");
    assert_eq!(with, without);
}

#[test]
fn the_same_file_named_twice_is_read_once() {
    let (folder, path) = folder("regsvr32");
    let roundabout = folder.path().join("../").join(folder.path().file_name().unwrap()).join("host.evtx");
    let outcome = run(&[path.clone(), path, roundabout], &RunOptions::default());
    assert_eq!((outcome.stats.files, outcome.stats.tally.duplicates), (1, 0));
}

#[test]
fn a_window_of_time_hides_what_lies_outside() {
    let (_folder, path) = folder("regsvr32");
    let all = run(std::slice::from_ref(&path), &RunOptions::default());
    let start = all.alerts.hold().unwrap()[0].events[0].as_ref().unwrap().logged;
    let end = all.alerts.hold().unwrap()[0].events[1].as_ref().unwrap().logged;
    let alerts = |from, to| {
        let options = RunOptions { window: TimeWindow { from, to }, ..RunOptions::default() };
        let outcome = run(std::slice::from_ref(&path), &options);
        assert!(outcome.stats.adds_up(), "{:#?}", outcome.stats);
        (outcome.alerts.len(), outcome.stats.outside_window > 0)
    };
    assert_eq!(alerts(Some(start), Some(end)), (1, true), "both ends belong to it");
    assert_eq!(alerts(Some(evql::base::Ticks(start.0 + 1)), Some(end)), (0, true));
    assert_eq!(alerts(None, None), (2, false));
}

#[test]
fn what_is_no_evidence_is_named() {
    let (folder, path) = folder("regsvr32");
    fs::write(folder.path().join("notes.txt"), "dear diary").unwrap();
    fs::write(folder.path().join("empty.evtx"), "").unwrap();
    let missing = folder.path().join("missing.evtx");
    let outcome = run(&[folder.path().to_owned(), missing], &RunOptions::default());
    let mut kinds: Vec<FaultKind> = outcome.faults.iter().map(|fault| fault.kind).collect();
    kinds.sort();
    assert_eq!(kinds, [FaultKind::Missing, FaultKind::EmptyFile, FaultKind::Foreign]);
    assert_eq!(outcome.alerts.len(), 2, "and nothing else is lost");
    assert_eq!(outcome.inputs[0].path.canonicalize().unwrap(), path.canonicalize().unwrap());
}

/// An alert without its place: host, process and the time and record of each event.
fn gist(outcome: &Outcome) -> Vec<String> {
    let event = |event: &std::sync::Arc<evql::event::Event>| {
        let mut json = event.document.to_json();
        json["log"]["file"] = serde_json::Value::Null;
        json.to_string()
    };
    outcome.alerts.hold().unwrap().iter().flat_map(|alert| alert.present().map(event).collect::<Vec<_>>()).collect()
}

#[test]
fn an_exported_log_gives_the_same_alerts_and_timeline_as_the_log() {
    for sample in ["regsvr32", "regsvcs-ipv6", "non-ascii", "utctime-out-of-order", "forwarded", "missing-processguid"]
    {
        let (_folder, path) = folder(sample);
        let options = RunOptions { timeline: Some(TimelineOptions::default()), ..RunOptions::default() };
        let log = run(std::slice::from_ref(&path), &options);
        assert!(log.stats.mapped > 0, "{sample}");
        let rows_of_log = rows(run(std::slice::from_ref(&path), &options));
        for (style, encoding) in [
            (XmlStyle::Document, XmlEncoding::Utf8),
            (XmlStyle::Document, XmlEncoding::Utf16),
            (XmlStyle::Lines, XmlEncoding::Utf8),
            (XmlStyle::Lines, XmlEncoding::Utf16),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let export = folder.path().join("export.xml");
            fs::write(&export, write_xml(&forged(sample)[0].events, style, encoding)).unwrap();
            let export = run(&[export], &options);
            assert_eq!(export.faults, [], "{sample}");
            assert_eq!(gist(&export), gist(&log), "{sample} {style:?} {encoding:?}");
            assert_eq!(export.stats.by_id, log.stats.by_id, "{sample}");
            assert_eq!(rows(export), rows_of_log, "{sample}");
        }
    }
}

#[test]
fn a_log_and_its_export_are_copies_of_each_other() {
    let (folder, _path) = folder("regsvr32");
    let export = write_xml(&forged("regsvr32")[0].events, XmlStyle::Document, XmlEncoding::Utf8);
    fs::write(folder.path().join("export.xml"), export).unwrap();
    let outcome = run(&[folder.path().to_owned()], &RunOptions::default());
    assert_eq!(outcome.alerts.len(), 2);
    assert_eq!(outcome.stats.tally.duplicates, outcome.stats.tally.records / 2);
}
