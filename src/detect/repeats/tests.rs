//! Tests of alerts that repeat others.

use super::*;
use crate::base::Locator;
use crate::event::{Document, Event, OrderKey};
use std::sync::Arc;

fn alert(seconds: i64, user: Option<&str>) -> Alert {
    let mut document = Document::new();
    if let Some(user) = user {
        document.set(ecs::USER_NAME, user);
    }
    let timestamp = Ticks(seconds * Ticks::PER_SECOND);
    let event = Event::at(OrderKey::new(timestamp, None, Locator::default()), document);
    Alert {
        rule: 0,
        join_keys: Vec::new(),
        events: vec![Some(Arc::new(event))],
        tally: None,
        repeated: None,
        start: None,
        context: Vec::new(),
    }
}

fn filtered(groups_missing: bool, alerts: &[(i64, Option<&str>)]) -> Vec<Option<usize>> {
    let suppression = AlertSuppression {
        group_by: vec!["user.name".to_owned()],
        duration: Ticks(60 * Ticks::PER_SECOND),
        groups_missing,
    };
    let mut filter = RepeatFilter::default();
    let of = |(at, (seconds, user)): (usize, &(i64, Option<&str>))| {
        filter.repeats(at, &alert(*seconds, *user), (&suppression, None))
    };
    alerts.iter().enumerate().map(of).collect()
}

#[test]
fn the_first_of_a_group_stands_for_those_within_the_duration() {
    let alerts = [(0, Some("a")), (10, Some("b")), (60, Some("a")), (61, Some("a")), (100, Some("a"))];
    assert_eq!(filtered(true, &alerts), [None, None, Some(0), None, Some(3)]);
}

#[test]
fn alerts_without_a_field_are_a_group_or_none_as_the_rule_says() {
    let alerts = [(0, None), (1, None), (2, Some("a"))];
    assert_eq!(filtered(true, &alerts), [None, Some(0), None]);
    assert_eq!(filtered(false, &alerts), [None, None, None]);
}
