use super::*;
use crate::base::{Locator, Ticks};
use crate::detect::correlate::hosts::HostNumber;
use crate::detect::correlate::pattern::PatternNumber;
use crate::eql;
use crate::event::OrderKey;

/// When the events of each alert happened, if so many events have one key for both stages of a rule, each by fields of its own: their tuples name sets of
/// stages that both have the rule in them.
fn pairs(count: i64) -> Vec<Vec<i64>> {
    let rule = |query: &str| Rule::bare(query, eql::compile(query).query.unwrap());
    let rules = [
        rule("sequence [process where true] by process.entity_id [process where true] by process.parent.entity_id"),
        rule("sequence by process.entity_id [process where true] [network where true]"),
    ];
    let starts = [PatternHit::new(0, 0), PatternHit::new(1, 0)];
    let children = [PatternHit::new(0, 1)];
    let of = GroupRules::new(&rules, vec![Arc::from(starts), Arc::from(children)]);
    let mut runner = GroupRunner::new(&of);
    for at in 1..=count {
        let order = OrderKey::new(Ticks(at), None, Locator { input: 0, offset: at.unsigned_abs() });
        for pattern in [0, 1] {
            runner.push(CandidateTuple::new([1, 1], order, HostNumber(0), PatternNumber(pattern)).of_one_host(true));
        }
    }
    let mut alerts = Vec::new();
    runner.end(&mut alerts);
    let times = |alert: FoundAlert| alert.events.iter().flatten().map(|event| event.order.time.0).collect();
    alerts.into_iter().map(times).collect()
}

#[test]
fn an_event_fills_one_stage_of_a_sequence_in_a_group_of_any_size() {
    let many = i64::try_from(MOST_HELD).unwrap();
    for count in [10, many + 10] {
        let expected: Vec<Vec<i64>> = (2..=count).map(|at| vec![at - 1, at]).collect();
        assert!(pairs(count) == expected, "{count} events");
    }
}

/// The key that a rule has of an event may be one that another rule has of it by other fields, and has first there.
#[test]
fn the_rank_of_an_alert_does_not_depend_on_other_rules() {
    let rule = |query: &str| Rule::bare(query, eql::compile(query).query.unwrap());
    let rules = [
        rule("sequence by process.args [process where true] [process where true]"),
        rule("sequence by user.name [process where true] [process where true]"),
    ];
    let both = |rule| Arc::from([PatternHit::new(rule, 0), PatternHit::new(rule, 1)]);
    let of = GroupRules::new(&rules, vec![both(0), both(1)]);
    let ranks = |others: bool| {
        let mut runner = GroupRunner::new(&of);
        for at in 1..=2 {
            let order = OrderKey::new(Ticks(at), None, Locator { input: 0, offset: at.unsigned_abs() });
            let tuple = |pattern, ordinal| {
                CandidateTuple::new([1, 1], order, HostNumber(0), PatternNumber(pattern)).at(ordinal)
            };
            // In the order of tuples.
            let tuples = [others.then(|| tuple(1, 0)), Some(tuple(0, 2))];
            tuples.into_iter().flatten().for_each(|tuple| runner.push(tuple));
        }
        let mut alerts = Vec::new();
        runner.end(&mut alerts);
        let of_first = alerts.iter().filter(|alert| alert.rule == 0);
        of_first.map(|alert| alert.rank).collect::<Vec<_>>()
    };
    assert_eq!(ranks(true), [(None, 0, 2)]);
    assert_eq!(ranks(true), ranks(false));
}
