//! Processes by digest: a process of a host in a few bytes, whatever its entity id, and sets of them.

use super::entity::EntityKey;
use crate::detect::{HostNumber, HostTable};
use crate::eql::{Digest, Digester};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::hash::Hash;
use std::sync::Arc;

/// Stands for a process of a host in one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId {
    /// The digest of its key, the same on every host.
    pub key: Digest,
    /// Its host.
    pub host: HostNumber,
}

/// Makes ids of processes, the same for the same processes as long as it lives. Shared by all threads.
#[derive(Debug, Default)]
pub struct ProcessIds {
    digester: Digester,
    /// The hosts that were met.
    pub hosts: HostTable,
}

impl ProcessIds {
    /// Makes ids that are the same in every run that has this key, but for the numbers of hosts.
    pub fn keyed(key: &[u8]) -> Self {
        Self { digester: Digester::keyed(key), hosts: HostTable::default() }
    }

    /// The id of a process of a host.
    pub fn of(&self, host: HostNumber, key: &EntityKey) -> ProcessId {
        ProcessId { key: self.key(key), host }
    }

    /// The digest of a key.
    pub fn key(&self, key: &EntityKey) -> Digest {
        self.digest(key)
    }

    /// The digest of anything.
    pub fn digest(&self, value: impl Hash) -> Digest {
        self.digester.of(value)
    }

    /// A number that stands for the path of an image, whose case does not count; never 0.
    pub fn image(&self, path: &str) -> u64 {
        self.digester.of(path.to_ascii_lowercase())[0] | 1
    }
}

/// The processes that are wanted. Each has a number.
#[derive(Clone, Debug, Default)]
pub struct WantedProcesses {
    /// What the ids of processes are made by.
    pub ids: Arc<ProcessIds>,
    numbers: HashMap<ProcessId, u32>,
}

impl WantedProcesses {
    /// An empty set of processes with these ids.
    pub fn new(ids: &Arc<ProcessIds>) -> Self {
        Self { ids: ids.clone(), numbers: HashMap::new() }
    }

    /// Wants a process; wanting it twice makes no difference.
    pub fn add(&mut self, host: &str, key: &EntityKey) -> u32 {
        self.add_id(self.id(host, key))
    }

    /// Wants a process.
    pub fn add_id(&mut self, id: ProcessId) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(id).or_insert(next)
    }

    /// The number of a process, if it is wanted.
    pub fn find(&self, host: &str, key: &EntityKey) -> Option<u32> {
        if self.is_empty() { None } else { self.find_id(self.id(host, key)) }
    }

    /// The number of a process, if it is wanted.
    pub fn find_id(&self, id: ProcessId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    fn id(&self, host: &str, key: &EntityKey) -> ProcessId {
        self.ids.of(self.ids.hosts.number(host), key)
    }

    /// All of them with their numbers, in no certain order.
    pub fn iter(&self) -> impl Iterator<Item = (ProcessId, u32)> {
        self.numbers.iter().map(|(id, number)| (*id, *number))
    }

    /// How many are wanted.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}
