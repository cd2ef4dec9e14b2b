use super::super::{FILE_HEADER_SIZE, LogWriter, Scenario};
use super::*;
use std::io::Cursor;

/// A log with a few records of different templates.
fn log() -> Vec<u8> {
    let text = std::fs::read_to_string("samples/scenarios/all-ids.toml").unwrap();
    Scenario::parse(&text, "all-ids.toml").unwrap().build().unwrap().remove(0).bytes
}

fn offsets(chunk: &[u8]) -> Vec<usize> {
    let mut offsets = Vec::new();
    let mut at = 0x200;
    while chunk.get(at..at + 4) == Some(b"**\0\0") {
        offsets.push(at);
        at += u32::from_le_bytes(chunk[at + 4..at + 8].try_into().unwrap()) as usize;
    }
    offsets
}

fn records(log: &[u8]) -> Vec<LogRecord> {
    let mut copier = RecordCopier::default();
    let chunks = log[FILE_HEADER_SIZE..].chunks(0x1_0000);
    chunks
        .flat_map(|chunk| offsets(chunk).into_iter().map(move |at| (chunk, at)))
        .map(|(chunk, at)| copier.read(chunk, at).unwrap())
        .collect()
}

fn written(records: &[LogRecord]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let mut writer = LogWriter::new(&mut out).unwrap();
    for record in records {
        writer.push(record).unwrap();
    }
    writer.finish().unwrap();
    out.into_inner()
}

#[test]
fn records_that_are_copied_say_the_same_and_a_copy_of_them_has_the_same_bytes() {
    let original = records(&log());
    assert!(original.len() > 25);
    let copy = written(&original);
    assert_eq!(records(&copy), original);
    assert!(written(&records(&copy)) == copy, "a copy of the copy has other bytes");
}

#[test]
fn bytes_that_are_cut_or_changed_never_stop_the_copier() {
    let log = log();
    let chunk = &log[FILE_HEADER_SIZE..][..0x1_0000];
    let at = offsets(chunk)[0];
    for end in (at..at + 1200).step_by(7) {
        let _ = RecordCopier::default().read(&chunk[..end], at); // Whether it is understood does not matter here.
    }
    let mut changed = chunk.to_vec();
    for place in at..at + 1200 {
        let before = changed[place];
        for value in [0, 0xff, before ^ 0x40] {
            changed[place] = value;
            let _ = RecordCopier::default().read(&changed, at);
        }
        changed[place] = before;
    }
}

#[test]
fn two_templates_under_one_identifier_stay_two() {
    let log = log();
    let chunk = log[FILE_HEADER_SIZE..][..0x1_0000].to_vec();
    let at = offsets(&chunk)[0];
    let mut copier = RecordCopier::default();
    let first = copier.read(&chunk, at).unwrap();
    // Another name of the same length in the definition, under the identifier that stands there.
    let name: Vec<u8> = "Provider".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let place = memchr::memmem::find(&chunk, &name).unwrap();
    let mut other = chunk.clone();
    other[place] = b'Q';
    let second = copier.read(&other, at).unwrap();
    assert_ne!(first.instance.template.root, second.instance.template.root);
    assert_ne!(first.instance.template.guid, second.instance.template.guid);
}
