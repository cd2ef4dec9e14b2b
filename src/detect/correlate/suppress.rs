//! Alerts that a person said are harmless: a condition is asked of all events of an alert together.
//!
//! This module does not know where exceptions are written.

use crate::detect::alert::Alert;
use crate::event::Document;
use crate::rules::{AlertException, Metadata};

/// The position of the first exception that is for an alert of the rule with this metadata.
pub fn suppressing(alert: &Alert, meta: &Metadata, exceptions: &[AlertException]) -> Option<usize> {
    let fits = |exception: &AlertException| {
        exception.is_for(&meta.id, &meta.name) && exception.predicate.matches(&together(alert, exception))
    };
    exceptions.iter().position(fits)
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
