//! Exports of other tools: the same events, laid out as each tool lays them out, give the records and the alerts of the log that they are from.
//!
//! The layouts are made here from the project's own samples, so that each can be seen next to what it must give.

#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use evql::base::{Locator, Ticks};
use evql::detect::Detector;
use evql::forge::{ForgedEvent, Scenario};
use evql::pipeline::{self, RunOptions, Silent};
use evql::source::{Fault, Item, Record, Scratch, Search, discover, read_unit, units};
use std::fs;
use std::path::{Path, PathBuf};
use windows_xml::{XmlEncoding, XmlStyle, write_xml};

#[path = "support/mission.rs"]
mod mission;
#[path = "support/windows_xml.rs"]
mod windows_xml;

const SAMPLES: &[&str] = &["regsvr32", "non-ascii", "dns", "all-ids", "reused-pid"];

/// The log of a sample, and its events as Windows exports them.
fn sample(name: &str) -> (Vec<u8>, Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/scenarios").join(name).with_extension("toml");
    let files = Scenario::parse(&fs::read_to_string(path).unwrap(), name).unwrap().build().unwrap();
    let xml = String::from_utf8(write_xml(&files[0].events, XmlStyle::Lines, XmlEncoding::Utf8)).unwrap();
    (files[0].bytes.clone(), xml.lines().map(str::to_owned).collect())
}

/// What is in a file: its records but for where they stand, and its faults.
fn read(path: &Path) -> (Vec<Record>, Vec<Fault>) {
    let found = discover(&[path.to_owned()], &Search::default());
    let (mut records, mut faults) = (Vec::new(), found.faults);
    for unit in units(&found.inputs, 16) {
        read_unit(&found.inputs, &unit, &mut Scratch::default(), &mut |item| match item {
            Item::Record(record) => records.push(Record { origin: Locator::default(), ..record }),
            Item::Fault(fault) => faults.push(fault),
            other => panic!("{other:?}"),
        });
    }
    (records, faults)
}

/// The record ids of the events of each alert.
fn alerts(path: PathBuf) -> Vec<Vec<u64>> {
    let outcome = pipeline::run(&[path], &Detector::new(mission::rules()), &RunOptions::default(), &Silent).unwrap();
    let ids = |alert: &evql::detect::Alert| alert.present().map(|event| event.tiebreaker.unwrap()).collect();
    outcome.alerts.hold().unwrap().iter().map(ids).collect()
}

/// One element on a line of its own, as tools that indent write it.
fn indented(event: &str) -> String {
    event.replace("><", ">\r\n  <").replace(">\r\n  </", "></")
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What a syslog daemon makes of a line.
fn log_line(event: &str, escape: impl Fn(u8) -> Option<String>) -> Vec<u8> {
    let mut line = b"Mar  5 09:14:03 ws-0417 sysmon: ".to_vec();
    for byte in event.bytes() {
        match escape(byte) {
            Some(escaped) => line.extend(escaped.into_bytes()),
            None => line.push(byte),
        }
    }
    line.push(b'\n');
    line
}

/// A tool, and how it lays events out.
type Layout = (&'static str, fn(&[String]) -> Vec<u8>);

const LAYOUTS: &[Layout] = &[
    ("wevtutil", |events| events.concat().into_bytes()),
    ("wevtutil with /e:Events", |events| format!("<Events>{}</Events>", events.concat()).into_bytes()),
    ("Event Viewer", |events| {
        let text = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>{}</Events>",
            events.concat()
        );
        text.into_bytes()
    }),
    ("PowerShell 5", |events| utf16(&format!("\u{feff}{}\r\n", events.join("\r\n")))),
    ("PowerShell 5, added to a file that is there", |events| {
        let list = |events: &[String]| utf16(&format!("\u{feff}{}\r\n", events.join("\r\n")));
        [list(&events[..1]), list(&events[1..])].concat()
    }),
    ("evtx_dump", |events| {
        let record = |(at, event): (usize, &String)| {
            let event = indented(event).replace('\'', "\"");
            format!("Record {}\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{event}\n", at + 1)
        };
        events.iter().enumerate().map(record).collect::<String>().into_bytes()
    }),
    ("evtxexport -f xml", |events| {
        format!(
            "evtxexport 20240504\n\n{}\n\n",
            events.iter().map(|event| indented(event)).collect::<Vec<_>>().join("\n\n")
        )
        .into_bytes()
    }),
    ("python-evtx", |events| {
        let start = "<?xml version=\"1.1\" encoding=\"utf-8\" standalone=\"yes\" ?>\n\n<Events>\n";
        let event = |event: &String| {
            event.replace("<Correlation/>", "<Correlation ActivityID=\"\" RelatedActivityID=\"\"></Correlation>") + "\n"
        };
        format!("{start}{}</Events>\n", events.iter().map(event).collect::<String>()).into_bytes()
    }),
    ("EvtxECmd --xml", |events| {
        let event = |event: &String| {
            indented(event).replace(" xmlns='http://schemas.microsoft.com/win/2004/08/events/event'", "")
        };
        events.iter().map(event).collect::<Vec<_>>().join("\r\n").into_bytes()
    }),
    ("xml2evtx", |events| {
        format!("<?xml version=\"1.0\"?>\n<Events>\n{}\n</Events>\n", events.join("\n")).into_bytes()
    }),
    ("a prefix for the name space", |events| {
        let event = |event: &String| {
            event
                .replace("<Event xmlns=", "<ev:Event xmlns:ev=")
                .replace("</Event>", "</ev:Event>")
                .replace("System>", "ev:System>")
                .replace("</ev:ev:", "</ev:")
        };
        format!(
            "<ev:Events>{}</ev:Events>",
            events.iter().map(event).collect::<String>().replace("<ev:/System>", "</ev:System>")
        )
        .into_bytes()
    }),
    ("several lists in one file, with zeros at its end", |events| {
        let list =
            |event: &String| format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<Events>{event}</Events>\r\n");
        format!("{}\0\0\0\0", events.iter().map(list).collect::<String>()).into_bytes()
    }),
    ("rsyslog", |events| {
        let escape = |byte: u8| (byte < 0x20).then(|| format!("#{byte:03o}"));
        events.iter().flat_map(|event| log_line(event, escape)).collect()
    }),
    ("a daemon that escapes bytes beyond ASCII too", |events| {
        let escape = |byte: u8| (!(0x20..0x7f).contains(&byte)).then(|| format!("#{byte:03o}"));
        events.iter().flat_map(|event| log_line(event, escape)).collect()
    }),
    ("a daemon that escapes with backslashes", |events| {
        let escape = |byte: u8| (byte < 0x20 || byte == b'\\').then(|| format!("\\{byte:03o}"));
        events.iter().flat_map(|event| log_line(event, escape)).collect()
    }),
];

#[test]
fn every_layout_gives_the_records_and_alerts_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("host.evtx");
    let export = folder.path().join("host.xml");
    let mut found = 0;
    for name in SAMPLES {
        let (bytes, events) = sample(name);
        fs::write(&log, bytes).unwrap();
        let (records, _) = read(&log);
        let of_log = alerts(log.clone());
        found += of_log.len();
        for (tool, layout) in LAYOUTS {
            fs::write(&export, layout(&events)).unwrap();
            let (read, faults) = read(&export);
            assert_eq!(faults, [], "{name} by {tool}");
            for (of_log, of_export) in records.iter().zip(&read) {
                assert_eq!(of_log, of_export, "{name} by {tool}");
            }
            assert_eq!(read.len(), records.len(), "{name} by {tool}");
            assert_eq!(alerts(export.clone()), of_log, "{name} by {tool}");
        }
    }
    assert!(found >= 3, "only {found} alerts");
}

/// Times without a `T`, flags in Python's writing, and the zone as a word or a number.
#[test]
fn times_and_flags_of_python_give_the_same_alerts() {
    let folder = tempfile::tempdir().unwrap();
    let (log, export) = (folder.path().join("host.evtx"), folder.path().join("host.xml"));
    let (bytes, events) = sample("regsvr32");
    fs::write(&log, bytes).unwrap();
    let records = read(&log).0;
    for zone in ["", " UTC", "+00:00"] {
        let event = |event: &String| {
            let (before, rest) = event.split_once("SystemTime='").unwrap();
            let (time, after) = rest.split_once('\'').unwrap();
            let time = time.get(..26).unwrap_or(time).trim_end_matches('Z').replace('T', " ");
            format!("{before}SystemTime=\"{time}{zone}\"{after}\n")
                .replace(">true<", ">True<")
                .replace(">false<", ">False<")
        };
        let text =
            format!("<?xml version=\"1.1\" ?>\n<Events>\n{}</Events>\n", events.iter().map(event).collect::<String>());
        fs::write(&export, text).unwrap();
        let (mut read, faults) = read(&export);
        assert_eq!(faults, []);
        for (record, of_log) in read.iter_mut().zip(&records) {
            assert_eq!(record.time_created.0 / 10, of_log.time_created.0 / 10);
            record.time_created = Ticks(of_log.time_created.0);
        }
        assert_eq!(read, records, "{zone}");
        assert_eq!(alerts(export.clone()), alerts(log.clone()), "{zone}");
    }
}

#[test]
fn an_export_that_is_cut_anywhere_has_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("host.xml");
    let (_, events) = sample("regsvr32");
    let whole = format!("<Events>{}</Events>", events.concat());
    for at in
        (20..whole.len()).step_by(97).chain(whole.len() - 12..whole.len()).filter(|&at| whole.is_char_boundary(at))
    {
        fs::write(&export, &whole[..at]).unwrap();
        let (read, faults) = read(&export);
        assert!(!faults.is_empty(), "cut at {at}");
        let ends = whole[..at].matches("</Event>").count();
        assert_eq!(read.len(), ends, "cut at {at}");
    }
}

#[test]
fn the_words_of_a_failed_tool_are_a_fault_and_cost_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("host.xml");
    let (_, events) = sample("regsvr32");
    let error =
        "Traceback (most recent call last):\n  File \"evtx_dump.py\", line 40\nUnicodeDecodeError: 'utf-16-le'\n";
    for place in 0..=events.len() {
        let mut text = events.clone();
        text.insert(place, error.to_owned());
        fs::write(&export, text.join("\n")).unwrap();
        let (read, faults) = read(&export);
        assert_eq!((read.len(), faults.len()), (events.len(), 1), "{faults:?}");
        assert!(faults[0].reason.contains("Traceback") && faults[0].offset.is_some(), "{faults:?}");
    }
}

/// A scenario with text that XML must escape.
const ESCAPED: &str = r#"title = "t"
[[file]]
name = "a.evtx"
host = "büro-07"
[[process]]
label = "cmd"
pid = 7236
Image = 'C:\Windows\System32\cmd.exe'
CommandLine = """cmd /c "echo <a> & 'b' 🦀\r\n" """
[[event]]
id = 1
process = "cmd"
time = 2024-03-05T09:14:02.1234567Z
repeat = 2
"#;

fn escaped_events() -> Vec<ForgedEvent> {
    Scenario::parse(ESCAPED, "t").unwrap().build().unwrap().remove(0).events
}

/// Texts of all `Data` elements, and of `Computer`, as an XML parser reads them.
fn texts(xml: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut texts = Vec::new();
    let mut open: Option<String> = None;
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(tag) if matches!(tag.name().as_ref(), "Data" | "Computer") => {
                open = Some(String::new());
            }
            quick_xml::events::Event::Text(text) => {
                if let Some(open) = &mut open {
                    open.push_str(&text);
                }
            }
            quick_xml::events::Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().unwrap() {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&reference).unwrap().to_owned(),
                };
                if let Some(open) = &mut open {
                    open.push_str(&resolved);
                }
            }
            quick_xml::events::Event::End(_) => texts.extend(open.take()),
            quick_xml::events::Event::Eof => return texts,
            _ => {}
        }
    }
}

/// The texts that a parser must find in them.
fn wanted() -> Vec<String> {
    let of = |event: ForgedEvent| {
        std::iter::once(event.computer).chain(event.fields.into_iter().map(|field| field.value.text))
    };
    escaped_events().into_iter().flat_map(of).collect()
}

#[test]
fn a_windows_document_has_every_text_of_every_event() {
    let xml = String::from_utf8(write_xml(&escaped_events(), XmlStyle::Document, XmlEncoding::Utf8)).unwrap();
    assert!(
        xml.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events><Event "),
        "{xml}"
    );
    assert!(xml.ends_with("</Event></Events>"), "{xml}");
    assert_eq!(texts(&xml), wanted());
}

#[test]
fn windows_lines_have_one_event_each() {
    let xml = String::from_utf8(write_xml(&escaped_events()[..1], XmlStyle::Lines, XmlEncoding::Utf8)).unwrap();
    assert!(xml.starts_with("<Event ") && xml.ends_with("</Event>\r\n"), "{xml}");
    assert!(xml.contains("<TimeCreated SystemTime='2024-03-05T09:14:02.1234567Z'/>"), "{xml}");
    assert!(xml.contains("<Correlation/><Execution ProcessID='2868' ThreadID='4012'/>"), "{xml}");
    assert!(xml.contains("<EventID>1</EventID>"), "{xml}");
}

#[test]
fn windows_utf16_is_the_same_text_with_a_byte_order_mark() {
    let bytes = write_xml(&escaped_events(), XmlStyle::Lines, XmlEncoding::Utf16);
    assert_eq!(bytes[..2], [0xff, 0xfe]);
    let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let narrow = write_xml(&escaped_events(), XmlStyle::Lines, XmlEncoding::Utf8);
    assert_eq!(String::from_utf16(&units).unwrap().into_bytes(), narrow);
}
