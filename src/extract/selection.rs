//! Which events an extract takes: those of alerts, of processes, with certain numbers, or all that count.
//!
//! Events are known by their places. Those of processes and numbers are found by one more pass over the evidence, which asks each event for its host and
//! process only.

use crate::base::Locator;
use crate::detect::Alert;
use crate::ecs::{self, FieldId};
use crate::pipeline::{EvidencePass, Progress};
use crate::process::{EntityKey, Forest, NodeIndex, ObservedEvent, Observer, process_of};
use hashbrown::HashSet;
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How much is taken around the events of alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContextDepth {
    /// Only the events themselves, and the starts of their processes.
    #[default]
    None,
    /// Also the starts of the ancestors of their processes, and everything that these processes did.
    Processes,
    /// Also the descendants of these processes, with everything that they did.
    Descendants,
}

/// Processes and numbers whose events are wanted.
#[derive(Clone, Debug, Default)]
pub struct WantedEvents {
    /// Every event that counts.
    pub all: bool,
    /// Events with these record numbers.
    pub numbers: Vec<RangeInclusive<u64>>,
    /// Everything that these processes did, by host in the letters that hosts are compared in.
    processes: HashSet<(String, EntityKey)>,
    /// Those of them whose descendants were taken too.
    with_descendants: HashSet<(usize, NodeIndex)>,
    /// Ancestors whose starts were taken.
    with_ancestors: HashSet<(usize, NodeIndex)>,
    /// Events at these places.
    places: BTreeSet<Locator>,
}

impl WantedEvents {
    /// Adds the events of an alert, and the start of its process.
    pub fn add_alert(&mut self, alert: &Alert) {
        self.places.extend(alert.present().chain(&alert.start).map(|event| event.origin));
    }

    /// Adds what belongs to the processes of an alert.
    pub fn add_context(&mut self, alert: &Alert, forest: &Forest, depth: ContextDepth) {
        for (host, key) in alert.present().filter_map(|event| process_of(&event.document)) {
            let Some(at) = forest.position(&host) else { continue };
            if let Some(node) = forest.hosts[at].find(&key) {
                self.add_process(forest, at, node, depth);
            }
        }
    }

    /// Adds a process by its place in the forest: everything it did, the starts of its ancestors and, if they are asked for, its descendants.
    pub fn add_process(&mut self, forest: &Forest, host: usize, node: NodeIndex, depth: ContextDepth) {
        if depth == ContextDepth::None {
            return;
        }
        self.add_starts_of_ancestors(forest, host, node);
        // A list and no recursion: a chain of processes can be as long as the evidence.
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            self.add_key(forest, host, at);
            // Whether its descendants were taken is another matter than whether it was: another one may have asked for it alone.
            if depth == ContextDepth::Descendants && self.with_descendants.insert((host, at)) {
                open.extend(&forest.hosts[host].node(at).children);
            }
        }
    }

    /// Adds processes with so many generations below them, or all if no number is given: everything that they did, and the starts of their ancestors.
    pub fn add_generations(&mut self, forest: &Forest, roots: &[(usize, NodeIndex)], generations: Option<u32>) {
        // Level by level from all of them at once: each process is met first on its shortest way, and never again.
        let mut met: HashSet<(usize, NodeIndex)> = HashSet::new();
        let mut level: Vec<(usize, NodeIndex)> = roots.iter().copied().filter(|place| met.insert(*place)).collect();
        for &(host, node) in &level {
            self.add_starts_of_ancestors(forest, host, node);
        }
        let mut below = generations.unwrap_or(u32::MAX);
        while !level.is_empty() {
            for &(host, node) in &level {
                self.add_key(forest, host, node);
            }
            if below == 0 {
                return;
            }
            below -= 1;
            let children = |&(host, node): &(usize, NodeIndex)| {
                forest.hosts[host].node(node).children.iter().map(move |child| (host, *child))
            };
            level = level.iter().flat_map(children).filter(|place| met.insert(*place)).collect();
        }
    }

    fn add_key(&mut self, forest: &Forest, host: usize, node: NodeIndex) {
        let tree = &forest.hosts[host];
        let name = crate::base::host::folded(&tree.name);
        self.processes.insert((name.to_string(), tree.node(node).key.clone()));
    }

    fn add_starts_of_ancestors(&mut self, forest: &Forest, host: usize, node: NodeIndex) {
        let tree = &forest.hosts[host];
        for at in tree.ancestors(node) {
            // Whatever is above it was added when it was.
            if !self.with_ancestors.insert((host, at)) {
                return;
            }
            self.places.extend(tree.node(at).started.map(|order| order.origin()));
        }
    }

    /// Whether a pass over the evidence is needed to know the places of all of them.
    fn needs_pass(&self) -> bool {
        self.all || !self.numbers.is_empty() || !self.processes.is_empty()
    }

    /// The places of the events, in order.
    pub fn places(self, evidence: &EvidencePass, progress: &dyn Progress) -> Vec<Locator> {
        let mut places: Vec<Locator> = self.places.iter().copied().collect();
        if self.needs_pass() {
            let wanted = Arc::new(self);
            let new = || SelectionObserver { wanted: Arc::clone(&wanted), pending: Vec::new(), found: Vec::new() };
            places.extend(evidence.observe(progress, &new).into_iter().flat_map(|observer| observer.found));
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    fn wants(&self, event: &ObservedEvent<'_>) -> bool {
        let has_number =
            || event.order.tiebreaker().is_some_and(|number| self.numbers.iter().any(|range| range.contains(&number)));
        let is_of_process =
            || !self.processes.is_empty() && process_of(event.fields).is_some_and(|key| self.processes.contains(&key));
        self.all || has_number() || is_of_process()
    }
}

/// Notes the places of wanted events.
struct SelectionObserver {
    wanted: Arc<WantedEvents>,
    pending: Vec<Locator>,
    found: Vec<Locator>,
}

impl Observer for SelectionObserver {
    fn fields(&self, _: u32) -> &'static [FieldId] {
        &[ecs::HOST_NAME, ecs::PROCESS_ENTITY_ID, ecs::PROCESS_PID, ecs::PROCESS_EXECUTABLE]
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        if self.wanted.wants(event) {
            self.pending.push(event.order.origin());
        }
    }

    fn keep(&mut self) {
        self.found.append(&mut self.pending);
    }

    fn forget(&mut self) {
        self.pending.clear();
    }
}
