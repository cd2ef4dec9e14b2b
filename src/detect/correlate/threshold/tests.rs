//! The machine against a naive count: for every event, all events of the window are gone through again.

#![allow(clippy::cast_precision_loss)] // Its numbers are small.

use super::*;
use crate::base::Span;
use crate::eql::{CountedFields, MeasureBound, Predicate, TermFilter};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn threshold(window: i64, events: u64, values: Option<u64>) -> CompiledThreshold {
    let counted = values.map(|_| CountedFields::distinct(&["user.name"]));
    let filter = TermFilter::counting(Predicate::always(true), Vec::new(), counted, Span::default());
    let mut bounds = vec![MeasureBound::at_least(Measure::Events, events)];
    bounds.extend(values.map(|least| MeasureBound::at_least(Measure::Values, least)));
    CompiledThreshold::new(vec![filter], Ticks(window), bounds)
}

fn run(threshold: &CompiledThreshold, most: usize, events: &[(i64, Vec<u64>)]) -> Vec<ThresholdMatch<usize>> {
    let mut machine = ThresholdMachine::with_room(threshold, most);
    for (at, (time, values)) in events.iter().enumerate() {
        machine.push(Ticks(*time), values.iter().copied(), at);
    }
    machine.take_found()
}

#[test]
fn a_key_is_silent_until_it_has_fallen_below() {
    let times = |threshold: &CompiledThreshold, times: &[i64]| {
        let events: Vec<_> = times.iter().map(|time| (*time, Vec::new())).collect();
        let found = run(threshold, 100, &events);
        found
            .into_iter()
            .map(|found| (times[found.shown[0]], times[*found.shown.last().unwrap()], found.events))
            .collect::<Vec<_>>()
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
                let shown = if events == 1 { vec![at] } else { vec![inside[0], at] };
                expected.push(ThresholdMatch { shown, events, values, number: None, is_cut: false });
            }
            was_reached = reached;
        }
        prop_assert_eq!(run(&threshold(window, least, values), 1000, &events), expected);
    }
}

/// A measure of numbers over all of them, by the definition.
fn naively(measure: Measure, mut numbers: Vec<i64>) -> Option<f64> {
    numbers.sort_unstable();
    let count = numbers.len();
    let float = |number: i64| CountedNumber::of_integer(number).unwrap().to_f64();
    let sum = || float(numbers.iter().sum());
    (count > 0).then(|| match measure {
        Measure::Sum => sum(),
        Measure::Mean => {
            let millionths = (numbers.iter().sum::<i64>() * 1_000_000).div_euclid(i64::try_from(count).unwrap());
            format!("{millionths}e-6").parse().unwrap()
        }
        Measure::Percentile(percent) => float(numbers[(count * usize::from(percent)).div_ceil(100) - 1]),
        Measure::Median => f64::midpoint(float(numbers[(count - 1) / 2]), float(numbers[count / 2])),
        other => panic!("{other:?}"),
    })
}

proptest! {
    #[test]
    fn numbers_amount_to_what_they_do_by_definition(
        steps in prop::collection::vec((0_i64..6, prop::option::of(-20_i64..20)), 0..60), window in 0_i64..15, percent in 1_u8..=100,
        least in -20_i64..40, is_outside: bool,
    ) {
        for measure in [Measure::Sum, Measure::Mean, Measure::Percentile(percent), Measure::Median] {
            let filter =
                TermFilter::counting(Predicate::always(true), Vec::new(), Some(CountedFields::number("n")), Span::default());
            let from = CountedNumber::of_integer(least).unwrap();
            let range = from..=CountedNumber(from.0 + 5_000_000);
            let bound = MeasureBound { measure, range, is_outside };
            let threshold = CompiledThreshold::new(vec![filter], Ticks(window), vec![bound]);
            let mut machine = ThresholdMachine::new(&threshold);
            let (mut time, mut events, mut was_reached, mut expected) = (0, Vec::new(), false, Vec::new());
            for (at, (step, number)) in steps.iter().enumerate() {
                time += step;
                events.push((time, *number));
                machine.push(Ticks(time), number.and_then(CountedNumber::of_integer).map(CountedNumber::to_bits), at);
                let inside = events.iter().filter(|(other, _)| time - other <= window);
                let size = naively(measure, inside.filter_map(|(_, number)| *number).collect());
                let reached = size.is_some_and(|size| (size >= least as f64 && size <= (least + 5) as f64) != is_outside);
                if reached && !was_reached {
                    expected.push((at, size));
                }
                was_reached = reached;
            }
            let found: Vec<_> = machine.take_found().into_iter().map(|found| (*found.shown.last().unwrap(), found.number.map(CountedNumber::to_f64))).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn filters_are_counted_once_each(
        steps in prop::collection::vec((0_i64..6, prop::collection::btree_set(0_u64..4, 1..3)), 0..60), window in 0_i64..15, least in 1_u64..5,
    ) {
        let filter = || TermFilter::counting(Predicate::always(true), Vec::new(), None, Span::default());
        let bounds = vec![MeasureBound::at_least(Measure::Filters, least)];
        let threshold = CompiledThreshold::new(vec![filter(), filter(), filter(), filter()], Ticks(window), bounds);
        let mut machine = ThresholdMachine::new(&threshold);
        let (mut time, mut events, mut was_reached, mut expected) = (0, Vec::new(), false, Vec::new());
        for (at, (step, filters)) in steps.iter().enumerate() {
            time += step;
            events.push((time, filters));
            machine.push(Ticks(time), filters.iter().copied(), at);
            let latest = |filter| events.iter().rposition(|(other, filters)| time - other <= window && filters.contains(&filter));
            let shown: Vec<usize> = (0..4).filter_map(latest).collect();
            let reached = shown.len() as u64 >= least;
            if reached && !was_reached {
                expected.push(shown);
            }
            was_reached = reached;
        }
        prop_assert_eq!(machine.take_found().into_iter().map(|found| found.shown).collect::<Vec<_>>(), expected);
    }
}
