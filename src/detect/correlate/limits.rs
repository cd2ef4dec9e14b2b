//! `head` and `tail`, and how many alerts a rule may have: which of the alerts, all in order, are kept.

use super::found_alert::FoundAlert;
use crate::detect::hit::RuleIndex;
use crate::eql::ResultCut;
use crate::rules::Rule;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::ops::Range;

/// Puts alerts in order, and keeps those that the pipes of their rules let through, and of each rule no more than `most`: of too many the latest. Says how
/// many were dropped for being too many, by rule.
///
/// Where the keys of a rule mean something on one host only, its pipes cut the results of each host by themselves.
pub fn keep_within_limits(
    alerts: &mut Vec<FoundAlert>,
    rules: &[Rule],
    most: impl Fn(&Rule) -> Option<usize>,
) -> BTreeMap<RuleIndex, usize> {
    let pipes = |alert: &FoundAlert| rules[alert.rule()].query.pipes();
    // Pipes count results in the order in which they were completed, which for samples is not the order in which alerts are shown.
    alerts.sort_unstable_by(|one, two| (one.completed, one.rank).cmp(&(two.completed, two.rank)).then(one.cmp(two)));
    keep(alerts, |alert| (alert.rule, alert.scope), |alert, count| within(pipes(alert), count));
    alerts.sort_unstable();
    let mut left_out = BTreeMap::new();
    let latest = |alert: &FoundAlert, count: usize| {
        let over = most(&rules[alert.rule()]).map_or(0, |most| count.saturating_sub(most));
        left_out.extend((over > 0).then_some((alert.rule(), over)));
        over..count
    };
    keep(alerts, |alert| alert.rule, latest);
    left_out
}

/// Keeps of the alerts of each group, numbered as they come, those of a range.
fn keep<G: Copy + Eq + Hash>(
    alerts: &mut Vec<FoundAlert>,
    group: impl Fn(&FoundAlert) -> G,
    mut range: impl FnMut(&FoundAlert, usize) -> Range<usize>,
) {
    let mut counts: HashMap<G, usize> = HashMap::new();
    for alert in &*alerts {
        *counts.entry(group(alert)).or_default() += 1;
    }
    let mut kept: HashMap<G, (usize, Range<usize>)> = HashMap::new();
    alerts.retain(|alert| {
        let of = group(alert);
        let (next, range) = kept.entry(of).or_insert_with(|| (0, range(alert, counts[&of])));
        *next += 1;
        range.contains(&(*next - 1))
    });
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
