use super::*;
use crate::base::Origin;
use crate::rules::RuleSet;

fn rule(query: &str) -> Rule {
    Rule::bare(query, crate::eql::compile(query).query.unwrap())
}

/// An event on a host at a time of logging; its `@timestamp` runs the other way.
fn event(host: &str, category: &str, entity: &str, logged: i64) -> Arc<Event> {
    let mut document = Document::new();
    document.set(ecs::HOST_NAME, host);
    document.push(ecs::EVENT_CATEGORY, category);
    document.set(ecs::PROCESS_ENTITY_ID, entity);
    let origin = Origin { input: 0, offset: logged.unsigned_abs() };
    let timestamp = Ticks(1000 - logged);
    Arc::new(Event { document, timestamp, logged: Ticks(logged), tiebreaker: None, origin, original: None })
}

/// Rule index and times of logging of each alert.
fn found(queries: &[&str], events: &[Arc<Event>], clock: Clock) -> Vec<(RuleIndex, Vec<i64>)> {
    let detector = Detector::new(RuleSet { rules: queries.iter().map(|query| rule(query)).collect() });
    let candidate = |event: &Arc<Event>| {
        let hits = detector.hits(&event.document);
        (!hits.is_empty()).then(|| CandidateEvent::whole(event.clone(), clock, hits))
    };
    let mut candidates: Vec<_> = events.iter().rev().filter_map(candidate).collect();
    let alerts = detector.findings(&mut candidates).alerts;
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
fn an_alert_that_lacks_the_creation_of_its_process_gets_it_beside_its_events() {
    let creation = |logged| {
        let mut event = Event::clone(&event("A", "process", "{1}", logged));
        event.document.push(ecs::EVENT_TYPE, "start");
        Arc::new(event)
    };
    let load = |logged| {
        let mut event = Event::clone(&creation(logged));
        event.document.push(ecs::EVENT_CATEGORY, "library");
        Arc::new(event)
    };
    let starts = |events: Vec<Arc<Event>>| -> Vec<Option<i64>> {
        let detector = Detector::new(RuleSet { rules: vec![rule(BY_ENTITY)] });
        let candidate = |event: Arc<Event>| {
            let hits = detector.hits(&event.document);
            CandidateEvent::whole(event, Clock::Logged, hits)
        };
        let mut candidates: Vec<_> = events.into_iter().map(candidate).collect();
        let alerts = detector.findings(&mut candidates).alerts;
        alerts.iter().map(|alert| alert.start.as_ref().map(|start| start.logged.0)).collect()
    };
    let network = |logged| event("A", "network", "{1}", logged);
    assert_eq!(starts(vec![creation(1), network(3)]), [None], "it is the first event of the alert itself");
    assert_eq!(starts(vec![creation(1), load(2), network(3)]), [Some(1)]);
    assert_eq!(starts(vec![load(2), network(3), creation(4)]), [Some(4)], "logged late is better than not at all");
    assert_eq!(starts(vec![load(2), network(3)]), [None]);
}

#[test]
fn an_event_that_an_exception_covers_is_no_stage_either() {
    let covered = crate::eql::compile("any where process.entity_id == \"{1}\"").query;
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
    let mut candidates: Vec<_> = events.into_iter().map(candidate).collect();
    let findings = detector.findings(&mut candidates);
    let kept: Vec<i64> = findings.alerts.iter().flat_map(Alert::present).map(|event| event.logged.0).collect();
    assert_eq!(kept, [2, 3]);
    assert_eq!(findings.left_out, BTreeMap::from([(0, 1)]));
}
