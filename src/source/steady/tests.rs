use super::super::fault::FaultSeverity;
use super::super::input::InputFormat;
use super::*;
use crate::source::Remains;
use std::time::Duration;

fn found(bytes: &[u8]) -> (tempfile::NamedTempFile, FileStates) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("write");
    let (path, size) = (file.path().to_owned(), bytes.len() as u64);
    let states = FileStates::of(&[Input {
        path,
        display: Arc::from("x"),
        size,
        format: InputFormat::Evtx,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    }]);
    (file, states)
}

fn change(states: &FileStates) -> Option<(FaultSeverity, Option<u64>)> {
    states.changes().first().map(|fault| (fault.severity, fault.offset))
}

#[test]
fn a_file_that_stays_as_it_is_gives_no_fault() {
    let (_file, states) = found(b"ElfFile");
    assert_eq!(change(&states), None);
}

#[test]
fn growing_shrinking_and_vanishing_files_are_told() {
    let (file, states) = found(b"0123456789");
    std::fs::write(file.path(), b"0123456789 and more").expect("write");
    assert_eq!(change(&states), Some((FaultSeverity::Lost, Some(10))));
    std::fs::write(file.path(), b"0123").expect("write");
    assert_eq!(change(&states), Some((FaultSeverity::Lost, Some(4))));
    drop(file);
    assert_eq!(change(&states), Some((FaultSeverity::Lost, None)));
}

#[test]
fn a_file_that_is_replaced_by_one_of_its_size_is_told() {
    let (file, states) = found(b"0123456789");
    std::fs::write(file.path(), b"9876543210").expect("write");
    assert_eq!(change(&states), Some((FaultSeverity::Suspect, None)));
    std::fs::write(file.path(), b"0123456789").expect("write");
    let later = SystemTime::now() + Duration::from_secs(100);
    File::options().write(true).open(file.path()).and_then(|file| file.set_modified(later)).expect("a time");
    assert_eq!(change(&states), Some((FaultSeverity::Suspect, None)), "the same start, written again");
}
