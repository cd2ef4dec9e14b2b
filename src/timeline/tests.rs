use super::*;
use crate::base::{Locator, Ticks};
use crate::detect::Alert;
use crate::ecs::{self, FieldId};
use crate::event::{Document, Event, IpValue, OrderKey, Value};
use std::sync::Arc;

/// An event at a time of logging.
fn event(logged: i64, set: impl FnOnce(&mut Document)) -> Event {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, "A");
    document.set(ecs::WINLOG_RECORD_ID, logged.to_string());
    set(&mut document);
    let origin = Locator { input: 1, offset: logged.unsigned_abs() };
    let (timestamp, logged) = (Ticks(100 - logged), Ticks(logged));
    Event {
        document,
        timestamp,
        logged,
        is_logged_known: true,
        is_recovered: false,
        tiebreaker: Some(7),
        origin,
        original: None,
    }
}

fn bytes(event: &Event, contents: &RowContents) -> Vec<u8> {
    let mut writer = RowWriter::default();
    writer.event(event, event.order(crate::event::Clock::Logged), contents);
    writer.take()
}

fn column(field: FieldId) -> usize {
    FIELDS.iter().position(|have| *have == field).unwrap()
}

#[test]
fn a_row_gives_back_what_was_written() {
    let event = event(5, |document| {
        document.set(ecs::PROCESS_ENTITY_ID, "{1}");
        document.set(ecs::PROCESS_PID, 4711);
        document.set(ecs::FILE_CODE_SIGNATURE_TRUSTED, false);
        document.set(ecs::TIMESTAMP, Ticks(9));
        document.set_all(ecs::EVENT_ACTION, ["Image loaded", "load"].map(Value::from));
        document.set_all(ecs::REGISTRY_DATA_STRINGS, ["a", "\u{e4}"].map(Value::from));
        document.set(ecs::SOURCE_IP, IpValue::parse("0:0:0:0:0:0:0:1").unwrap());
        document.set(ecs::PROCESS_ARGS, "no column");
    });
    let bytes = bytes(&event, &RowContents::Columns);
    let row = TimelineRow::read(&bytes).unwrap();
    assert_eq!((row.host, row.entity_id, row.is_creation), ("A", Some("{1}"), false));
    assert_eq!(row.order, OrderKey::new(Ticks(5), Some(7), Locator { input: 1, offset: 5 }));
    let columns = TimelineEntry { row, start: None, parts: &[] }.columns();
    let values = |field| columns.values(column(field)).collect::<Vec<_>>();
    assert_eq!(values(ecs::PROCESS_PID), [Cell::Long(4711)]);
    assert_eq!(values(ecs::FILE_CODE_SIGNATURE_TRUSTED), [Cell::Boolean(false)]);
    assert_eq!(values(ecs::TIMESTAMP), [Cell::Date(Ticks(9))]);
    assert_eq!(values(ecs::EVENT_ACTION), [Cell::Text("Image loaded")], "ECS has one value");
    assert_eq!(values(ecs::REGISTRY_DATA_STRINGS), [Cell::Text("a"), Cell::Text("\u{e4}")]);
    assert_eq!(values(ecs::SOURCE_IP), [Cell::Text("0:0:0:0:0:0:0:1")]);
    assert_eq!(values(ecs::FILE_PATH), []);
    for length in 0..bytes.len() {
        // Bytes that were cut off are no row, or one with less in it.
        let _ = TimelineRow::read(&bytes[..length]).map(|row| TimelineEntry { row, start: None, parts: &[] }.columns());
    }
}

/// What Beats and agents write as `event.created` is when they read the record.
#[test]
fn a_row_of_an_event_that_nobody_knows_the_time_of_logging_of_shows_none() {
    let created = |is_logged_known| {
        let mut event = event(5, |document| document.set(ecs::EVENT_CREATED, Ticks(9)));
        event.is_logged_known = is_logged_known;
        let bytes = bytes(&event, &RowContents::Columns);
        let columns = TimelineEntry { row: TimelineRow::read(&bytes).unwrap(), start: None, parts: &[] }.columns();
        columns.values(column(ecs::EVENT_CREATED)).next().is_some()
    };
    assert_eq!((created(true), created(false)), (true, false));
}

#[test]
fn a_row_of_a_document_is_that_document() {
    let event = event(5, |document| document.set(ecs::PROCESS_ARGS, "x"));
    let bytes = bytes(&event, &RowContents::Document);
    let document: serde_json::Value = serde_json::from_slice(TimelineRow::read(&bytes).unwrap().document()).unwrap();
    assert_eq!(document, event.to_json());
}

#[test]
fn facts_of_the_start_stand_beside_the_other_events_of_the_process() {
    let start = event(1, |document| {
        document.set(ecs::PROCESS_COMMAND_LINE, "started");
        document.set(ecs::EVENT_CODE, "1");
    });
    let other = event(2, |document| document.set(ecs::PROCESS_PARENT_NAME, "own"));
    let (start, other) = (bytes(&start, &RowContents::Columns), bytes(&other, &RowContents::Columns));
    let entry = TimelineEntry { row: TimelineRow::read(&other).unwrap(), start: TimelineRow::read(&start), parts: &[] };
    let columns = entry.columns();
    let first = |field| columns.values(column(field)).next();
    assert_eq!(first(ecs::PROCESS_COMMAND_LINE), Some(Cell::Text("started")));
    assert_eq!(first(ecs::PROCESS_PARENT_NAME), Some(Cell::Text("own")), "its own facts come first");
    assert_eq!(first(ecs::EVENT_CODE), None, "what happened is not carried");
    assert_eq!((columns.start_record(), entry.start_record()), (Some("1"), Some("1")));
}

#[test]
fn every_event_knows_its_part_in_alerts() {
    let (start, connection) = (Arc::new(event(1, |_| {})), Arc::new(event(2, |_| {})));
    let alert = |rule, events| Alert {
        rule,
        join_keys: Vec::new(),
        events,
        tally: None,
        repeated: None,
        start: None,
        context: Vec::new(),
    };
    let sequence = alert(0, vec![Some(start.clone()), None, Some(connection.clone())]);
    let single = alert(1, vec![Some(connection.clone())]);
    let parts = AlertParts::new(&vec![sequence, single]).unwrap();
    let part = |origin, alert, stage, stages| AlertPart { origin, alert, stage, stages, rule: alert };
    assert_eq!(parts.of(start.origin), [part(start.origin, 0, 0, 3)]);
    assert_eq!(parts.of(connection.origin), [part(connection.origin, 0, 2, 3), part(connection.origin, 1, 0, 1)]);
    assert_eq!(parts.of(Locator { input: 9, offset: 9 }), []);
}

#[test]
fn the_fields_that_are_carried_stand_together() {
    let mut carried = CARRIED.to_vec();
    carried.sort();
    let mut there = FIELDS[CARRIED_COLUMNS].to_vec();
    there.sort();
    assert_eq!(carried, there);
}
