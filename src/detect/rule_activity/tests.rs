use super::*;
use crate::detect::tests::rule;

fn rules(queries: &[&str]) -> Vec<Rule> {
    queries.iter().map(|query| rule(query)).collect()
}

#[test]
fn a_sequence_becomes_active_when_all_its_filters_have_taken_something() {
    let rules = rules(&[
        "process where true",
        "sequence by process.entity_id with maxspan=1h [process where true] ![file where true] [network where true]",
    ]);
    let activity = RuleActivity::new(&rules);
    assert!(activity.is_active(0) && !activity.is_active(1));
    activity.note(1, 0);
    activity.note(1, 0);
    activity.note(1, 1);
    assert_eq!((activity.is_active(1), activity.epoch()), (false, 0), "what must be missing does not count");
    activity.note(1, 2);
    activity.note(1, 2);
    assert_eq!((activity.is_active(1), activity.epoch()), (true, 1));
}

#[test]
fn what_was_left_out_is_told_by_rule() {
    let rules = rules(&["sequence [process where true] [network where true]", "process where true"]);
    let activity = RuleActivity::new(&rules);
    let mut dormant = DormantRules::default();
    assert!(dormant.is_empty() && !activity.woke(&dormant));
    let mut other = DormantRules::default();
    other.add(0);
    dormant.add_all(&other);
    assert!(!dormant.is_empty() && !activity.woke(&dormant));
    (0..2).for_each(|filter| activity.note(0, filter));
    assert!(activity.woke(&dormant));
}

#[test]
fn a_rule_becomes_active_whichever_thread_meets_what() {
    let rules = rules(&["sequence [process where true] [network where true]"]);
    for _ in 0..200 {
        let activity = RuleActivity::new(&rules);
        std::thread::scope(|scope| {
            for filter in 0..2 {
                let activity = &activity;
                scope.spawn(move || activity.note(0, filter));
            }
        });
        assert_eq!((activity.is_active(0), activity.epoch()), (true, 1));
        activity.settle();
        assert_eq!(activity.epoch(), 1);
    }
}
