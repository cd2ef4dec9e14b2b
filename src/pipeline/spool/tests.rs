use super::*;
use crate::base::Locator;
use crate::base::Ticks;
use crate::ecs;
use crate::event::{Clock, Document, Event};
use crate::timeline::{RowContents, RowWriter};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Host, entity id (empty for none), whether it is a creation, and time of logging.
type Told = (String, String, bool, i64);

/// What must come out of a row: its own place, and that of the start that its facts are of.
type Line = (u64, Option<u64>);

fn event(number: usize, (host, entity, is_creation, logged): &Told) -> Event {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, host.as_str());
    if !entity.is_empty() {
        document.set(ecs::PROCESS_ENTITY_ID, entity.as_str());
    }
    if *is_creation {
        document.set(ecs::EVENT_CATEGORY, "process");
        document.set(ecs::EVENT_TYPE, "start");
    }
    let origin = Locator { input: 0, offset: number as u64 };
    Event {
        document,
        timestamp: Ticks(0),
        logged: Ticks(*logged),
        is_logged_known: true,
        is_recovered: false,
        tiebreaker: None,
        origin,
        original: None,
    }
}

/// Puts events into a spool, some at a time, and takes them out.
fn spooled(events: &[Event], max_memory: u64) -> Vec<Line> {
    let mut spool = RowSpool::new(SpoolLimits { max_memory, temp_folder: None });
    for events in events.chunks(3) {
        let mut writer = RowWriter::default();
        let mut ends = Vec::new();
        for event in events {
            writer.event(event, event.order(Clock::Logged), &RowContents::Columns);
            ends.push(writer.bytes().len());
        }
        spool.add(Rows { bytes: writer.take(), ends }).unwrap();
    }
    let format = |entries: &mut dyn Iterator<Item = TimelineEntry<'_>>, out: &mut Vec<u8>| {
        for entry in entries {
            let start = entry.start.map(|start| start.order.origin().offset);
            let line: Line = (entry.row.order.origin().offset, start);
            serde_json::to_writer(&mut *out, &line).unwrap();
            out.push(b'\n');
        }
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let mut out = Vec::new();
    spool.write(&pool, &Duplicates::default(), (&AlertParts::default(), None), &format, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The naive way: hold all events, group and sort them.
fn naive(events: &[Event]) -> Vec<Line> {
    let mut groups: BTreeMap<(String, Option<String>), Vec<&Event>> = BTreeMap::new();
    for event in events {
        let text = |field| event.document.text(field).map(str::to_owned);
        let key = (text(ecs::HOST_NAME).unwrap(), text(ecs::PROCESS_ENTITY_ID));
        groups.entry(key).or_default().push(event);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    for (_, events) in &mut groups {
        events.sort_by_key(|event| event.order(Clock::Logged));
    }
    groups.sort_by_key(|((host, entity), events)| (host.clone(), entity.is_none(), events[0].order(Clock::Logged)));
    let line = |event: &Event, group: &[&Event]| {
        let creations: Vec<_> = group.iter().filter(|event| event.document.is_process_creation()).collect();
        let order = event.order(Clock::Logged);
        let start = creations.iter().rev().find(|creation| creation.order(Clock::Logged) <= order);
        let belongs = !event.document.is_process_creation() && event.document.has(ecs::PROCESS_ENTITY_ID);
        let start = start.or(creations.first()).filter(|_| belongs);
        (event.origin.offset, start.map(|start| start.origin.offset))
    };
    groups.iter().flat_map(|(_, events)| events.iter().map(|event| line(event, events))).collect()
}

proptest! {
    /// In memory, on disk in two runs or in many: the same rows in the same order, each with the start of its process.
    #[test]
    fn rows_leave_in_the_order_of_a_timeline_wherever_they_waited(
        told in prop::collection::vec(("[ab]", "[123]?", any::<bool>(), 0..9_i64), 0..40),
    ) {
        let events: Vec<Event> = told.iter().enumerate().map(|(number, told)| event(number, told)).collect();
        let expected = naive(&events);
        for max_memory in [u64::MAX, 2000, 0] {
            prop_assert_eq!(&spooled(&events, max_memory), &expected);
        }
    }
}

#[test]
fn a_large_process_is_formatted_in_pieces_and_stays_whole() {
    let told = |number: i64| ("a".to_owned(), "1".to_owned(), number % 900 == 500, number);
    let events: Vec<Event> = (0..5000).map(|number| event(usize::try_from(number).unwrap(), &told(number))).collect();
    assert_eq!(spooled(&events, u64::MAX), naive(&events));
    assert_eq!(spooled(&events, 100_000), naive(&events));
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let mut spool = RowSpool::new(SpoolLimits { max_memory: 0, temp_folder: Some("/no/such/folder".into()) });
    let mut writer = RowWriter::default();
    let event = event(0, &("a".into(), "1".into(), true, 1));
    writer.event(&event, event.order(Clock::Logged), &RowContents::Columns);
    let ends = vec![writer.bytes().len()];
    assert!(spool.add(Rows { bytes: writer.take(), ends }).is_err());
}
