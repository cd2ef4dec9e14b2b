//! Tests of what is said of counts and new terms.

use super::*;
use crate::base::{Locator, Span, Ticks};
use crate::eql::{
    CompiledNewTerms, CompiledThreshold, CountedFields, KeyField, Measure, MeasureBound, Predicate, TermFilter,
};
use crate::event::{Document, Event, OrderKey};
use std::sync::Arc;

fn alert(tally: AlertTally) -> Alert {
    let event = |seconds: i64| {
        let timestamp =
            Ticks(Ticks::parse_rfc3339("2024-05-01T09:00:00Z").map_or(0, |at| at.0) + seconds * Ticks::PER_SECOND);
        Some(Arc::new(Event::at(OrderKey::new(timestamp, None, Locator::default()), Document::new())))
    };
    Alert {
        rule: 0,
        join_keys: vec![Some(Value::from("ws-1"))],
        events: vec![event(0), event(90)],
        tally: Some(tally),
        repeated: None,
        start: None,
        context: Vec::new(),
    }
}

fn lines(query: Query, tally: AlertTally) -> Vec<String> {
    let (name, found) = tally_json(&Rule::bare("", query), &alert(tally)).unwrap();
    tally_lines(&json!({ name: found })).into_iter().map(|(label, text)| format!("{label}: {text}")).collect()
}

#[test]
fn counts_and_terms_are_said() {
    let filter = |counted| {
        let keys = vec![KeyField::named("host.name", false)];
        TermFilter::counting(Predicate::always(true), keys, counted, Span::default())
    };
    let bounds = vec![MeasureBound::at_least(Measure::Events, 3)];
    let counted = Some(CountedFields::distinct(&["source.ip"]));
    let query = Query::Threshold(CompiledThreshold::new(vec![filter(counted)], Ticks(1), bounds));
    assert_eq!(
        lines(query.clone(), AlertTally::Counted { events: 3, values: Some(2), number: None, is_cut: false }),
        [
            "terms: host.name = ws-1",
            "count: 3 events with 2 values of source.ip, from 2024-05-01T09:00:00.000Z to 2024-05-01T09:01:30.000Z"
        ]
    );
    let cut = lines(query, AlertTally::Counted { events: 262_144, values: Some(2), number: None, is_cut: true });
    assert!(cut[1].starts_with("count: at least 262,144 events"), "{cut:?}");
    let query = Query::NewTerms(CompiledNewTerms::new(filter(None), Ticks(1)));
    let before = |before, is_known| lines(query.clone(), AlertTally::New { before, is_known }).remove(1);
    assert_eq!(before(None, true), "before: never in this evidence");
    assert!(before(None, false).contains("too late to know"));
    assert_eq!(before(Ticks::parse_rfc3339("2024-04-01T00:00:00Z"), true), "before: last at 2024-04-01T00:00:00.000Z");
}
