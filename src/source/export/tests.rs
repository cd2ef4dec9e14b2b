use crate::source::Remains;
use std::io::Write;
use std::sync::Arc;

use super::*;
use crate::source::{InputFormat, WorkUnit, read_unit};

fn event(id: u64) -> String {
    let time = "<TimeCreated SystemTime='2020-01-01T00:00:00Z'/>";
    format!(
        "<Event xmlns='urn:x'><System><EventID>1</EventID>{time}<EventRecordID>{id}</EventRecordID></System></Event>"
    )
}

/// Record numbers, and faults as (offset, severity is lost, reason), of a file of these bytes.
fn read_bytes(bytes: &[u8], encoding: &'static Encoding) -> (Vec<u64>, Vec<Fault>) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("write");
    let format = InputFormat::Xml { encoding };
    let inputs = [Input {
        path: file.path().to_owned(),
        display: Arc::from("x"),
        size: bytes.len() as u64,
        format,
        member: None,
        remains: Remains::default(),
        in_lines: false,
    }];
    let (mut ids, mut faults) = (Vec::new(), Vec::new());
    let unit = WorkUnit { input: 0, first_chunk: 0, chunks: 0, reaches_back: false };
    let stats = read_unit(&inputs, &unit, &mut Scratch::default(), &mut |item| match item {
        Item::Record(record) => ids.push(record.record_id.unwrap_or(0)),
        found @ (Item::Document(_) | Item::Skipped) => panic!("not here: {found:?}"),
        Item::Fault(fault) => faults.push(fault),
    });
    let lost = faults.iter().filter(|fault| fault.is_record()).count();
    assert_eq!(stats.records, (ids.len() + lost) as u64);
    assert_eq!(stats.bytes, bytes.len() as u64);
    (ids, faults)
}

fn read_text(text: &str) -> (Vec<u64>, Vec<(u64, String)>) {
    let (ids, faults) = read_bytes(text.as_bytes(), UTF_8);
    (ids, faults.into_iter().map(|fault| (fault.offset.unwrap_or(u64::MAX), fault.reason)).collect())
}

#[test]
fn events_are_found_with_and_without_an_outer_element() {
    let (one, two) = (event(1), event(2));
    for text in [
        format!("{one}{two}"),
        format!("<?xml version='1.0'?>\r\n<Events>\r\n{one}\r\n{two}\r\n</Events>"),
        format!("\u{feff}<!-- <Event> --><Events><![CDATA[<Event>]]>{one}<?x <Event> ?>{two}</Events>"),
        format!("<!DOCTYPE x [<!ENTITY e '<Event><System/></Event>'>]><w:Events>{one}{two}</w:Events>"),
    ] {
        assert_eq!(read_text(&text), (vec![1, 2], vec![]), "{text}");
    }
    assert_eq!(read_text("<Events></Events>"), (vec![], vec![]));
}

#[test]
fn every_encoding_gives_the_same_records() {
    let text = format!("\u{feff}<Events>{}<!-- é -->{}</Events>", event(1), event(2));
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (bytes, encoding) in [(&little, encoding_rs::UTF_16LE), (&big, encoding_rs::UTF_16BE)] {
        assert_eq!(read_bytes(bytes, encoding), (vec![1, 2], vec![]));
        assert_eq!(read_bytes(&bytes[2..], encoding), (vec![1, 2], vec![]), "without byte order mark");
    }
}

#[test]
fn an_event_longer_than_a_block_is_read_whole() {
    let long = "x".repeat(3 * BLOCK);
    let text = event(1).replace("</Event>", &format!("<EventData><Data>{long}</Data></EventData></Event>"));
    let text = format!("{}{text}{}", " ".repeat(BLOCK - 3), event(2));
    assert_eq!(read_text(&text), (vec![1, 2], vec![]));
}

#[test]
fn an_element_named_event_inside_an_event_is_not_its_end() {
    let inner = "<UserData><X><Event>a</Event><Event/><![CDATA[</Event>]]><!--</Event>--></X></UserData></Event>";
    let text = format!("{}{}", event(1).replace("</Event>", inner), event(2));
    assert_eq!(read_text(&text), (vec![1, 2], vec![]));
}

#[test]
fn a_broken_event_costs_only_itself() {
    let open = "<Event><System>";
    let broken = format!("{}{open}{}", event(1), event(2));
    let at = event(1).len() as u64;
    assert_eq!(
        read_text(&broken),
        (vec![1, 2], vec![(at, "the event has no end before the next one starts".to_owned())])
    );
    let headless = format!("{}</Event>{}", event(1), event(2));
    assert_eq!(read_text(&headless), (vec![1, 2], vec![(at, "an event has an end but no start".to_owned())]));
    let cut = format!("{}{open}", event(1));
    assert_eq!(read_text(&cut), (vec![1], vec![(at, "the text ends inside the event".to_owned())]));
    let (ids, faults) = read_text(&format!("{}<Event><a></b></Event>{}", event(1), event(2)));
    assert_eq!((ids, faults.len()), (vec![1, 2], 1));
    let (ids, faults) = read_text(&format!("<Event><System><![CDATA[ {} <!-- {}", event(1), event(2)));
    assert_eq!((ids, faults.len()), (vec![1, 2], 2), "{faults:?}");
}

#[test]
fn bytes_that_are_not_utf_8_are_read_and_doubted() {
    let mut bytes = event(1).into_bytes();
    let at = bytes.windows(5).position(|window| window == b"urn:x").expect("there");
    bytes[at] = 0xff;
    let (ids, faults) = read_bytes(&bytes, UTF_8);
    assert_eq!(ids, [1]);
    assert!(faults.len() == 1 && !faults[0].is_record(), "{faults:?}");
}

#[test]
fn an_event_over_the_cap_is_given_up_and_the_next_one_read() {
    let cap = usize::try_from(LARGEST).expect("fits");
    let huge = event(1).replace("</Event>", &format!("<a>{}</a></Event>", "x".repeat(cap)));
    let (ids, faults) = read_text(&format!("{huge}{}", event(2)));
    assert_eq!(ids, [2]);
    assert_eq!(faults, [(0, "the event is larger than 16 MiB, or has no end".to_owned())]);
}

#[test]
fn hostile_repetition_takes_linear_time() {
    for piece in [
        "<Event>",
        "<Event ",
        "<Event><System><![CDATA[",
        "<!--",
        "<?",
        "<!DOCTYPE[",
        "<Event><System><!--<?",
        "<<<Event",
    ] {
        let (ids, _) = read_text(&piece.repeat(256 * 1024 / piece.len()));
        assert!(ids.is_empty());
    }
}

#[test]
fn damage_to_a_few_bytes_costs_a_few_events() {
    let whole: String = (1..=40).map(|id| event(id) + "\r\n").collect();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end as u64).unwrap_or(0)
    };
    for _ in 0..300 {
        let mut bytes = format!("<Events>{whole}</Events>").into_bytes();
        for _ in 0..3 {
            let at = below(bytes.len());
            bytes[at] = b"<>/&!-[]\0\xff\"'E"[below(13)];
        }
        let (ids, faults) = read_bytes(&bytes, UTF_8);
        assert!(ids.len() >= 37, "{} of 40 events; {faults:?}", ids.len());
    }
}

#[test]
fn a_list_that_is_cut_between_events_is_a_fault() {
    let (one, two) = (event(1), event(2));
    let cut = format!("<Events>{one}\r\n{two}\r\n");
    let missing = "the text ends before the end of its list of events (</Events>): the rest is missing";
    assert_eq!(read_text(&cut), (vec![1, 2], vec![(cut.len() as u64, missing.to_owned())]));
    assert_eq!(read_text(&format!("{cut}</Events>\0\0\0")), (vec![1, 2], vec![]));
    let (ids, faults) = read_text(&format!("<Events>{one}<Event><System>"));
    assert_eq!((ids, faults.len()), (vec![1], 1), "half an event is told once: {faults:?}");
    let (ids, faults) = read_text(&format!("<Events>{one}<Ev"));
    assert_eq!((ids, faults.len()), (vec![1], 2), "{faults:?}");
    let (ids, faults) = read_text(&format!("{one}</Events>"));
    assert_eq!((ids, faults.len()), (vec![1], 1), "the front is missing: {faults:?}");
}

#[test]
fn lists_that_were_put_together_are_read_and_one_without_its_end_is_told() {
    let list = |id| format!("\u{feff}<?xml version='1.0' encoding='utf-8'?>\r\n<Events>{}</Events>\r\n", event(id));
    assert_eq!(read_text(&format!("{}{}<Events/>", list(1), list(2))), (vec![1, 2], vec![]));
    let (ids, faults) = read_text(&format!("<Events>{}{}", event(1), list(2)));
    assert_eq!((ids, faults.len()), (vec![1, 2], 1), "{faults:?}");
    assert!(faults[0].1.contains("before the one before it has ended"), "{faults:?}");
}

#[test]
fn text_between_events_is_told_with_its_place_and_passed_over() {
    let text = format!("{}\nfailed to read chunk 3\nat <offset>\n{}", event(1), event(2));
    let reason = "text that is no event was passed over (2 lines): 'failed to read chunk 3'".to_owned();
    assert_eq!(read_text(&text), (vec![1, 2], vec![(event(1).len() as u64 + 1, reason)]));
    let many: String = (1..=40).map(|id| event(id) + "oops\n").collect();
    let (ids, faults) = read_text(&many);
    assert_eq!((ids.len(), faults.len()), (40, 17));
    assert_eq!(faults[16].1, "24 more stretches of text between events were passed over");
}

#[test]
fn zeros_between_events_are_told_and_around_them_are_not() {
    let text = format!("\0\0{}\n\0\0\0{}\0\0", event(1), event(2));
    let at = (2 + event(1).len() + 1) as u64;
    let reason = "zero bytes (3) stand between events: something may have been there".to_owned();
    assert_eq!(read_text(&text), (vec![1, 2], vec![(at, reason)]));
}

#[test]
fn what_tools_write_around_events_is_no_fault() {
    let declared = |id| format!("Record {id}\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{}\n", event(id));
    assert_eq!(read_text(&format!("{}{}", declared(1), declared(2))), (vec![1, 2], vec![]));
    assert_eq!(read_text(&format!("evtxexport 20240504\n\n{}\n\n{}\n\n", event(1), event(2))), (vec![1, 2], vec![]));
}

#[test]
fn events_in_a_system_log_are_read_and_other_lines_counted() {
    let line = |id| format!("<14>Mar  5 09:14:03 host sysmon: {}\n", event(id));
    let text = format!("{}Mar  5 09:14:04 host cron[1]: job\n{}", line(1), line(2));
    let reason = "lines of a system log without an event (1) were passed over".to_owned();
    assert_eq!(read_text(&text), (vec![1, 2], vec![(line(1).len() as u64, reason)]));
}
