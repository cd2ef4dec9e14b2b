use super::*;
use crate::source::Remains;
use crate::source::fault::FaultSeverity;
use std::sync::Arc;

const CLEAN: LogHeader = LogHeader {
    version: (3, 1),
    chunks: 3,
    last_chunk: 2,
    next_record_id: 31,
    is_dirty: false,
    is_full: false,
    is_sound: true,
};

fn chunks(numbers: &[(u64, u64)]) -> Vec<ChunkExtent> {
    let extent = |(chunk, numbers): (u64, &(u64, u64))| ChunkExtent { input: 0, chunk, numbers: Some(*numbers) };
    (0..).zip(numbers).map(extent).collect()
}

fn input() -> Input {
    Input {
        path: "x".into(),
        display: Arc::from("x"),
        size: 4096,
        format: InputFormat::Evtx,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    }
}

fn promise(header: LogHeader, numbers: &[(u64, u64)]) -> Option<FaultSeverity> {
    broken_promise(&input(), &header, &chunks(numbers)).map(|fault| fault.severity)
}

#[test]
fn a_log_that_agrees_with_itself_gives_no_fault() {
    let whole = [(1, 10), (11, 20), (21, 30)];
    assert_eq!(promise(CLEAN, &whole), None);
    let dirty = LogHeader { is_dirty: true, is_sound: false, chunks: 1, next_record_id: 1, ..CLEAN };
    assert_eq!(promise(dirty, &whole), None, "the header of a log in use is behind");
}

#[test]
fn chunks_or_records_that_the_header_promises_are_missed() {
    let cut = [(1, 10), (11, 20)];
    assert_eq!(promise(CLEAN, &cut), Some(FaultSeverity::Lost));
    assert_eq!(promise(LogHeader { is_dirty: true, is_sound: false, ..CLEAN }, &cut), Some(FaultSeverity::Lost));
    assert_eq!(promise(LogHeader { chunks: 2, ..CLEAN }, &cut), Some(FaultSeverity::Lost));
    assert_eq!(promise(CLEAN, &[]), Some(FaultSeverity::Lost), "a header followed by zeros");
    assert_eq!(
        promise(LogHeader { chunks: u16::MAX, next_record_id: 21, ..CLEAN }, &cut),
        None,
        "a count that is full"
    );
}

#[test]
fn more_than_a_sound_header_knows_is_a_doubt() {
    assert_eq!(promise(CLEAN, &[(1, 10), (11, 20), (21, 30), (31, 40)]), Some(FaultSeverity::Suspect));
    assert_eq!(promise(LogHeader { is_sound: false, ..CLEAN }, &[(1, 50)]), None, "a damaged header is told elsewhere");
}

#[test]
fn numbers_that_are_missing_between_chunks_are_named() {
    let gaps = |numbers: &[(u64, u64)]| {
        let mut faults = Vec::new();
        gaps(&input(), &chunks(numbers), &mut faults);
        faults.into_iter().map(|fault| fault.reason).collect::<Vec<_>>()
    };
    assert!(gaps(&[(21, 30), (1, 10), (11, 20)]).is_empty(), "a log that has wrapped around");
    assert!(gaps(&[(1, 10), (1, 10), (5, 12), (11, 20)]).is_empty(), "copies");
    let found = gaps(&[(1, 10), (21, 30)]);
    assert_eq!(found, ["records 11 to 20 are not there: 10 between those of chunk 0 and those of chunk 1"]);
    let many: Vec<(u64, u64)> = (0..200).map(|at| (at * 10, at * 10 + 1)).collect();
    assert_eq!(gaps(&many).len(), MOST_GAPS + 1);
    assert!(gaps(&[(0, u64::MAX), (5, 6)]).is_empty());
}
