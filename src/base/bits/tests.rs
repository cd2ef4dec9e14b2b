use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn of(numbers: &BTreeSet<usize>) -> Vec<u64> {
    let mut words = Vec::new();
    for bit in numbers {
        grow(&mut words, *bit);
    }
    words
}

proptest! {
    /// The same as a set of numbers.
    #[test]
    fn they_are_sets(
        left in proptest::collection::btree_set(0_usize..200, 0..20),
        right in proptest::collection::btree_set(0_usize..200, 0..20),
        number in 0_usize..200,
    ) {
        let mut words = of(&left);
        prop_assert_eq!(all(&words).collect::<BTreeSet<_>>(), left.clone());
        prop_assert_eq!(has(&words, number), left.contains(&number));
        prop_assert_eq!(overlap(&words, &of(&right)), !left.is_disjoint(&right));
        grow(&mut words, number);
        prop_assert!(has(&words, number));
        clear(&mut words, number);
        prop_assert_eq!(all(&words).collect::<BTreeSet<_>>(), &left - &BTreeSet::from([number]));
        set(&mut words, number);
        prop_assert!(has(&words, number));
    }
}
