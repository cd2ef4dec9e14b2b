//! The prevalence of values in the evidence: on how many hosts, how often, first and last.
//!
//! This module does not know why a value is sought.

use super::connection::HostAddresses;
use super::sightings::{SightedConnection, SightedValue};
use super::text::CutText;
use super::wanted::ProcessIds;
use crate::base::Ticks;
use crate::base::host::folded;
use crate::base::spool::SortedSpool;
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
    /// On which hosts: the name that is shown, by the letters that names are compared in.
    pub hosts: BTreeMap<Arc<str>, Arc<str>>,
    /// How often.
    pub count: u64,
    /// The first and the last time.
    pub span: Option<(Ticks, Ticks)>,
}

impl Prevalence {
    fn add(&mut self, host: Arc<str>, (first, last): (Ticks, Ticks), count: u64) {
        self.hosts.insert(folded(&host).into(), host);
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

    /// Counts the values of all events. `known` tells which end of a connection is the other host's, where its record does not.
    pub fn count(
        &mut self,
        values: &SortedSpool<SightedValue>,
        connections: &SortedSpool<SightedConnection>,
        known: &HostAddresses,
    ) -> io::Result<()> {
        for sighted in values.iter() {
            let SightedValue { value, host, first, last, count } = sighted?;
            self.meet(value, host, (first, last), count);
        }
        for sighted in connections.iter() {
            let SightedConnection { connection, host, time } = sighted?;
            let remote = connection.peer(known).remote().and_then(|name| connection.end(name).ip.as_deref());
            if let Some(ip) = remote {
                self.meet(self.ids.value(ValueKind::Destination, ip, 0), host, (time, time), 1);
            }
        }
        Ok(())
    }

    fn meet(&mut self, value: Digest, host: HostNumber, span: (Ticks, Ticks), count: u64) {
        if let Some(found) = self.found.get_mut(&value) {
            found.add(self.ids.hosts.name(host), span, count);
        }
    }
}
