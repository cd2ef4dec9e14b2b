//! Rows of both formats against the plain way to write them: a value at a time, by the crates for CSV and JSON.

use super::*;
use crate::base::escape::cell;
use crate::base::{Locator, Ticks};
use crate::detect::Detector;
use crate::ecs;
use crate::event::{Clock, Document, Event, IpValue};
use crate::process::HostAddresses;
use crate::report::{JsonLayout, TimelineCsv, TimelineFormat, TimelineJson};
use crate::rules;
use crate::timeline::{RowContents, RowWriter};
use proptest::prelude::*;

/// Fields of every part of a row, some of which are carried.
const SOME: &[FieldId] = &[
    ecs::TIMESTAMP,
    ecs::HOST_NAME,
    ecs::PROCESS_ENTITY_ID,
    ecs::EVENT_ACTION,
    ecs::PROCESS_EXECUTABLE,
    ecs::PROCESS_COMMAND_LINE,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_HASH_MD5,
    ecs::PROCESS_PE_IMPHASH,
    ecs::SOURCE_IP,
    ecs::FILE_CODE_SIGNATURE_TRUSTED,
    ecs::WINLOG_RECORD_ID,
    ecs::LOG_FILE_PATH,
];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "([=+@-]?[a-zC:,\"\\\\\r\n\t\u{0}\u{e4}]{0,20})".prop_map(Value::from),
        "[a-z]{0,40}".prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        (0..9_i64).prop_map(|part| Value::from(Ticks(132_021_597_051_550_000 + part * 5_000))),
        Just(Value::from(IpValue::parse("0:0:0:0:0:0:0:1").unwrap())),
    ]
}

fn document() -> impl Strategy<Value = Vec<(usize, Value)>> {
    prop::collection::vec((0..SOME.len(), value()), 0..16)
}

fn row(number: u64, is_creation: bool, values: Vec<(usize, Value)>) -> Vec<u8> {
    let mut document = Document::new();
    for (field, value) in values {
        document.push(SOME[field], value);
    }
    if is_creation {
        document.set(ecs::EVENT_CATEGORY, "process");
        document.set(ecs::EVENT_TYPE, "start");
    }
    let origin = Locator { input: 0, offset: number };
    let event = Event {
        document,
        timestamp: Ticks(0),
        logged: Ticks(0),
        is_logged_known: true,
        is_recovered: false,
        tiebreaker: None,
        origin,
        original: None,
    };
    let mut writer = RowWriter::default();
    writer.event(&event, event.order(Clock::Logged), &RowContents::Columns);
    writer.take()
}

fn plain_text(column: usize, cell: Cell<'_>) -> String {
    match cell {
        Cell::Text(text) => text.to_owned(),
        Cell::Long(number) => number.to_string(),
        Cell::Double(number) => number.to_string(),
        Cell::Boolean(flag) => flag.to_string(),
        Cell::Date(at) if has_all_digits(column) => at.rfc3339_full(),
        Cell::Date(at) => at.rfc3339(),
    }
}

fn plain_csv(entry: &TimelineEntry<'_>) -> String {
    let columns = entry.columns();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for column in 0..FIELDS.len() {
        let texts: Vec<String> = columns.values(column).map(|cell| plain_text(column, cell)).collect();
        writer.write_field(cell(&texts.join("; ")).as_ref()).unwrap();
    }
    writer.write_field(cell(columns.start_record().unwrap_or_default()).as_ref()).unwrap();
    writer.write_field("").unwrap();
    writer.write_record(None::<&[u8]>).unwrap();
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

fn plain_json(entry: &TimelineEntry<'_>) -> String {
    let columns = entry.columns();
    let mut object = serde_json::Map::new();
    for (column, field) in FIELDS.iter().enumerate() {
        let value = |cell| match cell {
            Cell::Long(number) => number.into(),
            Cell::Double(number) => number.into(),
            Cell::Boolean(flag) => flag.into(),
            cell => serde_json::Value::from(plain_text(column, cell)),
        };
        let mut values: Vec<serde_json::Value> = columns.values(column).map(value).collect();
        match values.len() {
            0 => None,
            1 => object.insert(field.name().to_owned(), values.remove(0)),
            _ => object.insert(field.name().to_owned(), values.into()),
        };
    }
    if let Some(record) = columns.start_record() {
        object.insert(START_RECORD.to_owned(), record.into());
    }
    format!("\n{}", serde_json::Value::from(object))
}

proptest! {
    /// The rows of a process, its start among them at first or at last, or written elsewhere.
    #[test]
    fn rows_are_those_of_the_plain_way(
        start in document(),
        others in prop::collection::vec(document(), 1..4),
        place in 0..3_usize,
    ) {
        let detector = Detector::new(rules::mission());
        let results = Results { detector: &detector, alerts: &Vec::new(), clock: Clock::Logged, triage: None, incidents: None, addresses: &HostAddresses::default(), inputs: &[] };
        let start = row(0, true, start);
        let others: Vec<Vec<u8>> = (1..).zip(others).map(|(number, values)| row(number, false, values)).collect();
        let start_row = TimelineRow::read(&start).unwrap();
        let mut entries: Vec<TimelineEntry<'_>> =
            others.iter().map(|row| TimelineEntry { row: TimelineRow::read(row).unwrap(), start: Some(start_row), parts: &[] }).collect();
        let start_entry = TimelineEntry { row: start_row, start: None, parts: &[] };
        match place {
            0 => entries.insert(0, start_entry),
            1 => entries.push(start_entry),
            _ => {}
        }
        let plain: [fn(&TimelineEntry<'_>) -> String; 2] = [plain_csv, plain_json];
        for (format, plain) in [&TimelineCsv as &dyn TimelineFormat, &TimelineJson(JsonLayout::Lines)].into_iter().zip(plain) {
            let mut out = b"before ".to_vec();
            format.rows(&results, &mut entries.iter().copied(), &mut out);
            let expected: String = entries.iter().map(plain).collect();
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("before {expected}"));
        }
    }
}

#[test]
fn facts_of_a_start_with_nothing_before_them_are_carried_whole() {
    let detector = Detector::new(rules::mission());
    let results = Results {
        detector: &detector,
        alerts: &Vec::new(),
        clock: Clock::Logged,
        triage: None,
        incidents: None,
        addresses: &HostAddresses::default(),
        inputs: &[],
    };
    let line = SOME.iter().position(|field| *field == ecs::PROCESS_COMMAND_LINE).unwrap();
    let (start, other) = (row(0, true, vec![(line, "x".into())]), row(1, false, vec![(0, "t".into())]));
    let (start, other) = (TimelineRow::read(&start).unwrap(), TimelineRow::read(&other).unwrap());
    let entries = [
        TimelineEntry { row: start, start: None, parts: &[] },
        TimelineEntry { row: other, start: Some(start), parts: &[] },
    ];
    let mut out = Vec::new();
    TimelineJson(JsonLayout::Lines).rows(&results, &mut entries.into_iter(), &mut out);
    let lines = String::from_utf8(out).unwrap();
    assert_eq!(lines.lines().nth(2), Some("{\"@timestamp\":\"t\",\"process.command_line\":\"x\"}"));
}
