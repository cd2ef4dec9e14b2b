//! Trees of processes for other programs: JSON, and the language of Graphviz.
//!
//! Both are flat lists that name parents, so that a chain of any length can be written and read.

use super::enriched::enriched_lines;
use super::enrichment_json::enriched_process;
use super::process_json::write_node;
use crate::base::json_object::{ObjectWriter, push_object};
use crate::base::{Ticks, escape};
use crate::process::{Forest, HostTree, NodeIndex, TreeItem, TreeRow, TreeSelection, View};
use hashbrown::HashMap;
use serde_json::Value;
use std::io::{self, Write};

/// Longest command line in a picture, in characters.
const LONGEST_LABEL: usize = 240;
/// Characters on one line of it.
const LABEL_LINE: usize = 80;

/// A forest, and what of it is to be shown.
#[derive(Clone, Copy)]
pub struct TreeExport<'t> {
    /// The processes.
    pub forest: &'t Forest,
    /// Which of them, if not all; their ancestors and all below them come along.
    pub selection: Option<&'t TreeSelection>,
    /// How far down.
    pub view: View,
    /// The numbers of the alerts that a process is part of, by the positions of host and process.
    pub alerts: &'t HashMap<(usize, NodeIndex), Vec<usize>>,
}

impl TreeExport<'_> {
    /// The rows of the host at a position.
    pub fn rows(&self, host: usize) -> Vec<TreeRow> {
        self.view.rows(self.forest, host, self.selection)
    }

    /// The alerts of a process.
    pub fn alerts_of(&self, host: usize, node: NodeIndex) -> &[usize] {
        self.alerts.get(&(host, node)).map_or(&[], Vec::as_slice)
    }

    /// Writes an object with the list `hosts`; each has its `processes` in the order of the tree, one a line.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"{\"hosts\":[")?;
        let mut written = 0;
        let mut first = 1;
        for (at, host) in self.forest.hosts.iter().enumerate() {
            let rows = self.rows(at);
            if rows.is_empty() {
                continue;
            }
            write!(out, "{}\n{{\"host\":{},\"processes\":[", comma(written), Value::from(&*host.name))?;
            written += 1;
            let mut lines = 0;
            let mut left_out = 0;
            let mut object = Vec::new();
            for row in rows {
                match row.what {
                    TreeItem::LeftOut(count) => left_out += count,
                    TreeItem::Process { node, selected } => {
                        object.clear();
                        push_object(&mut object, |object| {
                            self.process((at, node), (row.depth, selected), first, object);
                        });
                        writeln!(out, "{}", comma(lines))?;
                        out.write_all(&object)?;
                        lines += 1;
                    }
                }
            }
            first += host.nodes.len();
            write!(out, "\n]")?;
            if left_out > 0 {
                write!(out, ",\"omitted\":{left_out}")?;
            }
            if host.rings > 0 {
                write!(out, ",\"rings\":{}", host.rings)?;
            }
            out.write_all(b"}")?;
        }
        out.write_all(if written > 0 { b"\n]}\n" } else { b"]}\n" })
    }

    fn process(
        &self,
        (at, node): (usize, NodeIndex),
        (depth, selected): (u32, bool),
        first: usize,
        object: &mut ObjectWriter<'_>,
    ) {
        // Ids count through all hosts, so that they are unique in the file; parents are named by them and nothing nests, for a chain of thousands of
        // processes would overflow the stack of most readers of JSON.
        let number = |node: NodeIndex| (first + node as usize) as u64;
        let host = &self.forest.hosts[at];
        object.number("id", number(node));
        if let Some(parent) = host.node(node).parent {
            object.number("parent", number(parent));
        }
        object.number("depth", depth.into());
        write_node(host, node, object);
        if selected {
            object.flag("selected");
        }
        let alerts = self.alerts_of(at, node);
        if !alerts.is_empty() {
            object.value("alerts", &alerts);
        }
    }

    /// Writes a graph with a box for each process, and a frame around each host.
    pub fn write_dot(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(
            b"digraph processes {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\", fontsize=10];\n",
        )?;
        for (at, host) in self.forest.hosts.iter().enumerate() {
            let rows = self.rows(at);
            if rows.is_empty() {
                continue;
            }
            writeln!(out, "  subgraph cluster_{at} {{\n    label={};", quoted(&host.name))?;
            // The rows above one are its ancestors: the way down to the last process of each depth.
            let mut path: Vec<String> = Vec::new();
            for (line, row) in rows.iter().enumerate() {
                let name = match row.what {
                    TreeItem::Process { node, .. } => format!("p{at}_{node}"),
                    TreeItem::LeftOut(_) => format!("more{at}_{line}"),
                };
                match row.what {
                    TreeItem::Process { node, .. } => self.dot_process(at, host, node, &name, out)?,
                    TreeItem::LeftOut(count) => {
                        writeln!(out, "    {name} [label=\"{count} more\", style=dotted];")?;
                    }
                }
                path.truncate(row.depth as usize);
                if let Some(parent) = path.last() {
                    writeln!(out, "    {parent} -> {name};")?;
                }
                path.push(name);
            }
            out.write_all(b"  }\n")?;
        }
        out.write_all(b"}\n")
    }

    fn dot_process(
        &self,
        at: usize,
        host: &HostTree,
        node: NodeIndex,
        name: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let process = host.node(node);
        let alerts = self.alerts_of(at, node);
        let pid = process.facts.pid.map_or_else(String::new, |pid| format!(" ({pid})"));
        let mut lines = vec![format!("{}{pid}", process.name().unwrap_or("(unknown image)"))];
        let image = process.facts.image.as_deref().filter(|image| Some(*image) != process.name());
        lines.extend(image.map(str::to_owned));
        lines.push(process.started_at().map_or_else(|| "start not logged".to_owned(), Ticks::rfc3339));
        lines.extend(process.facts.is_recovered.then(|| "start recovered".to_owned()));
        lines.extend(process.ended.map(|at| format!("to {at}")));
        lines.extend(process.facts.user.as_deref().map(str::to_owned));
        if let Some(command) = &process.facts.command_line {
            let shown: Vec<char> = command.text.chars().take(LONGEST_LABEL).collect();
            let more = command.text.chars().count() - shown.len() + command.cut as usize;
            lines.extend(shown.chunks(LABEL_LINE).map(|line| line.iter().collect()));
            if more > 0 {
                lines.push(format!("… (+{more} characters)"));
            }
        }
        let (flags, decoded) = enriched_process(&process.facts);
        for line in enriched_lines(&flags, &decoded, "") {
            let text = format!("{} {}{}", line.label, line.head(), line.text);
            let shown: Vec<char> = text.chars().take(LONGEST_LABEL).collect();
            let cut = text.chars().nth(LONGEST_LABEL).map_or_else(|| line.missing.clone(), |_| "…".to_owned());
            lines.extend(shown.chunks(LABEL_LINE).map(|part| part.iter().collect()));
            lines.extend((!cut.is_empty()).then_some(cut));
        }
        let counts: Vec<String> =
            process.counts.iter().map(|(kind, count)| format!("{} {count}", kind.name())).collect();
        lines.extend((!counts.is_empty()).then(|| counts.join(", ")));
        if !alerts.is_empty() {
            lines.push(alerts.iter().map(|alert| format!("#{alert}")).collect::<Vec<_>>().join(" "));
        }
        // `\l` ends a line and aligns it to the left; `\n` would centre it.
        let label = lines.iter().map(|line| escape::dot(line)).collect::<Vec<_>>().join("\\l") + "\\l";
        let style = match (alerts.is_empty(), process.is_synthetic()) {
            (false, _) => ", color=red, penwidth=2",
            (true, true) => ", style=dashed",
            (true, false) => "",
        };
        writeln!(out, "    {name} [label=\"{label}\"{style}];")
    }
}

fn comma(before: usize) -> &'static str {
    if before > 0 { "," } else { "" }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escape::dot(text))
}
