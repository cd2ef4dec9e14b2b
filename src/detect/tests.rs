use super::*;
use crate::base::{Locator, Ticks};
use crate::ecs::{self, Field};
use crate::eql::{self, Query};
use crate::event::{Clock, Document, Event, Value};
use crate::rules::{Rule, RuleSet};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

pub fn rule(query: &str) -> Rule {
    Rule::bare(query, eql::compile(query).query.unwrap())
}

/// An event on a host at a time of logging; its `@timestamp` runs the other way.
fn event(host: &str, category: &str, entity: &str, logged: i64) -> Arc<Event> {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, host);
    document.push(ecs::EVENT_CATEGORY, category);
    document.set(ecs::PROCESS_ENTITY_ID, entity);
    let origin = Locator { input: 0, offset: logged.unsigned_abs() };
    let timestamp = Ticks(1000 - logged);
    Arc::new(Event {
        document,
        timestamp,
        logged: Ticks(logged),
        is_logged_known: true,
        is_recovered: false,
        tiebreaker: None,
        origin,
        original: None,
    })
}

/// Rule index and times of logging of each alert.
fn found(queries: &[&str], events: &[Arc<Event>], clock: Clock) -> Vec<(RuleIndex, Vec<i64>)> {
    let detector = Detector::new(RuleSet { rules: queries.iter().map(|query| rule(query)).collect() });
    let candidate = |event: &Arc<Event>| {
        let hits = detector.hits(&event.document);
        (!hits.is_empty()).then(|| CandidateEvent::whole(event.clone(), clock, hits))
    };
    let candidates: Vec<_> = events.iter().rev().filter_map(candidate).collect();
    let alerts = detector.findings(&candidates).alerts;
    alerts.iter().map(|alert| (alert.rule, alert.present().map(|event| event.logged.0).collect())).collect()
}

const BY_ENTITY: &str = "sequence by process.entity_id [process where true] [network where true]";
const BY_HOST: &str = "sequence by host.name [process where true] [network where true]";
const GLOBAL: &str = "sequence [process where true] [network where true]";

#[test]
fn hosts_are_kept_apart_where_the_key_is_a_process() {
    let events = [event("A", "process", "{1}", 1), event("B", "network", "{1}", 2), event("A", "network", "{1}", 3)];
    assert_eq!(found(&[BY_ENTITY], &events, Clock::Logged), [(0, vec![1, 3])]);
    assert_eq!(found(&[BY_HOST], &events, Clock::Logged), [(0, vec![1, 3])]);
    assert_eq!(found(&[GLOBAL], &events, Clock::Logged), [(0, vec![1, 2])], "no key: all hosts together");
}

#[test]
fn the_clock_decides_what_comes_first() {
    let events = [event("A", "process", "{1}", 1), event("A", "network", "{1}", 2)];
    assert_eq!(found(&[BY_ENTITY], &events, Clock::Logged), [(0, vec![1, 2])]);
    assert_eq!(found(&[BY_ENTITY], &events, Clock::Utc), []);
}

#[test]
fn alerts_are_in_the_order_of_their_last_events_then_of_their_rules() {
    let events = [
        event("B", "process", "{1}", 1),
        event("A", "process", "{2}", 2),
        event("B", "network", "{1}", 3),
        event("A", "network", "{2}", 4),
    ];
    let queries = ["network where true", BY_ENTITY, "file where true"];
    let expected = [(0, vec![3]), (1, vec![1, 3]), (0, vec![4]), (1, vec![2, 4])];
    assert_eq!(found(&queries, &events, Clock::Logged), expected);
}

#[test]
fn an_event_that_an_exception_covers_is_no_stage_either() {
    let covered = eql::compile("any where process.entity_id == \"{1}\"").query;
    let Some(Query::Event(covered)) = covered else { panic!("an event query") };
    let exception = crate::rules::Exception { name: "x".to_owned(), predicate: covered.predicate().clone() };
    let rule = Rule { exceptions: [exception].into(), ..rule(BY_ENTITY) };
    let detector = Detector::new(RuleSet { rules: vec![rule] });
    assert!(detector.hits(&event("A", "process", "{1}", 1).document).is_empty());
    assert_eq!(detector.hits(&event("A", "process", "{2}", 1).document).len(), 1);
}

#[test]
fn the_latest_alerts_are_kept_where_a_rule_has_too_many() {
    let mut few = rule("process where true");
    few.meta.max_signals = Some(2);
    let detector = Detector::new(RuleSet { rules: vec![few] }).with_max_signals(true);
    let events = [1, 2, 3].map(|logged| event("A", "process", "{1}", logged));
    let candidate = |event: Arc<Event>| {
        let hits = detector.hits(&event.document);
        CandidateEvent::whole(event, Clock::Logged, hits)
    };
    let candidates: Vec<_> = events.into_iter().map(candidate).collect();
    let findings = detector.findings(&candidates);
    let kept: Vec<i64> = findings.alerts.iter().flat_map(Alert::present).map(|event| event.logged.0).collect();
    assert_eq!(kept, [2, 3]);
    assert_eq!(findings.left_out, BTreeMap::from([(0, 1)]));
}

/// Values of the keys of an alert, and when its events were logged.
type KeysAndTimes = (Vec<Option<Value>>, Vec<Option<i64>>);

/// The alerts of a query over events in order, each candidate offered with its keys as they are, hosts apart or not: rule-free.
fn naively(query: &str, events: &[Arc<Event>], apart: bool) -> Vec<KeysAndTimes> {
    let mut machines: BTreeMap<String, eql::Machine<'_, i64>> = BTreeMap::new();
    let compiled = eql::compile(query).query.unwrap();
    let Query::Sequence(sequence) = &compiled else { panic!("a sequence") };
    for event in events {
        let host = event.document.text(ecs::HOST_NAME).filter(|_| apart).unwrap_or_default();
        let machine = machines.entry(host.to_owned()).or_insert_with(|| eql::Machine::new(sequence));
        if let Some(candidate) = sequence.candidate(&event.document) {
            machine.push(event.logged, &candidate, event.logged.0);
        }
    }
    let found = machines.into_values().flat_map(eql::Machine::finish);
    let mut found: Vec<_> = found.map(|found| (found.keys(), found.events)).collect();
    found.sort_by_key(|(_, events)| events.iter().flatten().next_back().copied());
    found
}

/// A key as it is joined where it names a host: alerts show it as it was recorded.
fn in_lower_case(key: Option<&Value>) -> Option<Value> {
    let lower = |value: &Value| value.as_text().map_or_else(|| value.clone(), |text| text.to_lowercase().into());
    key.map(lower)
}

/// Queries, and whether their keys mean something on one host only.
const SEQUENCES: &[(&str, bool)] = &[
    (BY_ENTITY, true),
    (BY_HOST, false),
    (GLOBAL, false),
    (
        "sequence by process.entity_id with maxspan=1m [process where true] ![file where true] [network where true]",
        true,
    ),
    ("sequence by user.name with maxspan=1s [file where true] [process where true] until [network where true]", false),
    ("sequence [process where true] by user.name [network where true] by process.entity_id", true),
    ("sequence by ?user.name [process where true] with runs=2 [registry where true] | head 1", false),
    ("sequence by user.name, process.entity_id [process where true] [network where true] | tail 1", true),
];

fn events_of(kinds: &[(u8, u8, u8, u8)]) -> Vec<Arc<Event>> {
    let make = |(at, &(kind, host, entity, users)): (usize, &(u8, u8, u8, u8))| {
        let kind = ["process", "network", "file", "registry"][usize::from(kind) % 4];
        let logged = i64::try_from(at).unwrap() * Ticks::PER_SECOND / 3;
        let mut event = Event::clone(&event(
            ["A", "B"][usize::from(host) % 2],
            kind,
            ["{1}", "{2}", "{3}"][usize::from(entity) % 3],
            logged,
        ));
        for user in ["u", "v", "{1}"].into_iter().enumerate().filter(|(bit, _)| users >> bit & 1 == 1) {
            event.document.push(Field::from(ecs::USER_NAME), user.1);
        }
        Arc::new(event)
    };
    kinds.iter().enumerate().map(make).collect()
}

proptest! {
    /// What is kept of candidates, and which of them are passed over, makes no difference.
    #[test]
    fn digests_of_viable_candidates_find_what_all_keys_find(kinds in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 0..24)) {
        let events = events_of(&kinds);
        let rules = SEQUENCES.iter().map(|(query, _)| rule(query)).collect();
        let detector = Detector::new(RuleSet { rules });
        let candidate = |event: &Arc<Event>| {
            let hits = detector.hits(&event.document);
            (!hits.is_empty()).then(|| CandidateEvent::whole(event.clone(), Clock::Logged, hits))
        };
        let candidates: Vec<_> = events.iter().rev().filter_map(candidate).collect();
        let alerts = detector.findings(&candidates).alerts;
        for (index, (query, apart)) in SEQUENCES.iter().enumerate() {
            let of_rule = alerts.iter().filter(|alert| alert.rule == index);
            let times = |alert: &Alert| alert.events.iter().map(|event| event.as_ref().map(|event| event.logged.0)).collect();
            let found: Vec<KeysAndTimes> =
                of_rule.map(|alert| (alert.join_keys.iter().map(|key| in_lower_case(key.as_ref())).collect(), times(alert))).collect();
            prop_assert_eq!(&found, &naively(query, &events, *apart), "{}", query);
        }
    }
}
