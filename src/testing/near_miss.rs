//! Why an expected alert is missing: how far its rule got, and what kept it from going on.
//!
//! If the test says which records the alert has, each is held against its stage. Otherwise the events that share keys are followed through the stages, and the
//! longest way counts; what would have been next is looked for among the events after it, and the one that lacks fewest conditions is the nearest miss.
//! It is what a person would do with a rule and a log, and it uses the rule's own predicates, so that it never disagrees with the detector about a condition.

use super::conditions::{Condition, RuleAnatomy, one_line, parts};
use super::expectation::AlertExpectation;
use super::fields::actual;
use super::rule_group::RuleGroup;
use crate::base::{Ticks, time::seconds_text};
use crate::detect::RuleIndex;
use crate::ecs;
use crate::eql::ast::{Expr, ExprKind, LogicOp};
use crate::eql::{CompiledSequence, JoinKey, KeyField, Query, TermFilter};
use crate::event::{Clock, Event};
use crate::rules::Rule;
use hashbrown::HashMap;
use std::sync::Arc;

/// Most conditions of a nearest event that are named.
const MOST_CONDITIONS: usize = 6;

/// Most characters of a condition that are shown.
const MOST: usize = 160;

/// Everything that an explanation is made from.
pub struct NearMiss<'e> {
    /// The rules of the test.
    pub group: &'e RuleGroup,
    /// All events, in order.
    pub events: &'e [Arc<Event>],
    /// The clock that orders events.
    pub clock: Clock,
}

impl NearMiss<'_> {
    /// Tells line by line how far the rules of an expected alert got.
    pub fn explain(&self, alert: &AlertExpectation) -> Vec<String> {
        alert.rules.iter().flat_map(|&rule| self.of_rule(rule, alert)).collect()
    }

    fn of_rule(&self, index: RuleIndex, alert: &AlertExpectation) -> Vec<String> {
        let rule = &self.group.rules()[index];
        // The rule's text is parsed once more, to have conditions one by one with their words: the compiled predicate has been folded and sorted.
        let Some(parts) = parts(rule) else {
            return vec!["the rule's text cannot be taken apart".to_owned()];
        };
        if self.events.is_empty() {
            return vec!["the evidence has no event that counts".to_owned()];
        }
        let of_rule = RuleMiss { about: self, rule, parts: &parts };
        match &alert.records {
            Some(records) => of_rule.by_records(records, alert.host.as_deref()),
            None => of_rule.by_progress(alert.host.as_deref()),
        }
    }
}

/// The explanation for one rule.
struct RuleMiss<'r> {
    about: &'r NearMiss<'r>,
    rule: &'r Rule,
    parts: &'r RuleAnatomy,
}

impl RuleMiss<'_> {
    fn filter(&self, stage: usize) -> Option<&TermFilter> {
        self.rule.query.filters().get(stage).map(|filter| &**filter)
    }

    fn keys(&self, stage: usize, event: &Event) -> Vec<JoinKey> {
        self.filter(stage).map_or_else(Vec::new, |filter| filter.keys_of(&event.document))
    }

    /// Holds each record that the test names against its stage.
    fn by_records(&self, records: &[u64], host: Option<&str>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut met: Vec<(usize, &Arc<Event>)> = Vec::new();
        for (&stage, &record) in self.rule.query.needed_filters().iter().zip(records) {
            let parts = &self.parts.stages[stage];
            let is_it = |event: &&Arc<Event>| {
                let on_host = host.is_none_or(|host| {
                    event.document.text(ecs::HOST_NAME).is_some_and(|name| name.eq_ignore_ascii_case(host))
                });
                event.tiebreaker == Some(record) && on_host
            };
            let Some(event) = self.about.events.iter().find(is_it) else {
                let on = host.map_or_else(String::new, |host| format!(" on {host}"));
                lines.push(format!("{}: there is no event with record number {record}{on}", parts.title));
                return lines;
            };
            let failing = parts.failing(&event.document);
            if !failing.is_empty() {
                lines.push(format!("{} was not met by {}:", parts.title, self.shown(event)));
                self.conditions(&failing, event, &mut lines);
                return lines;
            }
            lines.push(format!("{} was met by {}", parts.title, self.shown(event)));
            met.push((stage, event));
        }
        lines.extend(self.between(&met));
        lines
    }

    /// The reasons why events that each meet their stage are no alert together.
    fn between(&self, met: &[(usize, &Arc<Event>)]) -> Vec<String> {
        let Query::Sequence(sequence) = &self.rule.query else {
            return vec![
                "each of these events fits; perhaps an exception takes the alert away, or a pipe cuts it".to_owned(),
            ];
        };
        let mut lines = Vec::new();
        // Neighbours only: keys are equal for all stages if they are for each pair, and times are in order if each pair is.
        for pair in met.windows(2) {
            let [(stage, before), (next, after)] = pair else { continue };
            let (left, right) = (self.keys(*stage, before), self.keys(*next, after));
            if right.is_empty() || left.is_empty() {
                let which = if left.is_empty() { (*stage, before) } else { (*next, after) };
                lines.push(format!(
                    "{} has no value to be joined by: {}",
                    self.shown(which.1),
                    self.key_values(which.0, which.1)
                ));
            } else if !left.iter().any(|key| right.contains(key)) {
                lines.push(format!(
                    "they are not joined: {} in {}, {} in {}",
                    self.key_values(*stage, before),
                    shown_short(before),
                    self.key_values(*next, after),
                    shown_short(after)
                ));
            }
            if after.order(self.about.clock) < before.order(self.about.clock) {
                lines.push(format!("{} comes before {} by this clock", self.shown(after), shown_short(before)));
            }
        }
        if let (Some((_, first)), Some((_, last)), Some(maxspan)) = (met.first(), met.last(), sequence.maxspan()) {
            let took = Ticks(last.time(self.about.clock).0 - first.time(self.about.clock).0);
            if took.0 > maxspan.0 {
                lines.push(format!(
                    "it took {} s from the first to the last, and maxspan is {} s",
                    seconds_text(took.0),
                    seconds_text(maxspan.0)
                ));
            }
        }
        if lines.is_empty() {
            lines.extend(self.in_the_way(sequence, met));
        }
        if lines.is_empty() {
            lines.push(
                "each stage is met: a later event takes the place of one of these, or an exception takes the alert away"
                    .to_owned(),
            );
        }
        lines
    }

    /// Events that `until` or a stage of absence let end the sequence.
    fn in_the_way(&self, sequence: &CompiledSequence, met: &[(usize, &Arc<Event>)]) -> Vec<String> {
        let (Some((stage, first)), Some((_, last))) = (met.first(), met.last()) else { return Vec::new() };
        let keys = self.keys(*stage, first);
        let clock = self.about.clock;
        let mut lines = Vec::new();
        for (at, parts) in self.parts.stages.iter().enumerate().filter(|(_, parts)| parts.is_negative) {
            // An `until` event after the last stage comes too late to end anything; one that a stage of absence is about may come within maxspan on
            // either side.
            let is_until = sequence.until() == Some(at);
            let shares = |event: &Event| self.keys(at, event).iter().any(|key| keys.contains(key));
            let within = |event: &Event| {
                event.order(clock) > first.order(clock) && (!is_until || event.order(clock) < last.order(clock))
            };
            let stops = |event: &&Arc<Event>| within(event) && parts.holds(&event.document) && shares(event);
            if let Some(event) = self.about.events.iter().find(stops) {
                let what = if is_until {
                    "ends it".to_owned()
                } else {
                    format!("is there, and {} demands that none is", parts.title)
                };
                lines.push(format!("{} {what}  {}", self.shown(event), self.about.group.place(self.rule, parts.span)));
            }
        }
        lines
    }

    /// Follows events through the stages, and tells what is missing at the end of the longest way.
    fn by_progress(&self, host: Option<&str>) -> Vec<String> {
        let positive = self.rule.query.needed_filters();
        let way = self.longest_way(&positive, host);
        let mut lines: Vec<String> = way
            .iter()
            .zip(&positive)
            .map(|(event, &stage)| format!("{} was met by {}", self.parts.stages[stage].title, self.shown(event)))
            .collect();
        let Some(&next) = positive.get(way.len()) else {
            let met: Vec<(usize, &Arc<Event>)> = positive.iter().copied().zip(way.iter().copied()).collect();
            lines.extend(self.between(&met));
            return lines;
        };
        let parts = &self.parts.stages[next];
        let Some((event, is_joined)) = self.nearest(next, &way, host) else {
            lines.push(format!("{} was met by nothing: no event comes after that", parts.title));
            return lines;
        };
        let failing = parts.failing(&event.document);
        let after = if way.is_empty() { "" } else { " after that" };
        lines.push(format!("{} was met by no event{after}; nearest is {}:", parts.title, self.shown(event)));
        self.conditions(&failing, event, &mut lines);
        if !is_joined && let Some(last) = way.last() {
            lines.push(format!(
                "  it is not joined: {} here, {} before",
                self.key_values(next, event),
                self.key_values(positive[way.len() - 1], last)
            ));
        }
        lines
    }

    /// The most events that share their keys and meet one stage after the other.
    fn longest_way(&self, positive: &[usize], host: Option<&str>) -> Vec<&Arc<Event>> {
        // A simpler machine than the detector's: one way for each key, which never fails by maxspan or absence, since these are what is to be explained
        // afterwards.
        let mut ways: HashMap<Option<JoinKey>, Vec<&Arc<Event>>> = HashMap::new();
        let mut longest: Vec<&Arc<Event>> = Vec::new();
        let takes = |stage: usize, event: &Event| self.parts.stages[stage].holds(&event.document);
        for event in self.about.events {
            let on_host = host.is_none_or(|host| {
                event.document.text(ecs::HOST_NAME).is_some_and(|name| name.eq_ignore_ascii_case(host))
            });
            if !on_host {
                continue;
            }
            let mut seen = Vec::new();
            for (at, &stage) in positive.iter().enumerate() {
                if !takes(stage, event) {
                    continue;
                }
                let keys = self.keys(stage, event);
                // An event without a join key is followed too: that it cannot be joined is a finding, and it would be invisible otherwise.
                let keys = if keys.is_empty() { vec![None] } else { keys.into_iter().map(Some).collect() };
                for key in keys {
                    // One event is one step under a key.
                    if seen.contains(&key) {
                        continue;
                    }
                    let way = ways.entry(key.clone()).or_default();
                    if way.len() == at {
                        way.push(event);
                    } else if at == 0 && way.len() == 1 {
                        // A later start has more of its maxspan left.
                        way[0] = event;
                    } else {
                        continue;
                    }
                    if way.len() > longest.len() {
                        longest.clone_from(way);
                    }
                    seen.push(key);
                }
            }
        }
        longest
    }

    /// The event after a way that comes nearest to a stage, and whether it shares the keys.
    fn nearest(&self, stage: usize, way: &[&Arc<Event>], host: Option<&str>) -> Option<(&Arc<Event>, bool)> {
        let parts = &self.parts.stages[stage];
        let clock = self.about.clock;
        let last = way.last();
        let before = self.rule.query.needed_filters().get(way.len().wrapping_sub(1)).copied();
        let keys = last.zip(before).map(|(event, stage)| self.keys(stage, event));
        let rank = |event: &Arc<Event>| {
            let joined = keys
                .as_ref()
                .is_none_or(|keys| keys.is_empty() || self.keys(stage, event).iter().any(|key| keys.contains(key)));
            let failing = parts.failing(&event.document);
            // An event of another category is of another kind, however few conditions it lacks.
            let other_kind = failing.iter().any(|condition| condition.text.ends_with(" where"));
            (other_kind, !joined, failing.len())
        };
        let later = self.about.events.iter().filter(|event| {
            last.is_none_or(|last| event.order(clock) > last.order(clock))
                && host.is_none_or(|host| {
                    event.document.text(ecs::HOST_NAME).is_some_and(|name| name.eq_ignore_ascii_case(host))
                })
        });
        // Among equally near events the earliest, so that the explanation does not change with unrelated events behind it.
        let (_, event) = later.enumerate().min_by_key(|(at, event)| (rank(event), *at))?;
        Some((event, !rank(event).1))
    }

    /// Conditions that an event does not fulfil, with its values and the place in the rule.
    fn conditions(&self, failing: &[&Condition], event: &Event, lines: &mut Vec<String>) {
        for condition in failing.iter().take(MOST_CONDITIONS) {
            let (deciding, span) = self.deciding(condition, event);
            let place = self.about.group.place(self.rule, span);
            lines.push(format!("  {deciding}  {place}"));
            for field in condition.predicate.fields() {
                lines.push(format!("    {} is {}", field.name(), actual(&event.document, field)));
            }
        }
        if failing.len() > MOST_CONDITIONS {
            lines.push(format!("  and {} more", failing.len() - MOST_CONDITIONS));
        }
    }

    /// The condition as a person is told of it. Of what is excepted (`not (a or b)`), the branch that the event is of.
    fn deciding(&self, condition: &Condition, event: &Event) -> (String, crate::base::Span) {
        let branch = condition.expr.as_ref().and_then(|expr| excepting(expr, self.rule, event));
        match branch {
            Some(branch) => {
                let text = one_line(self.rule.source.get(branch.span().range()).unwrap_or_default());
                (format!("excepted by: {}", cut(&text)), branch.span())
            }
            None => (format!("does not hold: {}", cut(&condition.text)), condition.span),
        }
    }

    fn key_values(&self, stage: usize, event: &Event) -> String {
        let Some(filter) = self.filter(stage) else { return String::new() };
        let key = |key: &KeyField| format!("{} is {}", key.field.name(), actual(&event.document, &key.field));
        filter.keys().iter().map(key).collect::<Vec<_>>().join(", ")
    }

    fn shown(&self, event: &Event) -> String {
        let host = event.document.text(ecs::HOST_NAME).unwrap_or("(no computer name)");
        format!("{} on {host} at {}", shown_short(event), event.time(self.about.clock))
    }
}

/// The beginning of a long condition, whose place stands beside it.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn shown_short(event: &Event) -> String {
    event.tiebreaker.map_or_else(|| "the event".to_owned(), |record| format!("record {record}"))
}

/// The branch of a negated condition that holds for an event: what keeps it out.
fn excepting<'x>(expr: &'x Expr, rule: &Rule, event: &Event) -> Option<&'x Expr> {
    let ExprKind::Not(inner) = &expr.kind else { return None };
    let branches: &[Expr] = match &inner.kind {
        ExprKind::Logic { op: LogicOp::Or, operands } => operands,
        _ => return None,
    };
    let holds = |branch: &&Expr| {
        super::conditions::compiled_expr(branch, rule).is_some_and(|branch| branch.matches(&event.document))
    };
    branches.iter().find(holds)
}

#[cfg(test)]
mod tests;
