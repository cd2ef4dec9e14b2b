//! The processes of a timeline by number, as they are met.
//!
//! This module does not know what is done with rows.

use crate::base::host::folded_bytes;
use crate::timeline::RowHead;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// Hosts and processes by number.
#[derive(Debug, Default)]
pub struct ProcessNumbers {
    hasher: DefaultHashBuilder,
    /// Numbers with the hashes that they are found by: to make room for more, keys need not be looked at again.
    numbers: HashTable<(u64, u32)>,
    keys: Vec<ProcessIdentity>,
    /// The entity ids of all processes one after another.
    entity_ids: Vec<u8>,
    /// Computer names, in the letters that they are compared in. Mostly there are a handful, and the one that was met last comes next.
    hosts: Vec<Box<[u8]>>,
    /// The name that was met last as it is written, and its number.
    last_host: Option<(Box<[u8]>, u32)>,
    host_numbers: HashTable<u32>,
}

/// The identity of a process: its host, and its entity id if it has one.
#[derive(Clone, Copy, Debug)]
struct ProcessIdentity {
    host: u32,
    /// Where its entity id begins and ends, if it has one.
    entity_id: Option<(usize, usize)>,
}

impl ProcessIdentity {
    fn entity_id(self, all: &[u8]) -> Option<&[u8]> {
        self.entity_id.map(|(start, end)| &all[start..end])
    }
}

/// More hosts or processes than that do not fit in any memory.
fn number_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl ProcessNumbers {
    /// The number of the process of a row; `latest` is that of the row before.
    pub fn number(&mut self, row: &RowHead<'_>, latest: Option<u32>) -> u32 {
        let latest = latest.map(|number| (number, &self.keys[number as usize]));
        let last_host = self.last_host.as_ref().filter(|(name, _)| **name == *row.host).map(|(_, host)| *host);
        // Rows come in the order of a log, in which a process often writes several in a row: comparing with the last one saves most look-ups.
        if let Some((number, key)) = latest
            && last_host == Some(key.host)
            && key.entity_id(&self.entity_ids) == row.entity_id
        {
            return number;
        }
        let host = last_host.unwrap_or_else(|| self.host(row.host));
        let Self { hasher, numbers, keys, entity_ids, .. } = self;
        let hash = hasher.hash_one((host, row.entity_id));
        let is_it = |(other, number): &(u64, u32)| {
            let key = || keys[*number as usize];
            *other == hash && key().host == host && key().entity_id(entity_ids) == row.entity_id
        };
        if let Some((_, number)) = numbers.find(hash, is_it) {
            return *number;
        }
        let number = number_of(keys.len());
        let entity_id = row.entity_id.map(|id| {
            let start = entity_ids.len();
            entity_ids.extend_from_slice(id);
            (start, entity_ids.len())
        });
        keys.push(ProcessIdentity { host, entity_id });
        numbers.insert_unique(hash, (hash, number), |(hash, _)| *hash);
        number
    }

    fn host(&mut self, written: &[u8]) -> u32 {
        let name = &*folded_bytes(written);
        let number = self.number_of_host(name);
        self.last_host = Some((written.into(), number));
        number
    }

    /// The number of a host by its name in the letters that names are compared in.
    fn number_of_host(&mut self, name: &[u8]) -> u32 {
        let Self { hasher, host_numbers, hosts, .. } = self;
        let hash = hasher.hash_one(name);
        if let Some(number) = host_numbers.find(hash, |number| *hosts[*number as usize] == *name) {
            return *number;
        }
        let number = number_of(hosts.len());
        hosts.push(name.into());
        host_numbers.insert_unique(hash, number, |number| hasher.hash_one(&*hosts[*number as usize]));
        number
    }

    /// How many processes there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// By number of the process: the place of its host in the order of their names, and behind that whatever names no process.
    pub fn host_ranks(&self) -> Vec<(u32, bool)> {
        let ranks = ranks(self.hosts.len(), |host| &self.hosts[host]);
        self.keys.iter().map(|key| (ranks[key.host as usize], key.entity_id.is_none())).collect()
    }

    /// By number of the process: its place in the order of hosts and entity ids, what names no process last of its host.
    pub fn ranks(&self) -> Vec<u32> {
        let hosts = self.host_ranks();
        ranks(self.keys.len(), |process| (hosts[process], self.keys[process].entity_id(&self.entity_ids)))
    }
}

/// The place of each number in the order of what it stands for.
fn ranks<K: Ord>(count: usize, key: impl Fn(usize) -> K) -> Vec<u32> {
    let mut sorted: Vec<usize> = (0..count).collect();
    sorted.sort_by_key(|number| key(*number));
    let mut ranks = vec![0; count];
    for (rank, number) in (0..).zip(sorted) {
        ranks[number] = rank;
    }
    ranks
}
