//! `evql tree`: what started what on each host, all of it or around some processes.

use super::args::{Look, TreeArgs as Args, TreeFormat};
use super::chosen_processes::{named_processes, of_alert, position_of, some, tell_of_starts};
use super::exit::Exit;
use super::interrupt::LineWriter;
use super::output::{OutputFiles, unknown_ending};
use super::plain_writer::PlainWriter;
use super::progress::Bar;
use super::session::{self, Session};
use super::stdout::is_stdout;
use super::terminal::{self, tree::TreeText};
use anyhow::{Context, Result};
use evql::detect::Alert;
use evql::process::{Forest, NodeIndex, TreeSelection, View};
use evql::report::TreeExport;
use hashbrown::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Most generations that are drawn, unless more are asked for.
const MOST_GENERATIONS: u32 = 64;
/// Most children of one process that are drawn.
const MOST_CHILDREN: usize = 1000;

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let evidence = session::files_read(&args.evidence)?;
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
    tell_of_starts(&session.run.options.filter, look)?;
    session.report_faults(look)?;
    let found = session.run.outcome.alerts.hold_outlines()?;
    let alerts = by_process(&forest, found);
    let selection = selection(args, &forest, found)?;
    let drawn = format == TreeFormat::Text;
    let view = View {
        depth: args.processes.depth.or(drawn.then_some(MOST_GENERATIONS)),
        children: drawn.then_some(MOST_CHILDREN),
    };
    let tree = TreeExport { forest: &forest, selection: selection.as_ref(), view, alerts: &alerts };
    let text = TreeText { tree, detector: &session.run.detector, alerts: found, verbose: look.verbose };
    if let Some(sink) = sink {
        // Colours are for terminals.
        session.marked(sink).write_with(|out| write(format, &tree, &text, &mut PlainWriter::new(out)))?;
    } else {
        let plain = || LineWriter::to_stdout();
        let mut out = if drawn { LineWriter::to_people() } else { plain() };
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
        for place in of_alert(forest, alert) {
            let numbers = found.entry(place).or_default();
            // Several events of one alert are often of one process.
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }
    found
}

/// The processes that are asked for; `None` if none are.
fn selection(args: &Args, forest: &Forest, alerts: &[Alert]) -> Result<Option<TreeSelection>> {
    let mut selection: TreeSelection = named_processes(&args.processes, forest)?.into_iter().collect();
    for &number in &args.processes.alert {
        let places = of_alert(forest, &alerts[position_of(number, alerts.len())?]).collect();
        selection.extend(some(places, &format!("an event of alert {number}"))?);
    }
    // Nothing asked for means all processes, which is something else than a selection of none.
    Ok(args.processes.is_given().then_some(selection))
}
