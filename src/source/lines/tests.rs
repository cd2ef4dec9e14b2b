//! Tests of texts that are read in pieces.

use super::*;
use crate::base::Locator;
use crate::source::{InputFormat, Remains, Scratch, read_unit, units, units_again};
use proptest::prelude::*;
use std::io::Cursor;

fn input(path: &std::path::Path, size: u64, in_lines: bool) -> Input {
    Input {
        path: path.to_owned(),
        display: "d".into(),
        size,
        format: InputFormat::Json,
        member: None,
        remains: Remains::default(),
        in_lines,
    }
}

/// Documents with their offsets, and how many faults there are.
fn items(inputs: &[Input], units: &[WorkUnit]) -> (Vec<(u64, String)>, usize, UnitStats) {
    let (mut documents, mut faults, mut stats) = (Vec::new(), 0, UnitStats::default());
    for unit in units {
        stats += read_unit(inputs, unit, &mut Scratch::default(), &mut |item| match item {
            Item::Document(found) => {
                documents.push((found.origin.offset, serde_json::Value::Object(found.object).to_string()));
            }
            Item::Fault(_) => faults += 1,
            Item::Record(_) | Item::Skipped => panic!("no records here"),
        });
    }
    (documents, faults, stats)
}

#[test]
fn pieces_give_what_the_whole_gives() {
    let mut text = b"\xef\xbb\xbf{\"create\":{}}\n".to_vec();
    let mut at = 0;
    while text.len() < 40 << 20 {
        at += 1;
        let long = if at % 5_000 == 0 { 300_000 } else { at % 900 };
        let separator = ["\n", "\r\n", "\n\n", " ", ""][at % 5];
        text.extend(format!("{{\"a\":{at},\"b\":{{\"c\":\"}}\\n{{{}\"}}}}{separator}", "x".repeat(long)).into_bytes());
        if at == 20_000 {
            // Longer than a piece, so that one has no border.
            text.extend(format!("{{\"long\":\"{}\"}}\n", "y".repeat(15 << 20)).into_bytes());
        }
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let size = text.len() as u64;
    assert!(is_in_lines(&text[..16 << 10], size));
    let whole = [input(file.path(), size, false)];
    let in_pieces = [input(file.path(), size, true)];
    let pieces = units(&in_pieces, 1);
    assert!(pieces.len() > 4);
    let (expected, faults, _) = items(&whole, &units(&whole, 1));
    let (found, faults_of_pieces, stats) = items(&in_pieces, &pieces);
    assert_eq!((faults, faults_of_pieces, stats.bytes), (0, 0, size));
    assert!(found == expected, "{} documents instead of {}", found.len(), expected.len());
    // Whatever is read again by its place is there.
    for step in [1, 977] {
        let wanted: Vec<Locator> = expected
            .iter()
            .rev()
            .step_by(step)
            .take(40)
            .map(|(offset, _)| Locator { input: 0, offset: *offset })
            .collect();
        let wanted: Vec<Locator> = wanted.into_iter().rev().collect();
        let again: Vec<WorkUnit> = units_again(&in_pieces, &wanted).into_iter().map(|(unit, _)| unit).collect();
        let (found, _, _) = items(&in_pieces, &again);
        assert!(wanted.iter().all(|place| found.iter().filter(|(offset, _)| *offset == place.offset).count() == 1));
    }
}

#[test]
fn texts_of_other_layouts_are_read_in_one() {
    let size = 1 << 30;
    assert!(is_in_lines(b"  {\"a\":1}\r\n{\"b\":2}\n", size));
    assert!(!is_in_lines(b"{\"a\":1}\n{\"b\":2}\n", 1 << 20), "a small file");
    assert!(!is_in_lines(b"[{\"a\":1},\n{\"b\":2}]\n", size));
    assert!(!is_in_lines(b"[{\"a\":1}\n{\"b\":2}]\n", size));
    let raw = "{\"EventID\":1,\"SourceName\":\"Microsoft-Windows-Sysmon\",\"Hostname\":\"a\",\"Image\":\"b\",\"UtcTime\":\"2024-03-05 10:00:00.000\"}\n";
    assert!(!is_in_lines(raw.repeat(2).as_bytes(), size), "records of another tool");
    assert!(!is_in_lines(b"{\"a\":1,\n\"b\":2}", size));
    assert!(!is_in_lines(b"{\0\"\0}\0\n\0{\0", size), "UTF-16");
}

proptest! {
    #[test]
    fn a_border_is_the_first_one(text in "[{}\r\n a]{0,60}", from in 0u64..60, length in 0u64..60) {
        let border = |at: &usize| {
            text[*at..].starts_with('{') && (text[..*at].ends_with("}\n") || text[..*at].ends_with("}\r\n"))
        };
        let until = from + length;
        let expected = (0..text.len()).filter(border).map(|at| at as u64).find(|at| *at >= from).filter(|at| *at < until);
        prop_assert_eq!(border_from(&mut Cursor::new(text.as_bytes()), from, until).unwrap(), expected);
    }
}
