//! Logs of which something is gone, or that change while they are read, are never an answer without a word: what their headers promise is compared with
//! what is there.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use evql::detect::Detector;
use evql::forge::{Large, LargeError};
use evql::pipeline::{self, Progress, RunOptions, Silent, SurveyOptions};
use evql::source::{Fault, FaultKind, FaultSeverity};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// A log of several chunks, in a folder of its own.
fn log() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let create = |name: &str| {
        let source = File::create_new(folder.path().join(name));
        source.map_err(|source| LargeError::Write { name: name.to_owned(), source })
    };
    Large::new(2 << 20, 7, None).unwrap().write(create, |_| Ok(())).unwrap();
    let path = folder.path().join("host-01-1.evtx");
    let bytes = fs::read(&path).unwrap();
    (folder, path, bytes)
}

/// The faults of a scan, after it was seen that a survey has the same, and that the slow way finds the same.
fn faults(path: &Path) -> Vec<Fault> {
    let paths = [path.to_owned()];
    let scan = |slow_reader| {
        let options = RunOptions { slow_reader, ..RunOptions::default() };
        pipeline::run(&paths, &Detector::new(mission::rules()), &options, &Silent).unwrap().faults
    };
    let found = scan(false);
    assert_eq!(found, scan(true));
    assert_eq!(found, pipeline::survey(&paths, &SurveyOptions::default(), &Silent).unwrap().faults);
    found
}

fn kinds(path: &Path) -> Vec<(FaultKind, FaultSeverity)> {
    faults(path).iter().map(|fault| (fault.kind, fault.severity)).collect()
}

const MISSING: (FaultKind, FaultSeverity) = (FaultKind::Incomplete, FaultSeverity::Lost);

#[test]
fn a_copy_that_stopped_between_two_chunks_is_a_loss() {
    let (_folder, path, bytes) = log();
    assert_eq!(kinds(&path), []);
    fs::write(&path, &bytes[..HEADER + 4 * CHUNK]).unwrap();
    let found = faults(&path);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].severity), MISSING);
    assert!(found[0].reason.contains("chunks, but 4 are there"), "{}", found[0].reason);
}

#[test]
fn chunks_of_zeros_are_a_loss_wherever_they_are() {
    let (_folder, path, bytes) = log();
    let mut middle = bytes.clone();
    middle[HEADER + 2 * CHUNK..HEADER + 3 * CHUNK].fill(0);
    fs::write(&path, &middle).unwrap();
    assert_eq!(kinds(&path), [MISSING, MISSING], "the count of chunks, and the gap");
    let mut end = bytes.clone();
    let last = bytes.len() - CHUNK;
    end[last..].fill(0);
    fs::write(&path, &end).unwrap();
    assert_eq!(kinds(&path), [MISSING]);
    let mut all = bytes;
    all[HEADER..].fill(0);
    fs::write(&path, &all).unwrap();
    assert_eq!(kinds(&path), [MISSING], "a header and nothing else");
}

#[test]
fn a_chunk_that_was_cut_out_or_put_in_is_told() {
    let (_folder, path, bytes) = log();
    let cut = [&bytes[..HEADER + CHUNK], &bytes[HEADER + 2 * CHUNK..]].concat();
    fs::write(&path, &cut).unwrap();
    assert_eq!(kinds(&path), [MISSING, MISSING]);
    let more = [&bytes[..], &bytes[HEADER..HEADER + CHUNK]].concat();
    fs::write(&path, &more).unwrap();
    assert_eq!(kinds(&path), [(FaultKind::FileHeader, FaultSeverity::Suspect)]);
}

#[test]
fn a_chunk_that_claims_to_have_no_checksums_is_told() {
    let (_folder, path, mut bytes) = log();
    bytes[HEADER + 120] |= 4;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(kinds(&path), [(FaultKind::Checksum, FaultSeverity::Suspect)]);
}

/// Writes to a file when a run begins.
struct Meddler<'p>(&'p Path);

impl Progress for Meddler<'_> {
    fn start(&self, _: u64) {}

    fn advance(&self, _: u64) {
        File::options().append(true).open(self.0).unwrap().write_all(&[0; 10]).unwrap();
    }

    fn finish(&self) {}
}

#[test]
fn a_log_that_grows_while_it_is_read_is_told() {
    let (_folder, path, _) = log();
    let run = |progress: &dyn Progress| {
        let options = RunOptions { threads: 1, ..RunOptions::default() };
        pipeline::run(std::slice::from_ref(&path), &Detector::new(mission::rules()), &options, progress).unwrap()
    };
    assert!(run(&Silent).faults.is_empty());
    let kinds: Vec<_> = run(&Meddler(&path)).faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::Changed]);
}

#[test]
fn a_log_that_grows_while_it_is_looked_into_a_second_time_is_told() {
    let (_folder, path, _) = log();
    let options = RunOptions { threads: 1, ..RunOptions::default() };
    let outcome =
        pipeline::run(std::slice::from_ref(&path), &Detector::new(mission::rules()), &options, &Silent).unwrap();
    assert!(outcome.faults.is_empty() && outcome.again.changes().is_empty());
    outcome.again.processes(&Meddler(&path));
    let kinds: Vec<_> = outcome.again.changes().iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::Changed]);
}
