//! Alerts that a person said are harmless: a condition is asked of all events of an alert together.
//!
//! This module does not know where exceptions are written.

use crate::detect::alert::Alert;
use crate::event::Document;
use crate::rules::{AlertException, Rule};
use std::collections::BTreeMap;

/// Takes away the alerts that an exception is for; how many each took, by its position. The first that fits counts.
pub fn suppress(alerts: &mut Vec<Alert>, exceptions: &[AlertException], rules: &[Rule]) -> BTreeMap<usize, usize> {
    let mut counts = BTreeMap::new();
    if exceptions.is_empty() {
        return counts;
    }
    alerts.retain(|alert| {
        let meta = &rules[alert.rule].meta;
        let fits = |exception: &AlertException| {
            exception.is_for(&meta.id, &meta.name) && exception.predicate.matches(&together(alert, exception))
        };
        let Some(first) = exceptions.iter().position(fits) else { return true };
        *counts.entry(first).or_default() += 1;
        false
    });
    counts
}

/// The fields that an exception asks for, with the values that they have in any event of the alert.
fn together(alert: &Alert, exception: &AlertException) -> Document {
    let mut all = Document::new();
    for field in exception.predicate.fields() {
        for value in alert.present().chain(&alert.start).flat_map(|event| event.document.values(field)) {
            all.push_distinct(field.clone(), value.clone());
        }
    }
    all
}
