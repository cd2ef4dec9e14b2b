//! Reads a corpus of real logs: every record is accounted for, however the files are cut into units, and damage stops nothing.
//!
//! The corpus is other people's and not part of the project. Set `EVQL_SHARED` to a folder that has it as `corpus`; the tests are ignored
//! unless they are asked for: `cargo test -- --include-ignored`.

#![allow(clippy::print_stderr, clippy::expect_used)] // What was read is for whoever runs it by hand.

use std::fs;
use std::path::PathBuf;

use evql::source::{Fault, FaultKind, Input, Item, Record, Scratch, Search, UnitStats, discover, read_unit, units};
use random::Random;

#[path = "support/random.rs"]
mod random;

/// What came out of one or more files.
#[derive(Default)]
struct Outcome {
    records: Vec<Record>,
    faults: Vec<Fault>,
    stats: UnitStats,
}

fn corpus() -> PathBuf {
    let shared = std::env::var_os("EVQL_SHARED").expect("EVQL_SHARED names the folder of reference material");
    PathBuf::from(shared).join("corpus")
}

fn read(inputs: &[Input], chunks_per_unit: u32) -> Outcome {
    let mut scratch = Scratch::default();
    let mut outcome = Outcome::default();
    for unit in units(inputs, chunks_per_unit) {
        outcome.stats += read_unit(inputs, &unit, &mut scratch, &mut |item| match item {
            Item::Record(record) => outcome.records.push(record),
            found @ (Item::Document(_) | Item::Skipped) => panic!("not here: {found:?}"),
            Item::Fault(fault) => outcome.faults.push(fault),
        });
    }
    outcome
}

fn assert_accounted_for(outcome: &Outcome) {
    let lost = outcome.faults.iter().filter(|fault| fault.is_record()).count();
    assert_eq!(outcome.stats.records, (outcome.records.len() + lost) as u64, "records met = read + lost");
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn the_whole_corpus_gives_the_same_however_it_is_cut() {
    let corpus = corpus();
    let found = discover(&[corpus], &Search::default());
    assert!(!found.inputs.is_empty());
    let whole = read(&found.inputs, 64);
    assert_accounted_for(&whole);
    for fault in found.faults.iter().chain(&whole.faults) {
        eprintln!("{:?}", (&fault.input, fault.offset, fault.kind, fault.record_id, fault.severity, &fault.reason));
    }
    eprintln!("{} inputs, {} records, {:?}", found.inputs.len(), whole.records.len(), whole.stats);
    for chunks_per_unit in [1, 3] {
        let cut = read(&found.inputs, chunks_per_unit);
        assert!(cut.records == whole.records, "the same records in units of {chunks_per_unit}");
        assert_eq!(cut.faults, whole.faults, "the same faults in units of {chunks_per_unit}");
        assert_eq!(cut.stats, whole.stats);
    }
}

/// The XML that the `evtx` crate renders of every record, as Windows would export it.
fn rendered(input: &Input) -> String {
    let mut text = String::from("\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<Events>");
    let mut parser = match evtx::EvtxParser::from_path(&input.path) {
        Ok(parser) => parser,
        Err(error) => panic!("{}: {error}", input.display),
    };
    for record in parser.records().flatten() {
        text += record.data.split_once("?>").map_or("", |(_, event)| event);
    }
    text + "</Events>"
}

/// A text as the crate's XML has it: what XML forbids, which evql keeps, is `_` there, and so is half a surrogate pair.
fn as_rendered(text: &str) -> String {
    let is_lost = |c: char| matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffd}'..='\u{ffff}');
    text.replace(is_lost, "_")
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn exported_events_give_the_records_of_their_log() {
    let corpus = corpus();
    let found = discover(&[corpus], &Search::default());
    let folder = tempfile::tempdir().expect("a folder");
    let mut compared = 0;
    for input in &found.inputs {
        let text = rendered(input);
        let path = folder.path().join("exported.xml");
        fs::write(&path, text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()).expect("write");
        let exported = discover(std::slice::from_ref(&path), &Search::default());
        let mut from_xml = read(&exported.inputs, 1);
        let mut from_log = read(std::slice::from_ref(input), 64);
        let untimed = |outcome: &Outcome| outcome.faults.iter().filter(|fault| fault.kind == FaultKind::Time).count();
        assert_eq!(from_xml.faults.len(), untimed(&from_log), "{}: {:?}", input.display, from_xml.faults);
        // No other program shows what is left of a broken chunk.
        from_log.records.retain(|record| !record.is_recovered);
        for record in from_xml.records.iter_mut().chain(&mut from_log.records) {
            record.origin = evql::base::Locator::default();
            record.data.iter_mut().for_each(|(_, value)| *value = as_rendered(value).into());
        }
        // A log that has wrapped around is exported in the order of its records, not of its chunks.
        from_xml.records.sort_by_key(|record| record.record_id);
        from_log.records.sort_by_key(|record| record.record_id);
        assert!(from_xml.records == from_log.records, "{}", input.display);
        compared += from_log.records.len();
    }
    eprintln!("{compared} records are the same in both forms");
    assert!(compared > 0);
}

fn damage(bytes: &mut Vec<u8>, numbers: &mut Random) {
    for _ in 0..=numbers.below(24) {
        if bytes.is_empty() {
            return;
        }
        let at = numbers.below(bytes.len());
        let to = (at + numbers.below(64)).min(bytes.len());
        match numbers.below(8) {
            0..4 => bytes[at] ^= 1 << numbers.below(8),
            4 => bytes[at] = 0xff,
            5 => bytes[at..to].fill(0),
            6 => {
                let from = numbers.below(bytes.len() - (to - at));
                bytes.copy_within(from..from + (to - at), at);
            }
            _ if numbers.below(8) == 0 => bytes.truncate(at),
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
}

#[test]
#[ignore = "needs EVQL_SHARED"]
fn damage_neither_panics_nor_hangs_and_stays_accounted_for() {
    let corpus = corpus();
    let found = discover(&[corpus], &Search::default());
    let small: Vec<&Input> = found.inputs.iter().filter(|input| input.size <= 4096 + 2 * 65_536).collect();
    assert!(!small.is_empty());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("damaged.evtx");
    let mut numbers = Random(0x9e37_79b9_7f4a_7c15);
    let rounds = std::env::var("EVQL_SOURCE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(300);
    let (mut records, mut faults) = (0, 0);
    for _ in 0..rounds {
        let mut bytes = fs::read(&small[numbers.below(small.len())].path).expect("readable");
        damage(&mut bytes, &mut numbers);
        fs::write(&path, &bytes).expect("write");
        let again = discover(std::slice::from_ref(&path), &Search::default());
        let outcome = read(&again.inputs, 1);
        assert_accounted_for(&outcome);
        records += outcome.records.len();
        faults += outcome.faults.len() + again.faults.len();
    }
    eprintln!("{rounds} damaged files: {records} records, {faults} faults");
    assert!(records > 0 && faults > 0);
}
