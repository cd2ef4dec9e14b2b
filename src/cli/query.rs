//! `evql query`: one query over the evidence, and what it finds, for people or for programs.

use super::args::{Look, QueryArgs as Args, QueryFormat};
use super::exit::Exit;
use super::output::OutputFiles;
use super::session::{self, Session, WantedOutputs};
use super::stdout::is_stdout;
use super::terminal::{self, BOLD, DIM, MARK, counted, shown};
use anyhow::{Context, Result, bail};
use evql::base::Span;
use evql::base::time::seconds_text;
use evql::detect::AlertSource;
use evql::diag::{self, Diagnostic, Severity};
use evql::ecs::{self, Field, FieldId};
use evql::eql::{self, Compiled, Query, UnknownName};
use evql::event::Event;
use evql::report::{JsonLayout, QueryMatches, joined_values};
use evql::rules::{Loaded, Rule, RuleSet};
use evql::{ChosenRules, NameMistake};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest value on a terminal, in characters, unless everything is wanted.
const MOST: usize = 160;

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let (text, mut evidence) = text(args)?;
    let name = args.query_file.as_ref().map_or_else(|| "query".to_owned(), |path| path.display().to_string());
    let Some(Compiled { query: Some(query), unknown, categories, .. }) = compile(&text, &name)? else {
        return Ok(Exit::Rules);
    };
    evidence.inputs.paths.retain(|path| !path.as_os_str().is_empty());
    let fields: Vec<Field> = query.fields().cloned().collect();
    let is_event = matches!(query, Query::Event(_));
    let paths = session::paths(&evidence)?;
    let path = args.target.output.clone();
    let format = format(args, path.as_deref());
    let target = path.clone().unwrap_or_else(|| PathBuf::from("-"));
    // Text on a terminal is written in pieces with colours; anything else goes through an output that is complete or not there.
    let machine = format != QueryFormat::Text || !is_stdout(&target);
    let inputs = paths.iter().chain(&args.query_file).cloned().collect();
    let files = OutputFiles::new(args.target.clobber, inputs, [&*target])?;
    let open = || machine.then(|| files.open(&target)).transpose();
    // A query that may turn out to be wrong leaves no file behind.
    let doubtful = !unknown.is_empty() || names_of_options(args, &evidence);
    let mut sink = if doubtful { None } else { open()? };
    let rule = Rule { unknown: unknown.into(), categories: categories.into(), ..Rule::bare(&text, query) };
    let set = RuleSet { rules: vec![rule] };
    let outputs: Vec<PathBuf> = path.into_iter().collect();
    let loaded = Loaded::of(set);
    let session = Session::run_set(
        &evidence,
        ChosenRules { loaded, columns: args.fields.clone(), ..ChosenRules::default() },
        look,
        &outputs,
        WantedOutputs::default(),
    )?;
    let mistakes = session.run.asked.mistakes(&session.run.detector, &session.run.outcome);
    if !mistakes.is_empty() && session.has_input() {
        session.report_faults(look)?;
        return refuse(&text, &name, &mistakes);
    }
    if doubtful {
        sink = open()?;
    }
    let results =
        QueryResults { alerts: &session.run.outcome.alerts, is_event, fields: &fields, session: &session, look };
    let written = if let Some(sink) = sink {
        sink.write_with(|out| results.write(format, &args.fields, out))
    } else {
        let mut out = BufWriter::new(anstream::stdout().lock());
        results.write(format, &args.fields, &mut out).and_then(|()| out.flush()).map_err(Into::into)
    };
    session.report_faults(look)?;
    written?;
    if !look.quiet && !session.run.outcome.inputs.is_empty() {
        let mut err = anstream::stderr().lock();
        let noun = if is_event { "event" } else { "match" };
        let count = session.run.outcome.alerts.len() as u64;
        let found =
            if count == 1 || is_event { counted(count, noun) } else { format!("{} matches", terminal::grouped(count)) };
        writeln!(err, "{BOLD}{found}{BOLD:#}")?;
        terminal::summary::print_evidence(&mut terminal::TerminalPage::stderr(&mut err), &session)?;
    }
    Ok(session.leave(&args.evidence, false))
}

/// Whether options name fields that perhaps no event has.
fn names_of_options(args: &Args, evidence: &super::args::Evidence) -> bool {
    let roles = [&evidence.timestamp_field, &evidence.event_category_field, &evidence.tiebreaker_field];
    let is_unknown = |name: &String| UnknownName::field(name, Span::default()).is_some();
    roles.into_iter().any(Option::is_some) || args.fields.iter().any(is_unknown)
}

/// The query, and the evidence: with `--query-file` the first positional argument is evidence too.
fn text(args: &Args) -> Result<(String, super::args::Evidence)> {
    let mut evidence = args.evidence.clone();
    let Some(path) = &args.query_file else {
        let Some(text) = &args.query else { bail!("no query given: evql query 'process where ...' PATH...") };
        return Ok((text.clone(), evidence));
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    if let Some(first) = &args.query {
        evidence.inputs.paths.insert(0, PathBuf::from(first));
    }
    Ok((text, evidence))
}

/// Reports the names that no event has, with their places in the query, and that there is no answer.
fn refuse(text: &str, name: &str, mistakes: &[NameMistake]) -> Result<Exit> {
    let mut err = anstream::stderr().lock();
    for mistake in mistakes {
        if let Some(unknown) = &mistake.written {
            let found = Diagnostic { severity: Severity::Error, ..unknown.finding() };
            writeln!(err, "{}\n", diag::full(&found, name, text))?;
        } else {
            writeln!(err, "evql: {}", shown(&mistake.text, None))?;
        }
    }
    writeln!(
        err,
        "evql: there is no answer: the evidence has no such {}",
        if mistakes.len() == 1 { "name" } else { "names" }
    )?;
    Ok(Exit::Rules)
}

/// The compiled query, if it is one; findings go to stderr, but for those that only the evidence can decide.
fn compile(text: &str, name: &str) -> Result<Option<Compiled>> {
    let compiled = eql::compile(text);
    let mut err = anstream::stderr().lock();
    // A field that no catalogue knows may be one of the documents' own: that is decided once they were read, and is an error then or nothing.
    let undecided = [eql::codes::UNKNOWN_FIELD, eql::codes::UNKNOWN_CATEGORY];
    let decided = |found: &&Diagnostic| compiled.query.is_none() || !undecided.contains(&found.code);
    for found in compiled.diagnostics.iter().filter(decided) {
        writeln!(err, "{}\n", diag::full(found, name, text))?;
    }
    let wrong = compiled.diagnostics.iter().filter(|found| Diagnostic::is_error(found)).count() as u64;
    if compiled.query.is_none() {
        writeln!(err, "evql: the query has {}; nothing was read", counted(wrong, "error"))?;
    }
    Ok(Some(compiled).filter(|compiled| compiled.query.is_some()))
}

fn format(args: &Args, path: Option<&Path>) -> QueryFormat {
    let ending = || {
        let ending = path?.extension()?.to_string_lossy().to_lowercase();
        Some(match ending.as_str() {
            "csv" => QueryFormat::Csv,
            "json" => QueryFormat::Json,
            _ => QueryFormat::Jsonl,
        })
    };
    let fallback = if path.is_some() { QueryFormat::Jsonl } else { QueryFormat::Text };
    args.output_type.or_else(ending).unwrap_or(fallback)
}

struct QueryResults<'a> {
    alerts: &'a dyn AlertSource,
    is_event: bool,
    fields: &'a [Field],
    session: &'a Session,
    look: &'a Look,
}

impl QueryResults<'_> {
    fn matches(&self) -> QueryMatches<'_> {
        QueryMatches { alerts: self.alerts, is_event: self.is_event }
    }

    fn write(&self, format: QueryFormat, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        match format {
            QueryFormat::Text => self.text(columns, out),
            QueryFormat::Jsonl => self.matches().write_json(JsonLayout::Lines, out),
            QueryFormat::Json => self.matches().write_json(JsonLayout::Array, out),
            QueryFormat::Csv => self.matches().write_csv(columns, out),
        }
    }

    fn text(&self, columns: &[String], out: &mut dyn Write) -> io::Result<()> {
        self.alerts.for_each(|number, found| {
            if !self.is_event {
                let keys: Vec<String> = found
                    .join_keys
                    .iter()
                    .map(|key| {
                        key.as_ref().map_or_else(|| "null".to_owned(), |key| shown(&key.to_string(), Some(MOST)))
                    })
                    .collect();
                writeln!(out, "{BOLD}#{}{BOLD:#}  {}", number + 1, keys.join(", "))?;
            }
            let mut previous: Option<&Arc<Event>> = None;
            for (stage, event) in found.events.iter().enumerate() {
                let Some(event) = event else {
                    writeln!(out, "  {MARK}[{}]{MARK:#} nothing that would fit here was logged", stage + 1)?;
                    continue;
                };
                if !self.is_event {
                    write!(out, "  {MARK}[{}]{MARK:#} ", stage + 1)?;
                }
                self.event(event, previous, columns, out)?;
                previous = Some(event);
            }
            Ok(())
        })
    }

    /// One line: when, where, what, which process, and what the query asked about.
    fn event(
        &self,
        event: &Event,
        previous: Option<&Arc<Event>>,
        columns: &[String],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let most = (!self.look.verbose).then_some(MOST);
        let clock = self.session.run.options.clock;
        let at = event.time(clock);
        let delta = previous.map(|previous| format!(" (+{} s)", seconds_text(at.0 - previous.time(clock).0)));
        // By the clock that orders events a later stage is never earlier, but a sample's events stand in the order of its terms.
        write!(out, "{BOLD}{at}{BOLD:#}{}", delta.unwrap_or_default().replace("+-", "-"))?;
        let document = &event.document;
        let text = |field: FieldId| document.first(field).map(|value| shown(&value.to_string(), most));
        for field in [ecs::HOST_NAME, ecs::EVENT_ACTION, ecs::PROCESS_NAME] {
            if let Some(value) = text(field) {
                write!(out, "  {value}")?;
            }
        }
        if let Some(pid) = text(ecs::PROCESS_PID) {
            write!(out, " {DIM}({pid}){DIM:#}")?;
        }
        if event.is_recovered {
            write!(out, "  (recovered)")?;
        }
        // The line has these anyway; the query's own conditions on them would only repeat what is on the left.
        let said = [
            ecs::TIMESTAMP,
            ecs::HOST_NAME,
            ecs::EVENT_ACTION,
            ecs::PROCESS_NAME,
            ecs::PROCESS_PID,
            ecs::EVENT_CATEGORY,
            ecs::EVENT_TYPE,
            ecs::HOST_OS_TYPE,
        ];
        let asked: Vec<Field> = if columns.is_empty() {
            self.fields.iter().filter(|field| !said.iter().any(|&id| **field == Field::from(id))).cloned().collect()
        } else {
            columns.iter().map(|name| Field::named(name)).collect()
        };
        for field in asked {
            let values = joined_values(event, &field);
            if !values.is_empty() {
                write!(out, "  {DIM}{}={DIM:#}{}", shown(field.name(), None), shown(&values, most))?;
            }
        }
        writeln!(out)
    }
}
