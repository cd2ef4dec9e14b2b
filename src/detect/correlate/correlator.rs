//! Streams sorted candidates, key by key, through the rules.

use super::candidate::CandidateTuple;
use super::found_alert::FoundAlert;
use super::group::{GroupRules, GroupRunner};
use super::pattern::CandidateTables;
use super::straddling::{Straddling, StraddlingSearch};
use crate::base::Locator;
use crate::detect::hit::RuleIndex;
use crate::rules::Rule;
use std::collections::BTreeMap;
use std::io;

/// Runs rules over sorted candidates. Shared by all threads.
#[derive(Debug)]
pub struct Correlator<'r> {
    rules: GroupRules<'r>,
    tables: &'r CandidateTables,
}

/// The findings among the candidates of some partitions.
#[derive(Debug, Default)]
pub struct Correlated {
    /// In no certain order.
    pub alerts: Vec<FoundAlert>,
    /// How many events have so many join keys that some were dropped.
    pub capped: usize,
    /// New terms that are not known to be new, since the evidence does not go back far enough, by rule; they are no alerts.
    pub unproven: BTreeMap<RuleIndex, usize>,
    /// Keys of correlations of correlations that were let go within their windows, there being too many, by rule: what they would have led to is lost.
    pub forgotten: BTreeMap<RuleIndex, u64>,
    /// Processes that appear under the names of several hosts, if there are some.
    pub straddling: Option<Straddling>,
}

impl Correlated {
    /// Adds what was found in other partitions.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        if self.alerts.len() < other.alerts.len() {
            std::mem::swap(&mut self.alerts, &mut other.alerts);
        }
        self.alerts.append(&mut other.alerts);
        self.capped += other.capped;
        for (rule, count) in other.unproven {
            *self.unproven.entry(rule).or_default() += count;
        }
        for (rule, count) in other.forgotten {
            *self.forgotten.entry(rule).or_default() += count;
        }
        self.straddling = match (self.straddling.take(), other.straddling) {
            (Some(one), Some(two)) => Some(one.merge(two)),
            (one, two) => one.or(two),
        };
        self
    }
}

impl<'r> Correlator<'r> {
    /// A correlator for the candidates of a run that has these tables. `assumes_new` says whether terms are held to be new where nobody can know.
    pub fn new(rules: &'r [Rule], tables: &'r CandidateTables, assumes_new: bool) -> Self {
        let begins = tables.begins.get().cloned().unwrap_or_default();
        Self { rules: GroupRules::new(rules, tables.patterns()).beginning(begins, assumes_new), tables }
    }

    /// Only the rules of which `is_wanted` is true.
    #[must_use]
    pub fn only(self, is_wanted: impl Fn(&Rule) -> bool) -> Self {
        Self { rules: self.rules.only(is_wanted), ..self }
    }

    /// Runs the rules over the sorted candidates of one partition, apart from those that stand at places of which `is_gone` is true.
    pub fn partition(
        &self,
        candidates: impl Iterator<Item = io::Result<CandidateTuple>>,
        is_gone: impl Fn(Locator) -> bool,
    ) -> io::Result<Correlated> {
        let mut runner = GroupRunner::new(&self.rules);
        let mut found = Correlated::default();
        let mut straddling = StraddlingSearch::default();
        let mut current = None;
        for tuple in candidates {
            let tuple = tuple?;
            if is_gone(tuple.origin()) {
                continue;
            }
            let group = (tuple.key(), tuple.scope());
            if current != Some(group) {
                runner.end(&mut found.alerts);
                current = Some(group);
            }
            found.capped += usize::from(tuple.is_capped());
            if tuple.is_of_process() {
                straddling.add(tuple.key(), tuple.host, tuple.origin(), &self.tables.hosts);
            }
            runner.push(tuple);
        }
        runner.end(&mut found.alerts);
        (found.unproven, found.forgotten) = runner.into_counts();
        found.straddling = straddling.finish(&self.tables.hosts);
        Ok(found)
    }
}
