//! Compares the alerts of an extract with those of the evidence that it was taken from.

use crate::base::Ticks;
use crate::detect::{Alert, Detector};
use std::collections::BTreeMap;

/// The identity of an alert: its rule, and of each of its events the record number and the time. Not the host, which may have got another name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertIdentity {
    rule: String,
    events: Vec<(Option<u64>, Ticks)>,
}

impl AlertIdentity {
    /// The identity of an alert.
    pub fn new(detector: &Detector, alert: &Alert) -> Self {
        let rule = detector.rules()[alert.rule].meta.id.clone();
        Self { rule, events: alert.present().map(|event| (event.tiebreaker, event.timestamp)).collect() }
    }

    /// Identifier of the rule.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// The numbers of the records, in the order of the stages.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.events.iter().filter_map(|(number, _)| *number)
    }
}

/// How the alerts of an extract compare with those that it was made for.
#[derive(Clone, Debug, Default)]
pub struct Reproduction {
    /// Alerts that came again.
    pub again: usize,
    /// Alerts that did not.
    pub missing: Vec<AlertIdentity>,
    /// Alerts that come besides.
    pub others: Vec<AlertIdentity>,
}

impl Reproduction {
    /// Compares the alerts that are wanted with those that were found.
    pub fn new(
        wanted: impl IntoIterator<Item = AlertIdentity>,
        found: impl IntoIterator<Item = AlertIdentity>,
    ) -> Self {
        let mut left: BTreeMap<AlertIdentity, usize> = BTreeMap::new();
        for identity in found {
            *left.entry(identity).or_default() += 1;
        }
        let mut reproduction = Self::default();
        for identity in wanted {
            match left.get_mut(&identity) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    reproduction.again += 1;
                }
                _ => reproduction.missing.push(identity),
            }
        }
        let others = left.into_iter().flat_map(|(identity, count)| std::iter::repeat_n(identity, count));
        reproduction.others = others.collect();
        reproduction
    }
}
