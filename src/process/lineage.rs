//! The ancestors and children of wanted processes, out of what is known of who started whom: which processes are shown beside alerts.
//!
//! All processes are read in the order of their ids, once for the parents and children of the wanted ones, once more for each generation above them, and once
//! for what is known of those that were found. No more is held than the processes that will be shown.

use super::links::{LinkStart, ParentLink, ProcessLink, ProcessOutline, for_each_outline};
use super::wanted::{ProcessId, ProcessIds, WantedProcesses};
use crate::base::spool::SortedSpool;
use crate::base::{Locator, Ticks};
use crate::detect::{HostNumber, Straddling};
use crate::event::OrderKey;
use hashbrown::{HashMap, HashSet};
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;

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
}

impl Lineage {
    /// Reads who started whom.
    pub fn new(links: &SortedSpool<ProcessLink>, wanted: &WantedProcesses, limits: LineageLimits) -> io::Result<Self> {
        let parents = Parents::new(links)?;
        let mut relatives = WantedProcesses::new(&wanted.ids);
        let mut hosts = HostsOfProcess::default();
        let mut families: HashMap<ProcessId, BinaryHeap<(OrderKey, ProcessId)>> = HashMap::new();
        let mut generation: HashSet<ProcessId> = HashSet::new();
        for_each_outline(links, |outline| {
            hosts.add(&outline, wanted);
            let Some((order, parent)) = parents.of(&outline) else { return };
            if wanted.find_id(outline.id).is_some() {
                generation.insert(parent);
            }
            if wanted.find_id(parent).is_some() {
                let family = families.entry(parent).or_default();
                family.push((order, outline.id));
                if family.len() > limits.children {
                    family.pop();
                }
            }
        })?;
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
            for_each_outline(links, |outline| {
                if generation.contains(&outline.id) {
                    above.extend(parents.of(&outline).map(|(_, parent)| parent));
                }
            })?;
            generation = above;
        }
        left_out += add_children(&mut relatives, wanted, families, limits.relatives);
        let shown = shown(links, &parents, |id| wanted.find_id(id).or_else(|| relatives.find_id(id)).is_some())?;
        Ok(Self { shown, left_out, straddling: hosts.finish(wanted) })
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
    parents: &Parents,
    is_shown: impl Fn(ProcessId) -> bool,
) -> io::Result<HashMap<ProcessId, ShownProcess>> {
    let mut shown: HashMap<ProcessId, ShownProcess> = HashMap::new();
    let mut child_counts: HashMap<ProcessId, u32> = HashMap::new();
    for_each_outline(links, |outline| {
        if is_shown(outline.id) {
            shown.insert(outline.id, ShownProcess { outline, child_count: 0 });
        }
        if let Some((_, parent)) = parents.of(&outline).filter(|(_, parent)| is_shown(*parent)) {
            *child_counts.entry(parent).or_default() += 1;
        }
    })?;
    for (id, count) in child_counts {
        if let Some(parent) = shown.get_mut(&id) {
            parent.child_count = count;
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

/// The parents of processes.
struct Parents {
    /// Of processes whose start names its parent by number and image: the process that was found for it.
    loose: HashMap<ProcessId, ProcessId>,
}

/// A process that a number and an image may stand for.
struct LooseCandidate {
    order: OrderKey,
    id: ProcessId,
    image: u64,
    ended: Option<Ticks>,
}

impl Parents {
    fn new(links: &SortedSpool<ProcessLink>) -> io::Result<Self> {
        // As in a forest: where a start names no entity id, the number is all there is, and Windows uses numbers again. The parent is the last process of that
        // number that had started by then, was not over, and has the same image. Sysmon always names an id, so that this holds nothing in most evidence.
        let mut asking: Vec<(HostNumber, i64, OrderKey, ProcessId, u64)> = Vec::new();
        for_each_outline(links, |outline| {
            let Some((order, LinkStart { parent: Some(ParentLink::Loose { pid: Some(pid), image, .. }), .. })) =
                outline.start
            else {
                return;
            };
            asking.push((outline.id.host, pid, order, outline.id, image));
        })?;
        let mut loose = HashMap::new();
        if asking.is_empty() {
            return Ok(Self { loose });
        }
        let mut by_pid: HashMap<(HostNumber, i64), Vec<LooseCandidate>> =
            asking.iter().map(|(host, pid, ..)| ((*host, *pid), Vec::new())).collect();
        for_each_outline(links, |ProcessOutline { id, start, exit, .. }| {
            if let Some((order, LinkStart { pid: Some(pid), image, .. })) = start
                && let Some(candidates) = by_pid.get_mut(&(id.host, pid))
            {
                candidates.push(LooseCandidate { order, id, image, ended: exit.map(|exit| exit.time) });
            }
        })?;
        by_pid.values_mut().for_each(|candidates| candidates.sort_unstable_by_key(|candidate| candidate.order));
        for (host, pid, order, id, image) in asking {
            let candidates = by_pid.get(&(host, pid)).map_or(&[][..], Vec::as_slice);
            let before = candidates.partition_point(|candidate| candidate.order < order);
            let could_be = |candidate: &&LooseCandidate| {
                let is_over = candidate.ended.is_some_and(|ended| ended < order.time);
                !is_over && (candidate.image == 0 || image == 0 || candidate.image == image)
            };
            let found = candidates[..before].iter().rev().find(could_be);
            loose.extend(found.map(|found| (id, found.id)));
        }
        Ok(Self { loose })
    }

    /// When a process started, and its parent.
    fn of(&self, outline: &ProcessOutline) -> Option<(OrderKey, ProcessId)> {
        let (order, start) = outline.start?;
        let named = ProcessId { key: start.parent?.key(), ..outline.id };
        let parent = self.loose.get(&outline.id).copied().unwrap_or(named);
        (parent != outline.id).then_some((order, parent))
    }
}

/// The process at hand, whatever its host, and the hosts that it was met on: outlines of one key are neighbours.
#[derive(Default)]
struct HostsOfProcess {
    first: Option<(ProcessFirst, ProcessId)>,
    hosts: Vec<HostNumber>,
    /// The number of processes with several hosts, and of the first of them its first event and hosts.
    several: Option<(usize, ProcessFirst, Vec<Arc<str>>)>,
}

/// The first event of a process: of its own, if there is one, or else one that names it.
type ProcessFirst = (bool, Option<OrderKey>);

fn first(outline: &ProcessOutline) -> ProcessFirst {
    let start = outline.start.map(|(order, _)| order);
    let own = [start, outline.seen].into_iter().flatten().min();
    (own.is_none(), own.or(outline.named))
}

impl HostsOfProcess {
    fn add(&mut self, outline: &ProcessOutline, wanted: &WantedProcesses) {
        if !outline.is_entity {
            return;
        }
        match &mut self.first {
            Some((known, id)) if id.key == outline.id.key => {
                *known = (*known).min(first(outline));
                self.hosts.push(outline.id.host);
            }
            _ => {
                self.end(wanted);
                self.first = Some((first(outline), outline.id));
                self.hosts = vec![outline.id.host];
            }
        }
    }

    fn end(&mut self, wanted: &WantedProcesses) {
        let Some((first, _)) = self.first.take().filter(|_| self.hosts.len() > 1) else { return };
        let mut names: Vec<Arc<str>> = self.hosts.iter().map(|host| wanted.ids.hosts.name(*host)).collect();
        names.sort_unstable();
        self.several = Some(match self.several.take() {
            Some((count, known, hosts)) if known < first => (count + 1, known, hosts),
            other => (other.map_or(0, |(count, ..)| count) + 1, first, names),
        });
    }

    fn finish(mut self, wanted: &WantedProcesses) -> Option<Straddling> {
        self.end(wanted);
        let (processes, (_, first), hosts) = self.several?;
        Some(Straddling { processes, example: first?.origin(), hosts })
    }
}
