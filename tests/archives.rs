//! Collections in ZIP archives: what is packed must say the same as what is not, and an archive that lies must cost nothing but itself.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::pipeline::{self, Outcome, RunOptions, Silent, TimelineOptions};
use evql::report::{AlertsJson, Exporter, JsonLayout, TimelineEcs, TimelineFormat};
use evql::source::{ArchivePasswords, FaultKind, FaultSeverity, Search};
use results::results;
use std::fs::{self, File};
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/results.rs"]
mod results;

/// Every sample log, with its name.
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "evtx"));
    files.sort();
    let named = |path: &PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap());
    files.iter().map(named).collect()
}

fn zip(files: &[(String, Vec<u8>)], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn stored() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Stored)
}

fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn run(path: &Path, options: &RunOptions) -> Outcome {
    pipeline::run(&[path.to_owned()], &Detector::new(mission::rules()), options, &Silent).unwrap()
}

/// All that is found, with the place of the evidence written as `HERE`.
fn found(path: &Path, place: &str, options: &RunOptions) -> String {
    let detector = Detector::new(mission::rules());
    let timeline = TimelineOptions { contents: TimelineEcs.contents() };
    let outcome = run(path, &RunOptions { timeline: Some(timeline), ..options.clone() });
    let mut out = format!("{:#?}\n", outcome.stats).into_bytes();
    for fault in &outcome.faults {
        writeln!(out, "{fault:?}").unwrap();
    }
    let results = results(&detector, &outcome.alerts, options.clock);
    AlertsJson(JsonLayout::Lines).export(&results, &mut out).unwrap();
    outcome.timeline.unwrap().write(&results, &TimelineEcs, &mut out).unwrap();
    // In JSON, where a backslash stands twice.
    String::from_utf8(out).unwrap().replace(&place.replace('\\', "\\\\"), "HERE")
}

#[test]
fn packed_logs_say_what_the_same_logs_say_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let plain = folder.path().join("plain");
    fs::create_dir(&plain).unwrap();
    let samples = samples();
    for (name, bytes) in &samples {
        fs::write(plain.join(name), bytes).unwrap();
    }
    let expected = found(&plain, &plain.join("").display().to_string(), &RunOptions::default());
    assert!(expected.contains("T1218.010"), "{expected}");
    let password = "correct horse";
    let packings = [
        ("stored", stored()),
        ("deflated", deflated()),
        ("zip64", deflated().large_file(true)),
        ("encrypted", deflated().with_aes_encryption(AesMode::Aes256, password)),
        ("encrypted and stored", stored().with_aes_encryption(AesMode::Aes128, password)),
    ];
    let path = folder.path().join("collection.zip");
    for (packing, options) in packings {
        for nested in [false, true] {
            let mut bytes = zip(&samples, options);
            let mut inside = format!("{}!/", path.display());
            if nested {
                bytes = zip(&[("C/inner.zip".to_owned(), bytes)], deflated());
                inside.push_str("C/inner.zip!/");
            }
            fs::write(&path, bytes).unwrap();
            for threads in [1, 3] {
                let search = Search { passwords: ArchivePasswords::one(password), ..Search::default() };
                let options = RunOptions { threads, search, ..RunOptions::default() };
                assert!(found(&path, &inside, &options) == expected, "{packing}, nested: {nested}, threads: {threads}");
            }
        }
    }
}

#[test]
fn records_in_two_archives_count_once() {
    let folder = tempfile::tempdir().unwrap();
    let samples = samples();
    for (name, options) in [("a.zip", deflated()), ("b.zip", stored())] {
        fs::write(folder.path().join(name), zip(&samples, options)).unwrap();
    }
    // A log that is the same but for its first chunk, so that single records are compared and not only chunks.
    let (name, mut bytes) = samples.iter().find(|(name, _)| name == "several-chunks.evtx").unwrap().clone();
    bytes[4096 + 128..4096 + 65536].fill(0);
    fs::write(folder.path().join("c.zip"), zip(&[(name, bytes)], deflated())).unwrap();
    let once = run(&folder.path().join("a.zip"), &RunOptions::default());
    let all = run(folder.path(), &RunOptions::default());
    assert_eq!(all.stats.mapped, once.stats.mapped);
    assert_eq!(all.alerts.len(), once.alerts.len());
    assert!(all.stats.adds_up(), "{:#?}", all.stats);
}

/// The faults of a run as kind, severity and reason.
fn faults(path: &Path, password: Option<&str>) -> Vec<(FaultKind, FaultSeverity, String)> {
    let search = Search { passwords: password.map(ArchivePasswords::one).unwrap_or_default(), ..Search::default() };
    let outcome = run(path, &RunOptions { search, ..RunOptions::default() });
    outcome.faults.into_iter().map(|fault| (fault.kind, fault.severity, fault.reason)).collect()
}

fn one_log() -> Vec<(String, Vec<u8>)> {
    samples().into_iter().filter(|(name, _)| name == "regsvr32.evtx").collect()
}

fn write(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("x.zip");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn what_cannot_be_unpacked_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let good = zip(&one_log(), deflated());
    let told = |bytes: &[u8], password| {
        let faults = faults(&write(folder.path(), bytes), password);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap()
    };
    let (kind, severity, reason) = told(&good[..good.len() / 2], None);
    assert_eq!((kind, severity), (FaultKind::Archive, FaultSeverity::Lost));
    assert!(reason.contains("cut short"), "{reason}");

    let encrypted = zip(&one_log(), deflated().with_aes_encryption(AesMode::Aes256, "secret"));
    let (kind, _, reason) = told(&encrypted, None);
    assert_eq!(kind, FaultKind::Encrypted);
    assert!(reason.contains("--archive-password"), "{reason}");
    let (kind, _, reason) = told(&encrypted, Some("wrong"));
    assert_eq!(kind, FaultKind::Archive);
    assert!(reason.contains("does not fit"), "{reason}");

    let nothing = zip(&[("readme.txt".to_owned(), b"hello".to_vec())], deflated());
    let (kind, _, reason) = told(&nothing, None);
    assert_eq!(kind, FaultKind::Foreign);
    assert!(reason.contains("only file"), "{reason}");

    let mut deep = zip(&one_log(), stored());
    for _ in 0..3 {
        deep = zip(&[("inner.zip".to_owned(), deep)], stored());
    }
    let (kind, _, reason) = told(&deep, None);
    assert_eq!(kind, FaultKind::Archive);
    assert!(reason.contains("deep"), "{reason}");
}

#[test]
fn damage_in_a_packed_log_costs_what_comes_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let (name, bytes) = samples().into_iter().find(|(name, _)| name == "several-chunks.evtx").unwrap();
    let packed = zip(&[(name, bytes)], deflated());
    let whole = run(&write(folder.path(), &packed), &RunOptions::default()).stats.tally.records;
    let mut damaged = packed.clone();
    let middle = packed.len() * 3 / 4;
    damaged[middle..middle + 64].fill(0xff);
    let outcome = run(&write(folder.path(), &damaged), &RunOptions::default());
    assert!(outcome.stats.tally.records > 0 && outcome.stats.tally.records <= whole);
    assert!(outcome.faults.iter().any(|fault| matches!(fault.kind, FaultKind::Archive | FaultKind::Checksum)));
    assert!(outcome.stats.adds_up(), "{:#?}", outcome.stats);
}

#[test]
fn a_wrong_checksum_is_a_doubt_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let packed = zip(&one_log(), deflated());
    let (sum, at) =
        (crc32fast::hash(&one_log()[0].1).to_le_bytes(), memchr::memmem::rfind(&packed, b"PK\x01\x02").unwrap());
    let field = at + memchr::memmem::find(&packed[at..], &sum).unwrap();
    let mut wrong = packed.clone();
    wrong[field] ^= 1;
    let right = run(&write(folder.path(), &packed), &RunOptions::default());
    let outcome = run(&write(folder.path(), &wrong), &RunOptions::default());
    assert_eq!(outcome.alerts.len(), right.alerts.len());
    assert_eq!((outcome.faults[0].kind, outcome.faults[0].severity), (FaultKind::Checksum, FaultSeverity::Suspect));
}

#[test]
fn an_archive_that_unpacks_without_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // Two entries of the directory that lead to the same bytes.
    let mut packed =
        zip(&[("a.evtx".to_owned(), one_log()[0].1.clone()), ("b.evtx".to_owned(), vec![1, 2, 3])], deflated());
    let first = memchr::memmem::find(&packed, b"PK\x01\x02").unwrap();
    let second = first + 4 + memchr::memmem::find(&packed[first + 4..], b"PK\x01\x02").unwrap();
    for range in [16..28, 42..46] {
        let from: Vec<u8> = packed[first + range.start..first + range.end].to_vec();
        packed[second + range.start..second + range.end].copy_from_slice(&from);
    }
    let overlapping = faults(&write(folder.path(), &packed), None);
    assert!(overlapping[0].2.contains("overlap"), "{overlapping:?}");
    // An archive in an archive that grows beyond all measure when it is unpacked.
    let mut huge = b"PK\x03\x04".to_vec();
    huge.resize(64 << 20, 0);
    let bomb = zip(&[("inner.zip".to_owned(), huge)], deflated());
    let grown = faults(&write(folder.path(), &bomb), None);
    assert!(grown[0].2.contains("fill a disk"), "{grown:?}");
    assert!(File::open(folder.path().join("x.zip")).is_ok());
}

#[test]
fn names_in_an_archive_are_only_names() {
    let folder = tempfile::tempdir().unwrap();
    let log = one_log()[0].1.clone();
    let names = ["../../../../tmp/evil.evtx", "/etc/passwd", "C:\\Windows\\x.evtx", "a\nb\u{202e}.evtx"];
    let files: Vec<(String, Vec<u8>)> = names.iter().map(|name| ((*name).to_owned(), log.clone())).collect();
    let outcome = run(&write(folder.path(), &zip(&files, deflated())), &RunOptions::default());
    assert_eq!(outcome.stats.files, 4);
    assert_eq!(outcome.alerts.len(), 2);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
