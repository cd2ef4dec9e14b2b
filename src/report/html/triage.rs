//! Triage on a card, looked up beyond the alert's events: the process with its ancestors and children, what else it did, and where else its values were seen.
//!
//! It is read from `evql.triage` if the document has it; without it the tree is what the events say of the process and its parent.

use super::doc::{at, flag, list, number, text, texts};
use super::enrichment::enriched;
use super::finding::events;
use super::steps::named;
use super::text::{grouped, line, link, millis, short};
use crate::base::Ticks;
use maud::{Markup, html};
use serde_json::Value;
use std::borrow::Cow;

/// Most processes, ancestors or children that are shown of each.
const MOST_NODES: usize = 60;

/// Most rows of one table.
const MOST_ROWS: usize = 100;

/// Everything there is, or nothing.
pub fn triage(document: &Value) -> Markup {
    let processes = list(document, "evql.triage.processes");
    html! {
        @if processes.is_empty() { (tree_of_events(document)) }
        @for process in processes.iter().take(MOST_NODES) { (process_part(process)) }
        (more(processes.len(), MOST_NODES, "process"))
        (elsewhere(list(document, "evql.triage.elsewhere")))
    }
}

fn process_part(process: &Value) -> Markup {
    let mut ancestors: Vec<&Value> = list(process, "ancestors").iter().take(MOST_NODES).collect();
    // Documents list ancestors from the process upwards; a tree is read from its root.
    ancestors.reverse();
    let children = list(process, "children");
    html! {
        section.triage {
            h4 { "Process tree" }
            ul.tree {
                @for (depth, ancestor) in ancestors.iter().enumerate() { (node(ancestor, depth, "")) }
                @if let Some(own) = at(process, "process") { (node(own, ancestors.len(), "own")) }
                @for child in children.iter().take(MOST_NODES) { (node(child, ancestors.len() + 1, "")) }
            }
            (more(children.len(), MOST_NODES, "child process"))
            (tables(process))
        }
    }
}

/// The process and its parent, from the alert's events and the creation of the process.
fn tree_of_events(document: &Value) -> Markup {
    let known = at(document, "evql.process_start").into_iter().chain(events(document));
    let Some(event) =
        // The first event that names a parent: only the creation of a process records one.
        known.filter(|event| at(event, "process.parent").is_some()).find_map(|event| at(event, "process"))
    else {
        return html! {};
    };
    html! {
        section.triage {
            h4 { "Process tree" }
            ul.tree {
                @if let Some(parent) = at(event, "parent") { (node(parent, 0, "")) }
                (node(event, 1, "own"))
            }
        }
    }
}

/// How deep the tree is drawn.
const DEEPEST: usize = 12;

// A class for each depth, since the content security policy forbids styles in elements.
const DEPTHS: [&str; DEEPEST + 1] = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "d10", "d11", "d12"];

fn node(node: &Value, depth: usize, class: &str) -> Markup {
    let executable = text(node, "executable").or_else(|| text(node, "name"));
    let name = named(executable, text(node, "pid")).unwrap_or(Cow::Borrowed("(not known)"));
    let times = [("started", text(node, "started")), ("ended", text(node, "ended"))];
    html! {
        li class={ (DEPTHS[depth.min(DEEPEST)]) " " (class) } {
            span.name { (line(&name)) }
            @if flag(node, "synthetic") { " " span.hint title="Its start was not logged; this is what its children say of it" { "start not logged" } }
            @if let Some(command) = text(node, "command_line") { code.command {
                    (line(&command))
                    @if let Some(cut) = number(node, "command_line_cut") { span.cut { " … " (grouped(cut)) " more characters" } }
                } }
            (enriched(std::iter::once(node)))
            p.about {
                @if let Some(user) = text(node, "user").or_else(|| text(node, "user.name")) { span { "user " b { (short(&user)) } } }
                @if let Some(level) = text(node, "integrity") { span { "integrity " b { (short(&level)) } } }
                @for (label, time) in &times { @if let Some(time) = time { span { (label) " " b { (moment(time)) } } } }
                @for hash in ["sha256", "sha1", "md5", "imphash"] {
                    @if let Some(value) = text(node, &format!("hashes.{hash}")) { span { (hash) " " code { (short(&value)) } } }
                }
                (did(node))
                @for address in texts(node, "links").take(8) { span { (link(&address, &host_of(&address))) } }
            }
        }
    }
}

/// The counts of a process's activities.
fn did(node: &Value) -> Markup {
    let nouns = [
        ("connections", "connection"),
        ("dns", "DNS query"),
        ("files", "file"),
        ("registry", "registry change"),
        ("images", "image"),
        ("process_access", "process access"),
        ("remote_threads", "remote thread"),
        ("pipes", "pipe event"),
        ("other", "other event"),
        ("children", "child"),
    ];
    let counts = nouns.map(|(name, noun)| (number(node, &format!("counts.{name}")).unwrap_or_default(), noun));
    html! { @for (count, noun) in counts { @if count > 0 { span { (grouped(count)) " " (several(count, noun)) } } } }
}

/// A noun in the number that fits the count.
fn several(count: u64, noun: &str) -> String {
    match noun {
        _ if count == 1 => noun.to_owned(),
        "child" => "children".to_owned(),
        noun if noun.ends_with("ss") => format!("{noun}es"),
        noun => noun.strip_suffix('y').map_or_else(|| format!("{noun}s"), |stem| format!("{stem}ies")),
    }
}

/// The site of a link, to label it by.
fn host_of(address: &str) -> String {
    address.split('/').nth(2).unwrap_or(address).chars().take(60).collect()
}

/// A time of a document, as people read it; what is no time is shown as it is.
fn moment(text: &str) -> Markup {
    html! { @if let Some(at) = Ticks::parse_rfc3339(text) { (millis(at)) } @else { (short(text)) } }
}

/// Heads and names of columns.
type TriageColumns = &'static [(&'static str, &'static str)];

/// The tables of what a process did.
const TABLES: &[(&str, &str, TriageColumns)] = &[
    (
        "Destinations",
        "destinations",
        &[
            ("address", "ip"),
            ("port", "port"),
            ("transport", "transport"),
            ("name", "domain"),
            ("direction", "direction"),
        ],
    ),
    ("DNS names", "dns", &[("name", "name"), ("answers", "answers"), ("status", "status")]),
    ("Files", "files", &[("path", "path"), ("action", "action")]),
    ("Registry", "registry", &[("path", "path"), ("action", "action"), ("data", "data")]),
    (
        "Images loaded",
        "images",
        &[("path", "path"), ("signer", "signer"), ("status", "status"), ("trusted", "trusted"), ("SHA-256", "sha256")],
    ),
    ("Services", "services", &[("name", "name"), ("image path", "image_path")]),
    ("Other", "other", &[("action", "action"), ("target", "target")]),
];

/// Columns whose values need room.
const LONG: &[&str] = &["path", "data", "sha256", "image_path", "target", "answers"];

fn tables(process: &Value) -> Markup {
    html! {
        @for (title, name, columns) in TABLES {
            @let rows = list(process, name);
            @let omitted = number(process, &format!("omitted.{name}")).unwrap_or_default();
            @if !rows.is_empty() {
                details.table open[rows.len() <= 12] {
                    summary { (title) " " span.count { (grouped(rows.len() as u64 + omitted)) } }
                    div.scroll { (table(columns, rows)) }
                    (more(rows.len() + usize::try_from(omitted).unwrap_or(usize::MAX - rows.len()), rows.len().min(MOST_ROWS), "entry"))
                }
            }
        }
    }
}

fn table(columns: TriageColumns, rows: &[Value]) -> Markup {
    let used: Vec<_> =
        columns.iter().filter(|(_, name)| rows.iter().any(|row| texts(row, name).next().is_some())).collect();
    let counted = rows.iter().any(|row| number(row, "count").is_some());
    let timed = rows.iter().any(|row| text(row, "first").is_some());
    html! {
        table {
            thead { tr {
                @for (label, _) in &used { th { (label) } }
                @if counted { th.number { "count" } }
                @if timed { th { "first" } th { "last" } }
            } }
            tbody {
                @for row in rows.iter().take(MOST_ROWS) { tr {
                    @for (_, name) in &used { td.long[LONG.contains(name)] { (cell(row, name)) } }
                    @if counted { td.number { (grouped(number(row, "count").unwrap_or(1))) } }
                    @if timed { td.time { (time_cell(row, "first")) } td.time { (time_cell(row, "last")) } }
                } }
            }
        }
    }
}

fn cell(row: &Value, name: &str) -> Markup {
    let values: Vec<_> = texts(row, name).take(20).collect();
    html! { (short(&values.join(", "))) }
}

fn time_cell(row: &Value, name: &str) -> Markup {
    html! { @if let Some(time) = text(row, name) { (moment(&time)) } }
}

fn elsewhere(entries: &[Value]) -> Markup {
    let kind = |entry: &Value| match text(entry, "kind").as_deref() {
        Some("sha256") => "hash".to_owned(),
        Some("command_line") => "command line".to_owned(),
        Some(other) => super::text::cut(other, 40).0.to_owned(),
        None => String::new(),
    };
    html! {
        @if !entries.is_empty() {
            details.table.elsewhere open {
                summary { "Seen elsewhere " span.count { (grouped(entries.len() as u64)) } }
                div.scroll { table {
                    thead { tr { th { "what" } th { "value" } th.number { "hosts" } th { "names" } th.number { "count" } th { "first" } th { "last" } } }
                    tbody { @for entry in entries.iter().take(MOST_ROWS) { tr {
                        td.tight { (short(&kind(entry))) }
                        td.long { (cell(entry, "value")) }
                        td.number { (grouped(number(entry, "hosts").unwrap_or_default())) }
                        td.long { (cell(entry, "host_names")) }
                        td.number { @if let Some(count) = number(entry, "count") { (grouped(count)) } }
                        td.time { (time_cell(entry, "first")) } td.time { (time_cell(entry, "last")) }
                    } } }
                } }
                (more(entries.len(), MOST_ROWS, "entry"))
            }
        }
    }
}

/// Says how many of something are not shown.
fn more(all: usize, shown: usize, noun: &str) -> Markup {
    let left = all.saturating_sub(shown) as u64;
    html! { @if left > 0 { p.cut { "… and " (grouped(left)) " more " (several(left, noun)) ", not shown here" } } }
}

#[cfg(test)]
mod tests;
