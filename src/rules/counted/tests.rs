//! Tests of what thresholds and new terms are made of.

use super::before_now;
use crate::base::Ticks;
use crate::eql::{Measure, Query};
use crate::rules::{ParsedRule, parse_export};

fn rule(parts: &str) -> ParsedRule {
    let text =
        format!(r#"{{"rule_id":"1","name":"n","language":"kuery","query":"event.code: 1","risk_score":1,{parts}}}"#);
    parse_export(&text).remove(0)
}

fn minutes(ticks: Ticks) -> i64 {
    ticks.0 / Ticks::PER_SECOND / 60
}

#[test]
fn a_threshold_has_groups_counts_and_a_window() {
    let of = |parts: &str| match rule(&format!(r#""type":"threshold",{parts}"#)).rule.map(|rule| rule.query) {
        Some(Query::Threshold(threshold)) => threshold,
        other => panic!("{parts}: {other:?}"),
    };
    let full = of(
        r#""from":"now-1h","interval":"5m","threshold":{"field":["host.name","user.name"],"value":5,"cardinality":[{"field":"source.ip","value":3}]}"#,
    );
    assert_eq!(minutes(full.window()), 60);
    let bounds: Vec<_> = full.bounds().iter().map(|bound| (bound.measure, bound.range.start().to_f64())).collect();
    assert_eq!(bounds, [(Measure::Events, 5.0), (Measure::Values, 3.0)]);
    let [filter] = full.filters() else { panic!() };
    assert_eq!(filter.keys().iter().map(|key| key.field.name()).collect::<Vec<_>>(), ["host.name", "user.name"]);
    assert_eq!(filter.counted().map(|counted| counted.fields[0].field.name()), Some("source.ip"));
    // Older writings: one field as a text, and none.
    assert_eq!(of(r#""threshold":{"field":"user.name","value":1}"#).filters()[0].keys().len(), 1);
    let bare = of(r#""threshold":{"field":"","value":1,"cardinality":null},"interval":"10m""#);
    assert_eq!((bare.filters()[0].keys().len(), minutes(bare.window())), (0, 10));
    assert_eq!(minutes(of(r#""threshold":{"value":1}"#).window()), 5);
    assert_eq!(minutes(of(r#""threshold":{"value":1},"from":"now-60m","to":"now-20m""#).window()), 40);
}

#[test]
fn new_terms_have_fields_and_a_history() {
    let parsed =
        rule(r#""type":"new_terms","new_terms_fields":["host.id","user.name"],"history_window_start":"now-7d""#);
    let Some(Query::NewTerms(query)) = parsed.rule.map(|rule| rule.query) else { panic!("{:?}", parsed.diagnostics) };
    assert_eq!((minutes(query.history()), query.names_host()), (7 * 24 * 60, true));
}

#[test]
fn parts_that_are_missing_or_wrong_are_errors() {
    for (parts, reason) in [
        (r#""type":"threshold""#, "needs `threshold`"),
        (r#""type":"threshold","threshold":{"value":0}"#, "must be 1 to"),
        (r#""type":"threshold","threshold":{"value":1},"from":"yesterday""#, "yesterday"),
        (r#""type":"threshold","threshold":{"value":1},"from":"now-1m","to":"now-5m""#, "before"),
        (r#""type":"threshold","threshold":{"value":1,"field":["a","b","c","d","e","f"]}"#, "5 fields"),
        (r#""type":"new_terms""#, "new_terms_fields"),
        (r#""type":"new_terms","new_terms_fields":["a"]"#, "history_window_start"),
        (r#""type":"new_terms","new_terms_fields":["a"],"history_window_start":"2024""#, "2024"),
    ] {
        let parsed = rule(parts);
        let found: Vec<&str> = parsed.diagnostics.iter().map(|found| found.message.as_str()).collect();
        assert!(parsed.rule.is_none() && found.len() == 1 && found[0].contains(reason), "{parts}: {found:?}");
    }
}

#[test]
fn dates_before_now_are_durations() {
    for (text, seconds) in
        [("now", 0), ("now-90s", 90), ("now-9m", 540), ("now-2h", 7200), ("now-1d/d", 86400), ("now-2w", 1_209_600)]
    {
        assert_eq!(before_now(text), Some(Ticks(seconds * Ticks::PER_SECOND)), "{text}");
    }
    for wrong in ["", "now+1d", "now-d", "now-5", "now-99999999999999d", "2024-01-01"] {
        assert_eq!(before_now(wrong), None, "{wrong}");
    }
}
