//! `evql scan`: findings for a person on the terminal, and for a program in a file.

use super::args::{Look, Scan};
use super::exit::Exit;
use super::output::{Sink, alert_exporter, is_stdout, timeline_exporter};
use super::session::{self, Session};
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
    let open = |path: &PathBuf, exporter| Sink::open(path, clobber, &evidence, exporter);
    let findings = args.target.output.as_ref().map(|path| open(path, alert_exporter(args.output_type, path)));
    let findings = findings.transpose()?;
    let timeline = args.timeline.as_ref().map(|path| open(path, timeline_exporter(None, path))).transpose()?;
    let outputs: Vec<PathBuf> = [&args.target.output, &args.timeline].into_iter().flatten().cloned().collect();
    let session = Session::run(&args.evidence, &args.rules, look, &outputs, timeline.is_some())?;
    let results = session.results();
    for sink in [findings, timeline].into_iter().flatten() {
        sink.write(&results)?;
    }
    let mut people: Box<dyn Write> = match (look.quiet, to_stdout) {
        (true, _) => Box::new(std::io::sink()),
        (false, 0) => Box::new(anstream::stdout()),
        (false, _) => Box::new(anstream::stderr()),
    };
    terminal::alerts::print(&mut people, &results, look.verbose, args.building_blocks)?;
    people.flush()?;
    session.report_faults(look)?;
    if !session.outcome.inputs.is_empty() {
        terminal::summary::print(&mut people, &session)?;
        if look.verbose {
            terminal::summary::print_users(&mut people, &session)?;
        }
    }
    people.flush()?;
    Ok(session.exit(&args.evidence, args.fail_on_detection))
}
