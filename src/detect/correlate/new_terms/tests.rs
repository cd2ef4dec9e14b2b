//! The machine against its definition, which looks at all earlier events of a combination.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn it_finds_what_no_earlier_event_within_the_history_had(
        steps in prop::collection::vec(0_i64..12, 0..40), history in 0_i64..20, begin in prop::option::of(0_i64..30),
    ) {
        let times: Vec<i64> = steps.iter().scan(begin.unwrap_or(0), |time, step| { *time += step; Some(*time) }).collect();
        let mut machine = NewTermsMachine::new(Ticks(history));
        for time in &times {
            machine.push(Ticks(*time), begin.map(Ticks), *time);
        }
        let expected: Vec<NewTermsMatch<i64>> = (0..times.len())
            .filter(|at| times[..*at].iter().all(|before| times[*at] - before > history))
            .map(|at| NewTermsMatch {
                event: times[at],
                before: at.checked_sub(1).map(|before| Ticks(times[before])),
                is_known: at > 0 || begin.is_some_and(|begin| times[at] - begin > history),
            })
            .collect();
        prop_assert_eq!(machine.finish(), expected);
    }
}
