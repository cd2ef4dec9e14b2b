//! `evql tree`: what started what on each host, all of it or around some processes.

use super::args::{Look, TreeArgs as Args, TreeFormat};
use super::exit::Exit;
use super::output::{OutputFiles, unknown_ending};
use super::plain_writer::PlainWriter;
use super::progress::Bar;
use super::session::{self, Session};
use super::stdout::is_stdout;
use super::terminal::{self, tree::TreeText};
use anyhow::{Context, Result, bail};
use evql::base::wildcard::{CaseSensitivity, Wildcard};
use evql::detect::Alert;
use evql::process::{Forest, NodeIndex, TreeSelection, View, process_of};
use evql::report::TreeExport;
use hashbrown::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Most generations that are drawn, unless more are asked for.
const MOST_GENERATIONS: u32 = 64;
/// Most children of one process that are drawn.
const MOST_CHILDREN: usize = 1000;

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let evidence = session::paths(&args.evidence)?;
    let path = args.target.output.clone();
    let format = format(args.output_type, path.as_deref())?;
    let inputs = args.rules.with_files(&evidence);
    let files = OutputFiles::new(args.target.clobber, inputs, path.as_deref())?;
    let sink = path.as_ref().map(|path| files.open(path)).transpose()?;
    let outputs: Vec<PathBuf> = path.iter().cloned().collect();
    let mut session = Session::run(&args.evidence, &args.rules, look, &outputs, None)?;
    if session.run.outcome.inputs.is_empty() {
        session.report_faults(look)?;
        return Ok(session.leave(&args.evidence, false));
    }
    let forest = session.run.outcome.again.processes(&Bar::new(look));
    session.run.note_processes(&forest);
    session.report_faults(look)?;
    let found = session.run.outcome.alerts.hold()?;
    let alerts = by_process(&forest, found);
    let selection = selection(args, &forest, found)?;
    let drawn = format == TreeFormat::Text;
    let view =
        View { depth: args.depth.or(drawn.then_some(MOST_GENERATIONS)), children: drawn.then_some(MOST_CHILDREN) };
    let tree = TreeExport { forest: &forest, selection: selection.as_ref(), view, alerts: &alerts };
    let text = TreeText { tree, detector: &session.run.detector, alerts: found, verbose: look.verbose };
    if let Some(sink) = sink {
        // Colours are for terminals.
        sink.write_with(|out| write(format, &tree, &text, &mut PlainWriter::new(out)))?;
    } else {
        let stdout: Box<dyn Write> =
            if drawn { Box::new(anstream::stdout().lock()) } else { Box::new(io::stdout().lock()) };
        let mut out = BufWriter::new(stdout);
        write(format, &tree, &text, &mut out).and_then(|()| out.flush()).context("cannot write the tree")?;
    }
    if !look.quiet {
        let mut err = anstream::stderr().lock();
        terminal::tree::print_limits(&mut err, &forest)?;
        if path.is_some() || session.run.outcome.stats.is_without_events() {
            terminal::summary::print_evidence(&mut terminal::TerminalPage::stderr(&mut err), &session)?;
        } else {
            terminal::tree::print_hosts(&mut err, &session.run.notices)?;
            session.report_window(look)?;
        }
        err.flush()?;
    }
    Ok(session.leave(&args.evidence, false))
}

fn write(format: TreeFormat, tree: &TreeExport<'_>, text: &TreeText<'_>, out: &mut dyn Write) -> io::Result<()> {
    match format {
        TreeFormat::Text => text.write(out),
        TreeFormat::Json => tree.write_json(out),
        TreeFormat::Dot => tree.write_dot(out),
    }
}

fn format(given: Option<TreeFormat>, path: Option<&Path>) -> Result<TreeFormat> {
    let Some(path) = path.filter(|path| given.is_none() && !is_stdout(path)) else {
        return Ok(given.unwrap_or(TreeFormat::Text));
    };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    Ok(match ending.as_str() {
        "json" => TreeFormat::Json,
        "dot" | "gv" => TreeFormat::Dot,
        "txt" | "" => TreeFormat::Text,
        _ => return Err(unknown_ending(path, "a tree", ".txt, .json, .dot or .gv")),
    })
}

/// The numbers of the alerts that each process is part of.
fn by_process(forest: &Forest, alerts: &[Alert]) -> HashMap<(usize, NodeIndex), Vec<usize>> {
    let mut found: HashMap<_, Vec<usize>> = HashMap::new();
    for (number, alert) in (1..).zip(alerts) {
        for place in places(forest, alert) {
            let numbers = found.entry(place).or_default();
            // Several events of one alert are often of one process.
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }
    found
}

/// The processes of an alert's events.
fn places<'a>(forest: &'a Forest, alert: &'a Alert) -> impl Iterator<Item = (usize, NodeIndex)> {
    let processes = alert.present().filter_map(|event| process_of(&event.document));
    processes.filter_map(|(host, key)| {
        let at = forest.position(&host)?;
        Some((at, forest.hosts[at].find(&key)?))
    })
}

/// The processes that are asked for; `None` if none are.
fn selection(args: &Args, forest: &Forest, alerts: &[Alert]) -> Result<Option<TreeSelection>> {
    let mut selection = TreeSelection::new();
    let hosts = || forest.hosts.iter().enumerate();
    for guid in &args.guid {
        // People copy an entity id from wherever they met it, with braces or without, and in letters of either case.
        let plain = |text: &str| text.trim().trim_matches(['{', '}']).to_lowercase();
        let wanted = plain(guid);
        let found = hosts().flat_map(|(at, host)| {
            let is = |node: &evql::process::ProcessNode| {
                node.key.entity_id().is_some_and(|id| plain(&id.to_string()) == wanted)
            };
            (0..).zip(&host.nodes).filter(move |(_, node)| is(node)).map(move |(node, _)| (at, node))
        });
        let found: Vec<_> = found.collect();
        select(&mut selection, found, &format!("the entity id {guid}"))?;
    }
    for &pid in &args.pid {
        let found = hosts().flat_map(|(at, host)| host.with_pid(pid, args.at).into_iter().map(move |node| (at, node)));
        select(&mut selection, found.collect(), &format!("the number {pid}"))?;
    }
    for &number in &args.alert {
        let alert = usize::try_from(number - 1).ok().and_then(|at| alerts.get(at));
        let Some(alert) = alert else { bail!("there is no alert {number}: the rules found {}", alerts.len()) };
        select(&mut selection, places(forest, alert).collect(), &format!("an event of alert {number}"))?;
    }
    for pattern in &args.image {
        let image = Wildcard::new(pattern, CaseSensitivity::Insensitive);
        let is = |node: &evql::process::ProcessNode| {
            let path = node.facts.image.as_deref();
            path.is_some_and(|path| image.matches(path)) || node.name().is_some_and(|name| image.matches(name))
        };
        let found = hosts().flat_map(|(at, host)| {
            let nodes = (0..).zip(&host.nodes);
            nodes.filter(|(_, node)| is(node)).map(move |(node, _)| (at, node))
        });
        let found: Vec<_> = found.collect();
        select(&mut selection, found, &format!("the image {pattern}"))?;
    }
    // Nothing asked for means all processes, which is something else than a selection of none.
    let asked = args.guid.len() + args.pid.len() + args.alert.len() + args.image.len();
    Ok((asked > 0).then_some(selection))
}

fn select(selection: &mut TreeSelection, found: Vec<(usize, NodeIndex)>, what: &str) -> Result<()> {
    if found.is_empty() {
        bail!("no process of this evidence has {what}");
    }
    selection.extend(found);
    Ok(())
}
