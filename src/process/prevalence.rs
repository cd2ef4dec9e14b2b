//! The prevalence of values in the evidence: on how many hosts, how often, first and last.
//!
//! This module does not know why a value is sought.

use super::connection::HostAddresses;
use super::sightings::{SightedConnection, SightedText, SightedValue, destinations};
use super::stacking::MOST_HOSTS;
use super::text::CutText;
use super::wanted::ProcessIds;
use crate::base::Ticks;
use crate::base::host::folded;
use crate::base::spool::{SortSpool, SortedSpool};
use crate::detect::HostNumber;
use crate::eql::Digest;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

pub use super::sightings::{SOUGHT, ValueKind};

/// A value of a kind.
pub type Sought = (ValueKind, CutText);

/// The hosts, number and span of the events that have a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prevalence {
    /// On how many hosts.
    pub hosts: u64,
    /// Hosts that have it: the names that are shown, by the letters that names are compared in; the first [`MOST_HOSTS`] of them.
    names: BTreeMap<Arc<str>, Arc<str>>,
    /// The host that was counted last.
    last_host: Option<HostNumber>,
    /// How often.
    pub count: u64,
    /// The first and the last time.
    pub span: Option<(Ticks, Ticks)>,
}

impl Prevalence {
    /// The names of hosts that have it, at most [`MOST_HOSTS`].
    pub fn host_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.names.values()
    }

    /// Adds what was met on a host. All of a host comes together.
    fn add(&mut self, host: HostNumber, ids: &ProcessIds, (first, last): (Ticks, Ticks), count: u64) {
        if self.last_host.replace(host) != Some(host) {
            self.hosts += 1;
            let name = ids.hosts.name(host);
            self.names.insert(folded(&name).into(), name);
            if self.names.len() > MOST_HOSTS {
                self.names.pop_last();
            }
        }
        self.count += count;
        let (known_first, known_last) = self.span.unwrap_or((first, last));
        self.span = Some((known_first.min(first), known_last.max(last)));
    }
}

/// The values that are sought, each with its prevalence.
#[derive(Debug, Default)]
pub struct PrevalenceIndex {
    ids: Arc<ProcessIds>,
    found: HashMap<Digest, Prevalence>,
}

impl PrevalenceIndex {
    /// Nothing is sought yet.
    pub fn new(ids: &Arc<ProcessIds>) -> Self {
        Self { ids: ids.clone(), found: HashMap::new() }
    }

    /// Seeks a value.
    pub fn seek(&mut self, sought: &Sought) {
        self.found.entry(self.digest(sought)).or_default();
    }

    /// The prevalence of a value.
    pub fn get(&self, sought: &Sought) -> Option<&Prevalence> {
        self.found.get(&self.digest(sought))
    }

    fn digest(&self, (kind, value): &Sought) -> Digest {
        self.ids.value(*kind, &value.text, value.cut)
    }

    /// Adds to the values of all events those of connections. `known` tells which end of one is the other host's, where its record does not.
    ///
    /// They are sorted with the others, so that a host is counted once without a set of the hosts of each value.
    pub fn add_destinations(
        &self,
        values: &SortSpool<SightedValue>,
        connections: &SortedSpool<SightedConnection>,
        known: &HostAddresses,
    ) -> io::Result<()> {
        values.add_all(destinations(connections, known).map(|sighted| {
            let (ip, host, time) = sighted?;
            let value = self.ids.value(ValueKind::Destination, &ip, 0);
            Ok(SightedValue { value, host, first: time, last: time, count: 1 })
        }))
    }

    /// Counts the values of all events.
    pub fn count(&mut self, values: &SortedSpool<SightedValue>) -> io::Result<()> {
        for sighted in values.iter() {
            let SightedValue { value, host, first, last, count } = sighted?;
            if let Some(found) = self.found.get_mut(&value) {
                found.add(host, &self.ids, (first, last), count);
            }
        }
        Ok(())
    }

    /// What a value on a host counts for, if the value is sought.
    pub fn sighted(&self, sighted: &SightedText) -> Option<SightedValue> {
        let SightedText { kind, value, host, first, last, count } = sighted;
        let value = self.ids.value(*kind, &value.text, value.cut);
        self.found.contains_key(&value).then_some(SightedValue {
            value,
            host: *host,
            first: *first,
            last: *last,
            count: *count,
        })
    }
}
