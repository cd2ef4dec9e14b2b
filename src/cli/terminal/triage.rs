//! Triage of an alert, below its card.

use super::enriched::print_lines;
use super::line::line;
use super::{DIM, counted, grouped, instant, shown};
use evql::base::Ticks;
use evql::detect::Alert;
use evql::process::details::{ActivityEntry, List, Times};
use evql::process::prevalence::ValueKind;
use evql::process::triage::{AlertProcess, Triage};
use evql::process::{HostTree, NodeIndex, ProcessNode};
use evql::report::{enriched_lines, enriched_process};
use std::io::{self, Write};

/// Most lines of one list, unless everything is wanted.
const MOST_LINES: usize = 5;
/// Longest text of one field, in characters, unless everything is wanted.
const MOST: usize = 160;
/// Most hosts that are named.
const MOST_HOSTS: usize = 5;

/// Prints what is known about an alert.
pub fn print(out: &mut dyn Write, triage: &Triage, alert: &Alert, verbose: bool) -> io::Result<()> {
    let members: Vec<AlertProcess<'_>> = triage.members(alert);
    for member in &members {
        let host = &triage.forest.hosts[member.host];
        let card = ProcessCard { host, verbose };
        // An alert of one process has it on its card already.
        if members.len() > 1 {
            line(out, "process", &card.named(member.node))?;
        }
        card.print(out, member)?;
    }
    elsewhere(out, triage, alert, verbose)
}

/// Where else its values were seen; those that were not are named in one line.
fn elsewhere(out: &mut dyn Write, triage: &Triage, alert: &Alert, verbose: bool) -> io::Result<()> {
    let most = (!verbose).then_some(MOST);
    let mut only_here: Vec<String> = Vec::new();
    for ((sort, value), seen) in triage.elsewhere(alert) {
        let label = match sort {
            ValueKind::Sha256 => "SHA-256",
            ValueKind::FileSha256 => "SHA-256 of file",
            ValueKind::CommandLine => "command",
            ValueKind::Destination => "address",
            ValueKind::Dns => "name",
            ValueKind::Image | ValueKind::ParentChild | ValueKind::Service => sort.name(),
        };
        let value = shown(&value.text, most);
        // A value of this host alone is worth one word; a line each would hide those that other hosts have too.
        if seen.hosts == 1 && !verbose {
            only_here.push(if sort == ValueKind::CommandLine { label.to_owned() } else { format!("{label} {value}") });
            continue;
        }
        let names: Vec<String> = seen.host_names().take(MOST_HOSTS).map(|host| shown(host, most)).collect();
        let more = seen.hosts.saturating_sub(names.len() as u64);
        let more = if more > 0 { format!(" and {} more", grouped(more)) } else { String::new() };
        let times = seen.span.map_or_else(String::new, |(first, last)| span(seen.count, first, last));
        let hosts = counted(seen.hosts, "host");
        line(out, "seen on", &format!("{hosts}: {}{more}  {DIM}{times}{DIM:#}  {label} {value}", names.join(", ")))?;
    }
    if !only_here.is_empty() {
        line(out, "only here", &only_here.join(", "))?;
    }
    Ok(())
}

struct ProcessCard<'t> {
    host: &'t HostTree,
    verbose: bool,
}

impl ProcessCard<'_> {
    fn print(&self, out: &mut dyn Write, member: &AlertProcess<'_>) -> io::Result<()> {
        let ancestors: Vec<NodeIndex> = self.host.ancestors(member.node).collect();
        self.list(out, "started by", &ancestors, (0, "process"), |at| self.named(*at))?;
        self.enriched(out, &ancestors)?;
        let ProcessNode { children, child_count, .. } = self.host.node(member.node);
        let not_held = u64::from(*child_count).saturating_sub(children.len() as u64);
        self.list(out, "started", children, (not_held, "process"), |at| self.started(*at))?;
        self.enriched(out, children)?;
        for list in List::ALL {
            let (entries, not_held) = member.did.list(list);
            let label = match list {
                List::Destinations => "spoke to",
                List::Dns => "asked for",
                List::Files => "files",
                List::Registry => "registry",
                List::Images => "loaded",
                List::Other => "other",
            };
            self.list(out, label, &entries, (not_held, "event"), |(entry, times)| self.entry(entry, times))?;
        }
        Ok(())
    }

    fn list<T>(
        &self,
        out: &mut dyn Write,
        label: &str,
        all: &[T],
        (not_held, noun): (u64, &str),
        text: impl Fn(&T) -> String,
    ) -> io::Result<()> {
        let most = if self.verbose { usize::MAX } else { MOST_LINES };
        for (at, one) in all.iter().take(most).enumerate() {
            line(out, if at == 0 { label } else { "" }, &text(one))?;
        }
        let left = all.len().saturating_sub(most);
        if left > 0 {
            line(out, "", &format!("{DIM}and {} more; -v shows them{DIM:#}", grouped(left as u64)))?;
        }
        if not_held > 0 {
            line(out, "", &format!("{DIM}and {} that were too many to hold{DIM:#}", counted(not_held, noun)))?;
        }
        Ok(())
    }

    /// What is odd about those of some processes that are listed, and what their command lines hide.
    fn enriched(&self, out: &mut dyn Write, processes: &[NodeIndex]) -> io::Result<()> {
        let most = if self.verbose { usize::MAX } else { MOST_LINES };
        for at in processes.iter().take(most) {
            let node = self.host.node(*at);
            let (flags, decoded) = enriched_process(&node.facts);
            let of = format!("of {}", node.name().unwrap_or("(unknown image)"));
            print_lines(out, &enriched_lines(&flags, &decoded, &of), self.most())?;
        }
        Ok(())
    }

    fn most(&self) -> Option<usize> {
        (!self.verbose).then_some(MOST)
    }

    fn named(&self, at: NodeIndex) -> String {
        let node = self.host.node(at);
        let image =
            node.facts.image.as_deref().map_or_else(|| "(unknown image)".to_owned(), |image| shown(image, self.most()));
        let pid = node.facts.pid.map_or_else(String::new, |pid| format!(" (pid {pid})"));
        format!("{image}{pid}")
    }

    fn started(&self, at: NodeIndex) -> String {
        let node = self.host.node(at);
        let command = node.facts.command_line.as_ref();
        let command = command
            .map_or_else(String::new, |command| format!("  {DIM}{}{DIM:#}", shown(&command.to_string(), self.most())));
        format!("{}{command}", self.named(at))
    }

    fn entry(&self, entry: &ActivityEntry, times: &Times) -> String {
        let part = |at: usize| entry.parts[at].as_deref().map(|text| shown(text, self.most()));
        let text = |at: usize| part(at).unwrap_or_default();
        let values: Vec<String> = times.values.iter().map(|value| shown(value, self.most())).collect();
        let what = match entry.list {
            List::Destinations => {
                let number = part(1).map_or_else(String::new, |port| format!(":{port}"));
                let ip = if text(0).contains(':') { format!("[{}]", text(0)) } else { text(0) };
                let domain = part(3).map_or_else(String::new, |domain| format!(" ({domain})"));
                let ingress = if entry.parts[4].as_deref() == Some("ingress") { ", accepted" } else { "" };
                format!("{} {ip}{number}{domain}{ingress}", text(2))
            }
            List::Dns => match (values.is_empty(), part(1)) {
                (false, _) => format!("{} -> {}", text(0), values.join(", ")),
                (true, Some(status)) => format!("{} ({status})", text(0)),
                (true, None) => text(0),
            },
            List::Registry if !values.is_empty() => format!("{} = {}", text(0), values.join(", ")),
            List::Files | List::Registry => format!("{}  {DIM}{}{DIM:#}", text(0), text(1)),
            List::Images => {
                let trusted = entry.parts[3].as_deref() == Some("true");
                let signed =
                    if trusted { part(1).unwrap_or_else(|| "signed".to_owned()) } else { "not signed".to_owned() };
                let status = part(2).map_or_else(String::new, |status| format!(", {status}"));
                format!("{}  {DIM}{signed}{status}{DIM:#}", text(0))
            }
            List::Other => format!("{} {}", text(0), text(1)),
        };
        format!("{what}  {DIM}{}{DIM:#}", span(times.count, times.first.time, times.last.time))
    }
}

/// How often and when.
fn span(count: u64, first: Ticks, last: Ticks) -> String {
    if count == 1 {
        return instant(first);
    }
    format!("{} times, {} to {}", grouped(count), instant(first), instant(last))
}
