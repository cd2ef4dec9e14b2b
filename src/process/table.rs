//! Processes by host and key, while events come in. Putting tables together does not depend on which was first.

use super::entity::EntityKey;
use super::facts::{ActivityCounts, Parent, ProcessFacts, ProcessLife, ProcessRecord, Start};
use super::wanted::{ProcessId, ProcessIds};
use crate::base::host::{self, HostName};
use crate::event::OrderKey;
use crate::sysmon::ActivityKind;
use hashbrown::HashMap;
use std::sync::Arc;

/// Most processes that are told apart; events of further ones are only counted. Limit for crafted evidence.
pub const MOST_PROCESSES: usize = 4_000_000;

/// The effect of one event on the table.
#[derive(Clone, Debug)]
pub struct ProcessObservation {
    pub host: HostName,
    pub key: EntityKey,
    pub order: OrderKey,
    pub what: ProcessNews,
}

/// The kind of an event in the life of a process.
#[derive(Clone, Debug)]
pub enum ProcessNews {
    /// The process started.
    Start { facts: ProcessFacts, parent: Parent },
    /// It ended.
    Exit(Option<ProcessFacts>),
    /// A child of it started, and says this of it.
    Named(ProcessFacts),
    /// It did something. What the event tells of it is only there if it is not known from earlier events.
    Activity(ActivityKind, Option<ProcessFacts>),
}

/// The processes of one host.
#[derive(Debug, Default)]
pub struct OfHost {
    /// The host's name in the writing that comes first by its letters.
    pub name: Arc<str>,
    pub processes: HashMap<EntityKey, ProcessRecord>,
}

/// All processes.
#[derive(Debug, Default)]
pub struct ProcessTable {
    /// By the letters that names of hosts are compared in.
    pub(super) hosts: HashMap<Arc<str>, OfHost>,
    /// Events of processes that nothing tells apart.
    pub nameless: u64,
    /// Events of processes beyond [`MOST_PROCESSES`].
    pub beyond: u64,
    processes: usize,
}

impl ProcessTable {
    /// Adds what an event says.
    pub fn add(&mut self, observation: ProcessObservation) {
        // Events come in any order: units are read side by side, and logs of one host can overlap. So a process's record keeps, of everything that only one
        // event may decide, the event that is first in the order of events, with its order; whichever comes later replaces it only if its order is lower.
        // For example
        //
        //     child's start (order 7) names parent P:  P is made, `named` = what the child says
        //     P's exit (order 9):                      `exit` = 9
        //     P's start (order 3):                     `start` = 3; what others said is dropped, for the start says more
        //
        // gives the same record in all six orders, and in tables of several threads that are merged.
        let ProcessObservation { host, key, order, what } = observation;
        let is_own = !matches!(what, ProcessNews::Named(_));
        let Some(process) = self.process(&host, key) else {
            self.beyond += u64::from(is_own);
            return;
        };
        if is_own {
            process.last = process.last.max(Some(order));
        }
        match what {
            ProcessNews::Named(facts) if process.start.is_none() => keep_first(&mut process.named, order, || facts),
            ProcessNews::Named(_) => {}
            ProcessNews::Start { facts, parent } => {
                process.starts = process.starts.saturating_add(1);
                (process.seen, process.named) = (None, None);
                if process.start.as_ref().is_none_or(|start| order < start.order) {
                    process.start = Some(Box::new(Start { order, facts, parent }));
                }
            }
            ProcessNews::Exit(facts) => {
                process.exit = process.exit.max(Some(order));
                process.see(order, facts);
            }
            ProcessNews::Activity(kind, facts) => {
                process.counts.add(kind);
                process.see(order, facts);
            }
        }
    }

    /// Whether an event of a process that comes at this place would tell something new of it.
    pub fn is_news(&self, host: &str, key: &EntityKey, order: OrderKey) -> bool {
        self.would_come_first(host, key, order, |process| &process.seen)
    }

    /// Whether the start of a child at this place would tell something new of a process.
    pub fn is_named_anew(&self, host: &str, key: &EntityKey, order: OrderKey) -> bool {
        self.would_come_first(host, key, order, |process| &process.named)
    }

    /// Whether a process has no start, which says more, and nothing that was told before this place.
    fn would_come_first(
        &self,
        host: &str,
        key: &EntityKey,
        order: OrderKey,
        told: impl Fn(&ProcessRecord) -> &Option<Box<(OrderKey, ProcessFacts)>>,
    ) -> bool {
        let process = self.hosts.get(host).and_then(|host| host.processes.get(key));
        process
            .is_none_or(|process| process.start.is_none() && told(process).as_ref().is_none_or(|first| order < first.0))
    }

    fn process(&mut self, host: &HostName, key: EntityKey) -> Option<&mut ProcessRecord> {
        if !self.hosts.contains_key(&*host.folded) {
            self.hosts.insert(host.folded.clone(), OfHost::default());
        }
        let of_host = self.hosts.get_mut(&*host.folded)?;
        host::show(&mut of_host.name, &host.written);
        // A process that is known goes on being counted when the table is full: which ones are in it depends on the order of reading then, and a notice says
        // that the limit was reached.
        let full = self.processes >= MOST_PROCESSES;
        if full && !of_host.processes.contains_key(&key) {
            return None;
        }
        let processes = &mut self.processes;
        Some(of_host.processes.entry(key).or_insert_with(|| {
            *processes += 1;
            ProcessRecord::default()
        }))
    }

    /// Adds a process that was put together elsewhere.
    pub(super) fn add_record(&mut self, host: &HostName, key: EntityKey, record: ProcessRecord) {
        match self.process(host, key) {
            Some(mine) => mine.merge(record),
            None => self.beyond += 1,
        }
    }

    /// All processes, with their hosts.
    pub(super) fn records(&self) -> impl Iterator<Item = (&Arc<str>, &EntityKey, &ProcessRecord)> {
        self.hosts.values().flat_map(|host| host.processes.iter().map(move |(key, record)| (&host.name, key, record)))
    }

    /// Takes what is known of processes of which only the facts were read.
    pub fn complete(&mut self, ids: &ProcessIds, life_of: impl Fn(ProcessId) -> Option<ProcessLife>) {
        for host in self.hosts.values_mut() {
            let number = ids.hosts.number(&host.name);
            for (key, process) in &mut host.processes {
                if let Some(ProcessLife { starts, exit, last, counts }) = life_of(ids.of(number, key)) {
                    (process.starts, process.exit, process.last, process.counts) = (starts, exit, last, counts);
                }
            }
        }
    }

    /// Merges two tables. Their order does not matter.
    #[must_use]
    pub fn merge(mut self, mut other: Self) -> Self {
        // The smaller table is moved into the larger: whole records are moved, and maps of millions of keys are not rebuilt.
        if self.processes < other.processes {
            std::mem::swap(&mut self, &mut other);
        }
        self.nameless += other.nameless;
        self.beyond += other.beyond;
        for (folded, of_host) in other.hosts {
            let host = HostName { folded, written: of_host.name };
            for (key, process) in of_host.processes {
                match self.process(&host, key) {
                    Some(mine) => mine.merge(process),
                    None => self.beyond += 1,
                }
            }
        }
        self
    }

    /// How many processes there are.
    pub fn len(&self) -> usize {
        self.processes
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.processes == 0
    }
}

/// Keeps what comes first.
fn keep_first<T>(kept: &mut Option<Box<(OrderKey, T)>>, order: OrderKey, value: impl FnOnce() -> T) {
    if kept.as_ref().is_none_or(|first| order < first.0) {
        *kept = Some(Box::new((order, value())));
    }
}

impl ProcessRecord {
    /// Remembers the first event, unless there is a start, which tells more.
    fn see(&mut self, order: OrderKey, facts: Option<ProcessFacts>) {
        if let Some(facts) = facts.filter(|_| self.start.is_none()) {
            keep_first(&mut self.seen, order, || facts);
        }
    }

    /// Adds what another thread knows of the same process.
    fn merge(&mut self, other: Self) {
        let Self { start, starts, exit, seen, last, named, counts } = other;
        if let Some(start) = start
            && self.start.as_ref().is_none_or(|mine| start.order < mine.order)
        {
            self.start = Some(start);
        }
        self.starts = self.starts.saturating_add(starts);
        self.exit = self.exit.max(exit);
        self.last = self.last.max(last);
        for (mine, theirs) in [(&mut self.seen, seen), (&mut self.named, named)] {
            if let Some(theirs) = theirs
                && mine.as_ref().is_none_or(|mine| theirs.0 < mine.0)
            {
                *mine = Some(theirs);
            }
        }
        // One thread may know the start and the other what was said without it: together the start wins, as if one thread had read both.
        if self.start.is_some() {
            (self.seen, self.named) = (None, None);
        }
        self.counts.add_all(&counts);
    }
}

impl ActivityCounts {
    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}
