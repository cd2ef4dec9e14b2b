//! An incident in one line of words: the chain of processes that leads to its most important alert, and what was done.

use super::grouping::is_launcher;
use crate::process::{HostTree, NodeIndex};

/// Most names of a chain; of a longer one the middle is left out.
const MOST_NAMES: usize = 6;
/// Names of a long chain before the gap.
const FIRST_NAMES: usize = 2;
/// Most deeds that a line tells.
pub const MOST_DEEDS: usize = 3;

/// The names of the processes from the root of a tree to a process: `WINWORD.EXE -> powershell.exe`. A process alone comes with the launcher that started it.
pub fn chain(host: &HostTree, node: NodeIndex) -> String {
    let name = |at: NodeIndex| host.node(at).name().unwrap_or("(unknown)").to_owned();
    let above: Vec<NodeIndex> = host.ancestors(node).take_while(|at| !is_launcher(host.node(*at))).collect();
    let mut names: Vec<String> = above.iter().rev().map(|at| name(*at)).chain([name(node)]).collect();
    if let ([], Some(parent)) = (above.as_slice(), host.node(node).parent)
        && let Some(parent) = host.node(parent).name()
    {
        names.insert(0, parent.to_owned());
    }
    if names.len() > MOST_NAMES {
        let last = names.len() - (MOST_NAMES - FIRST_NAMES);
        names.splice(FIRST_NAMES..last, ["…".to_owned()]);
    }
    names.join(" -> ")
}

/// What one process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessDeed {
    /// The name of the process; empty if it is not known.
    pub process: String,
    /// What it did.
    pub deed: String,
}

/// The line: a chain, and the deeds. Where another process than the one before did something, it is named.
pub fn title(chain: &str, actor: &str, deeds: &[ProcessDeed], more: usize) -> String {
    let (mut parts, mut before) = (Vec::new(), actor);
    parts.extend((!chain.is_empty()).then(|| chain.to_owned()));
    for ProcessDeed { process, deed } in deeds {
        let is_named = !process.is_empty() && !process.eq_ignore_ascii_case(before);
        parts.push(if is_named { format!("{process} {deed}") } else { deed.clone() });
        before = process;
    }
    parts.extend((more > 0).then(|| format!("and {more} more")));
    parts.join(", ")
}

#[cfg(test)]
mod tests;
