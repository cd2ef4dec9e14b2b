//! When the events of each host begin, as far as some units of evidence tell.

use crate::base::{Ticks, host};
use crate::detect::{CandidateTables, EvidenceBegins};
use hashbrown::HashMap;

/// The time of the first event of each host, by name.
#[derive(Debug, Default)]
pub struct HostBegins {
    by_host: HashMap<Box<str>, Ticks>,
    /// The host of the event that was noted last, which the next is often of too, and its first time so far.
    last: Option<(Box<str>, Ticks)>,
    scratch: String,
}

impl HostBegins {
    /// Notes an event.
    pub fn note(&mut self, host: &str, at: Ticks) {
        if let Some((name, first)) = &self.last
            && **name == *host
            && *first <= at
        {
            return;
        }
        let first = self.by_host.entry(host::folded(host).into()).or_insert(at);
        *first = at.min(*first);
        self.last = Some((host.into(), *first));
    }

    /// Notes an event whose host `write` writes.
    pub fn note_written(&mut self, write: impl FnOnce(&mut String), at: Ticks) {
        let mut host = std::mem::take(&mut self.scratch);
        host.clear();
        write(&mut host);
        self.note(&host, at);
        self.scratch = host;
    }

    /// Adds what other units tell.
    pub fn merge(&mut self, other: Self) {
        for (host, at) in other.by_host {
            self.note(&host, at);
        }
    }

    /// The hosts, in the letters that names are compared in, each with the time of its first event; sorted.
    pub fn into_hosts(self) -> Vec<(Box<str>, Ticks)> {
        let mut hosts: Vec<_> = self.by_host.into_iter().collect();
        hosts.sort_unstable();
        hosts
    }

    /// The same by the numbers that hosts have in a run.
    pub fn numbered(&self, tables: &CandidateTables) -> EvidenceBegins {
        let mut begins = EvidenceBegins::default();
        for (host, at) in &self.by_host {
            begins.note(tables.hosts.number(host), *at);
        }
        begins
    }
}
