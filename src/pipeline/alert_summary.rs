//! Alerts counted by rule, host and time, for summaries of every kind.

use crate::base::Ticks;
use crate::detect::{AlertEvent, FoundAlert, RuleIndex};
use hashbrown::{HashMap, HashSet};
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
    /// The hosts with one, by number.
    hosts: HashSet<u32>,
    /// How many hosts with a name have one.
    pub named_hosts: usize,
}

impl AlertSummary {
    /// Counts an alert.
    pub(super) fn add(&mut self, found: &FoundAlert) {
        let last = found.last;
        let rule = self.by_rule.entry(found.rule()).or_default();
        rule.alerts += 1;
        rule.hosts.insert(last.host.0);
        self.hosts.entry(last.host.0).or_insert((last, 0)).1 += 1;
        // Ticks count from a midnight, so that hours begin where a clock's do.
        *self.by_hour.entry(Ticks(last.order.time.0.div_euclid(HOUR) * HOUR)).or_default() += 1;
        for at in found.present().map(|event| event.order.time) {
            self.range = Some(self.range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
    }

    /// Puts names to hosts, once all alerts are counted.
    pub(super) fn name_hosts(&mut self, name: impl Fn(&AlertEvent) -> Arc<str>) {
        let nameless: HashSet<u32> =
            self.hosts.iter().filter(|(_, (event, _))| name(event).is_empty()).map(|(number, _)| *number).collect();
        for rule in self.by_rule.values_mut() {
            rule.named_hosts = rule.hosts.difference(&nameless).count();
        }
        self.by_host = self.hosts.values().map(|(event, count)| (name(event), *count)).collect();
        self.by_host.sort_by_key(|(host, count)| (Reverse(*count), host.clone()));
    }
}
