use super::*;
use crate::detect::tests::rule;

fn rules(queries: &[&str]) -> Vec<Rule> {
    queries.iter().map(|query| rule(query)).collect()
}

#[test]
fn a_sequence_wakes_up_when_all_its_filters_have_taken_something() {
    let rules = rules(&[
        "process where true",
        "sequence by process.entity_id with maxspan=1h [process where true] ![file where true] [network where true]",
    ]);
    let waking = RuleActivity::new(&rules);
    assert!(waking.is_awake(0) && !waking.is_awake(1));
    waking.note(1, 0);
    waking.note(1, 0);
    waking.note(1, 1);
    assert_eq!((waking.is_awake(1), waking.epoch()), (false, 0), "what must be missing does not count");
    waking.note(1, 2);
    waking.note(1, 2);
    assert_eq!((waking.is_awake(1), waking.epoch()), (true, 1));
}

#[test]
fn what_was_left_out_is_told_by_rule() {
    let rules = rules(&["sequence [process where true] [network where true]", "process where true"]);
    let waking = RuleActivity::new(&rules);
    let mut asleep = Asleep::default();
    assert!(asleep.is_empty() && !waking.woke(&asleep));
    let mut other = Asleep::default();
    other.add(0);
    asleep.add_all(&other);
    assert!(!asleep.is_empty() && !waking.woke(&asleep));
    (0..2).for_each(|filter| waking.note(0, filter));
    assert!(waking.woke(&asleep));
}

#[test]
fn a_rule_wakes_up_whichever_thread_meets_what() {
    let rules = rules(&["sequence [process where true] [network where true]"]);
    for _ in 0..200 {
        let waking = RuleActivity::new(&rules);
        std::thread::scope(|scope| {
            for filter in 0..2 {
                let waking = &waking;
                scope.spawn(move || waking.note(0, filter));
            }
        });
        assert_eq!((waking.is_awake(0), waking.epoch()), (true, 1));
        waking.settle();
        assert_eq!(waking.epoch(), 1);
    }
}
