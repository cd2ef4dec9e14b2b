//! Trees of processes, and what is looked up about alerts: the same however the evidence is read, and what the samples say.
//!
//! `EVQL_BLESS=1` rewrites the kept outputs; read them before you commit them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::ecs;
use evql::event::Clock;
use evql::pipeline::{self, Outcome, RunOptions, Silent, TimelineOptions};
use evql::process::{ActivityKind, Forest, View};
use evql::report::{Results, TimelineEcs, TreeExport, alert_document};
use evql::rules;
use evql::timeline::RowContents;
use hashbrown::HashMap;
use results::results;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn macro_samples() -> Vec<PathBuf> {
    ["macro-ws-0431.evtx", "macro-ws-0432.evtx"].map(|name| samples().join(name)).to_vec()
}

fn options(threads: usize) -> RunOptions {
    RunOptions { threads, ..RunOptions::default() }
}

fn run(paths: &[PathBuf], detector: &Detector, options: &RunOptions) -> Outcome {
    pipeline::run(paths, detector, options, &Silent).unwrap()
}

fn builtin() -> Detector {
    Detector::new(mission::rules())
}

/// The tree of the evidence as JSON.
fn tree(paths: &[PathBuf], options: &RunOptions) -> String {
    let outcome = run(paths, &builtin(), options);
    json(&outcome.again.processes(&Silent))
}

fn json(forest: &Forest) -> String {
    let alerts = HashMap::new();
    let mut out = Vec::new();
    TreeExport { forest, selection: None, view: View::default(), alerts: &alerts }.write_json(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What is looked up about each alert, one a line.
fn triage(paths: &[PathBuf], options: &RunOptions) -> String {
    let detector = builtin();
    let mut outcome = run(paths, &detector, options);
    let triage = outcome.again.triage(&mut outcome.alerts, &Silent).unwrap();
    let results = Results {
        detector: &detector,
        alerts: &outcome.alerts,
        clock: Clock::Logged,
        triage: Some(&triage),
        incidents: None,
        addresses: &triage.addresses,
        inputs: &[],
    };
    let looked_up =
        |(at, alert)| serde_json::to_string_pretty(&alert_document(&results, at, alert, false)["evql"]["triage"]);
    outcome.alerts.hold().unwrap().iter().enumerate().map(|alert| looked_up(alert).unwrap() + "\n").collect()
}

/// Compares with a kept file, or writes it.
fn kept(name: &str, text: &str) {
    let path = samples().join("expected").join(name);
    if std::env::var_os("EVQL_BLESS").is_some() {
        fs::write(&path, text).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(expected == text, "{name} differs from samples/expected/{name}; EVQL_BLESS=1 rewrites it");
}

/// All ways to read the evidence, which must not make a difference. `made` is what is made of it.
fn same_in_all_ways(paths: &[PathBuf], made: &dyn Fn(&[PathBuf], &RunOptions) -> String) -> String {
    let expected = made(paths, &options(1));
    assert_eq!(made(paths, &options(3)), expected, "threads");
    let reversed: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    assert_eq!(made(&reversed, &options(2)), expected, "order of paths");
    assert_eq!(made(paths, &RunOptions { slow_reader: true, ..options(2) }), expected, "slow reader");
    let folder = tempfile::tempdir().unwrap();
    let mut twice = paths.to_vec();
    for path in paths {
        let copy = folder.path().join(path.file_name().unwrap());
        fs::copy(path, &copy).unwrap();
        twice.push(copy);
    }
    assert_eq!(made(&twice, &options(2)), expected, "copies");
    expected
}

#[test]
fn the_tree_of_the_sample_is_kept() {
    kept("tree.json", &same_in_all_ways(&macro_samples(), &tree));
}

#[test]
fn what_is_looked_up_about_the_sample_is_kept() {
    kept("triage.json", &same_in_all_ways(&macro_samples(), &triage));
}

/// The events as documents, as `timeline -t ecs` writes them.
fn documents(paths: &[PathBuf], to: &Path) {
    let detector = builtin();
    let timeline = Some(TimelineOptions { contents: RowContents::Document });
    let mut outcome = run(paths, &detector, &RunOptions { timeline, ..options(1) });
    let none = Vec::new();
    let results = results(&detector, &none, Clock::Logged);
    let mut out = Vec::new();
    outcome.timeline.take().unwrap().write(&results, &TimelineEcs, &mut out).unwrap();
    fs::write(to, out).unwrap();
}

#[test]
fn documents_give_the_same_as_the_records_they_were_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    documents(&macro_samples(), &path);
    let paths = [path];
    assert_eq!(tree(&paths, &options(2)), tree(&macro_samples(), &options(2)));
    assert_eq!(triage(&paths, &options(2)), triage(&macro_samples(), &options(2)));
}

/// Standard input can be read once only, so that it is kept if it is needed again.
#[test]
fn standard_input_is_looked_through_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    documents(&macro_samples(), &path);
    let evql = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_evql"));
        let output = command.args(args).stdin(fs::File::open(&path).unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let path = path.to_str().unwrap();
    assert_eq!(evql(&["tree", "-", "-t", "json", "-q"]), evql(&["tree", path, "-t", "json", "-q"]));
    let looked_up = |text: String| {
        let alerts = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        alerts.map(|alert| alert["evql"]["triage"].clone()).collect::<Vec<_>>()
    };
    let mission = ["-o", "-", "-q", "--include-tag", "T1218.009"];
    let scan = |path| looked_up(evql(&[["scan", path].as_slice(), &mission].concat()));
    let from_stdin = scan("-");
    assert_eq!(from_stdin, scan(path));
    assert!(from_stdin.len() == 2 && from_stdin[0]["processes"][0]["ancestors"].as_array().unwrap().len() == 3);
}

#[test]
fn every_sample_reads_the_same_in_all_ways() {
    let entries = fs::read_dir(samples()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|ending| ending == "evtx")).collect();
    paths.sort();
    let text = same_in_all_ways(&paths, &tree);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(value["hosts"].as_array().unwrap().len() > 5);
    same_in_all_ways(&paths, &triage);
}

/// Every event of a process is counted once, for one process.
#[test]
fn counts_add_up() {
    let outcome = run(&[samples()], &builtin(), &options(2));
    let by_id = |ids: &[u32]| -> u64 { ids.iter().filter_map(|id| outcome.stats.by_id.get(id)).sum() };
    let forest = outcome.again.processes(&Silent);
    let nodes = || forest.hosts.iter().flat_map(|host| &host.nodes);
    let counted = |kind| nodes().map(|node| u64::from(node.counts.of(kind))).sum::<u64>();
    assert_eq!(forest.nameless, 0);
    assert_eq!(nodes().map(|node| u64::from(node.starts)).sum::<u64>(), by_id(&[1]));
    assert_eq!(counted(ActivityKind::Connection), by_id(&[3]));
    assert_eq!(counted(ActivityKind::Dns), by_id(&[22]));
    assert_eq!(counted(ActivityKind::File), by_id(&[2, 11, 15, 23, 26, 27, 28, 29]));
    assert_eq!(counted(ActivityKind::Registry), by_id(&[12, 13, 14]));
    assert_eq!(counted(ActivityKind::Image), by_id(&[7]));
}

#[test]
fn an_alert_gets_the_start_that_no_rule_needed() {
    let query = evql::eql::compile(r#"network where destination.ip == "193.32.162.7""#).query.unwrap();
    let set = rules::RuleSet { rules: vec![rules::Rule::bare("", query)] };
    let detector = Detector::new(set);
    for slow_reader in [false, true] {
        let mut outcome = run(&macro_samples(), &detector, &RunOptions { slow_reader, ..options(2) });
        assert!(outcome.alerts.len() == 5 && outcome.alerts.hold().unwrap().iter().all(|alert| alert.start.is_none()));
        outcome.again.complete(&mut outcome.alerts, &Silent).unwrap();
        for alert in outcome.alerts.hold().unwrap() {
            let start = alert.start.as_ref().unwrap();
            assert!(start.document.is_process_creation());
            assert_eq!(
                start.document.first(ecs::PROCESS_ENTITY_ID),
                alert.events[0].as_ref().unwrap().document.first(ecs::PROCESS_ENTITY_ID)
            );
        }
    }
}

/// A start of a process and a connection of it, as other collectors than Sysmon's would write them.
fn foreign_documents(command_line: &str) -> String {
    let process = serde_json::json!({
        "entity_id": "MTIzNC0x", "pid": 77, "name": "regsvr32.exe", "executable": "C:\\Windows\\System32\\regsvr32.exe",
        "command_line": command_line,
        "parent": { "entity_id": "MTIzNC0w", "pid": 4, "executable": "C:\\<b>x</b>\"}; p -> q {.exe", "command_line": "\u{1b}[2Jgone" },
    });
    let host = serde_json::json!({ "name": "\u{1b}]0;host\u{7}", "os": { "type": "windows" } });
    let start = serde_json::json!({
        "@timestamp": "2024-07-01T10:00:00.000Z", "host": host, "process": process,
        "event": { "category": ["process"], "type": ["start"] },
    });
    let connection = serde_json::json!({
        "@timestamp": "2024-07-01T10:00:05.000Z", "host": host, "process": process,
        "event": { "category": ["network"], "type": ["start", "connection"] },
        "network": { "transport": "tcp" }, "destination": { "ip": "185.220.101.44", "port": 443 },
    });
    let end = serde_json::json!({
        "@timestamp": "2024-07-01T10:00:09.000Z", "host": host, "process": process,
        "event": { "category": ["process"], "type": ["end"] },
    });
    format!("{start}\n{connection}\n{end}\n")
}

#[test]
fn hostile_texts_stay_texts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.ndjson");
    let command = format!("regsvr32 \u{202e}\"\u{1b}[31m<script>&amp;\\{}", "x".repeat(1_000_000));
    fs::write(&path, foreign_documents(&command)).unwrap();
    let evql = |args: &[&str]| {
        let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_evql"));
        let output = process.args(args).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for args in [&["tree"][..], &["tree", "-v"], &["tree", "-t", "dot"], &["scan", "--triage"]] {
        let text = evql(args);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{args:?}");
        assert!(text.contains("regsvr32"), "{args:?}");
    }
    assert!(evql(&["tree"]).lines().all(|line| line.chars().count() < 700));
    let tree: serde_json::Value = serde_json::from_str(&evql(&["tree", "-t", "json"])).unwrap();
    let process = &tree["hosts"][0]["processes"][1];
    let (held, cut) = (process["command_line"].as_str().unwrap(), process["command_line_cut"].as_u64().unwrap());
    assert!(command.starts_with(held) && held.len() <= 8192);
    assert_eq!(held.chars().count() as u64 + cut, command.chars().count() as u64);
    assert_eq!(process["ended"], "2024-07-01T10:00:09.0000000Z");
    let alert: serde_json::Value = serde_json::from_str(&evql(&["scan", "-o", "-", "-q"])).unwrap();
    let looked_up = &alert["evql"]["triage"]["processes"][0];
    assert_eq!(looked_up["process"]["command_line"], command.as_str(), "of processes of alerts all is told");
    assert_eq!(looked_up["ancestors"][0]["pid"], 4);
    assert_eq!(looked_up["destinations"][0]["port"], 443);
}

/// In quotes of Graphviz's language nothing is special but the quote and the backslash.
#[test]
fn every_label_of_a_graph_ends_where_it_should() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foreign.ndjson");
    fs::write(&path, foreign_documents("a\\\" b\\")).unwrap();
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_evql"));
    let output = process.args(["tree", "-t", "dot", "-q"]).arg(&path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        let (mut inside, mut escaped, mut outside) = (false, false, String::new());
        for c in line.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if inside => escaped = true,
                '"' => inside = !inside,
                c if !inside => outside.push(c),
                _ => {}
            }
        }
        assert!(!inside, "{line}");
        assert!(!outside.contains("->") || outside.trim().starts_with("p0_"), "{line}");
        assert!(!outside.contains("q {"), "{line}");
    }
}

#[test]
fn the_hash_of_a_library_is_looked_for_among_libraries() {
    let query = evql::eql::compile(r#"library where dll.name : "p.dll""#).query.unwrap();
    let detector = Detector::new(rules::RuleSet { rules: vec![rules::Rule::bare("", query)] });
    let mut outcome = run(&macro_samples(), &detector, &options(2));
    let triage = outcome.again.triage(&mut outcome.alerts, &Silent).unwrap();
    let results = Results {
        detector: &detector,
        alerts: &outcome.alerts,
        clock: Clock::Logged,
        triage: Some(&triage),
        incidents: None,
        addresses: &triage.addresses,
        inputs: &[],
    };
    let document = alert_document(&results, 0, &outcome.alerts.hold().unwrap()[0], false);
    let elsewhere = document["evql"]["triage"]["elsewhere"].as_array().unwrap();
    let hash = "5ef1322b96f176c4ea2b8304caf8b45e2e42c3188aa82ed1fd6196afc04b7297";
    let found = elsewhere.iter().find(|seen| seen["value"] == hash).unwrap();
    assert_eq!((&found["kind"], &found["hosts"], &found["count"]), (&"sha256".into(), &1.into(), &1.into()));
}

/// The real corpus, fast and slow.
#[test]
#[ignore = "needs EVQL_SHARED"]
fn both_readers_grow_the_same_trees() {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material");
    let corpus = [Path::new(&shared).join("corpus")];
    let fast = tree(&corpus, &options(2));
    assert!(fast.len() > 100_000);
    assert_eq!(tree(&corpus, &RunOptions { slow_reader: true, ..options(2) }), fast);
    assert_eq!(tree(&corpus, &options(1)), fast);
}
