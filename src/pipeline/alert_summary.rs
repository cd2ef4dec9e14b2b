//! Alerts counted by rule, host and time, for summaries of every kind.

use crate::base::Ticks;
use crate::detect::{AlertEvent, FoundAlert, RuleIndex};
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Ticks of an hour.
const HOUR: i64 = 60 * 60 * Ticks::PER_SECOND;

/// Alerts counted by rule, host and time. A host is told by the last event of an alert, and times are by the clock that orders events.
#[derive(Debug, Default)]
pub struct AlertSummary {
    /// For each rule that found something how often, and on how many hosts.
    pub by_rule: BTreeMap<RuleIndex, RuleSummary>,
    /// Hosts by name with the number of their alerts, the largest first; the name is empty for events that name none.
    pub by_host: Vec<(Arc<str>, usize)>,
    /// Hours (UTC) by their starts, with the alerts that were completed in them.
    pub by_hour: BTreeMap<Ticks, usize>,
    /// From the first event of all alerts to the last.
    pub range: Option<(Ticks, Ticks)>,
    /// An event of each host, with the number of alerts of the host.
    hosts: HashMap<u32, (AlertEvent, usize)>,
}

/// The alerts of one rule.
#[derive(Debug, Default)]
pub struct RuleSummary {
    /// How many there are.
    pub alerts: usize,
    /// How many there are of each host, by its number.
    hosts: HashMap<u32, usize>,
    /// Hosts with a name that have one, by name with the number of their alerts, the largest first.
    pub by_host: Vec<(Arc<str>, usize)>,
}

impl AlertSummary {
    /// Counts an alert.
    pub(super) fn add(&mut self, found: &FoundAlert) {
        let last = found.last;
        let rule = self.by_rule.entry(found.rule()).or_default();
        rule.alerts += 1;
        *rule.hosts.entry(last.host.0).or_default() += 1;
        self.hosts.entry(last.host.0).or_insert((last, 0)).1 += 1;
        // Ticks count from a midnight, so that hours begin where a clock's do.
        *self.by_hour.entry(Ticks(last.order.time.0.div_euclid(HOUR) * HOUR)).or_default() += 1;
        for at in found.present().map(|event| event.order.time) {
            self.range = Some(self.range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
    }

    /// Puts names to hosts, once all alerts are counted.
    pub(super) fn name_hosts(&mut self, name: impl Fn(&AlertEvent) -> Arc<str>) {
        let names: HashMap<u32, Arc<str>> =
            self.hosts.iter().map(|(number, (event, _))| (*number, name(event))).collect();
        let order = |hosts: &mut Vec<(Arc<str>, usize)>| {
            hosts.sort_by_key(|(host, count)| (Reverse(*count), host.clone()));
        };
        for rule in self.by_rule.values_mut() {
            let counts = rule.hosts.iter().map(|(number, count)| (names[number].clone(), *count));
            rule.by_host = counts.filter(|(host, _)| !host.is_empty()).collect();
            order(&mut rule.by_host);
        }
        self.by_host = self.hosts.iter().map(|(number, (_, count))| (names[number].clone(), *count)).collect();
        order(&mut self.by_host);
    }
}
