//! `evql timeline`: every event of every process, as a table for other programs.

use super::args::{Look, Timeline};
use super::exit::Exit;
use super::output::{Sink, timeline_format};
use super::session::{self, Session};
use super::terminal;
use anyhow::Result;
use std::io::Write;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &Timeline, look: &Look) -> Result<Exit> {
    let evidence = session::paths(&args.evidence)?;
    let path = args.target.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let format = timeline_format(args.output_type, &path);
    let sink = Sink::open(&path, args.target.clobber, &evidence)?;
    let wanted = Some(args.memory.timeline(format.contents()));
    let mut session = Session::run(&args.evidence, &args.rules, look, std::slice::from_ref(&path), wanted)?;
    let rows = session.outcome.timeline.take();
    let written = rows.map_or(Ok(()), |rows| sink.write_timeline(rows, &*format, &session.results()));
    session.report_faults(look)?;
    written?;
    if !look.quiet && !session.outcome.inputs.is_empty() {
        let mut people = anstream::stderr().lock();
        terminal::summary::print(&mut people, &session)?;
        people.flush()?;
    }
    Ok(session.leave(&args.evidence, false))
}
