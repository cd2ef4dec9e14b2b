//! `evql timeline`: every event of every process, as a table for other programs.

use super::args::{Look, TimelineArgs};
use super::exit::Exit;
use super::output::{OutputFiles, check_bom, is_spreadsheet, timeline_format, timeline_output};
use super::session::{self, Session};
use super::stdout::is_stdout;
use super::summary_json;
use super::terminal::{self, TerminalPage};
use anyhow::{Result, bail};
use evql::pipeline::TimelineOptions;
use std::io::Write;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &TimelineArgs, look: &Look) -> Result<Exit> {
    let evidence = session::paths(&args.evidence)?;
    let path = args.target.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let summary = args.formats.summary_json.as_deref();
    if is_stdout(&path) && summary.is_some_and(is_stdout) {
        bail!("timeline and summary cannot both go to stdout: name a file with -o, or one for --summary-json");
    }
    let format = timeline_format(args.output_type, &path)?;
    check_bom(args.formats.bom, is_spreadsheet(format))?;
    let output = timeline_output(format, &path, &args.formats)?;
    let inputs = args.rules.with_files(&evidence);
    let files = OutputFiles::new(args.target.clobber, inputs, std::iter::once(&*path).chain(summary))?;
    let sink = files.open(&path)?.with_bom(args.formats.bom);
    let summary_sink = summary.map(|path| files.open(path)).transpose()?;
    let outputs: Vec<PathBuf> = std::iter::once(path).chain(summary.map(Into::into)).collect();
    let wanted = Some(TimelineOptions { contents: output.contents() });
    let mut session = Session::run(&args.evidence, &args.rules, look, &outputs, wanted)?;
    let rows = session.run.outcome.timeline.take();
    let written = rows.map_or(Ok(()), |rows| sink.write_timeline(rows, &output, &session.run.results()));
    session.report_faults(look)?;
    written?;
    if let Some(sink) = summary_sink {
        sink.write_json(&summary_json::summary(&session))?;
    }
    if !look.quiet && !session.run.outcome.inputs.is_empty() {
        let mut people = anstream::stderr().lock();
        terminal::summary::print(&mut TerminalPage::stderr(&mut people), &session)?;
        people.flush()?;
    }
    Ok(session.leave(&args.evidence, false))
}
