//! Names that nobody has are found out by reading, with either reader, and a field of a document's own counts as known.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::{Detector, NameWatch, SoughtName};
use evql::ecs::Field;
use evql::pipeline::{self, RunOptions, Silent};
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;

fn unseen(path: PathBuf, options: &RunOptions) -> Vec<String> {
    let fields = [
        "process.name",
        "process.code_signature.trusted",
        "process.pe.imphash",
        "winlog.event_data.Nosuch",
        "winlog.event_data.LogonId",
        "vendor.thing",
    ];
    let names = fields.map(|name| SoughtName::Field(Field::named(name)));
    let categories = ["network", "iam"].map(|name| SoughtName::Category(name.to_owned()));
    let detector = Detector::new(mission::rules()).with_watch(NameWatch::new(names.into_iter().chain(categories)));
    pipeline::run(&[path], &detector, options, &Silent).unwrap();
    let name = |name: &SoughtName| match name {
        SoughtName::Field(field) => field.to_string(),
        SoughtName::Category(name) => format!("category {name}"),
    };
    let mut names: Vec<String> = detector.watch().unseen().map(name).collect();
    names.sort();
    names
}

#[test]
fn both_readers_and_all_thread_counts_miss_the_same_names() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regsvr32.evtx");
    let expected = ["category iam", "process.code_signature.trusted", "vendor.thing", "winlog.event_data.Nosuch"];
    for slow_reader in [false, true] {
        for threads in [1, 3] {
            let options = RunOptions { slow_reader, threads, ..RunOptions::default() };
            assert_eq!(unseen(path.clone(), &options), expected, "slow: {slow_reader}, threads: {threads}");
        }
    }
}

#[test]
fn a_field_of_a_document_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("documents.ndjson");
    std::fs::write(&path, "{\"@timestamp\":\"2024-01-01T00:00:00Z\",\"vendor\":{\"thing\":\"x\"}}\n").unwrap();
    assert!(!unseen(path, &RunOptions::default()).contains(&"vendor.thing".to_owned()));
}

#[test]
fn the_nearest_name_that_is_offered_may_be_one_of_the_documents() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("documents.ndjson");
    std::fs::write(&path, "{\"@timestamp\":\"2024-01-01T00:00:00Z\",\"vendor\":{\"thing\":\"x\"}}\n").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_evql"))
        .args(["query", "any where vendor.thng == \"x\""])
        .arg(&path)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("did you mean `vendor.thing`?"), "{told}");
}
