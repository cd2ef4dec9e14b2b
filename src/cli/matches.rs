//! Where the matches of `query` and `search` go: the format, the file, and the line that counts them.

use super::args::{Look, MatchArgs, QueryFormat};
use super::interrupt::LineWriter;
use super::output::{OutputFiles, OutputSink, unknown_ending};
use super::plain_writer::PlainWriter;
use super::session::Session;
use super::stdout::is_stdout;
use super::terminal::{self, BOLD, TerminalPage};
use anyhow::Result;
use evql::NameMistake;
use evql::base::Span;
use evql::diag::{self, Diagnostic, Severity};
use evql::ecs::Field;
use evql::eql::UnknownName;
use evql::report::QueryMatches;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The way out of matches.
pub struct MatchOutput {
    pub format: QueryFormat,
    target: PathBuf,
    files: OutputFiles,
}

impl MatchOutput {
    /// The output that was asked for, beside what the command reads.
    pub fn new(args: &MatchArgs, inputs: Vec<PathBuf>) -> Result<Self> {
        let path = args.target.output.clone();
        let format = format(args, path.as_deref())?;
        let target = path.unwrap_or_else(|| PathBuf::from("-"));
        let files = OutputFiles::new(args.target.clobber, inputs, [&*target])?;
        Ok(Self { format, target, files })
    }

    /// Opens it. Text on a terminal is written in pieces with colours; anything else goes through an output that is complete or not there.
    pub fn open(&self) -> Result<Option<OutputSink>> {
        let is_machine = self.format != QueryFormat::Text || !is_stdout(&self.target);
        is_machine.then(|| self.files.open(&self.target)).transpose()
    }

    /// Writes to an output that was opened, or to the terminal.
    pub fn write(
        &self,
        sink: Option<OutputSink>,
        write: impl FnOnce(&mut TerminalPage<'_>) -> io::Result<()>,
    ) -> Result<()> {
        let Some(sink) = sink else {
            let mut out = LineWriter::to_people();
            write(&mut TerminalPage::stdout(&mut out))?;
            return Ok(out.flush()?);
        };
        sink.write_with(|out| match self.format {
            // Colours are for terminals.
            QueryFormat::Text => write(&mut TerminalPage::file(&mut PlainWriter::new(out))),
            QueryFormat::Csv | QueryFormat::Json | QueryFormat::Jsonl => write(&mut TerminalPage::file(out)),
        })
    }
}

/// Writes matches in a format for programs; false if it is none.
pub fn write_for_programs(
    matches: QueryMatches<'_>,
    format: QueryFormat,
    columns: &[String],
    out: &mut dyn Write,
) -> io::Result<bool> {
    use evql::report::JsonLayout;
    match format {
        QueryFormat::Text => return Ok(false),
        QueryFormat::Jsonl => matches.write_json(JsonLayout::Lines, out)?,
        QueryFormat::Json => matches.write_json(JsonLayout::Array, out)?,
        QueryFormat::Csv => matches.write_csv(columns, out)?,
    }
    Ok(true)
}

/// The columns that were named, as fields.
pub fn named_fields(names: &[String]) -> Vec<Field> {
    names.iter().map(|name| Field::named(name)).collect()
}

/// Names of fields, with the option that names them.
pub fn named(option: &'static str, names: &[String]) -> Vec<(&'static str, String)> {
    names.iter().map(|name| (option, name.clone())).collect()
}

/// Whether some name is that of a field that perhaps no event has.
pub fn has_unknown(names: &[String]) -> bool {
    names.iter().any(|name| UnknownName::field(name, Span::default()).is_some())
}

/// Reports names that no event has, with their places in a text that has some, and that there is no answer.
pub fn report_mistakes(text: &str, name: &str, mistakes: &[NameMistake]) -> io::Result<()> {
    let mut err = anstream::stderr().lock();
    for mistake in mistakes {
        if let Some(unknown) = &mistake.written {
            let found = Diagnostic { severity: Severity::Error, ..unknown.finding() };
            writeln!(err, "{}\n", diag::full(&found, name, text))?;
        } else {
            writeln!(err, "evql: {}", terminal::shown(&mistake.text, None))?;
        }
    }
    let names = if mistakes.len() == 1 { "name" } else { "names" };
    writeln!(err, "evql: there is no answer: the evidence has no such {names}")
}

/// Counts what was found, for people, and says what was read.
pub fn print_found(found: &str, session: &Session, look: &Look) -> io::Result<()> {
    if look.quiet || session.run.outcome.inputs.is_empty() {
        return Ok(());
    }
    let mut err = anstream::stderr().lock();
    writeln!(err, "{BOLD}{found}{BOLD:#}")?;
    terminal::summary::print_evidence(&mut TerminalPage::stderr(&mut err), session)
}

fn format(args: &MatchArgs, path: Option<&Path>) -> Result<QueryFormat> {
    if let Some(format) = args.output_type {
        return Ok(format);
    }
    let Some(path) = path else { return Ok(QueryFormat::Text) };
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    Ok(match ending.as_str() {
        "csv" => QueryFormat::Csv,
        "json" => QueryFormat::Json,
        "jsonl" | "ndjson" | "" => QueryFormat::Jsonl,
        "txt" => QueryFormat::Text,
        _ => return Err(unknown_ending(path, "events", ".jsonl, .json, .csv or .txt")),
    })
}
