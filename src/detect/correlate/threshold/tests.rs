//! The machine against a naive count: for every event, all events of the window are gone through again.

use super::*;
use crate::base::Span;
use crate::eql::{KeyField, MeasureBound, Predicate, TermFilter};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn threshold(window: i64, events: u64, values: Option<u64>) -> CompiledThreshold {
    let counted = values.map(|_| KeyField::named("user.name", false));
    let filter = TermFilter::counting(Predicate::always(true), Vec::new(), counted, Span::default());
    let bound = |measure, least| MeasureBound { measure, range: least..=u64::MAX };
    let mut bounds = vec![bound(Measure::Events, events)];
    bounds.extend(values.map(|least| bound(Measure::Values, least)));
    CompiledThreshold::new(vec![filter], Ticks(window), bounds)
}

fn run(threshold: &CompiledThreshold, most: usize, events: &[(i64, Vec<u64>)]) -> Vec<ThresholdMatch<usize>> {
    let mut machine = ThresholdMachine::with_room(threshold, most);
    for (at, (time, values)) in events.iter().enumerate() {
        machine.push(Ticks(*time), values.iter().copied(), at);
    }
    machine.finish()
}

#[test]
fn a_key_is_silent_until_it_has_fallen_below() {
    let times = |threshold: &CompiledThreshold, times: &[i64]| {
        let events: Vec<_> = times.iter().map(|time| (*time, Vec::new())).collect();
        let found = run(threshold, 100, &events);
        found.into_iter().map(|found| (times[found.first], times[found.last], found.events)).collect::<Vec<_>>()
    };
    let three = threshold(10, 3, None);
    assert_eq!(times(&three, &[0, 4, 6, 9, 30, 31, 32]), [(0, 6, 3), (30, 32, 3)]);
    // Both ends of the window count.
    assert_eq!(times(&three, &[0, 5, 10]), [(0, 10, 3)]);
    assert_eq!(times(&three, &[0, 5, 11]), []);
    // A steady stream at the limit is one finding.
    assert_eq!(times(&three, &[0, 5, 10, 15, 20, 25]), [(0, 10, 3)]);
    assert_eq!(times(&threshold(10, 1, None), &[7, 8, 50]), [(7, 7, 1)]);
}

#[test]
fn a_window_that_is_cut_says_so_until_it_is_whole_again() {
    let threshold = threshold(100, 3, Some(3));
    let same = |times: std::ops::Range<i64>| times.map(|time| (time, vec![1])).collect::<Vec<_>>();
    let mut events = same(0..20);
    events.extend([(21, vec![2]), (22, vec![3])]);
    let cut = run(&threshold, 10, &events);
    assert_eq!(cut.iter().map(|found| (found.events, found.values, found.is_cut)).collect::<Vec<_>>(), [(10, 3, true)]);
    let later: Vec<_> = events.iter().cloned().chain([(500, vec![1]), (501, vec![2]), (502, vec![3])]).collect();
    let found = run(&threshold, 10, &later);
    assert_eq!(found.last().map(|found| (found.events, found.is_cut)), Some((3, false)));
}

proptest! {
    #[test]
    fn it_finds_what_counting_again_finds(
        steps in prop::collection::vec((0_i64..6, prop::collection::vec(0_u64..4, 0..3)), 0..60),
        window in 0_i64..15, least in 1_u64..5, values in prop::option::of(1_u64..4),
    ) {
        let mut time = 0;
        let events: Vec<(i64, Vec<u64>)> = steps.into_iter().map(|(step, values)| { time += step; (time, values) }).collect();
        let mut expected = Vec::new();
        let mut was_reached = false;
        for (at, (now, _)) in events.iter().enumerate() {
            let inside: Vec<usize> = (0..=at).filter(|other| now - events[*other].0 <= window).collect();
            let distinct: BTreeSet<u64> = inside.iter().flat_map(|other| events[*other].1.iter().copied()).collect();
            let reached = inside.len() as u64 >= least && values.is_none_or(|values| distinct.len() as u64 >= values);
            if reached && !was_reached {
                let (events, values) = (inside.len() as u64, distinct.len() as u64);
                expected.push(ThresholdMatch { first: inside[0], last: at, events, values, is_cut: false });
            }
            was_reached = reached;
        }
        prop_assert_eq!(run(&threshold(window, least, values), 1000, &events), expected);
    }
}
