//! `evql info`: what is in the evidence, before anybody asks rules of it.

use super::args::{InfoArgs, InfoFormat, Look};
use super::exit::Exit;
use super::output::{OutputFiles, written_at};
use super::progress::Bar;
use super::stdout::is_stdout;
use super::{session, terminal};
use anyhow::Result;
use evql::pipeline::{SurveyOptions, TimeWindow, survey};
use evql::report::survey_document;
use evql::source::FaultSeverity;
use std::io::Write;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &InfoArgs, look: &Look) -> Result<Exit> {
    let InfoArgs { inputs, choice, hash, target, output_type } = args;
    let paths = session::given(inputs, choice)?;
    let listed = inputs.files_from.iter().flat_map(|list| &list.0);
    let path = target.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let is_json = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let format = output_type.unwrap_or(if is_json { InfoFormat::Json } else { InfoFormat::Text });
    let files = OutputFiles::new(target.clobber, paths.iter().chain(listed).cloned().collect(), [&*path])?;
    let sink = (!is_stdout(&path)).then(|| files.open(&path)).transpose()?;
    let options = SurveyOptions {
        threads: inputs.threads.map_or(0, usize::from),
        slow_reader: inputs.slow_reader,
        hash: *hash,
        window: TimeWindow { from: choice.from, to: choice.to },
        last: choice.last,
        filter: session::filter(choice),
        search: session::search(inputs),
        ends: false,
        outputs: written_at(std::slice::from_ref(&path)),
    };
    let found = survey(&paths, &options, &Bar::new(look))?;
    // Gathered before anything is written: faults go to stderr in between, and the table of a terminal must not be torn apart by them.
    let mut text = Vec::new();
    match format {
        InfoFormat::Text => terminal::survey::print(&mut text, &found, look.verbose)?,
        InfoFormat::Json => {
            serde_json::to_writer_pretty(&mut text, &survey_document(&found))?;
            text.push(b'\n');
        }
    }
    let shown = match sink {
        // The text was made with colours; whether they are wanted is known only here, where it is known to be a file.
        Some(sink) => sink.write_with(|out| out.write_all(&anstream::adapter::strip_bytes(&text).into_vec())),
        None => anstream::stdout().lock().write_all(&text).map_err(Into::into),
    };
    terminal::faults::print(&mut anstream::stderr().lock(), &found.faults, look.verbose)?;
    shown?;
    let is_nothing = !found.faults.iter().any(session::may_be_evidence);
    if found.files.is_empty() {
        writeln!(anstream::stderr(), "evql: {}", session::NOTHING_TO_READ)?;
    }
    Ok(match found.files.is_empty() {
        true if is_nothing => Exit::Usage,
        _ if inputs.allow_partial || found.faults.iter().all(|fault| fault.severity != FaultSeverity::Lost) => {
            Exit::Done
        }
        _ => Exit::Partial,
    })
}
