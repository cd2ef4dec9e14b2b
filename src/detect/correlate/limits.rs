//! `head` and `tail`, and how many alerts a rule may have: which of the alerts, all in order, are kept.

use super::found_alert::{AlertRank, FoundAlert};
use super::hosts::HostNumber;
use crate::base::spool::{SortSpool, SortedSpool, SpoolSpace};
use crate::detect::hit::RuleIndex;
use crate::eql::{Query, ResultCut};
use crate::event::OrderKey;
use crate::rules::Rule;
use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

/// The alerts of a run that its rules may have.
#[derive(Debug)]
pub struct KeptAlerts {
    /// In order.
    pub found: SortedSpool<FoundAlert>,
    /// How many there are.
    pub count: usize,
    /// How many were dropped for being too many, by rule.
    pub left_out: BTreeMap<RuleIndex, usize>,
}

/// Alerts whose results pipes count together. Where the keys of a rule mean something on one host only, its pipes cut the results of each host by themselves.
type PipeGroup = (u32, Option<HostNumber>);

/// The alerts of a group, numbered in the order in which alerts are shown.
#[derive(Debug, Default)]
struct GroupCount {
    count: usize,
    /// Of a sample its alerts in the order in which pipes count results: that of their completion, which for other rules is the order at hand.
    completed: Vec<(OrderKey, AlertRank, usize)>,
}

impl GroupCount {
    /// The numbers that pipes let through.
    fn kept(mut self, pipes: &[ResultCut]) -> GroupCut {
        let range = within(pipes, self.count);
        if self.completed.is_empty() {
            return GroupCut::Range(range);
        }
        self.completed.sort_unstable();
        GroupCut::Numbers(self.completed[range].iter().map(|(.., number)| *number).collect())
    }
}

/// Which alerts of a group are kept, by number.
#[derive(Debug)]
enum GroupCut {
    Range(Range<usize>),
    Numbers(HashSet<usize>),
}

impl GroupCut {
    fn keeps(&self, number: usize) -> bool {
        match self {
            Self::Range(range) => range.contains(&number),
            Self::Numbers(numbers) => numbers.contains(&number),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::Numbers(numbers) => numbers.len(),
        }
    }
}

/// Whose alerts are limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AlertsOf {
    /// Of all evidence.
    #[default]
    Everything,
    /// Of some hosts, whose alerts are to be put together with those of others, and limited once more: no more is cut than that cannot bring back. A pipe cuts
    /// the same of all alerts as of those that it has left of each part; the pipes behind it do not.
    Part,
}

/// Keeps the alerts that the pipes of their rules let through, and of each rule no more than `most`: of too many the latest. Those of which `is_gone` is true
/// do not count.
pub fn keep_within_limits(
    found: SortedSpool<FoundAlert>,
    (rules, of): (&[Rule], AlertsOf),
    most: impl Fn(&Rule) -> Option<usize>,
    is_gone: impl Fn(&FoundAlert) -> bool,
    space: &SpoolSpace,
) -> io::Result<KeptAlerts> {
    let group = |alert: &FoundAlert| (alert.rule, alert.scope);
    let mut groups: HashMap<PipeGroup, GroupCount> = HashMap::new();
    let mut by_rule: HashMap<RuleIndex, usize> = HashMap::new();
    let mut gone = 0;
    for alert in found.partition(0) {
        let alert = alert?;
        if is_gone(&alert) {
            gone += 1;
            continue;
        }
        let query = &rules[alert.rule()].query;
        if query.pipes().is_empty() {
            *by_rule.entry(alert.rule()).or_default() += 1;
            continue;
        }
        let count = groups.entry(group(&alert)).or_default();
        if matches!(query, Query::Sample(_)) {
            count.completed.push((alert.completed, alert.rank, count.count));
        }
        count.count += 1;
    }
    let pipes = |rule: u32| match (rules[rule as usize].query.pipes(), of) {
        (pipes, AlertsOf::Everything) => pipes,
        (pipes, AlertsOf::Part) => &pipes[..1.min(pipes.len())],
    };
    let cuts: HashMap<PipeGroup, GroupCut> =
        groups.into_iter().map(|(group, count)| (group, count.kept(pipes(group.0)))).collect();
    for ((rule, _), cut) in &cuts {
        *by_rule.entry(*rule as usize).or_default() += cut.len();
    }
    let over = |(rule, count): (&RuleIndex, &usize)| {
        let rule_of = &rules[*rule];
        // Which alerts are the latest is known behind the last pipe.
        let is_final = of == AlertsOf::Everything || rule_of.query.pipes().is_empty();
        let over = most(rule_of).filter(|_| is_final).map_or(0, |most| count.saturating_sub(most));
        (over > 0).then_some((*rule, over))
    };
    let left_out: BTreeMap<RuleIndex, usize> = by_rule.iter().filter_map(over).collect();
    let count = by_rule.values().sum::<usize>() - left_out.values().sum::<usize>();
    if gone == 0 && cuts.is_empty() && left_out.is_empty() {
        return Ok(KeptAlerts { found, count, left_out });
    }
    let kept = SortSpool::new(space.clone());
    let (mut numbers, mut skipped): (HashMap<PipeGroup, usize>, HashMap<RuleIndex, usize>) = Default::default();
    let mut is_kept = |alert: &FoundAlert| {
        if is_gone(alert) {
            return false;
        }
        if let Some(cut) = cuts.get(&group(alert)) {
            let number = numbers.entry(group(alert)).or_default();
            *number += 1;
            if !cut.keeps(*number - 1) {
                return false;
            }
        }
        let Some(over) = left_out.get(&alert.rule()) else { return true };
        let skipped = skipped.entry(alert.rule()).or_default();
        *skipped += 1;
        *skipped > *over
    };
    kept.add_all(found.partition(0).filter(|alert| alert.as_ref().map_or(true, &mut is_kept)))?;
    Ok(KeptAlerts { found: kept.take_sorted(), count, left_out })
}

/// Which of so many results, in order, pipes let through.
fn within(pipes: &[ResultCut], count: usize) -> Range<usize> {
    pipes.iter().fold(0..count, |Range { start, end }, pipe| match *pipe {
        ResultCut::Head(most) => start..end.min(start.saturating_add(most)),
        ResultCut::Tail(most) => start.max(end.saturating_sub(most))..end,
    })
}

#[cfg(test)]
mod tests;
