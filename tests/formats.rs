//! Every format of a timeline: the same bytes for any number of threads and any amount of memory, from records and from documents.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use std::path::Path;
use std::process::{Command, Stdio};

const FORMATS: [&str; 8] = ["csv", "json", "jsonl", "ecs", "timesketch", "timesketch-jsonl", "tle", "bulk"];

/// Runs evql over the samples, or over what is given, and gives what it writes to stdout.
fn evql(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_evql"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("SOURCE_DATE_EPOCH", "0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 4)), "{arguments:?}: {errors}");
    output.stdout
}

#[test]
fn threads_and_memory_change_nothing() {
    for format in FORMATS {
        let timeline = |more: &[&str]| evql(&[&["timeline", "samples", "-q", "-t", format], more].concat());
        let one = timeline(&["--threads", "1"]);
        assert!(one.len() > 10_000, "{format}");
        assert!(one == timeline(&["--threads", "4", "--max-memory", "20K"]), "{format}: threads or memory");
        assert!(one == timeline(&["--slow-reader"]), "{format}: reader");
    }
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_the_same_for_any_number_of_threads_and_any_memory() {
    let folder = tempfile::tempdir().unwrap();
    let timeline = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        evql(&[&["timeline", "samples", "-q", "-o", path.to_str().unwrap()], more].concat());
        std::fs::read(path).unwrap()
    };
    let one = timeline("1.parquet", &["--threads", "1"]);
    assert!(one.starts_with(b"PAR1") && one.ends_with(b"PAR1"));
    assert!(one == timeline("4.parquet", &["--threads", "4", "--max-memory", "20K"]));
}

/// There is a sentence for every event ID.
#[test]
fn every_event_id_is_told_in_words() {
    let text = String::from_utf8(evql(&["timeline", "samples/all-ids.evtx", "-q", "-t", "timesketch-jsonl"])).unwrap();
    let mut told: Vec<(u64, String)> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|row: serde_json::Value| {
            (row["event_identifier"].as_u64().unwrap(), row["message"].as_str().unwrap().to_owned())
        })
        .collect();
    told.sort();
    let lines: Vec<String> = told.iter().map(|(id, message)| format!("{id}: {message}")).collect();
    insta::assert_snapshot!("messages", lines.join("\n"));
}

/// A timeline of documents that evql has written itself says as much of the record as the documents do.
#[test]
fn documents_become_rows_of_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.ndjson");
    std::fs::write(&path, evql(&["timeline", "samples/regsvr32.evtx", "-q", "-t", "ecs"])).unwrap();
    let path = path.to_str().unwrap();
    for format in FORMATS {
        let of = |path: &str| evql(&["timeline", path, "-q", "-t", format]).split(|byte| *byte == b'\n').count();
        assert_eq!(of(path), of("samples/regsvr32.evtx"), "{format}");
    }
    let ids = |path: &str| {
        let text = String::from_utf8(evql(&["timeline", path, "-q", "-t", "bulk", "--bulk-ids"])).unwrap();
        text.lines().step_by(2).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ids(path), ids("samples/regsvr32.evtx"), "an event has its id wherever it was read");
}

/// The other outputs are given by their endings, and nothing of evql's own is evidence.
#[test]
fn a_scan_writes_all_its_outputs_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regasm.evtx"), folder.path().join("a.evtx"))
        .unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let [alerts, timeline, summary] = ["alerts.csv", "timeline.csv", "summary.json"].map(at);
    let outputs = [
        "--include-tag",
        "T1218.009",
        "-o",
        &alerts,
        "--timeline",
        &timeline,
        "--summary-json",
        &summary,
        "--bom",
        "-q",
    ];
    evql(&[&["scan", folder.path().to_str().unwrap()], &outputs[..]].concat());
    for table in [&alerts, &timeline] {
        assert!(std::fs::read(table).unwrap().starts_with(b"\xef\xbb\xbf"), "{table}");
    }
    let summary: serde_json::Value = serde_json::from_slice(&std::fs::read(summary).unwrap()).unwrap();
    assert_eq!(summary["alerts"]["total"], 1);
    assert_eq!(summary["faults"]["lost"], 0, "{summary}");
}
