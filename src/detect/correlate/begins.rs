//! When the evidence of each host begins, which decides whether values that are new in it are known to be new.

use super::hosts::HostNumber;
use crate::base::Ticks;
use hashbrown::HashMap;

/// The time of the first event of each host.
#[derive(Clone, Debug, Default)]
pub struct EvidenceBegins {
    by_host: HashMap<HostNumber, Ticks>,
    first: Option<Ticks>,
}

impl EvidenceBegins {
    /// Notes an event.
    pub fn note(&mut self, host: HostNumber, at: Ticks) {
        let first = self.by_host.entry(host).or_insert(at);
        *first = at.min(*first);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
    }

    /// The time of the first event of a host; `None` if nothing was noted of it.
    pub fn of(&self, host: HostNumber) -> Option<Ticks> {
        self.by_host.get(&host).copied()
    }

    /// The time of the first event of all hosts.
    pub fn first(&self) -> Option<Ticks> {
        self.first
    }
}
