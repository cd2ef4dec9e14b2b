//! Alerts counted by rule, host and time, for summaries of every kind. The largest count comes first, then names decide.

use super::session::Session;
use evql::base::Ticks;
use evql::base::host::folded;
use evql::detect::Alert;
use evql::ecs;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The alerts of one rule.
pub struct OfRule {
    /// Its position among the rules.
    pub rule: usize,
    pub alerts: usize,
    /// How many hosts have one.
    pub hosts: usize,
}

/// Ticks of an hour.
const HOUR: i64 = 60 * 60 * Ticks::PER_SECOND;

/// The rules that found something.
pub fn by_rule(session: &Session) -> Vec<OfRule> {
    let mut rules: BTreeMap<usize, (usize, BTreeSet<Cow<'_, str>>)> = BTreeMap::new();
    for alert in &session.run.outcome.alerts {
        let (count, hosts) = rules.entry(alert.rule).or_default();
        *count += 1;
        hosts.extend(host_of(alert).map(folded));
    }
    let of_rule =
        |(rule, (alerts, hosts)): (usize, (usize, BTreeSet<Cow<'_, str>>))| OfRule { rule, alerts, hosts: hosts.len() };
    let mut rules: Vec<OfRule> = rules.into_iter().map(of_rule).collect();
    let meta = |rule: &OfRule| &session.run.detector.rules()[rule.rule].meta;
    rules.sort_by(|left, right| {
        let key = |rule: &OfRule| (Reverse(rule.alerts), Reverse(meta(rule).level), rule.rule);
        key(left).cmp(&key(right))
    });
    rules
}

/// The host that the last event of an alert names.
fn host_of(alert: &Alert) -> Option<&str> {
    alert.last()?.document.text(ecs::HOST_NAME)
}

/// The hosts that something was found on, each once whatever letters its name is written in, and how often; the name is empty for records that name none.
pub fn by_host(session: &Session) -> Vec<(&str, usize)> {
    let mut hosts: BTreeMap<Cow<'_, str>, (&str, usize)> = BTreeMap::new();
    for alert in &session.run.outcome.alerts {
        let name = host_of(alert).unwrap_or_default();
        // Of several writings of one name the smallest is shown, whichever alert came first.
        let (shown, count) = hosts.entry(folded(name)).or_insert((name, 0));
        *shown = (*shown).min(name);
        *count += 1;
    }
    let mut hosts: Vec<_> = hosts.into_values().collect();
    hosts.sort_by_key(|&(host, count)| (Reverse(count), host));
    hosts
}

/// Hours (UTC) by their starts, with the alerts that were completed in them.
pub fn by_hour(session: &Session) -> BTreeMap<Ticks, usize> {
    let mut hours = BTreeMap::new();
    for at in session
        .run
        .outcome
        .alerts
        .iter()
        .filter_map(|alert| alert.last())
        .map(|event| event.time(session.run.options.clock))
    {
        // Ticks count from a midnight, so that hours begin where a clock's do.
        *hours.entry(Ticks(at.0.div_euclid(HOUR) * HOUR)).or_default() += 1;
    }
    hours
}

/// From the first event of all alerts to the last, by the clock that orders events.
pub fn range(session: &Session) -> Option<(Ticks, Ticks)> {
    let events = session.run.outcome.alerts.iter().flat_map(Alert::present);
    let times = events.map(|event| event.time(session.run.options.clock));
    times.fold(None, |range: Option<(Ticks, Ticks)>, at| {
        Some(range.map_or((at, at), |(first, last)| (first.min(at), last.max(at))))
    })
}
