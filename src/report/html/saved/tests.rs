use super::*;
use crate::event::Clock;
use crate::report::html::ReportLimits;
use std::io::Write as _;

fn read(bytes: &[u8]) -> (u64, Vec<RefusedAlert>) {
    let mut report = HtmlReport::new(ReportLimits::default(), Clock::Logged);
    let mut refused = Vec::new();
    report.add_saved(&mut &*bytes, &mut |one| refused.push(one)).unwrap();
    (report.alerts(), refused)
}

const ALERT: &str = r#"{"rule":{"name":"R"},"host":{"name":"h"}}"#;

#[test]
fn a_bad_line_costs_that_line() {
    let text = format!("\u{feff}{ALERT}\r\n\n{{\"rule\":\nnull\n[1]\n{{\"a\":1}}\n{ALERT}");
    let (alerts, refused) = read(text.as_bytes());
    assert_eq!(alerts, 2);
    let places: Vec<&str> = refused.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(places, ["line 3", "line 4", "line 5", "line 6"]);
    assert!(refused[0].reason.starts_with("it is not JSON: EOF"), "{}", refused[0].reason);
    assert_eq!(refused[3].reason, "it is no alert: it names no rule");
}

#[test]
fn arrays_and_pretty_documents_are_read() {
    assert_eq!(read(format!("[{ALERT},\n{ALERT}\n]\n").as_bytes()), (2, vec![]));
    assert_eq!(read(format!("[\n  {ALERT}]").as_bytes()), (1, vec![]));
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(ALERT).unwrap()).unwrap();
    assert_eq!(read(format!("{pretty}\n{pretty}").as_bytes()), (2, vec![]));
    let (alerts, refused) = read(format!("[{ALERT},{{\"rule\":").as_bytes());
    assert_eq!((alerts, refused[0].reason.as_str()), (1, "the text ends inside of a document"));
    assert_eq!(read(b""), (0, vec![]));
}

#[test]
fn gzip_and_utf_16_are_undone() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(format!("{ALERT}\n{ALERT}\n").as_bytes()).unwrap();
    assert_eq!(read(&packed.finish().unwrap()), (2, vec![]));
    let wide: Vec<u8> = format!("\u{feff}{ALERT}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&wide), (1, vec![]));
}

#[test]
fn depth_and_length_have_an_end() {
    let deep = format!("{{\"rule\":{{\"name\":\"R\"}},\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let (alerts, refused) = read(deep.as_bytes());
    assert_eq!(alerts, 0);
    assert!(refused[0].reason.contains("recursion limit exceeded"), "{}", refused[0].reason);
    let long = format!("{{\"rule\":{{\"name\":\"{}\"}}}}\n{ALERT}\n", "x".repeat(LARGEST_DOCUMENT));
    let (alerts, refused) = read(long.as_bytes());
    assert_eq!((alerts, refused[0].reason.as_str()), (1, "it is too long to be an alert"));
}

#[test]
fn bytes_that_are_no_text_do_no_harm() {
    let (alerts, refused) = read(b"\xff\xff\x00\x00\n{\"rule\":{\"name\":\"\xff\"}}\n");
    assert_eq!((alerts, refused.len()), (0, 2), "{refused:?}");
}
