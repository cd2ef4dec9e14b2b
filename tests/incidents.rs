//! Incidents: which alerts belong together, in what order they come, and what stays the same between runs.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::base::Ticks;
use evql::incident::{LAUNCHER_GAP, TREE_GAP};
use evql::rules::Level;
use evql::{AlertView, ScanResults, Scanner};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A process of the model. Whoever is bad has an alert for its start.
#[derive(Clone, Debug)]
struct ModelProcess {
    host: usize,
    /// The position of the process that started it, which is lower than its own.
    parent: Option<usize>,
    image: &'static str,
    minute: i64,
    is_bad: bool,
}

const EXPLORER: &str = "C:\\Windows\\explorer.exe";
const IMAGES: [&str; 4] =
    ["C:\\Tools\\a.exe", EXPLORER, "C:\\Windows\\System32\\svchost.exe", "C:\\Temp\\explorer.exe"];

fn is_launcher(process: &ModelProcess) -> bool {
    process.image.starts_with("C:\\Windows\\")
}

fn time(minute: i64) -> Ticks {
    Ticks::parse_rfc3339("2024-05-01T00:00:00Z").map(|start| Ticks(start.0 + minute * 60 * Ticks::PER_SECOND)).unwrap()
}

fn start(processes: &[ModelProcess], at: usize) -> Value {
    let process = &processes[at];
    let name = |image: &str| image.rsplit('\\').next().unwrap().to_owned();
    let mut document = json!({
        "@timestamp": time(process.minute).rfc3339(),
        "event": { "category": ["process"], "type": ["start"], "action": "Process creation" },
        "host": { "name": format!("HOST{}", process.host) },
        "process": {
            "entity_id": format!("p{at}"),
            "executable": process.image,
            "name": name(process.image),
            "command_line": if process.is_bad { "bad" } else { "good" },
        },
    });
    if let Some(parent) = process.parent {
        let image = processes[parent].image;
        document["process"]["parent"] =
            json!({ "entity_id": format!("p{parent}"), "executable": image, "name": name(image) });
    }
    document
}

fn scan(documents: impl Iterator<Item = Value>, threads: usize) -> ScanResults {
    let folder = tempfile::tempdir().unwrap();
    let lines = documents.fold(String::new(), |mut lines, document| {
        writeln!(lines, "{document}").unwrap();
        lines
    });
    let path = folder.path().join("events.jsonl");
    std::fs::write(&path, lines).unwrap();
    let scanner = Scanner::builder().query("process where process.command_line == \"bad\"").threads(threads);
    let mut results = scanner.build().unwrap().scan([&path]).unwrap();
    results.enrich().unwrap();
    results
}

/// What of an alert's process holds alerts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ModelAnchor {
    Below(usize),
    Launcher(usize),
}

/// The components of a graph of alerts: an edge joins neighbours of one anchor that are close in time, and an alert below a launcher with the launcher's last.
fn naively(processes: &[ModelProcess], alerts: &[usize]) -> Vec<usize> {
    let root = |mut at: usize| {
        while let Some(parent) = processes[at].parent.filter(|parent| !is_launcher(&processes[*parent])) {
            at = parent;
        }
        at
    };
    let anchor =
        |at: usize| if is_launcher(&processes[at]) { ModelAnchor::Launcher(at) } else { ModelAnchor::Below(root(at)) };
    let gap = |one: usize, other: usize| (time(processes[other].minute).0 - time(processes[one].minute).0).abs();
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for later in 0..alerts.len() {
        let before = |wanted: ModelAnchor| (0..later).rev().find(|earlier| anchor(alerts[*earlier]) == wanted);
        let own = anchor(alerts[later]);
        edges.extend(
            before(own).filter(|earlier| gap(alerts[*earlier], alerts[later]) <= TREE_GAP.0).map(|one| (one, later)),
        );
        if let ModelAnchor::Below(root) = own
            && let Some(launcher) = processes[root].parent
        {
            let last = before(ModelAnchor::Launcher(launcher));
            edges.extend(last.filter(|one| gap(alerts[*one], alerts[later]) <= LAUNCHER_GAP.0).map(|one| (one, later)));
        }
    }
    let mut label: Vec<usize> = (0..alerts.len()).collect();
    while let Some((one, other)) = edges.iter().find(|(one, other)| label[*one] != label[*other]) {
        let (from, to) = (label[*one].max(label[*other]), label[*one].min(label[*other]));
        label.iter_mut().filter(|of| **of == from).for_each(|of| *of = to);
    }
    label
}

fn processes() -> impl Strategy<Value = Vec<ModelProcess>> {
    let process = (
        0_usize..2,
        any::<Option<prop::sample::Index>>(),
        0_usize..IMAGES.len(),
        0_i64..1800,
        prop::bool::weighted(0.7),
    );
    prop::collection::vec(process, 1..14).prop_map(|drawn| {
        let mut processes: Vec<ModelProcess> = Vec::new();
        let mut minute = 0;
        for (host, parent, image, step, is_bad) in drawn {
            // A few steps are long; no two starts have one time.
            minute += 1 + if step > 1500 { step } else { step % 50 };
            let parent = parent.filter(|_| !processes.is_empty()).map(|index| index.index(processes.len()));
            let host = parent.map_or(host, |parent| processes[parent].host);
            processes.push(ModelProcess { host, parent, image: IMAGES[image], minute, is_bad });
        }
        processes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn alerts_are_grouped_as_by_the_definition(processes in processes()) {
        let alerts: Vec<usize> = (0..processes.len()).filter(|at| processes[*at].is_bad).collect();
        let results = scan((0..processes.len()).map(|at| start(&processes, at)), 1);
        prop_assert_eq!(results.alerts().len(), alerts.len());
        let Some(incidents) = results.incidents() else {
            prop_assert!(alerts.is_empty());
            return Ok(());
        };
        let expected = naively(&processes, &alerts);
        let found: Vec<&str> = (0..alerts.len()).map(|at| incidents.of_alert(at).unwrap().1.id.as_str()).collect();
        for one in 0..alerts.len() {
            for other in 0..one {
                prop_assert_eq!(found[one] == found[other], expected[one] == expected[other], "{} and {}", other, one);
            }
        }
        let ids: BTreeSet<&str> = incidents.by_rank.iter().map(|incident| incident.id.as_str()).collect();
        prop_assert_eq!(ids.len(), incidents.by_rank.len(), "an id stands for one incident");
        let counts: BTreeMap<&str, u32> = incidents.by_rank.iter().map(|one| (one.id.as_str(), one.alerts)).collect();
        for (id, count) in counts {
            prop_assert_eq!(found.iter().filter(|of| **of == id).count(), count as usize);
        }
        prop_assert!(incidents.by_rank.is_sorted_by(|left, right| left.score >= right.score));
        // Neither threads nor the order of lines matter.
        let again = scan((0..processes.len()).rev().map(|at| start(&processes, at)), 3);
        prop_assert_eq!(&again.incidents().unwrap().by_rank, &incidents.by_rank);
    }
}

#[test]
fn an_id_stays_when_more_evidence_and_other_alerts_come_in() {
    let mut processes = vec![
        ModelProcess { host: 0, parent: None, image: EXPLORER, minute: 0, is_bad: false },
        ModelProcess { host: 0, parent: Some(0), image: IMAGES[0], minute: 1, is_bad: false },
        ModelProcess { host: 0, parent: Some(1), image: IMAGES[0], minute: 2, is_bad: true },
    ];
    let before = scan((0..processes.len()).map(|at| start(&processes, at)), 1);
    processes[1].is_bad = true;
    processes.push(ModelProcess { host: 1, parent: None, image: IMAGES[0], minute: 0, is_bad: true });
    let after = scan((0..processes.len()).map(|at| start(&processes, at)), 1);
    let ids = |results: &ScanResults| -> BTreeSet<String> {
        results.incidents().unwrap().by_rank.iter().map(|incident| incident.id.clone()).collect()
    };
    assert_eq!((ids(&before).len(), ids(&after).len()), (1, 2));
    assert!(ids(&before).is_subset(&ids(&after)));
}

#[test]
fn the_attack_of_the_samples_is_one_incident() {
    let mut results = Scanner::builder().build().unwrap().scan(["samples/macro-ws-0431.evtx"]).unwrap();
    results.enrich().unwrap();
    let incidents = results.incidents().unwrap();
    let first = &incidents.by_rank[0];
    assert_eq!(first.alerts as usize, results.alerts().len());
    assert_eq!(first.level, Level::High);
    assert!(first.title.starts_with("WINWORD.EXE -> powershell.exe -> regsvr32.exe, "), "{}", first.title);
    assert!(first.title.contains(", connected to 193.32.162.7:443"), "{}", first.title);
    // The documents name it too: all of it in its first alert, its id in each.
    let documents: Vec<Value> = results.alerts().map(AlertView::to_json).collect();
    let of = |document: &Value| document["evql"]["incident"].clone();
    assert!(documents.iter().all(|document| of(document)["id"] == first.id.as_str() && of(document)["rank"] == 1));
    assert_eq!(documents.iter().filter(|document| of(document)["title"] == first.title.as_str()).count(), 1);
    assert_eq!(of(&documents[0])["rules"].as_array().unwrap().len(), first.rules.len());
}

/// The summary for a ticket and the one for programs tell of the same incidents, in the same order.
#[test]
fn the_summary_for_a_ticket_has_the_incidents_first() {
    let folder = tempfile::tempdir().unwrap();
    let (ticket, summary) = (folder.path().join("ticket.md"), folder.path().join("summary.json"));
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_evql"));
    run.args(["scan", "samples/macro-ws-0431.evtx", "samples/regasm.evtx", "-q", "-o"]).arg(&ticket);
    let done = run.arg("--summary-json").arg(&summary).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let ticket = std::fs::read_to_string(ticket).unwrap();
    let part = ticket.split("## Incidents").nth(1).unwrap().split("## Alerts").next().unwrap();
    let told: Vec<&str> =
        part.lines().filter(|line| line.ends_with(" |")).filter_map(|line| line.split(" | ").last()).skip(1).collect();
    let told: Vec<&str> = told.into_iter().map(|id| id.trim_end_matches(" |")).collect();
    let summary: Value = serde_json::from_slice(&std::fs::read(summary).unwrap()).unwrap();
    let known: Vec<&str> =
        summary["incidents"].as_array().unwrap().iter().map(|incident| incident["id"].as_str().unwrap()).collect();
    assert_eq!(told, known);
    assert_eq!(known.len(), 2);
}
