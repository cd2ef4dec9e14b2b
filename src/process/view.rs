//! Which processes of a host are shown, in the order of a tree that is read from top to bottom.
//!
//! Of a selected process its ancestors and everything below it are shown. Depth and number of children have caps, and what a cap leaves out is told where it
//! would have stood. This module does not know what a line looks like.

use super::forest::{Forest, HostTree, NodeIndex};
use hashbrown::HashSet;

/// Processes of a forest: positions of hosts, and of processes on them.
pub type TreeSelection = HashSet<(usize, NodeIndex)>;

/// One line of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeRow {
    /// How many ancestors stand above it.
    pub depth: u32,
    /// Whether no other child of the same parent follows.
    pub last: bool,
    /// The process, or the number of those left out.
    pub what: TreeItem,
}

/// The content of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeItem {
    /// A process.
    Process {
        /// Its position.
        node: NodeIndex,
        /// Whether it was selected.
        selected: bool,
    },
    /// The number of processes that a cap leaves out, with all below them.
    LeftOut(u32),
}

/// How a tree is shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct View {
    /// Most generations below a root, or below a selected process.
    pub depth: Option<u32>,
    /// Most children of one process.
    pub children: Option<usize>,
}

impl View {
    /// The rows of the host at a position.
    pub fn rows(self, forest: &Forest, at: usize, selection: Option<&TreeSelection>) -> Vec<TreeRow> {
        let host = &forest.hosts[at];
        let mut marks = vec![ShownBecause::default(); host.nodes.len()];
        match selection {
            None => marks.fill(ShownBecause { below: true, ..ShownBecause::default() }),
            Some(selection) => mark(host, at, selection, &mut marks),
        }
        let sizes = sizes(host, &marks);
        let mut walk = TreeWalk { host, marks: &marks, sizes: &sizes, view: self, rows: Vec::new(), stack: Vec::new() };
        walk.push_children(&host.roots().collect::<Vec<_>>(), 0, self.depth.map(|depth| depth.saturating_add(1)));
        while let Some(step) = walk.stack.pop() {
            walk.step(step);
        }
        walk.rows
    }
}

/// Why a process is shown.
#[derive(Clone, Copy, Debug, Default)]
struct ShownBecause {
    selected: bool,
    /// An ancestor of one that is.
    above: bool,
    /// Below one that is.
    below: bool,
}

impl ShownBecause {
    fn shown(self) -> bool {
        self.selected || self.above || self.below
    }
}

fn mark(host: &HostTree, at: usize, selection: &TreeSelection, marks: &mut [ShownBecause]) {
    let selected = selection.iter().filter(|(of, _)| *of == at).map(|(_, node)| *node);
    let mut below: Vec<NodeIndex> = Vec::new();
    for node in selected {
        marks[node as usize].selected = true;
        below.extend(&host.node(node).children);
        for ancestor in host.ancestors(node) {
            // Whatever is above it was marked when it was.
            if std::mem::replace(&mut marks[ancestor as usize].above, true) {
                break;
            }
        }
    }
    while let Some(node) = below.pop() {
        if !std::mem::replace(&mut marks[node as usize].below, true) {
            below.extend(&host.node(node).children);
        }
    }
}

/// How many processes are shown from each downwards, if nothing is left out.
fn sizes(host: &HostTree, marks: &[ShownBecause]) -> Vec<u32> {
    let mut sizes: Vec<u32> = marks.iter().map(|mark| u32::from(mark.shown())).collect();
    let mut order: Vec<NodeIndex> = host.roots().collect();
    let mut next = 0;
    while let Some(&node) = order.get(next) {
        order.extend(&host.node(node).children);
        next += 1;
    }
    // In the order of levels every process stands behind its parent: added up from the end, each size is complete before it is added to the one above.
    for &node in order.iter().rev() {
        if let Some(parent) = host.node(node).parent {
            sizes[parent as usize] += sizes[node as usize];
        }
    }
    sizes
}

/// Something still to be shown.
#[derive(Clone, Copy)]
enum PendingRow {
    Process { node: NodeIndex, depth: u32, last: bool, budget: Option<u32> },
    LeftOut { count: u32, depth: u32 },
}

struct TreeWalk<'h> {
    host: &'h HostTree,
    marks: &'h [ShownBecause],
    sizes: &'h [u32],
    view: View,
    rows: Vec<TreeRow>,
    stack: Vec<PendingRow>,
}

impl TreeWalk<'_> {
    /// Puts children on the stack, the first on top, and a word about those that are left out below them.
    fn push_children(&mut self, children: &[NodeIndex], depth: u32, budget: Option<u32>) {
        let shown = children.iter().copied().filter(|node| self.marks[*node as usize].shown());
        let (mut kept, mut left_out): (Vec<NodeIndex>, u32) = (Vec::new(), 0);
        for node in shown {
            let mark = self.marks[node as usize];
            // A cap never hides the way to a selected process.
            let fits = budget != Some(0) && self.view.children.is_none_or(|most| kept.len() < most);
            if fits || mark.selected || mark.above {
                kept.push(node);
            } else {
                left_out += self.sizes[node as usize];
            }
        }
        // A stack instead of recursion: a chain of processes can be as long as the evidence. What comes first has to be pushed last.
        if left_out > 0 {
            self.stack.push(PendingRow::LeftOut { count: left_out, depth });
        }
        for (at, &node) in kept.iter().enumerate().rev() {
            let last = left_out == 0 && at + 1 == kept.len();
            self.stack.push(PendingRow::Process { node, depth, last, budget });
        }
    }

    fn step(&mut self, step: PendingRow) {
        match step {
            PendingRow::LeftOut { count, depth } => {
                self.rows.push(TreeRow { depth, last: true, what: TreeItem::LeftOut(count) });
            }
            PendingRow::Process { node, depth, last, budget } => {
                let mark = self.marks[node as usize];
                self.rows.push(TreeRow { depth, last, what: TreeItem::Process { node, selected: mark.selected } });
                let budget = if mark.selected {
                    self.view.depth
                } else if mark.above && !mark.below {
                    // Only the way to a selected process is shown here.
                    Some(0)
                } else {
                    budget.map(|budget| budget.saturating_sub(1))
                };
                let host = self.host;
                self.push_children(&host.node(node).children, depth + 1, budget);
            }
        }
    }
}
