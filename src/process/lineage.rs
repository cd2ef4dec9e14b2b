//! The ancestors and children of wanted processes, out of what is known of who started whom: which processes are shown beside alerts.
//!
//! All processes are read in the order of their ids, once for who started whom, and once for what is known of those that are shown. In between only pairs of
//! child and parent are read, once for the children of the wanted processes and once for each generation above them. No more is held than the processes that
//! will be shown.

use super::links::{LinkStart, ParentLink, ProcessLink, ProcessOutline, for_each_outline};
use super::wanted::{ProcessId, ProcessIds, WantedProcesses};
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolSpace, read_item, write_item};
use crate::base::{Locator, Ticks};
use crate::detect::{HostNumber, Straddling, StraddlingSearch};
use crate::event::OrderKey;
use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BinaryHeap;
use std::io::{self, Read};
use std::sync::Arc;

/// The share of memory that pairs of child and parent take before they are spilled.
const PAIR_SHARE: u64 = 24;
/// Pairs that are given to the spool together.
const BLOCK: usize = 4096;

/// Limits of what is shown of the relatives of processes.
#[derive(Clone, Copy, Debug)]
pub struct LineageLimits {
    /// Most generations above a process.
    pub ancestors: usize,
    /// Most children of a process.
    pub children: usize,
    /// Most relatives in all.
    pub relatives: usize,
}

/// Wanted processes and their relatives.
#[derive(Debug)]
pub struct Lineage {
    /// All that are shown: the wanted ones, their ancestors and their children.
    pub shown: HashMap<ProcessId, ShownProcess>,
    /// Relatives that are not shown because there are too many in all; of ancestors only the first generation that did not fit is counted.
    pub left_out: u64,
    /// Processes that appear under the names of several hosts.
    pub straddling: Option<Straddling>,
}

/// A process that is shown.
#[derive(Clone, Copy, Debug)]
pub struct ShownProcess {
    /// What is known of it.
    pub outline: ProcessOutline,
    /// How many processes it started.
    pub child_count: u32,
    /// When it started and its parent, if its start was logged and names one.
    pub parent: Option<(OrderKey, ProcessId)>,
}

/// Relatives of wanted processes.
#[derive(Debug)]
pub struct Relatives {
    /// The relatives that are shown, none of them wanted itself.
    pub chosen: WantedProcesses,
    /// Those that are not shown because there are too many in all; of ancestors only the first generation that did not fit is counted.
    pub left_out: u64,
}

impl Relatives {
    /// Chooses among processes of which it is known who started whom.
    pub fn new(
        pairs: &SortedSpool<StartedProcess>,
        wanted: &WantedProcesses,
        limits: LineageLimits,
    ) -> io::Result<Self> {
        let mut relatives = WantedProcesses::new(&wanted.ids);
        let mut families: HashMap<ProcessId, BinaryHeap<(OrderKey, ProcessId)>> = HashMap::new();
        let mut generation: HashSet<ProcessId> = HashSet::new();
        for pair in pairs.iter() {
            let StartedProcess { id, order, parent } = pair?;
            if wanted.find_id(id).is_some() {
                generation.insert(parent);
            }
            if wanted.find_id(parent).is_some() {
                let family = families.entry(parent).or_default();
                family.push((order, id));
                if family.len() > limits.children {
                    family.pop();
                }
            }
        }
        let mut left_out = 0;
        for _ in 0..limits.ancestors {
            generation.retain(|id| wanted.find_id(*id).is_none() && relatives.find_id(*id).is_none());
            if generation.is_empty() {
                break;
            }
            // All of a generation or none: which ones are shown must not depend on the order in which they are met.
            if relatives.len() + generation.len() > limits.relatives {
                left_out += generation.len() as u64;
                break;
            }
            for id in &generation {
                relatives.add_id(*id);
            }
            let mut above = HashSet::new();
            for pair in pairs.iter() {
                let StartedProcess { id, parent, .. } = pair?;
                if generation.contains(&id) {
                    above.insert(parent);
                }
            }
            generation = above;
        }
        left_out += add_children(&mut relatives, wanted, families, limits.relatives);
        Ok(Self { chosen: relatives, left_out })
    }
}

impl Lineage {
    /// Reads who started whom.
    pub fn new(
        links: &SortedSpool<ProcessLink>,
        wanted: &WantedProcesses,
        limits: LineageLimits,
        space: &SpoolSpace,
    ) -> io::Result<Self> {
        let (pairs, straddling) = started_processes(links, wanted, space)?;
        let Relatives { chosen, left_out } = Relatives::new(&pairs, wanted, limits)?;
        let shown = shown(links, &pairs, |id| wanted.find_id(id).or_else(|| chosen.find_id(id)).is_some())?;
        Ok(Self { shown, left_out, straddling })
    }

    /// The processes that are shown.
    pub fn processes(&self, ids: &Arc<ProcessIds>) -> WantedProcesses {
        let mut shown = WantedProcesses::new(ids);
        for id in self.shown.keys() {
            shown.add_id(*id);
        }
        shown
    }

    /// Where the facts of the processes stand: in their starts, or else in their first event and in the first start that names them. In order.
    pub fn places(&self) -> Vec<Locator> {
        let of_process = |ShownProcess { outline, .. }: &ShownProcess| match outline.start {
            Some((start, _)) => [Some(start), None],
            None => [outline.seen, outline.named],
        };
        let orders = self.shown.values().flat_map(of_process).flatten();
        let mut places: Vec<Locator> = orders.map(|order| order.origin()).collect();
        places.sort_unstable();
        places.dedup();
        places
    }
}

fn shown(
    links: &SortedSpool<ProcessLink>,
    pairs: &SortedSpool<StartedProcess>,
    is_shown: impl Fn(ProcessId) -> bool + Sync,
) -> io::Result<HashMap<ProcessId, ShownProcess>> {
    let of_partition = |partition| -> io::Result<Vec<ProcessOutline>> {
        let mut shown = Vec::new();
        for_each_outline(links, partition, |outline| shown.extend(Some(outline).filter(|one| is_shown(one.id))))?;
        Ok(shown)
    };
    let outlines: Vec<Vec<ProcessOutline>> =
        (0..ProcessLink::PARTITIONS).into_par_iter().map(of_partition).collect::<io::Result<_>>()?;
    let shown = |outline: ProcessOutline| (outline.id, ShownProcess { outline, child_count: 0, parent: None });
    let mut shown: HashMap<ProcessId, ShownProcess> = outlines.into_iter().flatten().map(shown).collect();
    for pair in pairs.iter() {
        let StartedProcess { id, order, parent } = pair?;
        if let Some(process) = shown.get_mut(&id) {
            process.parent = Some((order, parent));
        }
        if let Some(parent) = shown.get_mut(&parent) {
            parent.child_count += 1;
        }
    }
    Ok(shown)
}

/// Adds children to the relatives, as far as there is room for them; the first ones in the order of starts stay. Returns how many were left out.
fn add_children(
    relatives: &mut WantedProcesses,
    wanted: &WantedProcesses,
    families: HashMap<ProcessId, BinaryHeap<(OrderKey, ProcessId)>>,
    most: usize,
) -> u64 {
    let mut children: Vec<(OrderKey, ProcessId)> = families.into_values().flatten().collect();
    children.retain(|(_, id)| wanted.find_id(*id).is_none());
    children.sort_unstable();
    let mut left_out = 0;
    for (_, id) in children {
        if relatives.len() < most {
            relatives.add_id(id);
        } else if relatives.find_id(id).is_none() {
            left_out += 1;
        }
    }
    left_out
}

/// A process whose start was logged, and its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StartedProcess {
    /// The process.
    pub id: ProcessId,
    /// When it started; the first time, if its id was used again.
    pub order: OrderKey,
    /// The process that started it.
    pub parent: ProcessId,
}

impl SpoolItem for StartedProcess {
    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// A start that names its parent by number and image.
struct LooseStart {
    id: ProcessId,
    order: OrderKey,
    pid: i64,
    image: u64,
    /// The process of just that number and image.
    named: ProcessId,
}

/// A process that a number and an image may stand for.
struct LooseCandidate {
    order: OrderKey,
    id: ProcessId,
    image: u64,
    ended: Option<Ticks>,
}

/// Every process whose start names a parent, and the processes that appear under the names of several hosts.
fn started_processes(
    links: &SortedSpool<ProcessLink>,
    wanted: &WantedProcesses,
    space: &SpoolSpace,
) -> io::Result<(SortedSpool<StartedProcess>, Option<Straddling>)> {
    let pairs = SortSpool::new(space.share(PAIR_SHARE));
    let of_partition = |partition| -> io::Result<_> {
        let (mut block, mut loose, mut hosts) = (Vec::new(), Vec::new(), StraddlingSearch::default());
        for_each_outline(links, partition, |outline| {
            if outline.is_entity {
                hosts.add(outline.id.key, outline.id.host, first(&outline), &wanted.ids.hosts);
            }
            let Some((order, LinkStart { parent: Some(parent), .. })) = outline.start else { return };
            let (id, named) = (outline.id, ProcessId { key: parent.key(), ..outline.id });
            if let ParentLink::Loose { pid: Some(pid), image, .. } = parent {
                loose.push(LooseStart { id, order, pid, image, named });
            } else {
                block.push(StartedProcess { id, order, parent: named });
            }
            if block.len() >= BLOCK {
                pairs.add(std::mem::take(&mut block));
            }
        })?;
        pairs.add(block);
        Ok((loose, hosts.finish(&wanted.ids.hosts)))
    };
    // All items of a process are in one partition, whatever its host.
    let found: Vec<(Vec<LooseStart>, Option<Straddling<_>>)> =
        (0..ProcessLink::PARTITIONS).into_par_iter().map(of_partition).collect::<io::Result<_>>()?;
    let (loose, hosts): (Vec<_>, Vec<_>) = found.into_iter().unzip();
    let loose: Vec<LooseStart> = loose.into_iter().flatten().collect();
    if !loose.is_empty() {
        pairs.add(found_parents(links, &loose)?);
    }
    let straddling = hosts.into_iter().flatten().reduce(Straddling::merge).and_then(
        |Straddling { processes, example: (_, first), hosts }| {
            Some(Straddling { processes, example: first?.origin(), hosts })
        },
    );
    Ok((pairs.take_sorted(), straddling))
}

/// The first event of a process: of its own, if there is one, or else one that names it.
fn first(outline: &ProcessOutline) -> (bool, Option<OrderKey>) {
    let start = outline.start.map(|(order, _)| order);
    let own = [start, outline.seen].into_iter().flatten().min();
    (own.is_none(), own.or(outline.named))
}

/// The parents that are named by number and image.
///
/// As in a forest: where a start names no entity id, the number is all there is, and Windows uses numbers again. The parent is the last process of that number
/// that had started by then, was not over, and has the same image. Sysmon always names an id, so that this holds nothing in most evidence.
fn found_parents(links: &SortedSpool<ProcessLink>, loose: &[LooseStart]) -> io::Result<Vec<StartedProcess>> {
    let mut by_pid: HashMap<(HostNumber, i64), Vec<LooseCandidate>> =
        loose.iter().map(|start| ((start.id.host, start.pid), Vec::new())).collect();
    for partition in 0..ProcessLink::PARTITIONS {
        for_each_outline(links, partition, |ProcessOutline { id, start, exit, .. }| {
            if let Some((order, LinkStart { pid: Some(pid), image, .. })) = start
                && let Some(candidates) = by_pid.get_mut(&(id.host, pid))
            {
                candidates.push(LooseCandidate { order, id, image, ended: exit.map(|exit| exit.time) });
            }
        })?;
    }
    by_pid.values_mut().for_each(|candidates| candidates.sort_unstable_by_key(|candidate| candidate.order));
    let with_parent = |&LooseStart { id, order, pid, image, named }: &LooseStart| {
        let candidates = by_pid.get(&(id.host, pid)).map_or(&[][..], Vec::as_slice);
        let before = candidates.partition_point(|candidate| candidate.order < order);
        let could_be = |candidate: &&LooseCandidate| {
            let is_over = candidate.ended.is_some_and(|ended| ended < order.time);
            !is_over && (candidate.image == 0 || image == 0 || candidate.image == image)
        };
        let found = candidates[..before].iter().rev().find(could_be);
        StartedProcess { id, order, parent: found.map_or(named, |found| found.id) }
    };
    Ok(loose.iter().map(with_parent).collect())
}
