use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

#[test]
fn a_full_range_of_numbers_does_not_overflow() {
    let mut runs = NumberRuns::default();
    runs.add(u64::MAX);
    runs.add(0);
    runs.add(u64::MAX);
    runs.settle();
    assert_eq!(runs.range(), Some((0, u64::MAX)));
    assert_eq!(runs.distinct(), 2);
    assert_eq!(runs.gaps().collect::<Vec<_>>(), [(1, u64::MAX - 1)]);
    assert_eq!(runs.missing(), u64::MAX - 1);
}

#[test]
fn more_runs_than_can_be_held_are_told() {
    let mut runs = NumberRuns::default();
    for number in 0..3 * MOST_RUNS as u64 {
        runs.add(number * 2);
    }
    runs.settle();
    assert!(runs.is_partial());
    assert_eq!(runs.gaps().len(), MOST_RUNS - 1);
}

proptest! {
    #[test]
    fn runs_are_the_set_of_their_numbers(parts in prop::collection::vec(prop::collection::vec(0_u64..300, 0..120), 0..6)) {
        let mut runs = NumberRuns::default();
        for part in &parts {
            let mut some = NumberRuns::default();
            for &number in part {
                some.add(number);
            }
            runs.merge(&some);
        }
        runs.settle();
        let set: BTreeSet<u64> = parts.iter().flatten().copied().collect();
        prop_assert_eq!(runs.distinct(), set.len() as u64);
        prop_assert_eq!(runs.range(), set.first().copied().zip(set.last().copied()));
        let inside: Vec<u64> = match runs.range() {
            Some((first, last)) => (first..=last).filter(|number| !set.contains(number)).collect(),
            None => Vec::new(),
        };
        let gaps: Vec<u64> = runs.gaps().flat_map(|(first, last)| first..=last).collect();
        prop_assert_eq!(runs.missing(), inside.len() as u64);
        prop_assert_eq!(gaps, inside);
        prop_assert!(!runs.is_partial());
    }
}
