use super::*;
use crate::source::Remains;

fn input(size: u64, format: InputFormat) -> Input {
    Input {
        path: "x".into(),
        display: "x".into(),
        size,
        format,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    }
}

fn evtx(size: u64) -> Input {
    input(size, InputFormat::Evtx)
}

#[test]
fn slots_reach_to_the_end_of_the_file() {
    assert_eq!(slots(&evtx(0)), 0);
    assert_eq!(slots(&evtx(HEADER_BLOCK)), 0);
    assert_eq!(slots(&evtx(HEADER_BLOCK + 1)), 1);
    assert_eq!(slots(&evtx(HEADER_BLOCK + CHUNK)), 1);
    assert_eq!(slots(&evtx(HEADER_BLOCK + CHUNK + 1)), 2);
    assert_eq!(slots(&evtx(u64::MAX)), 1 << 48);
}

#[test]
fn logs_are_cut_into_runs_and_xml_files_are_not() {
    let inputs =
        [evtx(HEADER_BLOCK + 5 * CHUNK), input(1 << 40, InputFormat::Xml { encoding: encoding_rs::UTF_8 }), evtx(0)];
    let expected = [
        WorkUnit { input: 0, first_chunk: 0, chunks: 2, reaches_back: false },
        WorkUnit { input: 0, first_chunk: 2, chunks: 2, reaches_back: false },
        WorkUnit { input: 0, first_chunk: 4, chunks: 1, reaches_back: false },
        WorkUnit { input: 1, first_chunk: 0, chunks: 0, reaches_back: false },
    ];
    assert_eq!(units(&inputs, 2), expected);
    assert_eq!(units(&inputs[..1], 0).len(), 5, "no chunks per unit counts as one");
}

#[test]
fn a_file_that_claims_an_absurd_size_does_not_fill_the_memory_with_units() {
    let units = units(&[evtx(u64::MAX)], 1);
    assert!(units.len() as u64 <= MOST_UNITS);
    assert_eq!(units.iter().map(|unit| unit.chunks).sum::<u64>(), slots(&evtx(u64::MAX)));
}
