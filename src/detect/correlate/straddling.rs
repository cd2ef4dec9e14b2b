//! Processes that appear under the names of several hosts, found in what comes sorted by process.

use super::hosts::{HostNumber, HostTable};
use crate::base::Locator;
use crate::eql::Digest;
use std::sync::Arc;

/// Processes, by their entity ids, that appear under the names of several hosts.
///
/// Their events are not joined: the same id on another host is another process. But a host that was renamed, or is called by its short name here and its
/// full name there, has its processes twice, which a reader must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Straddling<E = Locator> {
    /// How many there are.
    pub processes: usize,
    /// An event of one of them.
    pub example: E,
    /// The hosts of that one, in the order of their names.
    pub hosts: Vec<Arc<str>>,
}

impl<E: Ord> Straddling<E> {
    /// Adds others. Of two examples the lower one stays.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let processes = self.processes + other.processes;
        let first = if (&other.example, &other.hosts) < (&self.example, &self.hosts) { other } else { self };
        Self { processes, ..first }
    }
}

/// Looks for such processes among events that come sorted by process and host.
#[derive(Debug)]
pub struct StraddlingSearch<E> {
    /// The process at hand, its lowest event, and the hosts that it was met on.
    current: Option<(Digest, E, Vec<HostNumber>)>,
    found: Option<Straddling<E>>,
}

impl<E> Default for StraddlingSearch<E> {
    fn default() -> Self {
        Self { current: None, found: None }
    }
}

impl<E: Ord + Copy> StraddlingSearch<E> {
    /// Takes an event of a process of a host.
    pub fn add(&mut self, process: Digest, host: HostNumber, event: E, hosts: &HostTable) {
        match &mut self.current {
            Some((known, example, on)) if *known == process => {
                *example = (*example).min(event);
                if on.last() != Some(&host) {
                    on.push(host);
                }
            }
            _ => {
                self.end(hosts);
                self.current = Some((process, event, vec![host]));
            }
        }
    }

    fn end(&mut self, hosts: &HostTable) {
        let Some((_, example, on)) = self.current.take().filter(|(.., on)| on.len() > 1) else { return };
        let mut names: Vec<Arc<str>> = on.into_iter().map(|host| hosts.name(host)).collect();
        names.sort_unstable();
        let new = Straddling { processes: 1, example, hosts: names };
        self.found = Some(match self.found.take() {
            Some(found) => found.merge(new),
            None => new,
        });
    }

    /// What was found.
    pub fn finish(mut self, hosts: &HostTable) -> Option<Straddling<E>> {
        self.end(hosts);
        self.found
    }
}
