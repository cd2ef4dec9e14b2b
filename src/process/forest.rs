//! The table at rest: who started whom, in order, as trees.
//!
//! A parent is found by its entity id, or else by its number and image among the processes of the host that had started by then. Evidence can say that a
//! process is its own ancestor; such a cycle is cut above its first process. Nothing here recurses: a chain can be as long as the evidence.

use super::entity::EntityKey;
use super::facts::{ActivityCounts, Parent, ProcessFacts, ProcessRecord, Start, image_name};
use super::table::{OfHost, ProcessTable};
use crate::base::host::folded;
use crate::base::{Locator, Ticks};
use crate::event::OrderKey;
use hashbrown::HashMap;
use std::sync::Arc;

/// The position of a process among those of its host.
pub type NodeIndex = u32;

/// All processes of all hosts.
#[derive(Debug, Default)]
pub struct Forest {
    /// In the order of their names, in which case does not count.
    pub hosts: Vec<HostTree>,
    /// Events of processes that nothing tells apart.
    pub nameless: u64,
    /// Events of processes beyond the most that are told apart.
    pub beyond: u64,
}

/// The processes of one host.
#[derive(Debug, Default)]
pub struct HostTree {
    /// Computer name, in the writing that comes first by its letters; empty if the records name none.
    pub name: Arc<str>,
    /// In the order of their starts, or of whatever comes first of them.
    pub nodes: Vec<ProcessNode>,
    /// How many cycles of processes that start each other were cut.
    pub rings: usize,
    by_key: HashMap<EntityKey, NodeIndex>,
}

/// One process.
#[derive(Debug)]
pub struct ProcessNode {
    /// Its key on its host.
    pub key: EntityKey,
    /// The facts about it, from its own events and its children's.
    pub facts: ProcessFacts,
    /// Its start, if it was logged.
    pub started: Option<OrderKey>,
    /// How many starts were logged with its entity id: more than one if that was used again.
    pub starts: u32,
    /// Its exit, if it was logged.
    pub ended: Option<Ticks>,
    /// The first that is known of it: its start, or else its first event, or the first of its children.
    pub first: OrderKey,
    /// Its last event.
    pub last: Option<OrderKey>,
    /// The numbers of its activities by kind.
    pub counts: ActivityCounts,
    /// Its parent, as its start names it.
    pub named_parent: Option<Parent>,
    /// The process that started it.
    pub parent: Option<NodeIndex>,
    /// The processes that it started, in order; in a forest of some processes those that are there.
    pub children: Vec<NodeIndex>,
    /// How many processes it started, in the forest or not.
    pub child_count: u32,
}

impl ProcessNode {
    /// Whether it is only known by its other events, or by its children.
    pub fn is_synthetic(&self) -> bool {
        self.started.is_none()
    }

    /// When it started, if that was logged.
    pub fn started_at(&self) -> Option<Ticks> {
        self.started.map(|order| order.time)
    }

    /// The last part of the path of its image.
    pub fn name(&self) -> Option<&str> {
        self.facts.image.as_deref().map(image_name)
    }

    /// Where its start was read, if its command line had to be cut.
    pub fn cut_command(&self) -> Option<Locator> {
        let cut = self.facts.command_line.as_ref().is_some_and(|text| text.cut > 0);
        self.started.filter(|_| cut).map(|order| order.origin())
    }
}

impl Forest {
    /// The trees of a table.
    pub fn new(table: ProcessTable) -> Self {
        let ProcessTable { hosts, nameless, beyond, .. } = table;
        let mut hosts: Vec<(Arc<str>, OfHost)> = hosts.into_iter().collect();
        hosts.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        let hosts: Vec<HostTree> = hosts.into_iter().map(|(_, of_host)| HostTree::new(of_host)).collect();
        Self { hosts, nameless, beyond }
    }

    /// The position of a host, by its name in whatever letters.
    pub fn position(&self, name: &str) -> Option<usize> {
        let wanted = folded(name);
        self.hosts.binary_search_by(|host| folded(&host.name).cmp(&wanted)).ok()
    }

    /// The processes with an entity id, on all hosts; braces and case do not count.
    pub fn with_entity_id(&self, id: &str) -> Vec<(usize, NodeIndex)> {
        let plain = |text: &str| text.trim().trim_matches(['{', '}']).to_lowercase();
        let wanted = plain(id);
        let is_wanted = |node: &ProcessNode| node.key.entity_id().is_some_and(|id| plain(&id.to_string()) == wanted);
        let of_host = |(host, tree): (usize, &HostTree)| {
            let nodes = (0..).zip(&tree.nodes).filter(|(_, node)| is_wanted(node));
            nodes.map(|(at, _)| (host, at)).collect::<Vec<_>>()
        };
        self.hosts.iter().enumerate().flat_map(of_host).collect()
    }

    /// How many processes there are.
    pub fn len(&self) -> usize {
        self.hosts.iter().map(|host| host.nodes.len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hosts.iter().all(|host| host.nodes.is_empty())
    }
}

impl HostTree {
    fn new(of_host: OfHost) -> Self {
        let OfHost { name, processes } = of_host;
        let mut nodes: Vec<ProcessNode> =
            processes.into_iter().filter_map(|(key, process)| node(key, process)).collect();
        nodes.sort_unstable_by(|left, right| (left.first, &left.key).cmp(&(right.first, &right.key)));
        let by_key = (0..).zip(&nodes).map(|(at, node): (NodeIndex, &ProcessNode)| (node.key.clone(), at)).collect();
        let mut host = Self { name, nodes, rings: 0, by_key };
        // Positions follow the order of first events, so that a parent mostly has a lower position than its children, and a tree that is built and printed by
        // positions is in the order of time.
        let mut parents = host.parents();
        host.rings = cut_cycles(&mut parents);
        for (at, parent) in (0..).zip(parents) {
            host.nodes[at as usize].parent = parent;
            if let Some(parent) = parent {
                host.nodes[parent as usize].children.push(at);
            }
        }
        host.drop_replaced();
        for node in &mut host.nodes {
            node.child_count = u32::try_from(node.children.len()).unwrap_or(u32::MAX);
        }
        host
    }

    /// A process by its key.
    pub fn find(&self, key: &EntityKey) -> Option<NodeIndex> {
        self.by_key.get(key).copied()
    }

    /// A process by its position.
    pub fn node(&self, at: NodeIndex) -> &ProcessNode {
        &self.nodes[at as usize]
    }

    /// The processes without a parent, in order.
    pub fn roots(&self) -> impl Iterator<Item = NodeIndex> {
        (0..).zip(&self.nodes).filter(|(_, node)| node.parent.is_none()).map(|(at, _)| at)
    }

    /// The parent of a process, its parent, and so on.
    pub fn ancestors(&self, at: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        std::iter::successors(self.node(at).parent, |at| self.node(*at).parent)
    }

    /// The process with a number at a time: the last that had started by then and was not over, or else the last that was.
    pub fn with_pid(&self, pid: i64, at: Option<Ticks>) -> Vec<NodeIndex> {
        let alive = (0..).zip(&self.nodes).filter(|(_, node)| node.facts.pid == Some(pid));
        let Some(at) = at else { return alive.map(|(index, _)| index).collect() };
        let before = |node: &ProcessNode| node.first.time <= at;
        let over = |node: &ProcessNode| node.ended.is_some_and(|ended| ended < at);
        // A process without a logged start may have run since long before its first event: it is kept, for it can be the one that is meant.
        let all: Vec<(NodeIndex, &ProcessNode)> =
            alive.filter(|(_, node)| node.is_synthetic() || before(node)).collect();
        let found = all.iter().rev().find(|(_, node)| before(node) && !over(node)).or(all.last());
        found.map(|(index, _)| *index).into_iter().collect()
    }

    /// The parent of each process.
    fn parents(&self) -> Vec<Option<NodeIndex>> {
        // An entity id identifies a parent. Where a log has none (or a start names a parent by number only), the number is all there is, and Windows uses
        // numbers again: the parent is the last process of that number that had started by then, was not over, and has the same image.
        let mut by_pid: HashMap<i64, Vec<NodeIndex>> = HashMap::new();
        for (at, node) in (0..).zip(&self.nodes) {
            if let (Some(pid), Some(_)) = (node.facts.pid, node.started) {
                by_pid.entry(pid).or_default().push(at);
            }
        }
        let parent = |(at, node): (NodeIndex, &ProcessNode)| {
            let named = node.named_parent.as_ref()?;
            if named.entity_id.is_none()
                && let Some(pid) = named.pid
                && let Some(known) = by_pid.get(&pid)
            {
                // Nodes are in order, and so are these.
                let before = known.partition_point(|other| *other < at);
                let fits = known[..before].iter().rev().find(|other| self.could_be(**other, named, node.first.time));
                if fits.is_some() {
                    return fits.copied();
                }
            }
            self.find(&named.key()?).filter(|parent| *parent != at)
        };
        (0..).zip(&self.nodes).map(parent).collect()
    }

    /// Whether a process of the right number could be the parent that is named, at a time.
    fn could_be(&self, at: NodeIndex, named: &Parent, time: Ticks) -> bool {
        let node = self.node(at);
        let over = node.ended.is_some_and(|ended| ended < time);
        let same = match (&node.facts.image, &named.image) {
            (Some(image), Some(named)) => image.eq_ignore_ascii_case(named),
            _ => true,
        };
        same && !over
    }

    /// Takes away parents that were only named, and for which a real process was found after all.
    fn drop_replaced(&mut self) {
        let keep: Vec<bool> = self.nodes.iter().map(|node| !node.is_empty_name()).collect();
        if keep.iter().all(|keep| *keep) {
            return;
        }
        // Positions are handed out anew without gaps, and everything that refers to a process by position is translated by one table.
        let mut next: NodeIndex = 0;
        let moved: Vec<NodeIndex> = keep
            .iter()
            .map(|keep| {
                let at = next;
                next += NodeIndex::from(*keep);
                at
            })
            .collect();
        let mut keeps = keep.iter();
        self.nodes.retain(|_| keeps.next().copied().unwrap_or(true));
        for node in &mut self.nodes {
            node.parent = node.parent.map(|at| moved[at as usize]);
            node.children.iter_mut().for_each(|at| *at = moved[*at as usize]);
        }
        self.by_key = (0..).zip(&self.nodes).map(|(at, node)| (node.key.clone(), at)).collect();
    }
}

impl ProcessNode {
    /// Whether nothing but its name is known, and no process names it any more.
    fn is_empty_name(&self) -> bool {
        let never_seen = self.started.is_none() && self.last.is_none() && self.children.is_empty();
        never_seen && self.key.entity_id().is_none()
    }
}

/// A process at rest; `None` if there is no event of it at all.
fn node(key: EntityKey, process: ProcessRecord) -> Option<ProcessNode> {
    let ProcessRecord { start, starts, exit, seen, last, named, counts } = process;
    let (started, mut facts, named_parent, mut first) = match start {
        Some(start) => {
            let Start { order, facts, parent } = *start;
            (Some(order), facts, Some(parent), Some(order))
        }
        None => (None, ProcessFacts::default(), None, None),
    };
    // What its own events say goes before what its children say.
    for (order, more) in [seen, named].into_iter().flatten().map(|told| *told) {
        first = Some(first.map_or(order, |first| first.min(order)));
        facts.fill(more);
    }
    let first = first.or(exit).or(last)?;
    if let EntityKey::Loose { pid, image } = &key {
        facts.fill(ProcessFacts { pid: *pid, image: image.clone(), ..ProcessFacts::default() });
    }
    Some(ProcessNode {
        key,
        facts,
        started,
        starts,
        ended: exit.map(|order| order.time),
        first,
        last,
        counts,
        named_parent,
        parent: None,
        children: Vec::new(),
        child_count: 0,
    })
}

impl ProcessFacts {
    /// Takes from others what is missing.
    fn fill(&mut self, more: Self) {
        let Self { pid, image, command_line, user, integrity, hashes, original_name, is_recovered } = more;
        self.is_recovered |= is_recovered;
        self.pid = self.pid.or(pid);
        self.image = self.image.take().or(image);
        self.command_line = self.command_line.take().or(command_line);
        self.user = self.user.take().or(user);
        self.integrity = self.integrity.take().or(integrity);
        self.hashes = self.hashes.take().or(hashes);
        self.original_name = self.original_name.take().or(original_name);
    }
}

/// Cuts every cycle above the first of its members, which is the one with the lowest position. Gives how many there were.
fn cut_cycles(parents: &mut [Option<NodeIndex>]) -> usize {
    const NEW: usize = usize::MAX;
    // Each walk goes up from one process and marks where it was with its number. It ends at a root, at the mark of an earlier walk (everything above was
    // looked at then), or at its own mark: a cycle. Every process is marked once, so that the time is linear; recursion would overflow the stack on a long
    // chain.
    let mut walks = vec![NEW; parents.len()];
    let mut cycles = 0;
    for walk in 0..parents.len() {
        let mut at = walk;
        let met = loop {
            if walks[at] != NEW {
                break Some(at).filter(|at| walks[*at] == walk);
            }
            walks[at] = walk;
            match parents[at] {
                Some(parent) => at = parent as usize,
                None => break None,
            }
        };
        // A walk that meets itself has gone around a cycle.
        let Some(met) = met else { continue };
        let (mut first, mut member) = (met, met);
        while let Some(parent) = parents[member] {
            member = parent as usize;
            first = first.min(member);
            if member == met {
                break;
            }
        }
        parents[first] = None;
        cycles += 1;
    }
    cycles
}
