//! Which alerts belong together.
//!
//! Alerts come in the order of time. Each has some anchors: of each of its processes the root of the tree that the process is in. An alert joins the incident
//! that had one of its anchors last, unless that is too long ago. An alert with anchors of several incidents makes one of them (union-find).

use crate::base::Ticks;
use crate::detect::{Alert, HostNumber, HostTable, RuleIndex};
use crate::ecs;
use crate::process::triage::{AlertProcess, Triage};
use crate::process::{HostTree, NodeIndex, ProcessNode};
use hashbrown::HashMap;

/// The longest time between two alerts of one tree of processes in one incident: whoever comes back the next day to the same shell is still at the same work.
pub const TREE_GAP: Ticks = Ticks(24 * 60 * 60 * Ticks::PER_SECOND);

/// The longest time between an alert of a launcher itself, such as of an Explorer that code was injected into, and an alert of what it starts, in one incident.
pub const LAUNCHER_GAP: Ticks = Ticks(60 * 60 * Ticks::PER_SECOND);

/// Programs of Windows that live long and start what others ask for: that two processes were started by one of them says nothing.
const LAUNCHERS: &[&str] = &[
    "csrss.exe",
    "explorer.exe",
    "lsass.exe",
    "registry",
    "runtimebroker.exe",
    "services.exe",
    "sihost.exe",
    "smss.exe",
    "svchost.exe",
    "system",
    "taskeng.exe",
    "taskhost.exe",
    "taskhostw.exe",
    "userinit.exe",
    "wininit.exe",
    "winlogon.exe",
    "wmiprvse.exe",
];

/// What alerts of one incident have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncidentAnchor {
    /// The processes below one that no process but a launcher has started.
    Tree {
        /// The position of its host.
        host: usize,
        /// The process.
        root: NodeIndex,
    },
    /// A launcher itself.
    Launcher {
        /// The position of its host.
        host: usize,
        /// The process.
        node: NodeIndex,
    },
    /// Alerts of a rule on a host that are of no process that is known.
    Rule {
        /// The host.
        host: HostNumber,
        /// The rule.
        rule: RuleIndex,
    },
}

/// Whether a process is a launcher: by its name, and by its place, since malware likes these names.
pub fn is_launcher(node: &ProcessNode) -> bool {
    let Some(name) = node.name().map(str::to_ascii_lowercase) else { return false };
    if !LAUNCHERS.contains(&&*name) {
        return false;
    }
    let image = node.facts.image.as_deref().unwrap_or_default().to_ascii_lowercase();
    let Some((folder, _)) = image.rsplit_once(['\\', '/']) else { return true };
    // Whatever the drive is called, and whatever way the path begins.
    let folder = folder.split_once(':').map_or(folder, |(_, rest)| rest).replace('/', "\\");
    let rest = folder.strip_prefix("\\systemroot").or_else(|| folder.strip_prefix("\\windows"));
    matches!(rest, Some("" | "\\system32" | "\\syswow64" | "\\system32\\wbem" | "\\syswow64\\wbem"))
}

/// The root of a process's tree: the highest of its ancestors below a launcher, or itself.
pub fn root_of(host: &HostTree, node: NodeIndex) -> NodeIndex {
    host.ancestors(node).take_while(|at| !is_launcher(host.node(*at))).last().unwrap_or(node)
}

/// Groups alerts.
#[derive(Debug, Default)]
pub struct AlertGrouping {
    /// For each alert another one of its incident, or itself.
    joined: Vec<u32>,
    /// The last alert of each anchor, and its time.
    anchors: HashMap<IncidentAnchor, (u32, Ticks)>,
    hosts: HostTable,
}

impl AlertGrouping {
    /// Takes the next alert, of this time.
    pub fn add(&mut self, alert: &Alert, time: Ticks, triage: &Triage) {
        let at = u32::try_from(self.joined.len()).unwrap_or(u32::MAX);
        self.joined.push(at);
        let members = triage.members(alert);
        if members.is_empty() {
            let host = alert.last().and_then(|event| event.document.text(ecs::HOST_NAME)).unwrap_or_default();
            let host = self.hosts.number(host);
            self.join(at, time, IncidentAnchor::Rule { host, rule: alert.rule });
        }
        for AlertProcess { host, node, .. } in members {
            let tree = &triage.forest.hosts[host];
            if is_launcher(tree.node(node)) {
                self.join(at, time, IncidentAnchor::Launcher { host, node });
                continue;
            }
            let root = root_of(tree, node);
            self.join(at, time, IncidentAnchor::Tree { host, root });
            let launcher = tree.node(root).parent.map(|node| IncidentAnchor::Launcher { host, node });
            // The launcher's own alerts lead to what it started soon after; what it started leads to nothing else.
            let last = launcher.and_then(|anchor| self.anchors.get(&anchor));
            if let Some(&(other, seen)) = last.filter(|(_, seen)| time.0 - seen.0 <= LAUNCHER_GAP.0) {
                debug_assert!(seen <= time, "alerts come in the order of time");
                self.unite(at, other);
            }
        }
    }

    fn join(&mut self, at: u32, time: Ticks, anchor: IncidentAnchor) {
        let before = self.anchors.insert(anchor, (at, time));
        if let Some((other, _)) = before.filter(|(_, seen)| time.0 - seen.0 <= TREE_GAP.0) {
            self.unite(at, other);
        }
    }

    fn unite(&mut self, one: u32, other: u32) {
        let (one, other) = (self.first(one), self.first(other));
        // The earliest alert stands for all, so that incidents are numbered in the order of time.
        self.joined[one.max(other) as usize] = one.min(other);
    }

    /// The alert that stands for the incident of an alert.
    fn first(&mut self, alert: u32) -> u32 {
        let mut at = alert;
        while self.joined[at as usize] != at {
            // Each step halves the way for those who come later.
            let next = self.joined[self.joined[at as usize] as usize];
            self.joined[at as usize] = next;
            at = next;
        }
        at
    }

    /// For each alert the number of its incident; these are in the order of their first alerts.
    pub fn finish(mut self) -> Vec<u32> {
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let all = u32::try_from(self.joined.len()).unwrap_or(u32::MAX);
        let number = |alert| {
            let first = self.first(alert);
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(first).or_insert(next)
        };
        (0..all).map(number).collect()
    }
}
