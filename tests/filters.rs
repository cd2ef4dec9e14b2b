//! What a person asks to see: events by ID and computer, alerts without what is known to be harmless. Nothing that is passed over is uncounted.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::pipeline::{self, EventFilter, Outcome, RunOptions, Silent, TimelineOptions};
use evql::report::{TimelineEcs, TimelineFormat};
use evql::rules;
use results::results;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

fn samples() -> Vec<PathBuf> {
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")]
}

fn run(paths: &[PathBuf], filter: EventFilter, slow_reader: bool) -> Outcome {
    let options = RunOptions { filter, slow_reader, ..RunOptions::default() };
    pipeline::run(paths, &Detector::new(mission::rules()), &options, &Silent).unwrap()
}

fn ids(texts: &[&str]) -> Vec<std::ops::RangeInclusive<u32>> {
    texts.iter().map(|text| EventFilter::parse_ids(text).unwrap()).collect()
}

#[test]
fn only_wanted_ids_are_left_and_all_others_are_counted() {
    let all = run(&samples(), EventFilter::default(), false);
    for slow in [false, true] {
        let filter =
            EventFilter { include_ids: ids(&["1", "12-14"]), exclude_ids: ids(&["13"]), ..EventFilter::default() };
        let some = run(&samples(), filter, slow);
        let left: Vec<u32> = some.stats.by_id.keys().copied().collect();
        assert_eq!(left, [1, 12, 14]);
        assert_eq!(some.stats.filtered, all.stats.mapped - some.stats.mapped);
        assert!(some.stats.adds_up(), "{:#?}", some.stats);
        // The rule needs a connection, and there are none.
        assert_eq!(some.alerts.len(), 0);
    }
}

#[test]
fn computers_are_told_by_pattern_whatever_the_case() {
    let hosts = |outcome: &Outcome| -> BTreeSet<String> {
        let host =
            |alert: &evql::detect::Alert| alert.last().unwrap().document.text(evql::ecs::HOST_NAME).unwrap().to_owned();
        outcome.alerts.hold().unwrap().iter().map(host).collect()
    };
    let all = hosts(&run(&samples(), EventFilter::default(), false));
    let one = all.first().unwrap().clone();
    assert!(all.len() > 1, "{all:?}");
    for slow in [false, true] {
        let only = EventFilter {
            include_computers: vec![EventFilter::computer(&one.to_uppercase())],
            ..EventFilter::default()
        };
        assert_eq!(hosts(&run(&samples(), only, slow)), [one.clone()].into());
        let mut start = one.to_lowercase();
        start.truncate(one.len() - 1);
        let others = EventFilter {
            exclude_computers: vec![EventFilter::computer(&format!("{start}?"))],
            ..EventFilter::default()
        };
        assert!(!hosts(&run(&samples(), others, slow)).contains(&one));
    }
}

#[test]
fn documents_are_filtered_as_the_logs_they_came_from() {
    let detector = Detector::new(mission::rules());
    let timeline = TimelineOptions { contents: TimelineEcs.contents() };
    let options = RunOptions { timeline: Some(timeline), ..RunOptions::default() };
    let outcome = pipeline::run(&samples(), &detector, &options, &Silent).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.ndjson");
    let results = results(&detector, &outcome.alerts, options.clock);
    let mut out = std::fs::File::create(&path).unwrap();
    outcome.timeline.unwrap().write(&results, &TimelineEcs, &mut out).unwrap();
    let filter = || EventFilter { include_ids: ids(&["1", "3"]), ..EventFilter::default() };
    let (logs, documents) = (run(&samples(), filter(), false), run(&[path], filter(), false));
    assert_eq!(logs.stats.by_id, documents.stats.by_id);
    assert_eq!(logs.alerts.len(), documents.alerts.len());
}

#[test]
fn an_exception_sees_all_events_of_an_alert_together() {
    let all = run(&samples(), EventFilter::default(), false);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("known.toml");
    let start = all.alerts.hold().unwrap()[0].events[0].as_ref().unwrap();
    let connection = all.alerts.hold().unwrap()[0].last().unwrap();
    let name = start.document.text(evql::ecs::PROCESS_NAME).unwrap();
    let line = start.document.text(evql::ecs::PROCESS_COMMAND_LINE).unwrap();
    let address = connection.document.first(evql::ecs::DESTINATION_IP).unwrap().to_string();
    let left = |condition: &str| {
        let text = format!("[[exception]]\nname = 'known'\nwhere = '''\n{condition}\n'''\n");
        std::fs::write(&path, text).unwrap();
        let set = mission::rules();
        let loaded = rules::load_exceptions(std::slice::from_ref(&path), &set);
        assert!(!loaded.has_error(), "{:?}", loaded.files);
        let detector = Detector::new(set).with_exceptions(loaded.alerts.into());
        let outcome = pipeline::run(&samples(), &detector, &RunOptions::default(), &Silent).unwrap();
        let taken: usize = outcome.set_aside.values().sum();
        assert_eq!(outcome.alerts.len() + taken, all.alerts.len());
        assert_eq!(outcome.stats.alerts, outcome.alerts.len() as u64);
        taken
    };
    let line = line.replace('\\', "\\\\").replace('"', "\\\"");
    // The command line stands in the first event only, the destination in the second only.
    assert!(left(&format!("process.command_line == \"{line}\" and destination.ip == \"{address}\"")) >= 1);
    assert_eq!(left(&format!("process.name : \"{name}\" and destination.ip == \"192.0.2.254\"")), 0);
    assert_eq!(left("true"), all.alerts.len());
}
