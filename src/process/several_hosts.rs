//! Processes that appear under the names of several hosts: the same id on another host is another process, and nothing of the two is put together. But a host
//! that was renamed, or is called by its short name here and its full name there, has its processes twice, which a reader must know.

use super::entity::EntityId;
use super::forest::Forest;
use crate::base::number::counted;
use crate::diag::{Notice, NoticeKind};
use crate::event::OrderKey;
use hashbrown::HashMap;
use std::collections::BTreeSet;

/// Tells that so many processes appear under the names of several hosts, one of them under these.
pub fn several_hosts_notice(processes: usize, id: &str, hosts: &[&str]) -> Notice {
    let others = match processes.saturating_sub(1) {
        0 => String::new(),
        more => format!(", and {} under several names too", counted(more as u64, "other process id")),
    };
    let text = format!(
        "the process id {id} appears under the names of several hosts ({}){others}: events of different hosts are not joined; one host may have two names",
        hosts.join(", ")
    );
    Notice::new(NoticeKind::Host, text)
}

impl Forest {
    /// Tells of processes that appear under the names of several hosts; `None` if there are none.
    pub fn several_hosts(&self) -> Option<Notice> {
        if self.hosts.len() < 2 {
            return None;
        }
        // The host of each process and what is first known of it, and all hosts of those that have some.
        let mut known: HashMap<&EntityId, (usize, OrderKey)> = HashMap::new();
        let mut several: HashMap<&EntityId, BTreeSet<usize>> = HashMap::new();
        for (at, host) in self.hosts.iter().enumerate() {
            for node in &host.nodes {
                let Some(id) = node.key.entity_id() else { continue };
                let (first_host, first) = known.entry(id).or_insert((at, node.first));
                *first = (*first).min(node.first);
                if *first_host != at {
                    several.entry(id).or_default().extend([*first_host, at]);
                }
            }
        }
        let (id, hosts) = several.iter().min_by_key(|(id, _)| (known.get(*id).map(|(_, first)| *first), **id))?;
        let hosts: Vec<&str> = hosts.iter().map(|at| &*self.hosts[*at].name).collect();
        Some(several_hosts_notice(several.len(), &id.to_string(), &hosts))
    }
}
