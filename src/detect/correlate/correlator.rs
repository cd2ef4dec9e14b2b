//! Streams sorted candidates, key by key, through the rules.

use super::candidate::CandidateTuple;
use super::found_alert::FoundAlert;
use super::group::{GroupRules, GroupRunner};
use super::hosts::HostNumber;
use super::pattern::CandidateTables;
use crate::base::Locator;
use crate::detect::hit::RuleIndex;
use crate::eql::Digest;
use crate::rules::Rule;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

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
    /// Processes that appear under the names of several hosts, if there are some.
    pub straddling: Option<Straddling>,
}

/// Processes, by their entity ids, that appear under the names of several hosts.
///
/// Their events are not joined: the same id on another host is another process. But a host that was renamed, or is called by its short name here and its
/// full name there, has its processes twice, which a reader must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Straddling {
    /// How many there are.
    pub processes: usize,
    /// An event of one of them.
    pub example: Locator,
    /// The hosts of that one, in the order of their names.
    pub hosts: Vec<Arc<str>>,
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
        self.add_straddling(other.straddling);
        self
    }

    fn add_straddling(&mut self, other: Option<Straddling>) {
        self.straddling = match (self.straddling.take(), other) {
            (Some(one), Some(two)) => {
                let processes = one.processes + two.processes;
                let first = if (two.example, &two.hosts) < (one.example, &one.hosts) { two } else { one };
                Some(Straddling { processes, ..first })
            }
            (one, two) => one.or(two),
        };
    }
}

/// The process at hand, and the hosts that it was met on. Its groups are neighbours, one a host.
#[derive(Debug)]
struct ProcessHosts {
    process: Digest,
    example: Locator,
    hosts: Vec<HostNumber>,
}

impl ProcessHosts {
    fn of(tuple: &CandidateTuple) -> Self {
        Self { process: tuple.key(), example: tuple.origin(), hosts: vec![tuple.host] }
    }

    fn add(&mut self, tuple: &CandidateTuple) {
        self.example = self.example.min(tuple.origin());
        if self.hosts.last() != Some(&tuple.host) {
            self.hosts.push(tuple.host);
        }
    }

    fn straddling(self, tables: &CandidateTables) -> Option<Straddling> {
        let Self { example, hosts, .. } = self;
        (hosts.len() > 1).then(|| {
            let mut hosts: Vec<Arc<str>> = hosts.into_iter().map(|host| tables.hosts.name(host)).collect();
            hosts.sort_unstable();
            Straddling { processes: 1, example, hosts }
        })
    }
}

impl<'r> Correlator<'r> {
    /// A correlator for the candidates of a run that has these tables. `assumes_new` says whether terms are held to be new where nobody can know.
    pub fn new(rules: &'r [Rule], tables: &'r CandidateTables, assumes_new: bool) -> Self {
        let begins = tables.begins.get().cloned().unwrap_or_default();
        Self { rules: GroupRules::new(rules, tables.patterns()).beginning(begins, assumes_new), tables }
    }

    /// Runs the rules over the sorted candidates of one partition, apart from those that stand at places of which `is_gone` is true.
    pub fn partition(
        &self,
        candidates: impl Iterator<Item = io::Result<CandidateTuple>>,
        is_gone: impl Fn(Locator) -> bool,
    ) -> io::Result<Correlated> {
        let mut runner = GroupRunner::new(&self.rules);
        let mut found = Correlated::default();
        let mut process: Option<ProcessHosts> = None;
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
                match &mut process {
                    Some(known) if known.process == tuple.key() => known.add(&tuple),
                    other => {
                        let before = other.replace(ProcessHosts::of(&tuple));
                        found.add_straddling(before.and_then(|before| before.straddling(self.tables)));
                    }
                }
            }
            runner.push(tuple);
        }
        runner.end(&mut found.alerts);
        found.unproven = runner.into_unproven();
        found.add_straddling(process.and_then(|process| process.straddling(self.tables)));
        Ok(found)
    }
}
