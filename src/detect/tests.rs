use super::*;
use crate::base::Origin;
use crate::rules::{Level, RuleSet};

fn rule(query: &str) -> Rule {
    let meta = Metadata {
        id: query.to_owned(),
        name: query.to_owned(),
        description: String::new(),
        level: Level::Low,
        risk_score: 1.0,
        threat: Vec::new(),
        references: Vec::new(),
        false_positives: Vec::new(),
        note: None,
        tags: Vec::new(),
        authors: Vec::new(),
        license: None,
    };
    Rule { meta, source: query.to_owned(), query: crate::eql::compile(query).query.unwrap() }
}

/// An event on a host at a time of logging; its `@timestamp` runs the other way.
fn event(host: &str, category: &str, entity: &str, logged: i64) -> Arc<Event> {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, host);
    document.push(ecs::EVENT_CATEGORY, category);
    document.set(ecs::PROCESS_ENTITY_ID, entity);
    let origin = Origin { input: 0, offset: logged.unsigned_abs() };
    let timestamp = Ticks(1000 - logged);
    Arc::new(Event { document, timestamp, logged: Ticks(logged), tiebreaker: None, origin })
}

/// Rule index and times of logging of each alert.
fn found(queries: &[&str], events: &[Arc<Event>], clock: Clock) -> Vec<(RuleIndex, Vec<i64>)> {
    let detector = Detector::new(RuleSet { rules: queries.iter().map(|query| rule(query)).collect() });
    let candidate = |event: &Arc<Event>| {
        let hits = detector.hits(&event.document);
        (!hits.is_empty()).then(|| CandidateEvent { event: event.clone(), hits })
    };
    let mut candidates: Vec<_> = events.iter().rev().filter_map(candidate).collect();
    let alerts = detector.alerts(&mut candidates, clock);
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
