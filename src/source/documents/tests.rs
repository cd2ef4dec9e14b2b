use super::*;
use crate::source::InputFormat;
use std::io::Write;

/// Offsets, and what stands there.
type Places = Vec<(u64, String)>;

/// What is in a text: each document as JSON with its offset, and each fault with its offset.
fn items(bytes: &[u8]) -> (Places, Places) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let (path, display) = (file.path().to_owned(), "d".into());
    let input = Input {
        path: path.clone(),
        display,
        size: bytes.len() as u64,
        format: InputFormat::Json,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    };
    let (mut documents, mut faults) = (Vec::new(), Vec::new());
    let mut source = bytes;
    let stats = read(&mut source, &input, 0, &mut |item| match item {
        Item::Document(found) => documents.push((found.origin.offset, Value::Object(found.object).to_string())),
        Item::Fault(fault) => faults.push((fault.offset.unwrap(), fault.reason)),
        Item::Record(_) | Item::Skipped => panic!("no records here"),
    });
    let of_the_text = ["cannot be read further", "the list or response"];
    let lost = faults.iter().filter(|(_, reason)| !of_the_text.iter().any(|start| reason.starts_with(start))).count();
    assert_eq!(stats.records, (documents.len() + lost) as u64);
    (documents, faults)
}

fn documents(text: &str) -> Vec<String> {
    let (documents, faults) = items(text.as_bytes());
    assert_eq!(faults, []);
    documents.into_iter().map(|(_, text)| text).collect()
}

#[test]
fn lines_and_arrays_hold_the_same_documents() {
    let expected = [r#"{"a":1}"#, r#"{"b":"}]"}"#];
    assert_eq!(documents("\u{feff}{\"a\":1}\r\n\n{\"b\":\"}]\"}"), expected);
    assert_eq!(documents("[\n  {\"a\": 1},\n  {\"b\": \"}]\"}\n]\n"), expected);
    assert_eq!(documents("[]"), Vec::<String>::new());
}

#[test]
fn what_wraps_a_document_is_taken_off() {
    assert_eq!(documents(r#"{"_index":"i","_id":"1","_source":{"a":1}}"#), [r#"{"a":1}"#]);
    assert_eq!(documents(r#"{"_index":"i","fields":{"a":[1]}}"#), [r#"{"a":[1]}"#]);
    assert_eq!(documents("{\"create\":{}}\n{\"a\":1}\n"), [r#"{"a":1}"#]);
    assert_eq!(
        documents(r#"{"took":1,"hits":{"hits":[{"_id":"1","_source":{"a":1}},{"_id":"2","_source":{"a":2}}]}}"#).len(),
        2
    );
    assert_eq!(documents(r#"{"a":1,"evql":{"alerts":[]}}"#), [r#"{"a":1}"#]);
}

#[test]
fn a_bad_line_costs_that_line() {
    let (documents, faults) = items(b"{\"a\":1}\n{\"a\":\n\xff\n7\n{\"a\":2}\n");
    assert_eq!(documents.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [0, 18]);
    assert_eq!(faults.iter().map(|(offset, _)| *offset).collect::<Vec<_>>(), [8, 16]);
    let deep = format!("{}{}\n{{\"a\":1}}\n", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let (documents, faults) = items(deep.as_bytes());
    assert_eq!((documents.len(), faults.len()), (1, 1), "nesting has a limit");
}

#[test]
fn an_array_that_is_cut_short_keeps_what_it_has() {
    let (documents, faults) = items(b"[{\"a\":1}, {\"a\":");
    assert_eq!((documents.len(), faults.len()), (1, 1));
    assert_eq!(faults[0].0, 10);
}

#[test]
fn gzip_is_unpacked_member_by_member() {
    let pack = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let mut both = pack("{\"a\":1}\n");
    both.extend(pack("{\"a\":2}\n"));
    assert_eq!(items(&both).0.len(), 2);
    let cut = &both[..both.len() - 6];
    let (documents, faults) = items(cut);
    assert_eq!((documents.len(), faults.len()), (2, 1), "what could be unpacked counts: {faults:?}");
}

#[test]
fn a_line_of_any_length_takes_bounded_memory() {
    let mut bytes = vec![b'x'; LARGEST + 10];
    bytes.extend(b"\n{\"a\":1}\n");
    let (documents, faults) = items(&bytes);
    assert_eq!((documents.len(), faults.len()), (1, 1));
}

#[test]
fn text_in_utf16_and_between_zeros_is_read() {
    let text = "{\"a\":\"\u{e4}\"}\r\n{\"a\":2}\r\n";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
    for bytes in
        [marked(b"\xff\xfe", &little), marked(b"\xfe\xff", &big), little, big, marked(&[0; 5000], text.as_bytes())]
    {
        let (documents, faults) = items(&bytes);
        assert_eq!((documents.len(), faults), (2, Vec::new()));
        assert_eq!(documents[0].1, "{\"a\":\"\u{e4}\"}");
    }
}

#[test]
fn every_document_of_a_response_has_a_place_of_its_own() {
    let response = r#"{"hits":{"hits":[{"_id":"1","_source":{"a":1}},{"_id":"2","_source":{"a":2}},{"missing":true,"_source":null}]}}"#;
    let (documents, faults) = items(response.as_bytes());
    assert_eq!((documents[0].0, documents[1].0, documents.len(), faults.len()), (17, 47, 2, 0));
}

#[test]
fn a_list_without_its_end_is_a_fault_and_keeps_what_it_has() {
    let (documents, faults) = items(b"[{\"a\":1}, {\"a\":2}\n");
    assert_eq!((documents.len(), faults.len(), faults[0].0), (2, 1, 0));
}

#[test]
fn a_damaged_member_of_a_list_is_a_fault() {
    let (documents, faults) = items(b"[{\"a\":1}, {\"a\":nope}, 5, {\"a\":2}]");
    assert_eq!((documents.len(), faults.len()), (2, 2), "{faults:?}");
}

#[test]
fn a_document_with_characters_that_json_does_not_allow_is_read_and_in_doubt() {
    let file = b"{\"a\":\"x\xff\"}\n{\"a\":\"\\ud83d!\"}\n{\"a\":\"x\ty\",\"b\":NaN}\n";
    let input = Input {
        path: "d".into(),
        display: "d".into(),
        size: 0,
        format: InputFormat::Json,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    };
    let (mut documents, mut doubts) = (0, Vec::new());
    let stats = read(&mut &file[..], &input, 0, &mut |item| match item {
        Item::Document(_) => documents += 1,
        Item::Fault(fault) => doubts.push((fault.offset, fault.severity, fault.reason)),
        Item::Record(_) | Item::Skipped => {}
    });
    assert_eq!((documents, stats.records), (3, 3));
    assert!(doubts.iter().all(|(_, severity, _)| *severity == crate::source::FaultSeverity::Suspect), "{doubts:?}");
    assert_eq!(doubts.iter().map(|(offset, _, _)| offset.unwrap()).collect::<Vec<_>>(), [0, 11, 27]);
}

#[test]
fn any_number_of_zeros_around_documents_is_passed_over() {
    for zeros in [1, 3, 4, 20_000, 300_001] {
        let zeros = vec![0; zeros];
        let text = [&zeros, br#"{"a":1} {"b":2}"#.as_slice(), &zeros].concat();
        let (documents, faults) = items(&text);
        assert_eq!(faults, []);
        let at = zeros.len() as u64;
        assert_eq!(documents, [(at, r#"{"a":1}"#.to_owned()), (at + 8, r#"{"b":2}"#.to_owned())]);
    }
}

#[test]
fn zeros_before_text_in_utf_16_do_not_hide_its_encoding() {
    for big in [false, true] {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        let text: Vec<u8> = "[{\"a\":\"é\"}]".encode_utf16().flat_map(unit).collect();
        let zeros = vec![0; 40_000];
        let (documents, faults) = items(&[zeros.as_slice(), &text, &zeros].concat());
        assert_eq!(faults, []);
        assert_eq!(documents, [(20_001, "{\"a\":\"é\"}".to_owned())]);
    }
}
