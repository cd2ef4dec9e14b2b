//! Reads a corpus of real logs: every record is accounted for, however the files are cut into units, and damage stops nothing.
//!
//! The corpus is other people's and not part of the project. Set `EVQL_SHARED` to a folder that has it as `corpus`; without it these tests
//! say so and pass themselves over.

#![allow(clippy::print_stderr)] // A test that passes itself over says so.

use std::path::{Path, PathBuf};

use evql::source::{Fault, Input, Item, Record, Scratch, UnitStats, discover, read_unit, units};

/// What came out of one or more files.
#[derive(Default)]
struct Outcome {
    records: Vec<Record>,
    faults: Vec<Fault>,
    stats: UnitStats,
}

fn corpus() -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("EVQL_SHARED") else {
        eprintln!("EVQL_SHARED is not set: passed over");
        return None;
    };
    Some(Path::new(&shared).join("corpus"))
}

fn read(inputs: &[Input], chunks_per_unit: u32) -> Outcome {
    let mut scratch = Scratch::default();
    let mut outcome = Outcome::default();
    for unit in units(inputs, chunks_per_unit) {
        outcome.stats += read_unit(inputs, &unit, &mut scratch, &mut |item| match item {
            Item::Record(record) => outcome.records.push(record),
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
fn the_whole_corpus_gives_the_same_however_it_is_cut() {
    let Some(corpus) = corpus() else { return };
    let found = discover(&[corpus]);
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
