//! Archives of other kinds than ZIP: what is in them gives the same as the files themselves, and what is made to do harm does none.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::detect::Detector;
use evql::pipeline::{self, Outcome, RunOptions, Silent};
use evql::source::{FaultKind, FaultSeverity, Search, discover};
use std::io::Write;
use std::path::{Path, PathBuf};

#[path = "support/mission.rs"]
mod mission;

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // Names that lead outside are refused by the writer, not by those who make such archives.
        let field = &mut header.as_gnu_mut().unwrap().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A number as 7z writes it, below 2^21.
fn seven_zip_number(number: usize) -> Vec<u8> {
    let [low, middle, high, ..] = number.to_le_bytes();
    match number {
        0..0x80 => vec![low],
        0x80..0x4000 => vec![0x80 | middle, low],
        _ => vec![0xc0 | high, low, middle],
    }
}

/// A 7z archive of one file that is stored as it is.
fn seven_zip(name: &str, bytes: &[u8]) -> Vec<u8> {
    let size = seven_zip_number(bytes.len());
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let mut header = vec![0x01, 0x04, 0x06, 0x00, 0x01, 0x09];
    header.extend(&size);
    header.extend([0x00, 0x07, 0x0b, 0x01, 0x00, 0x01, 0x01, 0x00, 0x0c]);
    header.extend(&size);
    header.extend([0x00, 0x08, 0x00, 0x00, 0x05, 0x01, 0x11]);
    header.extend(seven_zip_number(name.len() + 1));
    header.push(0x00);
    header.extend(name);
    header.extend([0x00, 0x00]);
    let mut start = (bytes.len() as u64).to_le_bytes().to_vec();
    start.extend((header.len() as u64).to_le_bytes());
    start.extend(crc32fast::hash(&header).to_le_bytes());
    let mut archive = b"7z\xbc\xaf\x27\x1c\0\x04".to_vec();
    archive.extend(crc32fast::hash(&start).to_le_bytes());
    archive.extend(start);
    archive.extend(bytes);
    archive.extend(header);
    archive
}

fn run(path: PathBuf) -> Outcome {
    pipeline::run(&[path], &Detector::new(mission::rules()), &RunOptions::default(), &Silent).unwrap()
}

#[test]
fn a_log_in_any_container_gives_the_alerts_of_the_log() {
    let log = sample("regsvr32.evtx");
    let other = sample("regasm.evtx");
    let files: &[(&str, &[u8])] = &[("C/NTUSER.DAT", b"regf...."), ("C/Windows/regsvr32.evtx", &log)];
    let containers = [
        ("log.evtx.gz", gzip(&log), "log.evtx.gz"),
        ("host.tar", tar(files), "host.tar!/C/Windows/regsvr32.evtx"),
        ("host.tar.gz", gzip(&tar(files)), "host.tar.gz!/C/Windows/regsvr32.evtx"),
        ("host.7z", seven_zip("C/regsvr32.evtx", &log), "host.7z!/C/regsvr32.evtx"),
        ("all.zip", zip(&[("in/host.tar.gz", &gzip(&tar(files)))]), "all.zip!/in/host.tar.gz!/C/Windows/regsvr32.evtx"),
        ("all.tar", tar(&[("host.zip", &zip(files))]), "all.tar!/host.zip!/C/Windows/regsvr32.evtx"),
        ("all.7z", seven_zip("host.tar", &tar(files)), "all.7z!/host.tar!/C/Windows/regsvr32.evtx"),
        ("twice.gz", gzip(&gzip(&log)), "twice.gz"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, shown) in containers {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let outcome = run(path);
        assert_eq!(outcome.alerts.len(), 2, "{name}: {:?}", outcome.faults);
        assert!(outcome.inputs[0].display.ends_with(shown), "{}", outcome.inputs[0].display);
        assert!(outcome.faults.iter().all(|fault| fault.severity == FaultSeverity::PassedOver), "{:?}", outcome.faults);
    }
    // Archives one behind the other.
    let path = folder.path().join("several.zip");
    let several = [zip(&[("a.evtx", &other)]), zip(files)].concat();
    std::fs::write(&path, several).unwrap();
    let outcome = run(path);
    assert_eq!((outcome.alerts.len(), outcome.inputs.len()), (3, 2), "{:?}", outcome.faults);
}

#[test]
fn names_in_archives_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("traversal.tar");
    std::fs::write(
        &path,
        tar(&[("../../outside.evtx", &sample("regsvr32.evtx")), ("/etc/x.evtx", &sample("regasm.evtx"))]),
    )
    .unwrap();
    assert_eq!(run(path).alerts.len(), 3);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.evtx.gz");
    let mut bomb = sample("regsvr32.evtx");
    bomb.resize(80 << 20, 0);
    std::fs::write(&path, gzip(&bomb)).unwrap();
    let outcome = run(path);
    assert!(
        outcome.faults.iter().any(|fault| fault.kind == FaultKind::Archive && fault.severity == FaultSeverity::Lost),
        "{:?}",
        outcome.faults
    );
}

#[test]
fn an_archive_that_is_cut_anywhere_is_a_fault_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let log = sample("dns.evtx");
    let small = &log[..4096 + 9000];
    let path = folder.path().join("cut");
    for whole in [
        tar(&[("a.evtx", small), ("b.evtx", small)]),
        gzip(&tar(&[("a.evtx", small)])),
        gzip(small),
        seven_zip("a.evtx", small),
    ] {
        for length in (0..whole.len()).step_by(whole.len() / 97 + 1) {
            std::fs::write(&path, &whole[..length]).unwrap();
            let found = discover(std::slice::from_ref(&path), &Search::default());
            let is_told = !found.faults.is_empty() || !found.inputs.is_empty();
            assert!(is_told, "{length} of {} bytes: nothing is said", whole.len());
        }
        // One bit wrong.
        for at in (0..whole.len()).step_by(whole.len() / 97 + 1) {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            run(path.clone());
        }
    }
}
