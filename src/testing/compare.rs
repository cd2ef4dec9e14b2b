//! What a run has found beside what its test expects: which alerts are missing, which nobody expects, and what else is different.
//!
//! Expectations may say little of an alert, so that several of them can fit one and the other way round. They are matched as a whole (bipartite matching), so
//! that the order in which they are written decides nothing.

use super::expectation::{AlertExpectation, AlertListing, EventExpectation, Expectations, FaultExpectation};
use super::fields::{actual, shown};
use super::recorded::{RecordedAlert, RecordedFault};
use crate::base::Span;
use crate::ecs;
use crate::event::{Clock, Event};
use std::sync::Arc;

/// The findings of a run.
#[derive(Clone, Debug, Default)]
pub struct RunFindings {
    /// The alerts, in the order of their last events.
    pub alerts: Vec<RecordedAlert>,
    /// How many alerts exceptions took away.
    pub suppressed: usize,
    /// The faults of the evidence.
    pub faults: Vec<RecordedFault>,
}

/// One thing in which a run differs from what is expected. Positions are those in the expectations and in the findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Nothing was found that fits an expected alert.
    Missing(usize),
    /// An alert was found that differs from the expected one in some facts.
    Different(usize, usize),
    /// An alert was found that nobody expects.
    Unexpected(usize),
    /// There are other numbers of something than expected.
    Number {
        /// The things that are counted.
        noun: String,
        /// How many are expected.
        expected: usize,
        /// How many there are.
        actual: usize,
        /// Where it is written.
        span: Span,
    },
    /// No fault was found that fits an expected one.
    MissingFault(usize),
    /// A fault that nobody expects.
    UnexpectedFault(usize),
    /// Events that are not as expected.
    Event {
        /// The expectation.
        position: usize,
        /// The differences, line by line.
        lines: Vec<String>,
    },
}

/// For each expectation the position of the thing that fits it, so that as many are matched as can be.
fn matched(expected: usize, found: usize, fits: &dyn Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    // Greedily, expectation A could take the only alert that fits B as well. A maximum matching reports one missing alert where one is missing, and not
    // two.
    let mut of_found: Vec<Option<usize>> = vec![None; found];
    for one in 0..expected {
        // Anew for each expectation: a thing that was tried in vain for one may be free for the next after others have moved.
        let mut tried = vec![false; found];
        augment(one, &mut of_found, &mut tried, fits);
    }
    let mut of_expected = vec![None; expected];
    for (at, one) in of_found.iter().enumerate() {
        if let Some(one) = one {
            of_expected[*one] = Some(at);
        }
    }
    of_expected
}

/// Finds a place for an expectation, moving others if need be (Kuhn's algorithm).
fn augment(
    first: usize,
    of_found: &mut [Option<usize>],
    tried: &mut [bool],
    fits: &dyn Fn(usize, usize) -> bool,
) -> bool {
    // A path of expectations, each with the next thing to try: recursion could be as deep as there are alerts.
    let mut path: Vec<(usize, usize)> = vec![(first, 0)];
    while let Some((one, from)) = path.last().copied() {
        let next = (from..tried.len()).find(|&at| !tried[at] && fits(one, at));
        let Some(at) = next else {
            path.pop();
            continue;
        };
        if let Some(last) = path.last_mut() {
            last.1 = at + 1;
        }
        tried[at] = true;
        if let Some(other) = of_found[at] {
            path.push((other, 0));
            continue;
        }
        // Each on the path takes what it tried last, which the next one gives up.
        for (one, next) in path {
            of_found[next - 1] = Some(one);
        }
        return true;
    }
    false
}

impl AlertExpectation {
    /// Whether an alert is the expected one, as far as anything is said of it.
    pub fn fits(&self, alert: &RecordedAlert) -> bool {
        self.rules.contains(&alert.rule) && self.differences(alert).is_empty()
    }

    /// The facts in which an alert differs, line by line.
    pub fn differences(&self, alert: &RecordedAlert) -> Vec<String> {
        let mut lines = Vec::new();
        let mut differ = |what: &str, expected: String, actual: String| {
            lines.push(format!("{what}: expected {expected}, found {actual}"));
        };
        if let Some(host) = self.host.as_ref().filter(|host| !is_host(host, alert.host.as_deref())) {
            differ("host", host.clone(), alert.host.clone().unwrap_or_else(|| "none".to_owned()));
        }
        if let Some(records) = &self.records
            && alert.all_records().as_ref() != Some(records)
        {
            differ("records", format!("{records:?}"), alert.records_text());
        }
        if let Some(keys) = &self.keys
            && *keys != alert.keys
        {
            differ("keys", shown(keys), shown(&alert.keys));
        }
        for field in &self.fields {
            if !alert.events.iter().any(|event| field.holds(&event.document)) {
                let each: Vec<String> =
                    alert.events.iter().map(|event| actual(&event.document, &field.field)).collect();
                differ(field.field.name(), shown(&field.values), each.join(" and "));
            }
        }
        lines
    }

    /// How likely it is that an alert of its rule is meant: how many of its records are those that are expected, and whether its host is.
    fn closeness(&self, alert: &RecordedAlert) -> usize {
        let records = self.records.as_deref().unwrap_or_default();
        let common = alert.records.iter().flatten().filter(|record| records.contains(record)).count();
        let on_host = self.host.as_ref().is_some_and(|host| is_host(host, alert.host.as_deref()));
        let fields = self.fields.iter().filter(|field| alert.events.iter().any(|event| field.holds(&event.document)));
        // A record in common says more than a host or a field, of which other alerts of the rule have the same.
        2 * common + usize::from(on_host) + fields.count()
    }
}

fn is_host(expected: &str, actual: Option<&str>) -> bool {
    actual.is_some_and(|actual| actual.eq_ignore_ascii_case(expected))
}

/// Compares the alerts only.
pub fn compare_alerts(expected: &Expectations, clock: Clock, alerts: &[RecordedAlert]) -> Vec<Mismatch> {
    let mut wrong = Vec::new();
    if expected.listing != AlertListing::Unstated {
        list(expected, clock, alerts, &mut wrong);
    }
    if let Some((count, span)) = expected.count
        && count != alerts.len()
    {
        wrong.push(Mismatch::Number { noun: "alerts".to_owned(), expected: count, actual: alerts.len(), span });
    }
    for of in &expected.counts {
        let actual = alerts.iter().filter(|alert| of.rules.contains(&alert.rule)).count();
        if actual != of.count {
            let noun = format!("alerts of '{}'", of.rule);
            wrong.push(Mismatch::Number { noun, expected: of.count, actual, span: of.span });
        }
    }
    wrong
}

fn list(expected: &Expectations, clock: Clock, alerts: &[RecordedAlert], wrong: &mut Vec<Mismatch>) {
    let positions: Vec<usize> =
        (0..expected.alerts.len()).filter(|&at| expected.alerts[at].clocks.contains(&clock)).collect();
    let fits = |one: usize, at: usize| expected.alerts[positions[one]].fits(&alerts[at]);
    let of_expected = matched(positions.len(), alerts.len(), &fits);
    let mut left: Vec<usize> = (0..alerts.len()).filter(|at| !of_expected.contains(&Some(*at))).collect();
    for (one, _) in of_expected.iter().enumerate().filter(|(_, at)| at.is_none()) {
        let position = positions[one];
        let alert = &expected.alerts[position];
        let same_rule = left.iter().copied().filter(|&at| alert.rules.contains(&alerts[at].rule));
        // An alert of the same rule that fits in nothing else is not "different" but another one. Of equally close ones the first is taken, so that the
        // report is the same in every run.
        let nearest = same_rule.max_by_key(|&at| (alert.closeness(&alerts[at]), usize::MAX - at));
        match nearest.filter(|&at| alert.closeness(&alerts[at]) > 0) {
            Some(at) => {
                // An alert that explains a difference is not reported as unexpected beside it.
                left.retain(|&other| other != at);
                wrong.push(Mismatch::Different(position, at));
            }
            None => wrong.push(Mismatch::Missing(position)),
        }
    }
    if expected.listing == AlertListing::Exact {
        wrong.extend(left.into_iter().map(Mismatch::Unexpected));
    }
}

/// Compares everything but events.
pub fn compare(expected: &Expectations, clock: Clock, found: &RunFindings) -> Vec<Mismatch> {
    let mut wrong = compare_alerts(expected, clock, &found.alerts);
    if let Some((count, span)) = expected.suppressed
        && count != found.suppressed
    {
        let noun = "suppressed alerts".to_owned();
        wrong.push(Mismatch::Number { noun, expected: count, actual: found.suppressed, span });
    }
    for (at, fault) in expected.faults.iter().enumerate() {
        if !found.faults.iter().any(|found| fault.fits(found)) {
            wrong.push(Mismatch::MissingFault(at));
        }
    }
    for (at, fault) in found.faults.iter().enumerate() {
        // What is no evidence at all takes nothing away: test files themselves may lie beside the logs.
        if !fault.is_harmless && !expected.faults.iter().any(|expected| expected.fits(fault)) {
            wrong.push(Mismatch::UnexpectedFault(at));
        }
    }
    wrong
}

impl FaultExpectation {
    /// Whether a fault is the expected one.
    pub fn fits(&self, fault: &RecordedFault) -> bool {
        // Test files are written with slashes and run on Windows too.
        let path = fault.input.replace('\\', "/");
        let file = self.file.replace('\\', "/");
        let is_file = path == file || path.strip_suffix(&file).is_some_and(|rest| rest.ends_with('/'));
        is_file
            && self.chunk.is_none_or(|chunk| fault.chunk == Some(chunk))
            && self.reason.as_ref().is_none_or(|reason| fault.reason.contains(reason.as_str()))
    }
}

/// Compares mapped events, leaf by leaf.
pub fn compare_events(expected: &Expectations, events: &[Arc<Event>]) -> Vec<Mismatch> {
    let mut wrong = Vec::new();
    for (position, of) in expected.events.iter().enumerate() {
        let meant: Vec<&Arc<Event>> = events.iter().filter(|event| of.means(event)).collect();
        let mut lines = Vec::new();
        match of.count {
            Some(count) if count != meant.len() => {
                lines.push(format!("expected {count} such events, found {}", meant.len()));
            }
            None if meant.is_empty() => lines.push(format!("there is no such event among {}", events.len())),
            _ => {}
        }
        lines.extend(meant.iter().flat_map(|event| of.differences(event)));
        if !lines.is_empty() {
            wrong.push(Mismatch::Event { position, lines });
        }
    }
    wrong
}

impl EventExpectation {
    /// Whether an event is one that is meant.
    pub fn means(&self, event: &Event) -> bool {
        self.record.is_none_or(|record| event.tiebreaker == Some(record))
            && self.host.as_ref().is_none_or(|host| is_host(host, event.document.text(ecs::HOST_NAME)))
            && self.condition.as_ref().is_none_or(|condition| condition.matches(&event.document))
    }

    fn differences(&self, event: &Event) -> Vec<String> {
        let record = event.tiebreaker.map_or_else(|| "-".to_owned(), |record| record.to_string());
        let mut lines = Vec::new();
        for field in self.fields.iter().filter(|field| !field.holds(&event.document)) {
            let (name, found) = (field.field.name(), actual(&event.document, &field.field));
            lines.push(format!("record {record}: {name}: expected {}, found {found}", shown(&field.values)));
        }
        if self.exact {
            let known = |name: &str| self.fields.iter().any(|field| field.field.name() == name);
            let others = event.document.iter().filter(|(field, _)| !known(field.name()));
            for (field, _) in others {
                let found = actual(&event.document, field);
                lines.push(format!("record {record}: {}: expected no value, found {found}", field.name()));
            }
        }
        lines
    }
}

/// The alerts of several runs of one test, each once, with the clocks under which it was found.
pub fn merged(runs: &[(Clock, &[RecordedAlert])]) -> Vec<(RecordedAlert, Vec<Clock>)> {
    let mut all: Vec<(RecordedAlert, Vec<Clock>)> = Vec::new();
    for (clock, alerts) in runs {
        for alert in *alerts {
            match all.iter_mut().find(|(known, clocks)| is_same(known, alert) && !clocks.contains(clock)) {
                Some((_, clocks)) => clocks.push(*clock),
                None => all.push((alert.clone(), vec![*clock])),
            }
        }
    }
    all
}

/// Whether two alerts are one, told by rule and events.
fn is_same(left: &RecordedAlert, right: &RecordedAlert) -> bool {
    left.rule == right.rule
        && left.keys == right.keys
        && left.events.iter().map(|event| event.origin).eq(right.events.iter().map(|event| event.origin))
}

/// For each expected alert the position of the one that fits, or else of one of its rule that is close to it and fits no other.
pub fn closest(expected: &Expectations, found: &[(RecordedAlert, Vec<Clock>)]) -> Vec<Option<usize>> {
    let fits = |one: usize, at: usize| expected.alerts[one].fits(&found[at].0);
    let mut pairs = matched(expected.alerts.len(), found.len(), &fits);
    for one in 0..pairs.len() {
        if pairs[one].is_some() {
            continue;
        }
        let alert = &expected.alerts[one];
        let free =
            (0..found.len()).filter(|at| !pairs.contains(&Some(*at)) && alert.rules.contains(&found[*at].0.rule));
        pairs[one] = free
            .filter(|&at| alert.closeness(&found[at].0) > 0)
            .max_by_key(|&at| (alert.closeness(&found[at].0), usize::MAX - at));
    }
    pairs
}

#[cfg(test)]
mod tests;
