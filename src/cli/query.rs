//! `evql query`: one query over the evidence, and what it finds, for people or for programs.

use super::args::{Look, QueryArgs as Args, QueryFormat};
use super::exit::Exit;
use super::matches::{self, MatchOutput};
use super::profiles::chosen_fields;
use super::session::{self, Session, WantedOutputs};
use super::terminal::events::{EventLines, MOST};
use super::terminal::{self, BOLD, MARK, TerminalPage, counted, shown};
use anyhow::{Context, Result, bail};
use evql::ChosenRules;
use evql::base::text_file;
use evql::detect::{Alert, AlertSource};
use evql::diag::{self, Diagnostic};
use evql::ecs::{self, Field};
use evql::eql::{self, Compiled, Query};
use evql::event::{Event, Value};
use evql::report::QueryMatches;
use evql::rules::{Loaded, Rule, RuleSet};
use std::io::{self, Write};
use std::path::PathBuf;

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
    let inputs = session::files_read(&evidence)?.into_iter().chain(args.query_file.clone()).collect();
    let columns = &chosen_fields(&args.output.columns)?;
    let output = MatchOutput::new(&args.output, inputs)?;
    // A query that may turn out to be wrong leaves no file behind.
    let doubtful = !unknown.is_empty() || names_of_options(columns, &evidence);
    let mut sink = if doubtful { None } else { output.open()? };
    let rule = Rule { unknown: unknown.into(), categories: categories.into(), ..Rule::bare(&text, query) };
    let loaded = Loaded::of(RuleSet { rules: vec![rule] });
    let outputs: Vec<PathBuf> = args.output.target.output.iter().cloned().collect();
    let chosen = ChosenRules { loaded, named: matches::named("--fields", columns), ..ChosenRules::default() };
    let mut session = Session::run_set(&evidence, chosen, look, &outputs, WantedOutputs::default())?;
    let mistakes = session.run.asked.mistakes(&session.run.detector, &session.run.outcome);
    if !mistakes.is_empty() && session.has_input() {
        session.report_faults(look)?;
        matches::report_mistakes(&text, &name, &mistakes)?;
        return Ok(Exit::Rules);
    }
    if doubtful {
        sink = output.open()?;
    }
    if output.format == QueryFormat::Text {
        // Which end of a connection is whose may be known by other events only.
        session.go_on(look, |run, bar| run.learn_addresses(bar))?;
    }
    let found = QueryMatches { alerts: &session.run.outcome.alerts, is_event, with_context: false };
    let written = output.write(sink.map(|sink| session.marked(sink)), |page| {
        if matches::write_for_programs(found, output.format, columns, page.out)? {
            return Ok(());
        }
        let columns = matches::named_fields(columns);
        let results = session.run.results();
        let lines = EventLines {
            clock: session.run.options.clock,
            addresses: results.addresses,
            verbose: look.verbose,
            columns: &columns,
        };
        QueryText { alerts: found.alerts, is_event, asked: &asked(&fields), lines }.write(page)
    });
    session.report_faults(look)?;
    written?;
    let count = session.run.outcome.alerts.len() as u64;
    let noun = if is_event { "event" } else { "match" };
    let found =
        if count == 1 || is_event { counted(count, noun) } else { format!("{} matches", terminal::grouped(count)) };
    matches::print_found(&found, &session, look)?;
    Ok(session.leave(&args.evidence, false))
}

/// The fields that a query asks about and that say something beside the sentence and what stands before it.
fn asked(fields: &[Field]) -> Vec<Field> {
    const SAID: [ecs::FieldId; 8] = [
        ecs::TIMESTAMP,
        ecs::HOST_NAME,
        ecs::EVENT_ACTION,
        ecs::EVENT_CODE,
        ecs::EVENT_CATEGORY,
        ecs::EVENT_TYPE,
        ecs::HOST_OS_TYPE,
        ecs::PROCESS_ENTITY_ID,
    ];
    fields.iter().filter(|field| !SAID.iter().any(|&id| **field == Field::from(id))).cloned().collect()
}

/// Whether options name fields that perhaps no event has.
fn names_of_options(columns: &[String], evidence: &super::args::Evidence) -> bool {
    let roles = [&evidence.timestamp_field, &evidence.event_category_field, &evidence.tiebreaker_field];
    roles.into_iter().any(Option::is_some) || matches::has_unknown(columns)
}

/// The query, and the evidence: with `--query-file` the first positional argument is evidence too.
fn text(args: &Args) -> Result<(String, super::args::Evidence)> {
    let mut evidence = args.evidence.clone();
    let Some(path) = &args.query_file else {
        let Some(text) = &args.query else { bail!("no query given: evql query 'process where ...' PATH...") };
        return Ok((text.clone(), evidence));
    };
    let text = text_file::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if let Some(first) = &args.query {
        evidence.inputs.paths.insert(0, PathBuf::from(first));
    }
    Ok((text, evidence))
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

/// Matches for people.
struct QueryText<'a> {
    alerts: &'a dyn AlertSource,
    is_event: bool,
    asked: &'a [Field],
    lines: EventLines<'a>,
}

impl QueryText<'_> {
    fn write(&self, page: &mut TerminalPage<'_>) -> io::Result<()> {
        self.alerts.for_each(|number, found| {
            if !self.is_event {
                writeln!(page.out, "{BOLD}#{}{BOLD:#}  {}", number + 1, keys(found))?;
            }
            let mut previous: Option<&Event> = None;
            for (stage, event) in found.events.iter().enumerate() {
                let Some(event) = event else {
                    writeln!(page.out, "  {MARK}[{}]{MARK:#} nothing that would fit here was logged", stage + 1)?;
                    continue;
                };
                let front = if self.is_event { String::new() } else { format!("  {MARK}[{}]{MARK:#} ", stage + 1) };
                self.lines.sentence(page, &front, (event, previous), self.asked)?;
                previous = Some(event);
            }
            Ok(())
        })
    }
}

/// The values of the join keys of a match.
fn keys(found: &Alert) -> String {
    let key = |key: &Option<Value>| match key {
        Some(key) => shown(&key.to_string(), Some(MOST)),
        None => "null".to_owned(),
    };
    found.join_keys.iter().map(key).collect::<Vec<_>>().join(", ")
}
