//! `evql story`: what happened in an incident, in order and in sentences.

use super::args::{Look, ProcessArgs, StoryArgs as Args, StoryFormat};
use super::chosen_processes::{ProcessPlace, named_processes, position_of, rank_of, subjects_of, tell_of_starts};
use super::exit::Exit;
use super::interrupt::LineWriter;
use super::output::OutputFiles;
use super::plain_writer::PlainWriter;
use super::session::{self, Session};
use super::stdout::is_stdout;
use super::terminal::story::{StoryHead, StoryMarks, write_markdown, write_text};
use super::terminal::{self, TerminalPage, grouped};
use anyhow::{Context, Result, bail};
use evql::base::spool::SpoolSpace;
use evql::detect::{Alert, AlertSource};
use evql::extract::{ContextDepth, StoryEvents, WantedEvents};
use evql::process::Forest;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Most events of one kind in a row that are told, unless all are wanted.
const MOST_ALIKE: usize = 3;

/// Most names of processes, and of hosts, in the head of a story.
const MOST_NAMES: usize = 8;

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let evidence = session::files_read(&args.evidence)?;
    let path = args.target.output.clone();
    let format = format(args.output_type, path.as_deref());
    let files = OutputFiles::new(args.target.clobber, args.rules.with_files(&evidence), path.as_deref())?;
    let outputs: Vec<PathBuf> = path.iter().cloned().collect();
    let mut session = Session::run(&args.evidence, &args.rules, look, &outputs, None)?;
    if session.run.outcome.inputs.is_empty() {
        session.report_faults(look)?;
        return Ok(session.leave(&args.evidence, false));
    }
    session.go_on(look, |run, bar| run.look_up(bar))?;
    session.go_on(look, |run, bar| run.learn_addresses(bar))?;
    let forest = session.go_on(look, |run, bar| run.outcome.again.processes(bar));
    session.run.note_processes(&forest);
    tell_of_starts(&session.run.options.filter, look)?;
    session.report_faults(look)?;
    let (head, wanted) = select(args, &session, &forest)?;
    let places = session.go_on(look, |run, bar| wanted.places(&run.outcome.again, bar));
    let results = session.run.results();
    let space = SpoolSpace::from(session.run.options.limits.clone());
    let story = StoryEvents::new(&session.run.outcome.again, &places, (results.addresses, results.clock), &space);
    let marks = StoryMarks::new(&results, &places)?;
    let most_alike = if args.all { usize::MAX } else { MOST_ALIKE };
    let head = &head;
    if let Some(path) = &path {
        // Colours are for terminals.
        session
            .marked(files.open(path)?)
            .write_with(|out| write(format, head, (&story, &marks, most_alike), &mut PlainWriter::new(out)))?;
    } else {
        let mut out = match format {
            StoryFormat::Text => LineWriter::to_people(),
            StoryFormat::Md => LineWriter::to_stdout(),
        };
        let done = write(format, head, (&story, &marks, most_alike), &mut out).and_then(|()| out.flush());
        done.context("cannot write the story")?;
    }
    if !look.quiet {
        let mut err = anstream::stderr().lock();
        terminal::tree::print_limits(&mut err, &forest)?;
        terminal::summary::print_evidence(&mut TerminalPage::stderr(&mut err), &session)?;
        err.flush()?;
    }
    Ok(session.leave(&args.evidence, false))
}

fn write(
    format: StoryFormat,
    head: &StoryHead,
    (story, marks, most_alike): (&StoryEvents, &StoryMarks, usize),
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        StoryFormat::Text => write_text(out, head, story, marks, most_alike),
        StoryFormat::Md => write_markdown(out, head, story, marks, most_alike),
    }
}

fn format(given: Option<StoryFormat>, path: Option<&Path>) -> StoryFormat {
    let ending = path.filter(|path| !is_stdout(path)).and_then(Path::extension).map(OsStr::to_ascii_lowercase);
    let is_markdown = ending.is_some_and(|ending| ending == "md" || ending == "markdown");
    given.unwrap_or(if is_markdown { StoryFormat::Md } else { StoryFormat::Text })
}

/// Whose story it is, and the events that it tells of.
fn select(args: &Args, session: &Session, forest: &Forest) -> Result<(StoryHead, WantedEvents)> {
    let alerts = &session.run.outcome.alerts;
    let mut wanted = WantedEvents::default();
    if let Some(asked) = asked_by_name(args) {
        let found = named_processes(&asked, forest)?;
        for &(host, node) in &found {
            wanted.add_process(forest, host, node, ContextDepth::Descendants);
        }
        return Ok((head_of(&asked, &found, forest), wanted));
    }
    if let Some(number) = args.alert {
        let position = position_of(number, alerts.len())?;
        let mut rule = None;
        (alerts as &dyn AlertSource).for_each(|at, alert| {
            if at == position {
                add_alert(&mut wanted, alert, forest, false);
                rule = Some(alert.rule);
            }
            Ok(())
        })?;
        let meta = rule.map(|rule| &session.run.detector.rules()[rule].meta);
        let incident = session.run.incidents.as_ref().and_then(|incidents| incidents.of_alert(position));
        return Ok((StoryHead::of_alert(number, meta, incident), wanted));
    }
    let Some(incidents) = session.run.incidents.as_ref().filter(|incidents| !incidents.by_rank.is_empty()) else {
        bail!("the rules found nothing in this evidence; --guid and --pid tell the story of any process");
    };
    let asked = args.incident.as_deref().unwrap_or("1");
    let rank = rank_of(asked, &incidents.by_rank)?;
    (alerts as &dyn AlertSource).for_each(|at, alert| {
        if incidents.of_alert(at).is_some_and(|(of, _)| of == rank) {
            add_alert(&mut wanted, alert, forest, true);
        }
        Ok(())
    })?;
    Ok((StoryHead::of_incident(rank, &incidents.by_rank[rank]), wanted))
}

/// The processes that are asked for by entity id or number, if any are.
fn asked_by_name(args: &Args) -> Option<ProcessArgs> {
    let (guid, pid) = (args.guid.iter().cloned().collect(), args.pid.into_iter().collect());
    Some(ProcessArgs { guid, pid, at: args.at, ..ProcessArgs::default() }).filter(ProcessArgs::is_given)
}

/// The head of the story of processes; a number may have been that of several.
fn head_of(asked: &ProcessArgs, found: &[ProcessPlace], forest: &Forest) -> StoryHead {
    let at = asked.at.map_or_else(String::new, |at| format!(" at {at}"));
    let what = asked.guid.first().cloned().or_else(|| asked.pid.first().map(|pid| format!("pid {pid}{at}")));
    let nodes = || found.iter().map(|&(host, node)| (&forest.hosts[host], node));
    let mut title = few(nodes().map(|(tree, node)| tree.node(node).name().unwrap_or("(unknown image)")).collect());
    if found.len() > 1 {
        title = format!("{} processes: {title}", grouped(found.len() as u64));
    }
    let hosts = few(nodes().map(|(tree, _)| &*tree.name).collect());
    StoryHead::of_process(&what.unwrap_or_default(), &title, &hosts)
}

/// Names, but not too many of them.
fn few(names: BTreeSet<&str>) -> String {
    let more = names.len().saturating_sub(MOST_NAMES);
    let shown = names.into_iter().take(MOST_NAMES).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{shown} and {} more", grouped(more as u64)) } else { shown }
}

/// Takes the events of an alert, and all that its processes did with what they started; of an incident everything below the root of their tree.
fn add_alert(wanted: &mut WantedEvents, alert: &Alert, forest: &Forest, from_root: bool) {
    wanted.add_alert(alert);
    for (at, node) in subjects_of(alert, forest, from_root) {
        wanted.add_process(forest, at, node, ContextDepth::Descendants);
    }
}
