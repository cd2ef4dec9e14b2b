//! Records that were hidden in a log, with checksums that fit again: they are found, read, marked and told, by both readers.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::pipeline::{self, Outcome, RunOptions, Silent};
use evql::source::FaultKind;
use std::path::Path;

#[path = "support/mission.rs"]
mod mission;

const CHUNK: usize = 4096;
const RECORDS: usize = CHUNK + 512;

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Where the records of the first chunk start.
fn starts(log: &[u8]) -> Vec<usize> {
    let end = CHUNK + u32_at(log, CHUNK + 48) as usize;
    let mut starts = vec![RECORDS];
    loop {
        let last = starts[starts.len() - 1];
        let next = last + u32_at(log, last + 4) as usize;
        if next >= end {
            return starts;
        }
        starts.push(next);
    }
}

/// Puts the checksums of the first chunk right.
fn seal(log: &mut [u8]) {
    let end = (u32_at(log, CHUNK + 48) as usize).min(65_536);
    let records = crc32fast::hash(&log[RECORDS..CHUNK + end.max(512)]);
    log[CHUNK + 52..CHUNK + 56].copy_from_slice(&records.to_le_bytes());
    let mut header = crc32fast::Hasher::new();
    header.update(&log[CHUNK..CHUNK + 120]);
    header.update(&log[CHUNK + 128..CHUNK + 512]);
    let header = header.finalize();
    log[CHUNK + 124..CHUNK + 128].copy_from_slice(&header.to_le_bytes());
}

fn run(log: &[u8], slow_reader: bool) -> (Outcome, Detector) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.evtx");
    std::fs::write(&path, log).unwrap();
    let detector = Detector::new(mission::rules());
    let options = RunOptions { slow_reader, ..RunOptions::default() };
    (pipeline::run(&[path], &detector, &options, &Silent).unwrap(), detector)
}

fn is_found(log: &[u8], what: &str) {
    for slow_reader in [false, true] {
        let (outcome, _) = run(log, slow_reader);
        assert_eq!(outcome.stats.mapped, 13, "{what}: {:?}", outcome.faults);
        assert_eq!(outcome.alerts.len(), 2, "{what}");
        assert!(outcome.faults.iter().any(|fault| fault.kind == FaultKind::Tampering), "{what}: {:?}", outcome.faults);
        let json = outcome.alerts.hold().unwrap()[1].last().unwrap().to_json();
        assert_eq!(json["evql"]["recovered"], true, "{what}");
        let mut text = Vec::new();
        outcome.alerts.hold().unwrap()[1].last().unwrap().push_json(&mut text);
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&text).unwrap(), json, "{what}");
        assert!(outcome.stats.adds_up(), "{what}");
    }
}

#[test]
fn records_hidden_behind_fitting_checksums_are_read_and_told() {
    let sample = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regsvr32.evtx")).unwrap();
    let starts = starts(&sample);
    assert_eq!(starts.len(), 13);
    let (outcome, _) = run(&sample, false);
    assert!(outcome.faults.is_empty(), "{:?}", outcome.faults);

    let mut log = sample.clone();
    let first = sample[CHUNK + 24..CHUNK + 32].to_vec();
    log[CHUNK + 32..CHUNK + 40].copy_from_slice(&first);
    seal(&mut log);
    is_found(&log, "the number of the last record is that of the first");

    let mut log = sample.clone();
    let end = u32::try_from(starts[3] - CHUNK).unwrap();
    log[CHUNK + 48..CHUNK + 52].copy_from_slice(&end.to_le_bytes());
    seal(&mut log);
    is_found(&log, "the free space begins behind the third record");

    let mut log = sample.clone();
    let end = u32::try_from(starts[3] - CHUNK).unwrap();
    log[CHUNK + 48..CHUNK + 52].copy_from_slice(&end.to_le_bytes());
    let third = u64::from_le_bytes(first.try_into().unwrap()) + 2;
    log[CHUNK + 32..CHUNK + 40].copy_from_slice(&third.to_le_bytes());
    log[CHUNK + 16..CHUNK + 24].copy_from_slice(&third.to_le_bytes());
    seal(&mut log);
    is_found(&log, "the header agrees with itself that there are three records");

    // The record of the second alert's connection, and the last one.
    for hidden in [12, 11] {
        let mut log = sample.clone();
        let (start, over) = (starts[hidden - 1], starts[hidden]);
        let size = u32_at(&log, start + 4) + u32_at(&log, over + 4);
        let end = start + size as usize;
        log[start + 4..start + 8].copy_from_slice(&size.to_le_bytes());
        log[end - 4..end].copy_from_slice(&size.to_le_bytes());
        seal(&mut log);
        for slow_reader in [false, true] {
            let (outcome, _) = run(&log, slow_reader);
            assert!(
                outcome.faults.iter().any(|fault| fault.kind == FaultKind::Tampering),
                "{hidden}: {:?}",
                outcome.faults
            );
            assert_eq!(outcome.stats.mapped, 13, "{hidden}: {:?}", outcome.faults);
        }
    }
}
