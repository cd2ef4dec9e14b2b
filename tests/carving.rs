//! What is left of logs is read from wherever it stands: whole chunks, single records of broken ones, older records in unused space. It is marked, counted apart,
//! and the same for both readers, however the file is cut up and wherever it comes from.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop at the first surprise")]

use evql::forge::{Large, LargeError};
use evql::source::{self, Fault, FaultKind, FaultSeverity, Item, Record, Scratch, Search, UnitStats};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;
const CHUNK_HEADER: usize = 512;

/// A log of several chunks.
fn log() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let create = |name: &str| {
        let source = File::create_new(folder.path().join(name));
        source.map_err(|source| LargeError::Write { name: name.to_owned(), source })
    };
    Large::new(1 << 20, 7, None).unwrap().write(create, |_| Ok(())).unwrap();
    fs::read(folder.path().join("host-01-1.evtx")).unwrap()
}

fn chunk(log: &[u8], number: usize) -> &[u8] {
    &log[HEADER + number * CHUNK..HEADER + (number + 1) * CHUNK]
}

fn chunks(log: &[u8]) -> usize {
    (log.len() - HEADER) / CHUNK
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Where the records of a chunk stand, with their numbers.
fn records_of(chunk: &[u8]) -> Vec<(std::ops::Range<usize>, u64)> {
    let (mut at, end) = (CHUNK_HEADER, u32_at(chunk, 48));
    let mut found = Vec::new();
    while at < end {
        let size = u32_at(chunk, at + 4);
        found.push((at..at + size, u64::from_le_bytes(chunk[at + 8..at + 16].try_into().unwrap())));
        at += size;
    }
    found
}

/// Puts the checksums of a chunk right.
fn seal(chunk: &mut [u8]) {
    let records = crc32fast::hash(&chunk[CHUNK_HEADER..u32_at(chunk, 48)]);
    chunk[52..56].copy_from_slice(&records.to_le_bytes());
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..CHUNK_HEADER]);
    let header = header.finalize();
    chunk[124..128].copy_from_slice(&header.to_le_bytes());
}

/// Bytes without any order.
fn noise(length: usize, mut state: u64) -> Vec<u8> {
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// What there is in a file.
#[derive(Debug, Default, PartialEq)]
struct Contents {
    /// By number; the first of those with the same one.
    records: BTreeMap<u64, Record>,
    recovered: BTreeSet<u64>,
    faults: Vec<Fault>,
    stats: UnitStats,
}

impl Contents {
    fn kinds(&self) -> BTreeSet<(FaultKind, FaultSeverity)> {
        self.faults.iter().map(|fault| (fault.kind, fault.severity)).collect()
    }

    fn numbers(&self) -> BTreeSet<u64> {
        self.records.keys().copied().collect()
    }
}

fn read_as(path: &Path, carve: bool, slow: bool, chunks_per_unit: u32) -> Contents {
    let found = source::discover(&[path.to_owned()], &Search { carve, ..Search::default() });
    let mut contents = Contents { faults: found.faults, ..Contents::default() };
    let (mut met, mut scratch) = (0, Scratch::default().slow(slow));
    for unit in source::units(&found.inputs, chunks_per_unit) {
        let mut items = Vec::new();
        contents.stats += source::read_unit(&found.inputs, &unit, &mut scratch, &mut |item| items.push(item));
        for item in items {
            match item {
                Item::Record(record) => {
                    met += 1;
                    let id = record.record_id.unwrap();
                    if record.is_recovered {
                        contents.recovered.insert(id);
                    }
                    contents.records.entry(id).or_insert(record);
                }
                Item::Fault(fault) => {
                    met += u64::from(fault.is_record());
                    contents.faults.push(fault);
                }
                Item::Skipped | Item::Document(_) => unreachable!("only records of one provider are there"),
            }
        }
    }
    assert_eq!(met, contents.stats.records, "every record is counted once");
    contents
}

/// What there is in a file of these bytes and this name, after it was seen that neither the reader nor the size of units makes a difference, and that what is
/// read again by its place is the same.
fn read_named(name: &str, bytes: &[u8], carve: bool) -> Contents {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    let contents = read_as(&path, carve, false, 16);
    for (slow, chunks_per_unit) in [(false, 1), (true, 3)] {
        let other = read_as(&path, carve, slow, chunks_per_unit);
        assert_eq!(other.records, contents.records, "slow: {slow}, {chunks_per_unit} chunks a unit");
        assert_eq!(other.recovered, contents.recovered);
        assert_eq!(other.faults, contents.faults);
    }
    is_found_again(&path, carve, &contents);
    contents
}

fn read(bytes: &[u8], carve: bool) -> Contents {
    read_named("log.evtx", bytes, carve)
}

/// Every record is found again by its place alone.
fn is_found_again(path: &Path, carve: bool, contents: &Contents) {
    let inputs = source::discover(&[path.to_owned()], &Search { carve, ..Search::default() }).inputs;
    for record in contents.records.values().step_by(37) {
        let origins = [record.origin];
        let units = source::units_again(&inputs, &origins);
        let mut is_there = false;
        for (unit, _) in units {
            source::read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| {
                is_there |= item == Item::Record(record.clone());
            });
        }
        assert!(is_there, "the record at {} is not found again", record.origin.offset);
    }
}

/// The records of two reads that have the same numbers say the same.
fn says_the_same(found: &Contents, whole: &Contents) {
    for (id, record) in &found.records {
        let mut record = record.clone();
        let expected = &whole.records[id];
        (record.origin, record.is_recovered) = (expected.origin, expected.is_recovered);
        assert_eq!(&record, expected);
    }
}

#[test]
fn a_sound_log_is_read_as_before_and_has_nothing_to_recover() {
    let log = log();
    let (plain, carved) = (read(&log, false), read(&log, true));
    assert_eq!(plain, carved);
    assert!(plain.recovered.is_empty() && plain.faults.is_empty(), "{:?}", plain.faults);
    assert!(chunks(&log) >= 4);
}

#[test]
fn a_log_that_has_lost_its_beginning_is_read_by_itself() {
    let log = log();
    let whole = read(&log, false);
    let first: BTreeSet<u64> = records_of(chunk(&log, 0)).into_iter().map(|(_, id)| id).collect();
    let lost = &whole.numbers() - &first;
    for beginning in [vec![0; HEADER + CHUNK], noise(HEADER + CHUNK, 5)] {
        let mut bytes = log.clone();
        bytes[..HEADER + CHUNK].copy_from_slice(&beginning);
        // Neither its name nor an option is needed, if a chunk stands where one of a log does.
        for name in ["log.evtx", "0001.bin"] {
            let found = read_named(name, &bytes, false);
            assert_eq!(found.numbers(), lost);
            assert_eq!(found.recovered, lost);
            assert_eq!(found.kinds(), BTreeSet::from([(FaultKind::FileHeader, FaultSeverity::Lost)]));
            says_the_same(&found, &whole);
        }
    }
}

#[test]
fn chunks_are_read_from_wherever_they_stand() {
    let log = log();
    let whole = read(&log, false);
    let mut image = noise(1234, 1);
    for number in 0..chunks(&log) {
        image.extend_from_slice(chunk(&log, number));
        image.extend(noise(77 * (number * number * 400 + 1), number as u64 + 9));
    }
    let found = read_named("memory.dmp", &image, true);
    assert_eq!(found.numbers(), whole.numbers());
    assert_eq!(found.recovered, whole.numbers());
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    says_the_same(&found, &whole);

    let unasked = read_named("memory.dmp", &image, false);
    assert!(unasked.records.is_empty());
    assert_eq!(unasked.kinds(), BTreeSet::from([(FaultKind::Foreign, FaultSeverity::PassedOver)]));
}

#[test]
fn a_single_chunk_is_a_log_of_its_own() {
    let log = log();
    let found = read_named("carved-0007", chunk(&log, 1), false);
    let numbers: BTreeSet<u64> = records_of(chunk(&log, 1)).into_iter().map(|(_, id)| id).collect();
    assert_eq!(found.numbers(), numbers);
    assert_eq!(found.recovered, numbers);
    assert_eq!(found.kinds(), BTreeSet::from([(FaultKind::FileHeader, FaultSeverity::Suspect)]));
}

#[test]
fn bytes_put_in_between_cost_nothing_but_their_slot() {
    let log = log();
    let whole = read(&log, false);
    let at = HEADER + 2 * CHUNK;
    let bytes = [&log[..at], b"put in between", &log[at..]].concat();
    let found = read(&bytes, false);
    assert_eq!(found.numbers(), whole.numbers());
    let before: BTreeSet<u64> = (0..2).flat_map(|number| records_of(chunk(&log, number))).map(|(_, id)| id).collect();
    assert_eq!(found.recovered, &whole.numbers() - &before);
    assert!(found.kinds().contains(&(FaultKind::Chunk, FaultSeverity::Lost)), "{:?}", found.faults);
    says_the_same(&found, &whole);
}

#[test]
fn a_bit_that_was_flipped_in_the_magic_of_a_chunk_costs_no_record() {
    let log = log();
    let whole = read(&log, false);
    for bit in [0, 9, 63] {
        let mut bytes = log.clone();
        bytes[HEADER + CHUNK + bit / 8] ^= 1 << (bit % 8);
        let found = read(&bytes, false);
        assert_eq!(found.numbers(), whole.numbers());
        let numbers: BTreeSet<u64> = records_of(chunk(&log, 1)).into_iter().map(|(_, id)| id).collect();
        assert_eq!(found.recovered, numbers);
        assert_eq!(found.kinds(), BTreeSet::from([(FaultKind::Chunk, FaultSeverity::Suspect)]));
        says_the_same(&found, &whole);
    }
}

#[test]
fn records_of_a_chunk_without_header_are_read_one_by_one() {
    let log = log();
    let whole = read(&log, false);
    for header in [vec![0; CHUNK_HEADER], noise(CHUNK_HEADER, 3)] {
        let mut bytes = log.clone();
        bytes[HEADER + CHUNK..HEADER + CHUNK + CHUNK_HEADER].copy_from_slice(&header);
        let found = read(&bytes, false);
        assert_eq!(found.numbers(), whole.numbers());
        let numbers: BTreeSet<u64> = records_of(chunk(&log, 1)).into_iter().map(|(_, id)| id).collect();
        assert_eq!(found.recovered, numbers);
        says_the_same(&found, &whole);
        let reason = &found.faults.iter().find(|fault| fault.kind == FaultKind::Chunk).unwrap().reason;
        assert!(reason.contains(&format!("; {} records were recovered", numbers.len())), "{reason}");
    }
}

#[test]
fn records_of_a_chunk_with_a_damaged_header_and_a_broken_chain_are_read_one_by_one() {
    let log = log();
    let whole = read(&log, false);
    let mut bytes = log.clone();
    let start = HEADER + CHUNK;
    let records = records_of(chunk(&log, 1));
    // No number in the header can be believed; the third record is stepped over, and the size of the seventh leads into the middle of another one.
    bytes[start + 24..start + 40].fill(0xff);
    bytes[start + records[2].0.start] ^= 0x55;
    bytes[start + records[6].0.start + 5] ^= 0x05;
    let found = read(&bytes, false);
    let lost: BTreeSet<u64> = [2, 6].map(|number| records[number].1).into();
    assert!((&whole.numbers() - &found.numbers()).is_subset(&lost), "{:?}", &whole.numbers() - &found.numbers());
    assert!(found.recovered.len() > 1, "{:?}", found.recovered);
    says_the_same(&found, &whole);
}

#[test]
fn records_without_their_chunk_are_read_with_the_templates_of_another_and_told() {
    let log = log();
    let whole = read(&log, false);
    // Of the second chunk only the last records, behind something else.
    let records = records_of(chunk(&log, 1));
    let rest = &chunk(&log, 1)[records[records.len() / 2].0.start..records[records.len() - 1].0.end];
    let image = [&noise(999, 2), rest, &noise(4321, 4), chunk(&log, 0), &noise(50, 4)].concat();
    let found = read_named("unallocated.dd", &image, true);
    let numbers: BTreeSet<u64> = records_of(chunk(&log, 0)).into_iter().map(|(_, id)| id).collect();
    let rest: BTreeSet<u64> = records[records.len() / 2..].iter().map(|(_, id)| *id).collect();
    let missing = &rest - &found.numbers();
    // Templates that the first chunk does not use are nowhere in the image.
    assert!(missing.len() < rest.len() / 2, "{} of {}", missing.len(), rest.len());
    assert!(numbers.is_subset(&found.numbers()));
    says_the_same(&found, &whole);
    let told =
        |words: &str| found.faults.iter().any(|fault| fault.kind == FaultKind::Remains && fault.reason.contains(words));
    assert!(told("in doubt"), "{:?}", found.faults);
    assert_eq!(told("not read"), !missing.is_empty());
}

#[test]
fn records_without_their_chunk_are_read_with_the_templates_of_another_file_of_the_run() {
    let log = log();
    let whole = read(&log, false);
    let records = records_of(chunk(&log, 1));
    let rest = &chunk(&log, 1)[records[records.len() / 2].0.start..records[records.len() - 1].0.end];
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("memory.raw"), [&noise(999, 2), rest].concat()).unwrap();
    let alone = read_as(folder.path(), true, false, 16);
    fs::write(folder.path().join("other.evtx"), &log[..HEADER + CHUNK]).unwrap();
    let together = read_as(folder.path(), true, false, 16);
    assert!(together.recovered.len() > alone.recovered.len() + 10, "{}", together.recovered.len());
    says_the_same(&together, &whole);
}

#[test]
fn pages_of_memory_in_any_order_give_the_records_that_are_whole() {
    let log = log();
    let whole = read(&log, false);
    let mut pages: Vec<&[u8]> = log[HEADER..].chunks(4096).collect();
    pages.reverse();
    let mut image = chunk(&log, 0).to_vec();
    image.extend(pages.concat());
    let found = read_named("memory.raw", &image, true);
    says_the_same(&found, &whole);
    let in_one_page: BTreeSet<u64> = (0..chunks(&log))
        .flat_map(|number| records_of(chunk(&log, number)))
        .filter(|(range, _)| range.start / 4096 == (range.end - 1) / 4096)
        .map(|(_, id)| id)
        .collect();
    let missing = &in_one_page - &found.numbers();
    assert!(missing.len() * 5 < in_one_page.len(), "{} of {} are missing", missing.len(), in_one_page.len());
}

/// The first chunk up to its middle record, over the second one: the rest of that is behind the end of the records.
fn reused(log: &[u8]) -> (Vec<u8>, BTreeSet<u64>, BTreeSet<u64>) {
    let (new, old) = (chunk(log, 0), chunk(log, 1));
    let records = records_of(new);
    let last = &records[records.len() / 3];
    let mut bytes = log.to_vec();
    let mut mixed = old.to_vec();
    mixed[..last.0.end].copy_from_slice(&new[..last.0.end]);
    mixed[16..24].copy_from_slice(&(records.len() as u64 / 3 + 1).to_le_bytes());
    mixed[32..40].copy_from_slice(&last.1.to_le_bytes());
    mixed[44..48].copy_from_slice(&u32::try_from(last.0.start).unwrap().to_le_bytes());
    mixed[48..52].copy_from_slice(&u32::try_from(last.0.end).unwrap().to_le_bytes());
    seal(&mut mixed);
    bytes[HEADER..HEADER + CHUNK].copy_from_slice(&mixed);
    // The second chunk is gone, so that only unused space has its records.
    bytes.drain(HEADER + CHUNK..HEADER + 2 * CHUNK);
    let live = records[..=records.len() / 3].iter().map(|(_, id)| *id).collect();
    let left = records_of(old).into_iter().filter(|(range, _)| range.start >= last.0.end).map(|(_, id)| id).collect();
    (bytes, live, left)
}

#[test]
fn older_records_in_unused_space_are_read_when_asked_for() {
    let log = log();
    let whole = read(&log, false);
    let (bytes, live, left) = reused(&log);
    let (plain, carved) = (read(&bytes, false), read(&bytes, true));
    assert!(plain.recovered.is_empty());
    assert!(live.is_subset(&plain.numbers()));
    assert!((&left & &plain.numbers()).is_empty());
    assert_eq!(&carved.numbers() - &plain.numbers(), carved.recovered);
    assert!(carved.recovered.is_subset(&left));
    assert!(carved.recovered.len() * 10 > left.len() * 9, "{} of {}", carved.recovered.len(), left.len());
    says_the_same(&carved, &whole);
}

#[test]
fn a_log_packed_in_an_archive_gives_the_same() {
    let log = log();
    let (mut bytes, ..) = reused(&log);
    let at = HEADER + 3 * CHUNK;
    bytes.splice(at..at, b"put in between".iter().copied());
    let image = [&noise(1111, 8), chunk(&log, 2)].concat();
    for (name, bytes) in [("log.evtx", &bytes), ("memory.dmp", &image)] {
        let plain = read_named(name, bytes, true);
        for method in [zip::CompressionMethod::Deflated, zip::CompressionMethod::Stored] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("host.zip");
            zipped(&path, name, bytes, method);
            let packed = read_as(&path, true, false, 16);
            assert_eq!(packed.records, plain.records);
            assert_eq!(packed.recovered, plain.recovered);
            assert_eq!(packed.kinds(), plain.kinds());
            is_found_again(&path, true, &packed);
        }
    }
}

fn zipped(path: &Path, name: &str, bytes: &[u8], method: zip::CompressionMethod) {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    archive.start_file(name, zip::write::SimpleFileOptions::default().compression_method(method)).unwrap();
    archive.write_all(bytes).unwrap();
    archive.finish().unwrap();
}

#[test]
fn what_looks_like_a_record_and_is_none_is_not_read() {
    let log = log();
    let records = records_of(chunk(&log, 0));
    let record = &chunk(&log, 0)[records[0].0.clone()];
    for damage in 0..record.len() {
        let mut bytes = record.to_vec();
        bytes[damage] ^= 0x41;
        let image = [&noise(64, 3), &*bytes, &[0; 64]].concat();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.bin");
        fs::write(&path, image).unwrap();
        let found = read_as(&path, true, false, 16);
        assert!(found.records.len() <= 1);
    }
}

/// What another program, the one in the folder of the environment variable `EVQL_SHARED`, has in logs that were really damaged.
fn corpus() -> PathBuf {
    PathBuf::from(std::env::var("EVQL_SHARED").expect("EVQL_SHARED names the shared folder")).join("corpus")
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn carving_takes_nothing_away_and_reads_real_logs_both_ways() {
    let inputs = source::discover(&[corpus()], &Search::default()).inputs;
    let mut recovered = 0;
    for input in inputs {
        let (plain, carved) = (read_as(&input.path, false, false, 16), read_as(&input.path, true, false, 16));
        let slow = read_as(&input.path, true, true, 1);
        assert!(plain.numbers().is_subset(&carved.numbers()), "{}", input.display);
        assert_eq!(carved.recovered, slow.recovered, "{}", input.display);
        assert_eq!(carved.records, slow.records, "{}", input.display);
        recovered += carved.recovered.len();
    }
    assert!(recovered > 500, "{recovered}");
}

/// What the program writes to standard output.
fn evql(arguments: &[&str], path: &Path) -> String {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_evql"));
    let output = command.args(arguments).arg(path).args(["--no-progress", "--color", "never"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_was_recovered_is_marked_in_every_output() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regsvr32.evtx")).unwrap();
    let sound = folder.path().join("sound.evtx");
    fs::write(&sound, &bytes).unwrap();
    bytes[HEADER + 3] ^= 0x20;
    let path = folder.path().join("log.evtx");
    fs::write(&path, bytes).unwrap();
    let outputs: [(&[&str], &str); 16] = [
        (&["scan"], "(recovered)"),
        (&["scan", "-q", "-o-", "-t", "jsonl"], r#""recovered":true"#),
        (&["scan", "-q", "-o-", "-t", "csv"], ",true,"),
        (&["scan", "-q", "-H-"], "(recovered)"),
        (&["query", "network where true"], "(recovered)"),
        (&["query", "network where evql.recovered == true"], "(recovered)"),
        (&["timeline", "-q", "-o-", "-t", "csv"], ",true,"),
        (&["timeline", "-q", "-o-", "-t", "jsonl"], r#""evql.recovered":true"#),
        (&["timeline", "-q", "-o-", "-t", "ecs"], r#""recovered":true"#),
        (&["timeline", "-q", "-o-", "-t", "timesketch"], r#","[""recovered"#),
        (&["timeline", "-q", "-o-", "-t", "tle"], ",True,"),
        (&["tree"], "recovered"),
        (&["tree", "-q", "-o-", "-t", "json"], r#""evql.recovered":true"#),
        (&["tree", "-q", "-o-", "-t", "dot"], "recovered"),
        (&["info"], "13 recovered"),
        (&["info", "-t", "json"], r#""recovered": 13"#),
    ];
    for (arguments, mark) in outputs {
        let (found, plain) = (evql(arguments, &path), evql(arguments, &sound));
        assert!(found.contains(mark), "{arguments:?} does not say {mark}: {found}");
        assert!(
            !plain.contains(mark) || plain.contains("no alerts"),
            "{arguments:?} says {mark} of a sound log: {plain}"
        );
    }
    let summary = folder.path().join("summary.json");
    evql(&["scan", "--summary-json", summary.to_str().unwrap()], &path);
    let summary: serde_json::Value = serde_json::from_slice(&fs::read(summary).unwrap()).unwrap();
    assert_eq!(summary["records"]["recovered"], 13);
    assert_eq!(summary["records"]["adds_up"], true);
    assert!(evql(&["scan"], &path).contains("13 events of what is left of logs"));
}

#[test]
fn a_timeline_of_recovered_events_gives_them_back_as_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/regsvr32.evtx")).unwrap();
    bytes[HEADER + 3] ^= 0x20;
    let (path, documents) = (folder.path().join("log.evtx"), folder.path().join("documents.ndjson"));
    fs::write(&path, bytes).unwrap();
    fs::write(&documents, evql(&["timeline", "-q", "-o-", "-t", "ecs", "--allow-partial"], &path)).unwrap();
    let alerts = |path: &Path| evql(&["scan", "-q", "-o-", "-t", "jsonl", "--no-triage"], path);
    assert!(alerts(&documents).contains(r#""recovered":true"#));
}
