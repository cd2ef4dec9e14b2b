use crate::source::Remains;
use std::sync::Arc;

use super::*;
use crate::source::{FaultKind, units};

fn input(bytes: &[u8], format: InputFormat) -> (tempfile::NamedTempFile, Input) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("write");
    let input = Input {
        path: file.path().to_owned(),
        display: Arc::from("x"),
        size: bytes.len() as u64,
        format,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    };
    (file, input)
}

fn run(input: Input) -> (UnitStats, Vec<(FaultKind, Option<u64>)>) {
    let inputs = [input];
    let mut stats = UnitStats::default();
    let mut faults = Vec::new();
    for unit in units(&inputs, 1) {
        stats += read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| match item {
            Item::Record(record) => panic!("there is no record: {record:?}"),
            found @ (Item::Document(_) | Item::Skipped) => panic!("not here: {found:?}"),
            Item::Fault(fault) => faults.push((fault.kind, fault.offset)),
        });
    }
    (stats, faults)
}

#[test]
fn slots_of_zeros_are_counted_and_others_named() {
    let mut bytes = vec![0; 4096 + 3 * 65_536 + 10];
    bytes[4096 + 65_536] = 1;
    let (_file, input) = input(&bytes, InputFormat::Evtx);
    let (stats, faults) = run(input);
    assert_eq!((stats.chunks, stats.empty_chunks, stats.records), (1, 3, 0));
    assert_eq!(stats.bytes, bytes.len() as u64 - 4096);
    assert_eq!(faults, [(FaultKind::Chunk, Some(4096 + 65_536))]);
}

#[test]
fn a_file_that_shrank_or_went_away_is_a_fault() {
    let (file, mut input) = input(&vec![0; 4096 + 65_536], InputFormat::Evtx);
    input.size += 5 * 65_536;
    let (stats, faults) = run(input.clone());
    assert_eq!(stats.empty_chunks, 1);
    assert_eq!(faults[0], (FaultKind::Truncated, Some(4096 + 65_536)));
    drop(file);
    assert_eq!(run(input).1[0], (FaultKind::Unreadable, None));
}

#[test]
fn a_unit_of_another_list_gives_nothing() {
    let unit = WorkUnit { input: 7, first_chunk: 0, chunks: 1, reaches_back: false };
    let stats = read_unit(&[], &unit, &mut Scratch::default(), &mut |_| panic!("nothing"));
    assert_eq!(stats, UnitStats::default());
}
