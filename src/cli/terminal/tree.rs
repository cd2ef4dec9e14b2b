//! Trees drawn with lines: a process, when and by whom it was started, its command line, and how much it did.

use super::{BOLD, DIM, MARK, counted, grouped, level_style, shown};
use anstyle::Style;
use evql::base::Ticks;
use evql::base::escape;
use evql::detect::{Alert, Detector};
use evql::diag::{Notice, NoticeKind};
use evql::process::{ActivityKind, Forest, HostTree, NodeIndex, ProcessFacts, ProcessNode, TreeItem, TreeRow};
use evql::report::{TreeExport, enriched_lines, enriched_process};
use std::fmt::Write as _;
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longest command line, in characters, where the terminal sets no limit.
const MOST: usize = 400;
/// Most lines of a command line, unless everything is wanted.
const COMMAND_LINES: usize = 2;
/// Narrower terminals than this are written to as if they were as wide.
const NARROWEST: usize = 40;
/// Columns of one generation.
const INDENT: usize = 3;
/// Most generations whose lines are drawn in front of a process, where the terminal sets no limit.
const MOST_GUIDES: usize = 32;
/// Most alerts that are named at a process.
const MOST_ALERTS: usize = 5;

const PLAIN: Style = Style::new();

/// A tree for people.
pub struct TreeText<'t> {
    pub tree: TreeExport<'t>,
    pub detector: &'t Detector,
    pub alerts: &'t [Alert],
    pub verbose: bool,
}

/// Tells what the trees do not show.
pub fn print_limits(out: &mut dyn Write, forest: &Forest) -> io::Result<()> {
    let rings: usize = forest.hosts.iter().map(|host| host.rings).sum();
    if rings > 0 {
        writeln!(
            out,
            "evql: {} that started each other: each was cut above its first",
            counted(rings as u64, "ring of processes")
        )?;
    }
    if forest.nameless > 0 {
        let events = counted(forest.nameless, "event");
        writeln!(
            out,
            "evql: {events} with neither ProcessGuid nor process id nor image: they are counted for no process"
        )?;
    }
    if forest.beyond > 0 {
        let events = counted(forest.beyond, "event");
        writeln!(out, "evql: {events} of more processes than are told apart: they are not shown")?;
    }
    Ok(())
}

/// Tells where it is not sure which processes are of one host.
pub fn print_hosts(out: &mut dyn Write, notices: &[Notice]) -> io::Result<()> {
    let of_hosts = notices.iter().filter(|notice| notice.kind == NoticeKind::Host);
    of_hosts.map(|notice| &notice.text).try_for_each(|text| writeln!(out, "evql: {}", shown(text, None)))
}

impl TreeText<'_> {
    /// Writes the trees of all hosts.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0).max(NARROWEST));
        let mut any = false;
        for (at, host) in self.tree.forest.hosts.iter().enumerate() {
            let rows = self.tree.rows(at);
            if rows.is_empty() {
                continue;
            }
            if any {
                writeln!(out)?;
            }
            any = true;
            Self::head(out, host, &rows)?;
            let mut guides: Vec<bool> = Vec::new();
            for (line, row) in rows.iter().enumerate() {
                // One flag for each ancestor: whether it has a sibling below, to which a line must lead on. Rows come in the order of the tree, so that
                // going up drops the flags of what lies deeper.
                guides.truncate(row.depth as usize);
                let has_children = rows.get(line + 1).is_some_and(|next| next.depth > row.depth);
                let lead = Lead::new(&guides, row, has_children, width);
                match row.what {
                    TreeItem::LeftOut(count) => {
                        let text = format!("… {} more; -t json or --depth shows them", grouped(count.into()));
                        let mut lines = TreeLines::new(&lead, width);
                        lines.push(&text, DIM);
                        lines.write(out)?;
                    }
                    TreeItem::Process { node, selected } => {
                        self.process(out, at, host, node, selected, &lead, width)?;
                    }
                }
                guides.push(!row.last);
            }
        }
        if !any {
            writeln!(out, "no process")?;
        }
        Ok(())
    }

    fn head(out: &mut dyn Write, host: &HostTree, rows: &[TreeRow]) -> io::Result<()> {
        let name = if host.name.is_empty() { "(no computer name)".into() } else { escape::terminal(&host.name) };
        let shown = rows.iter().filter(|row| matches!(row.what, TreeItem::Process { .. })).count();
        let processes = match host.nodes.len() {
            1 => "1 process".to_owned(),
            all => format!("{} processes", grouped(all as u64)),
        };
        let part = if shown < host.nodes.len() { format!(", {} shown", grouped(shown as u64)) } else { String::new() };
        writeln!(out, "{BOLD}{name}{BOLD:#}  {DIM}{processes}{part}; times are UTC{DIM:#}")
    }

    #[expect(clippy::too_many_arguments, reason = "a line is of a process, a place and a width")]
    fn process(
        &self,
        out: &mut dyn Write,
        at: usize,
        host: &HostTree,
        index: NodeIndex,
        selected: bool,
        lead: &Lead,
        width: Option<usize>,
    ) -> io::Result<()> {
        let node = host.node(index);
        let alerts = self.tree.alerts_of(at, index);
        let level = alerts.iter().filter_map(|number| self.alerts.get(number - 1));
        let level = level.map(|alert| self.detector.meta(alert).level).max();
        let style = match level {
            Some(level) => level_style(level),
            None if selected => MARK.bold(),
            None if node.is_synthetic() => PLAIN,
            None => BOLD,
        };
        let mut lines = TreeLines::new(lead, width);
        // Where an image lies tells as much as its name.
        let folder = node.facts.image.as_deref().zip(node.name()).and_then(|(image, name)| image.strip_suffix(name));
        lines.push(&escape::terminal(folder.unwrap_or_default()), DIM);
        let name = node.name().map_or("(unknown image)".into(), escape::terminal);
        let pid = node.facts.pid.map_or_else(String::new, |pid| format!(" ({pid})"));
        lines.join(&format!("{name}{pid}"), style);
        lines.push(&times(node), PLAIN);
        let ProcessFacts { user, integrity, .. } = &node.facts;
        for text in [user, integrity].into_iter().flatten() {
            lines.push(&escape::terminal(text), PLAIN);
        }
        if node.facts.is_recovered {
            lines.push("recovered", PLAIN);
        }
        for (at, count) in counts(node).iter().enumerate() {
            lines.add(count, PLAIN, if at == 0 { "  " } else { ", " });
        }
        for number in alerts.iter().take(MOST_ALERTS) {
            let rule = self.alerts.get(number - 1).map(|alert| self.detector.meta(alert));
            let name = rule.map_or(String::new(), |rule| format!(" {}", escape::terminal(&rule.name)));
            lines.push(&format!("#{number}{name}"), style);
        }
        if alerts.len() > MOST_ALERTS {
            lines.push(&format!("and {} more alerts", grouped((alerts.len() - MOST_ALERTS) as u64)), style);
        }
        lines.write(out)?;
        self.command(out, node, lead, width)?;
        self.enriched(out, node, lead, width)?;
        if self.verbose { Self::rest(out, node, lead, width) } else { Ok(()) }
    }

    fn command(&self, out: &mut dyn Write, node: &ProcessNode, lead: &Lead, width: Option<usize>) -> io::Result<()> {
        let Some(command) = &node.facts.command_line else { return Ok(()) };
        let (text, cut) = (&*command.text, command.cut as usize);
        let room = width.map(|width| width.saturating_sub(lead.rest.width()).max(NARROWEST / 2));
        let most = match (self.verbose, room) {
            (true, _) => usize::MAX,
            (false, Some(room)) => room * COMMAND_LINES,
            (false, None) => MOST,
        };
        let shown = escape::terminal(text);
        let (kept, left) = cut_to_width(&shown, most);
        let more =
            if left + cut > 0 { format!("… (+{} characters)", grouped((left + cut) as u64)) } else { String::new() };
        for part in wrapped(&format!("{kept}{more}"), room) {
            writeln!(out, "{DIM}{}{DIM:#}{part}", lead.rest)?;
        }
        Ok(())
    }

    /// What is odd about the image, and what the command line hides.
    fn enriched(&self, out: &mut dyn Write, node: &ProcessNode, lead: &Lead, width: Option<usize>) -> io::Result<()> {
        let room = width.map(|width| width.saturating_sub(lead.rest.width()).max(NARROWEST / 2));
        let most = match (self.verbose, room) {
            (true, _) => usize::MAX,
            (false, Some(room)) => room * COMMAND_LINES,
            (false, None) => MOST,
        };
        let (flags, decoded) = enriched_process(&node.facts);
        for line in enriched_lines(&flags, &decoded, "") {
            let text = format!("{} {}{}{}", line.label, line.head(), escape::terminal(&line.text), line.missing);
            let (kept, left) = cut_to_width(&text, most);
            let more = if left > 0 { format!("… (+{} characters)", grouped(left as u64)) } else { String::new() };
            for part in wrapped(&format!("{kept}{more}"), room) {
                writeln!(out, "{DIM}{}{DIM:#}{MARK}{part}{MARK:#}", lead.rest)?;
            }
        }
        Ok(())
    }

    /// Facts that only `--verbose` shows.
    fn rest(out: &mut dyn Write, node: &ProcessNode, lead: &Lead, width: Option<usize>) -> io::Result<()> {
        let room = width.map(|width| width.saturating_sub(lead.rest.width()).max(NARROWEST / 2));
        let hashes = node.facts.hashes.as_deref();
        let hash = |name: &str, hash: &Option<std::sync::Arc<str>>| hash.as_ref().map(|hash| format!("{name} {hash}"));
        let facts = [
            node.key.entity_id().map(|id| format!("guid {id}")),
            hashes.and_then(|hashes| hash("sha256", &hashes.sha256)),
            hashes.and_then(|hashes| hash("md5", &hashes.md5)),
            (node.starts > 1).then(|| format!("its guid was used by {} starts", node.starts)),
        ];
        for fact in facts.into_iter().flatten() {
            for part in wrapped(&escape::terminal(&fact), room) {
                writeln!(out, "{DIM}{}{part}{DIM:#}", lead.rest)?;
            }
        }
        Ok(())
    }
}

/// Start and exit.
fn times(node: &ProcessNode) -> String {
    let start = node.started_at().map(time);
    match (start, node.ended) {
        (Some(start), Some(end)) => {
            let end = time(end);
            // The date is said once.
            let same_day = start.len() > 10 && end.len() > 10 && start[..10] == end[..10];
            format!("{start} to {}", if same_day { &end[11..] } else { &end })
        }
        (Some(start), None) => format!("{start}, no exit logged"),
        (None, Some(end)) => format!("start not logged, to {}", time(end)),
        (None, None) => "start not logged".to_owned(),
    }
}

/// A time to the millisecond, as people write it.
fn time(at: Ticks) -> String {
    Ticks(at.0 - at.0.rem_euclid(Ticks::PER_MILLISECOND))
        .rfc3339()
        .replacen('T', " ", 1)
        .trim_end_matches('Z')
        .to_owned()
}

fn counts(node: &ProcessNode) -> Vec<String> {
    let mut parts: Vec<String> = node
        .counts
        .iter()
        .map(|(kind, count)| {
            let count = u64::from(count);
            match kind {
                ActivityKind::Connection => counted(count, "connection"),
                ActivityKind::Dns => {
                    if count == 1 {
                        "1 DNS query".to_owned()
                    } else {
                        format!("{} DNS queries", grouped(count))
                    }
                }
                ActivityKind::File => counted(count, "file"),
                ActivityKind::Registry => format!("{} in registry", grouped(count)),
                ActivityKind::Image => counted(count, "image"),
                ActivityKind::ProcessAccess => format!("{} process access", grouped(count)),
                ActivityKind::RemoteThread => counted(count, "remote thread"),
                ActivityKind::Pipe => counted(count, "pipe"),
                ActivityKind::Other => format!("{} other", grouped(count)),
            }
        })
        .collect();
    match node.children.len() {
        0 => {}
        1 => parts.push("1 child".to_owned()),
        many => parts.push(format!("{} children", grouped(many as u64))),
    }
    parts
}

/// The lines in front of a process that lead to it from its ancestors.
struct Lead {
    first: String,
    rest: String,
}

impl Lead {
    /// `guides` says for each ancestor whether its line goes on below. Where the terminal is too narrow, only the last of them are drawn.
    fn new(guides: &[bool], row: &TreeRow, has_children: bool, width: Option<usize>) -> Self {
        let most = width.map_or(MOST_GUIDES, |width| (width / 2 / INDENT).min(MOST_GUIDES));
        // In a deep tree the lines of the first ancestors are left out, with the depth in their place: the text would have no room otherwise.
        let hidden = guides.len().saturating_sub(most);
        let mut line = if hidden > 0 { format!("{}… ", row.depth) } else { String::new() };
        for goes_on in &guides[hidden..] {
            line.push_str(if *goes_on { "│  " } else { "   " });
        }
        let (own, below) = if row.last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let to_children = if has_children { "│  " } else { "   " };
        Self { first: format!("{line}{own}"), rest: format!("{line}{below}{to_children}") }
    }
}

/// Pieces of text, two spaces apart, that go on in the next line where one is full.
struct TreeLines<'l> {
    lead: &'l Lead,
    width: Option<usize>,
    done: Vec<String>,
    column: usize,
    empty: bool,
}

impl<'l> TreeLines<'l> {
    fn new(lead: &'l Lead, width: Option<usize>) -> Self {
        let done = vec![format!("{DIM}{}{DIM:#}", lead.first)];
        Self { lead, width, done, column: lead.first.width(), empty: true }
    }

    fn push(&mut self, text: &str, style: Style) {
        self.add(text, style, "  ");
    }

    /// Adds what belongs to the piece before it.
    fn join(&mut self, text: &str, style: Style) {
        self.add(text, style, "");
    }

    fn add(&mut self, text: &str, style: Style, gap: &str) {
        let mut needs = text.width() + if self.empty { 0 } else { gap.len() };
        if let Some(width) = self.width
            && self.column + needs > width
            && !self.empty
        {
            self.done.push(format!("{DIM}{}{DIM:#}", self.lead.rest));
            self.column = self.lead.rest.width();
            self.empty = true;
            needs = text.width();
        }
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(self.column).max(NARROWEST / 4));
        let shown = if needs > room {
            let (kept, _) = cut_to_width(text, room.saturating_sub(1));
            format!("{kept}…")
        } else {
            text.to_owned()
        };
        let gap = if self.empty { "" } else { gap };
        if let Some(line) = self.done.last_mut() {
            let _ = write!(line, "{gap}{style}{shown}{style:#}"); // writing to a String cannot fail
        }
        self.column += gap.len() + shown.width();
        self.empty = false;
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        self.done.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}

/// The start of a text that has a width, and how many characters follow it.
fn cut_to_width(text: &str, most: usize) -> (&str, usize) {
    let mut width = 0;
    for (at, c) in text.char_indices() {
        // By columns, not by characters: a CJK letter takes two, a combining mark none.
        width += c.width().unwrap_or(0);
        if width > most {
            return (&text[..at], text[at..].chars().count());
        }
    }
    (text, 0)
}

/// A text in lines of a width, cut wherever they end.
fn wrapped(text: &str, width: Option<usize>) -> Vec<&str> {
    let Some(width) = width else { return vec![text] };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, _) = cut_to_width(rest, width.max(2));
        lines.push(line);
        rest = &rest[line.len()..];
    }
    lines
}
