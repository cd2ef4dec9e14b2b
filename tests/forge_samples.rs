//! The samples are what their scenarios say: rebuilt byte for byte, and read back field by field by an independent reader.
//!
//! `EVQL_BLESS=1 cargo test --test forge_samples` writes the .evtx files anew after a scenario has changed.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use evql::forge::{ExpectedClock, ForgedEvent, ForgedFile, Scenario};
use evtx::{EvtxParser, ParserSettings};
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Every scenario with its name, in the order of names.
fn scenarios() -> Vec<(String, Scenario)> {
    let folder = samples().join("scenarios");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let scenario = Scenario::parse(&fs::read_to_string(path).unwrap(), name);
            (name.to_owned(), scenario.unwrap_or_else(|error| panic!("{error}")))
        })
        .collect()
}

fn built() -> Vec<(String, ForgedFile)> {
    let build = |(name, scenario): (String, Scenario)| {
        let files = scenario.build().unwrap_or_else(|error| panic!("{error}"));
        files.into_iter().map(move |file| (name.clone(), file))
    };
    scenarios().into_iter().flat_map(build).collect()
}

#[test]
fn samples_are_what_their_scenarios_say() {
    let bless = std::env::var_os("EVQL_BLESS").is_some();
    let mut known = BTreeSet::new();
    for (scenario, file) in built() {
        assert!(known.insert(file.name.clone()), "{scenario}: {} is written by two scenarios", file.name);
        let path = samples().join(&file.name);
        if bless {
            fs::write(&path, &file.bytes).unwrap();
        }
        let found = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", file.name));
        assert!(found == file.bytes, "{} is not what {scenario} says; see the head of this file", file.name);
    }
    for entry in fs::read_dir(samples()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_log = Path::new(&name).extension().is_some_and(|extension| extension == "evtx");
        assert!(!is_log || known.contains(&name), "no scenario writes {name}");
    }
}

#[test]
fn the_example_of_the_readme_works() {
    let readme = fs::read_to_string(samples().join("README.md")).unwrap();
    let example = readme.split("```").find_map(|block| block.strip_prefix("toml\n")).unwrap();
    let scenario = Scenario::parse(example, "README.md").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(scenario.expect.alerts[0].records, [1, 2]);
    assert_eq!(scenario.build().unwrap()[0].events.len(), 2);
}

#[test]
fn every_scenario_stands_in_the_readme() {
    let readme = fs::read_to_string(samples().join("README.md")).unwrap();
    for (name, _) in scenarios() {
        let row = format!("| `{}` |", name.trim_end_matches(".toml"));
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn samples_stay_small() {
    let total: usize = built().iter().map(|(_, file)| file.bytes.len()).sum();
    assert!(total < 2_500_000, "{total} bytes");
}

#[test]
fn an_independent_reader_sees_every_field() {
    for (_, file) in built().into_iter().filter(|(_, file)| !file.damaged) {
        let read = read(&file.bytes);
        assert_eq!(read.len(), file.events.len(), "{}", file.name);
        for (event, record) in file.events.iter().zip(read) {
            assert_eq!(record, wanted(event), "{} record {}", file.name, event.record_id);
        }
    }
}

#[test]
fn damage_loses_the_records_it_is_said_to_lose() {
    for (name, scenario) in scenarios() {
        let files = scenario.build().unwrap();
        for fault in &scenario.expect.faults {
            let file = files.iter().find(|file| file.name == fault.file);
            let file = file.unwrap_or_else(|| panic!("{name}: no file {}", fault.file));
            assert!(file.damaged, "{name}: {} is not damaged", fault.file);
        }
        for file in files.iter().filter(|file| file.damaged && !file.bytes.is_empty()) {
            let faults = || scenario.expect.faults.iter().filter(|fault| fault.file == file.name);
            let lost: BTreeSet<u64> = faults().flat_map(|fault| fault.lost.iter().copied()).collect();
            let left: Vec<u64> =
                file.events.iter().map(|event| event.record_id).filter(|id| !lost.contains(id)).collect();
            let read: Vec<u64> = readable(&file.bytes);
            assert_eq!(read, left, "{name}: {}", file.name);
        }
    }
}

/// The expectations must at least name records that are there, in an order that fits the clock.
#[test]
fn expected_alerts_name_records_of_their_host() {
    for (name, scenario) in scenarios() {
        let files = scenario.build().unwrap();
        for alert in &scenario.expect.alerts {
            let find = |id: u64| {
                let mut events = files.iter().flat_map(|file| &file.events);
                events.find(|event| event.record_id == id && event.computer == alert.host)
            };
            let events: Vec<&ForgedEvent> = alert
                .records
                .iter()
                .map(|&id| find(id).unwrap_or_else(|| panic!("{name}: no record {id} of {}", alert.host)))
                .collect();
            let ids: Vec<u16> = events.iter().map(|event| event.event_id).collect();
            // Elastic maps the load of an image (7) to the start of a process too.
            assert!(matches!(ids[..], [1 | 7, 3]), "{name}: {ids:?}");
            assert_eq!(events[0].field("ProcessGuid"), events[1].field("ProcessGuid"), "{name}");
            let logged = events.is_sorted_by_key(|event| (event.time, event.record_id));
            let utc = events.is_sorted_by_key(|event| (event.field("UtcTime"), event.record_id));
            match alert.clock {
                ExpectedClock::Both => assert!(logged && utc, "{name}"),
                ExpectedClock::Logged => assert!(logged, "{name}"),
                ExpectedClock::Utc => assert!(utc, "{name}"),
            }
        }
    }
}

/// What is compared of a record: names and texts, in order.
type Flat = Vec<(String, String)>;

fn wanted(event: &ForgedEvent) -> Flat {
    let mut flat: Flat = [
        ("Provider", event.provider.clone()),
        ("Guid", event.provider_guid.text.clone()),
        ("EventID", event.event_id.to_string()),
        ("Version", event.version.to_string()),
        ("Level", event.level.to_string()),
        ("Task", event.task.to_string()),
        ("Opcode", event.opcode.to_string()),
        ("Keywords", format!("{:#x}", event.keywords)),
        ("SystemTime", event.time.rfc3339_full()),
        ("EventRecordID", event.record_id.to_string()),
        ("ProcessID", event.process_id.to_string()),
        ("ThreadID", event.thread_id.to_string()),
        ("Channel", event.channel.clone()),
        ("Computer", event.computer.clone()),
        ("UserID", event.user_id.text.clone()),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .map(|(name, text)| (name.to_owned(), text))
    .collect();
    flat.extend(event.fields.iter().map(|field| (format!("Data {}", field.name), field.value.text.clone())));
    flat
}

fn parser(bytes: &[u8], strict: bool) -> EvtxParser<std::io::Cursor<Vec<u8>>> {
    let settings = ParserSettings::default().validate_checksums(strict).indent(false).num_threads(1);
    EvtxParser::from_buffer(bytes.to_vec()).unwrap().with_configuration(settings)
}

fn read(bytes: &[u8]) -> Vec<Flat> {
    let mut parser = parser(bytes, true);
    assert!(parser.header().validate_checksum());
    parser.records().map(|record| flatten(&record.unwrap().data)).collect()
}

/// `EventRecordID`s of the records that the reader can still read; errors are passed over.
fn readable(bytes: &[u8]) -> Vec<u64> {
    let mut parser = parser(bytes, false);
    let flat: Vec<Flat> = parser.records().filter_map(Result::ok).map(|record| flatten(&record.data)).collect();
    let id =
        |record: &Flat| record.iter().find(|(name, _)| name == "EventRecordID").and_then(|(_, text)| text.parse().ok());
    flat.iter().filter_map(id).collect()
}

/// Flattens the XML of one record.
fn flatten(xml: &str) -> Flat {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut flat = Flat::new();
    let mut open: Option<(String, String)> = None;
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                attributes(&tag, &mut flat);
                open = Some((label(&tag), String::new()));
            }
            Event::Empty(tag) => {
                attributes(&tag, &mut flat);
                if tag.name().as_ref() == "Data" {
                    flat.push((label(&tag), String::new()));
                }
            }
            Event::Text(text) => {
                if let Some((_, so_far)) = &mut open {
                    so_far.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                if let Some((_, so_far)) = &mut open {
                    so_far.push(resolve(&reference));
                }
            }
            Event::End(_) => {
                flat.extend(open.take().filter(|(name, text)| name.starts_with("Data") || !text.is_empty()));
            }
            Event::Eof => return flat,
            _ => {}
        }
    }
}

fn resolve(reference: &str) -> char {
    match reference {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        other => panic!("unknown reference {other}"),
    }
}

fn label(tag: &BytesStart<'_>) -> String {
    let name = tag.name().as_ref().to_owned();
    match tag.try_get_attribute("Name").unwrap() {
        Some(field) if name == "Data" => format!("Data {}", field.value),
        _ => name,
    }
}

fn attributes(tag: &BytesStart<'_>, flat: &mut Flat) {
    if matches!(tag.name().as_ref(), "Event" | "Data") {
        return;
    }
    for attribute in tag.attributes() {
        let attribute = attribute.unwrap();
        let name = match attribute.key.as_ref() {
            "Name" => "Provider".to_owned(),
            key => key.to_owned(),
        };
        flat.push((name, attribute.value.into_owned()));
    }
}
