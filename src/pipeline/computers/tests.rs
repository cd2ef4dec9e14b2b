//! Tests of the computers of a run.

use super::*;
use proptest::prelude::*;

fn told(computers: Computers) -> Vec<(String, u64, i64, i64)> {
    computers.all().into_iter().map(|one| (one.name, one.events, one.first.0, one.last.0)).collect()
}

#[test]
fn names_that_differ_in_case_are_one() {
    let mut computers = Computers::default();
    computers.note("host-b", Ticks(5));
    computers.note_sender(1, Ticks(9), |name| name.push_str("HOST-B"));
    computers.note("a", Ticks(7));
    computers.keep();
    assert_eq!(told(computers), [("a".to_owned(), 1, 7, 7), ("HOST-B".to_owned(), 2, 5, 9)]);
}

proptest! {
    /// Chunks in any order, some of them read anew, are counted as a plain count does.
    #[test]
    fn chunks_count_once(units in proptest::collection::vec(
        proptest::collection::vec((any::<bool>(), proptest::collection::vec((0u64..4, 0i64..50), 0..8)), 0..5), 0..4,
    )) {
        let mut expected: BTreeMap<String, (u64, i64, i64)> = BTreeMap::new();
        let mut all = Computers::default();
        for chunks in units {
            let mut of_unit = Computers::default();
            for (is_read_anew, records) in chunks {
                if is_read_anew {
                    for (sender, at) in &records {
                        let host = format!("h{}", sender / 2);
                        of_unit.note_sender(*sender, Ticks(*at), |name| name.push_str(&host));
                    }
                    of_unit.forget();
                }
                for (sender, at) in records {
                    let host = format!("h{}", sender / 2);
                    of_unit.note_sender(sender, Ticks(at), |name| name.push_str(&host));
                    let (events, first, last) = expected.entry(host).or_insert((0, at, at));
                    (*events, *first, *last) = (*events + 1, at.min(*first), at.max(*last));
                }
                of_unit.keep();
            }
            all.merge(of_unit);
        }
        let expected: Vec<_> =
            expected.into_iter().map(|(name, (events, first, last))| (name, events, first, last)).collect();
        prop_assert_eq!(told(all), expected);
    }
}
