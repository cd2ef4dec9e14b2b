#![allow(clippy::unwrap_used)] // A test may stop at the first surprise.

use super::*;
use proptest::prelude::*;

const HOUR: i64 = 60 * 60 * Ticks::PER_SECOND;

/// Events of so many hosts, shared out to two observers.
fn latest(events: &[(u8, i64)], split: usize) -> LatestEvents {
    let gather = |events: &[(u8, i64)]| {
        let mut found = LatestEvents::default();
        for (host, at) in events {
            found.add(&HostName::from(&*format!("Host-{host}")), Ticks(*at));
        }
        found
    };
    let (one, two) = events.split_at(split.min(events.len()));
    gather(one).merge(gather(two))
}

fn texts(window: &RecentWindow) -> Vec<&str> {
    window.notices.iter().map(|notice| &*notice.text).collect()
}

#[test]
fn one_record_of_a_wrong_clock_is_told() {
    let day = Ticks::parse_rfc3339("2024-03-14T10:00:00Z").unwrap().0;
    let mut events: Vec<(u8, i64)> = (0..200).map(|at| (1, day - at * HOUR)).collect();
    events.push((2, Ticks::parse_rfc3339("2099-01-01T00:00:00Z").unwrap().0));
    let window = latest(&events, 0).window(Ticks(48 * HOUR), None);
    assert_eq!(window.window.from.unwrap().rfc3339(), "2098-12-30T00:00:00.000Z");
    insta::assert_snapshot!(texts(&window).join("\n"), @r"
    --last counts back from the last event, 2099-01-01T00:00:00.000Z on Host-2: what is before 2098-12-30T00:00:00.000Z is passed over
    the end may be that of a wrong clock: 1 of 201 events is of 2099-01-01T00:00:00.000Z or later, and the last one before is of 2024-03-14T10:00:00.000Z (`--to 2024-03-14` beside --last leaves out what comes after)
    ");
    // With as many events as that it is no accident.
    let wrong = events[200].1;
    events.extend((0..100).map(|at| (2, wrong - at)));
    assert_eq!(
        texts(&latest(&events, 7).window(Ticks(HOUR), None)).iter().filter(|text| text.contains("clock")).count(),
        0
    );
}

#[test]
fn hosts_whose_evidence_ends_before_are_named() {
    let events = [(1, 100 * HOUR), (2, 10 * HOUR), (3, 70 * HOUR), (4, 20 * HOUR)];
    let window = latest(&events, 2).window(Ticks(48 * HOUR), Some(Ticks(1000 * HOUR)));
    assert_eq!((window.window.from, window.window.to), (Some(Ticks(52 * HOUR)), Some(Ticks(1000 * HOUR))));
    insta::assert_snapshot!(texts(&window).join("\n"), @r"
    --last counts back from the last event, 1601-01-05T04:00:00.000Z on Host-1: what is before 1601-01-03T04:00:00.000Z is passed over
    2 of 4 hosts have no event in that time: Host-2 until 1601-01-01T10:00:00.000Z, Host-4 until 1601-01-01T20:00:00.000Z
    ");
}

#[test]
fn no_event_leaves_the_window_open() {
    let window = LatestEvents::default().window(Ticks(HOUR), Some(Ticks(5)));
    assert_eq!(window.window, TimeWindow { from: None, to: Some(Ticks(5)) });
    assert!(window.notices.is_empty());
}

proptest! {
    /// Whatever threads saw what first, and however many days there are: the same is told.
    #[test]
    fn what_is_told_does_not_depend_on_threads(
        mut events in prop::collection::vec((0_u8..4, 0_i64..(200 * 24)), 1..200),
        split in 0_usize..200,
        length in 1_i64..500,
    ) {
        for (_, at) in &mut events {
            *at *= HOUR;
        }
        let told = latest(&events, 0).window(Ticks(length * HOUR), None);
        let last = events.iter().map(|(_, at)| *at).max().unwrap();
        prop_assert_eq!(told.window.from, Some(Ticks(last - length * HOUR)));
        let in_parts = latest(&events, split).window(Ticks(length * HOUR), None);
        prop_assert_eq!(texts(&in_parts), texts(&told));
        events.reverse();
        let reversed = latest(&events, split).window(Ticks(length * HOUR), None);
        prop_assert_eq!(texts(&reversed), texts(&told));
    }
}
