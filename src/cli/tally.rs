//! Alerts counted by rule, for summaries of every kind. The largest count comes first, then severities and names decide.

use super::session::Session;
use evql::pipeline::RuleSummary;
use evql::rules::Level;
use std::cmp::Reverse;

/// The rules that found something, by their positions.
pub fn by_rule(session: &Session) -> Vec<(usize, &RuleSummary)> {
    let mut rules: Vec<(usize, &RuleSummary)> =
        session.run.outcome.alerts.summary().by_rule.iter().map(|(rule, tally)| (*rule, tally)).collect();
    let level = |rule: usize| session.run.detector.rules()[rule].meta.level;
    rules.sort_by_key(|(rule, tally)| (Reverse(tally.alerts), Reverse(level(*rule)), *rule));
    rules
}

/// How many alerts are of rules that something is true of.
pub fn of_rules(session: &Session, is_so: impl Fn(&evql::rules::Metadata) -> bool) -> usize {
    let by_rule = session.run.outcome.alerts.summary().by_rule.iter();
    let counted = by_rule.filter(|(rule, _)| is_so(&session.run.detector.rules()[**rule].meta));
    counted.map(|(_, tally)| tally.alerts).sum()
}

/// How many alerts have a severity.
pub fn of_level(session: &Session, level: Level) -> usize {
    of_rules(session, |meta| meta.level == level)
}
