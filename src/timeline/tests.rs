use super::*;
use crate::base::Ticks;
use crate::ecs;
use crate::event::Document;

/// An event at a time of logging; `guid` empty means none.
fn event(host: &str, guid: &str, code: &str, logged: i64) -> Arc<Event> {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, host);
    document.set(ecs::EVENT_CODE, code);
    if !guid.is_empty() {
        document.set(ecs::PROCESS_ENTITY_ID, guid);
    }
    if code == "1" {
        document.push(ecs::EVENT_CATEGORY, "process");
        document.push(ecs::EVENT_TYPE, "start");
        document.set(ecs::PROCESS_COMMAND_LINE, format!("started at {logged}"));
    }
    let origin = Origin { input: 0, offset: logged.unsigned_abs() };
    Arc::new(Event {
        document,
        timestamp: Ticks(100 - logged),
        logged: Ticks(logged),
        tiebreaker: Some(logged.unsigned_abs()),
        origin,
        original: None,
    })
}

fn order(processes: &[Process]) -> Vec<(String, Option<&str>, Vec<i64>)> {
    let times = |process: &Process| process.entries.iter().map(|entry| entry.event.logged.0).collect();
    processes.iter().map(|process| (process.host.clone(), process.entity_id.as_deref(), times(process))).collect()
}

#[test]
fn events_are_grouped_by_host_and_process_and_nothing_is_dropped() {
    let events = vec![
        event("B", "{1}", "3", 9),
        event("A", "", "3", 1),
        event("A", "{2}", "1", 5),
        event("A", "{1}", "3", 7),
        event("A", "{1}", "1", 6),
        event("A", "", "3", 8),
    ];
    let expected = vec![
        ("A".to_owned(), Some("{2}"), vec![5]),
        ("A".to_owned(), Some("{1}"), vec![6, 7]),
        ("A".to_owned(), None, vec![1, 8]),
        ("B".to_owned(), Some("{1}"), vec![9]),
    ];
    let mut backwards = events.clone();
    backwards.reverse();
    assert_eq!(order(&by_process(events, &[], Clock::Logged)), expected);
    assert_eq!(order(&by_process(backwards.clone(), &[], Clock::Logged)), expected);
    let by_utc = by_process(backwards, &[], Clock::Utc);
    assert_eq!(order(&by_utc)[0], ("A".to_owned(), Some("{1}"), vec![7, 6]));
}

#[test]
fn facts_of_the_start_stand_beside_the_other_events_of_the_process() {
    let events =
        vec![event("A", "{1}", "3", 1), event("A", "{1}", "1", 2), event("A", "{1}", "3", 3), event("A", "", "3", 4)];
    let processes = by_process(events, &[], Clock::Logged);
    let command =
        |entry: &Entry| entry.value(ecs::PROCESS_COMMAND_LINE).and_then(|value| value.as_text()).map(str::to_owned);
    let commands: Vec<_> = processes[0].entries.iter().map(command).collect();
    let started = Some("started at 2".to_owned());
    assert_eq!(
        commands,
        [started.clone(), started.clone(), started],
        "a connection logged before the start has them too"
    );
    assert!(processes[0].entries[1].start.is_none(), "the start carries nothing onto itself");
    assert_eq!(command(&processes[1].entries[0]), None);
    assert_eq!(processes[0].entries[2].value(ecs::EVENT_CODE).and_then(|value| value.as_text()), Some("3"));
}

#[test]
fn every_event_knows_its_part_in_alerts() {
    let (start, connection) = (event("A", "{1}", "1", 1), event("A", "{1}", "3", 2));
    let alert = Alert {
        rule: 0,
        join_keys: Vec::new(),
        events: vec![Some(start.clone()), None, Some(connection.clone())],
        start: None,
    };
    let single = Alert { rule: 1, join_keys: Vec::new(), events: vec![Some(connection.clone())], start: None };
    let processes = by_process(vec![start, connection], &[alert, single], Clock::Logged);
    let parts: Vec<_> = processes[0].entries.iter().map(|entry| entry.parts.clone()).collect();
    assert_eq!(parts[0], [Part { alert: 0, stage: 0 }]);
    assert_eq!(parts[1], [Part { alert: 0, stage: 2 }, Part { alert: 1, stage: 0 }]);
}
