use super::*;
use crate::base::Ticks;
use crate::detect::Detector;
use crate::ecs;
use crate::event::{Clock, Document, Event, Value};
use crate::process::HostAddresses;
use crate::rules;
use crate::timeline::{AlertPart, RowWriter, TimelineRow};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// Writes an event with all kinds of columns, and one with none, `times` times, in row groups of so many rows.
fn write(times: usize, group_rows: usize) -> SerializedFileReader<Bytes> {
    let mut document = Document::new();
    document.set(ecs::TIMESTAMP, Ticks(132_021_597_051_550_000));
    document.set(ecs::EVENT_CREATED, Ticks(132_021_597_051_559_493));
    document.set(ecs::PROCESS_PID, 4711);
    document.set(ecs::FILE_CODE_SIGNATURE_TRUSTED, false);
    document.set(ecs::PROCESS_NAME, "=x\u{e4}");
    document.set_all(ecs::EVENT_ACTION, ["Image loaded", "load"].map(Value::from));
    let at = Ticks(1);
    let origin = crate::base::Locator { input: 0, offset: 0 };
    let full = Event {
        document,
        timestamp: at,
        logged: at,
        is_logged_known: true,
        is_recovered: false,
        tiebreaker: None,
        origin,
        original: None,
    };
    let empty = Event { document: Document::new(), ..full.clone() };
    let detector = Detector::new(rules::mission());
    let alerts = vec![crate::detect::Alert {
        rule: 0,
        join_keys: Vec::new(),
        events: vec![None],
        tally: None,
        repeated: None,
        start: None,
        context: Vec::new(),
    }];
    let part = AlertPart { origin: full.origin, alert: 0, stage: 0, stages: 1, rule: 0 };
    let results = Results {
        detector: &detector,
        alerts: &alerts,
        clock: Clock::Logged,
        triage: None,
        incidents: None,
        addresses: &HostAddresses::default(),
        inputs: &[],
    };
    let mut rows = Vec::new();
    for (event, parts) in [(&full, &[part][..]), (&empty, &[])] {
        let mut writer = RowWriter::default();
        writer.event(event, event.order(Clock::Logged), &RowContents::Columns);
        let bytes = writer.take();
        let entry = TimelineEntry { row: TimelineRow::read(&bytes).unwrap(), start: None, parts };
        TimelineParquet.row(&results, &entry, &mut rows);
    }
    let mut out = Vec::new();
    let mut writer = ParquetWriter::with_groups_of(&mut out, group_rows).unwrap();
    // The bytes come in pieces that know nothing of rows.
    rows.repeat(times).chunks(7).for_each(|piece| writer.write_all(piece).unwrap());
    writer.finish().unwrap();
    SerializedFileReader::new(Bytes::from(out)).unwrap()
}

#[test]
fn every_kind_of_column_is_read_back_as_it_was() {
    let reader = write(1, 10);
    let rows: Vec<Vec<(String, Field)>> =
        reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns()).collect();
    assert_eq!(rows.len(), 2);
    let of = |name: &str| rows[0].iter().find(|(have, _)| have == name).unwrap().1.clone();
    assert_eq!(of("@timestamp"), Field::TimestampMicros(1_557_686_105_155_000));
    assert_eq!(of("event.created"), Field::TimestampMicros(1_557_686_105_155_949));
    assert_eq!(of("event.created_ticks"), Field::Long(132_021_597_051_559_493));
    assert_eq!(of("process.pid"), Field::Long(4711));
    assert_eq!(of("file.code_signature.trusted"), Field::Bool(false));
    assert_eq!(of("process.name"), Field::Str("=x\u{e4}".into()), "no spreadsheet reads this");
    assert_eq!(of("event.action").to_string(), "\"Image loaded\"", "ECS has one value");
    assert!(of("alerts").to_string().contains("#1 Network Connection via Registration Utility (stage 1 of 1)"));
    assert!(rows[1].iter().all(|(_, field)| *field == Field::Null), "{:?}", rows[1]);
}

#[test]
fn row_groups_are_bounded_and_nothing_is_lost_between_them() {
    let reader = write(10, 6);
    let groups: Vec<i64> =
        reader.metadata().row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).collect();
    assert_eq!(groups, [6, 6, 6, 2]);
    let pids = reader.get_row_iter(None).unwrap().filter(|row| {
        row.as_ref()
            .unwrap()
            .get_column_iter()
            .any(|(name, field)| name == "process.pid" && *field == Field::Long(4711))
    });
    assert_eq!(pids.count(), 10);
}

#[test]
fn a_timeline_without_events_is_a_file_without_rows() {
    let reader = write(0, 6);
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema().get_fields().len(), FIELDS.len() + 3);
}
