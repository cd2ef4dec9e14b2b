//! `evql scan`: findings for a person on the terminal, and for a program in a file.

use super::args::{AlertFormat, Look, Scan};
use super::exit::Exit;
use super::output::{Sink, alert_exporter, alert_format, is_stdout, timeline_format};
use super::session::{self, Session, Wanted};
use super::terminal;
use anyhow::{Result, bail};
use std::io::Write;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &Scan, look: &Look) -> Result<Exit> {
    let evidence = session::paths(&args.evidence)?;
    let to_stdout = [&args.target.output, &args.timeline].into_iter().flatten().filter(|path| is_stdout(path)).count();
    if to_stdout > 1 {
        bail!("findings and timeline cannot both go to stdout");
    }
    let clobber = args.target.clobber;
    let open = |path: &PathBuf| Sink::open(path, clobber, &evidence);
    let findings = args.target.output.as_ref().map(open).transpose()?;
    let timeline = args.timeline.as_ref().map(open).transpose()?;
    let format = args.timeline.as_ref().map(|path| timeline_format(None, path));
    let outputs: Vec<PathBuf> = [&args.target.output, &args.timeline].into_iter().flatten().cloned().collect();
    let rows = format.as_ref().map(|format| args.memory.timeline(format.contents()));
    let alerts_as = args.target.output.as_ref().map(|path| alert_format(args.output_type, path));
    let has_triage = alerts_as.is_some_and(|format| format != AlertFormat::Csv) && !args.triage.no_triage;
    let look_up = has_triage || (args.triage.triage && !look.quiet);
    let wanted = Wanted { timeline: rows, again: look_up, ..Wanted::default() };
    let mut session = Session::run_wanted(&args.evidence, &args.rules, look, &outputs, wanted)?;
    let rows = session.outcome.timeline.take();
    if !look.quiet || alerts_as.is_some() {
        session.complete_alerts(look);
    }
    if look_up {
        session.look_up(look);
    }
    let results = session.results();
    if let (Some(sink), Some(format)) = (findings, alerts_as) {
        sink.write(&*alert_exporter(format), &results)?;
    }
    if let (Some(sink), Some(rows), Some(format)) = (timeline, rows, format) {
        sink.write_timeline(rows, &*format, &results)?;
    }
    let mut people: Box<dyn Write> = match (look.quiet, to_stdout) {
        (true, _) => Box::new(std::io::sink()),
        (false, 0) => Box::new(anstream::stdout()),
        (false, _) => Box::new(anstream::stderr()),
    };
    let shown = terminal::alerts::Shown {
        verbose: look.verbose,
        building_blocks: args.building_blocks,
        triage: args.triage.triage,
    };
    terminal::alerts::print(&mut people, &results, shown)?;
    people.flush()?;
    session.report_faults(look)?;
    if !session.outcome.inputs.is_empty() {
        terminal::summary::print(&mut people, &session)?;
        if look.verbose {
            terminal::summary::print_users(&mut people, &session)?;
            terminal::summary::print_set_aside(&mut people, &session)?;
        }
    }
    people.flush()?;
    Ok(session.leave(&args.evidence, args.fail_on_detection))
}
