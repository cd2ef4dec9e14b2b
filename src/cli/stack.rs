//! `evql stack`: how often each value of some fields occurs, on which hosts, the rarest first.

mod presets;

use super::args::{Look, StackArgs as Args, StackFormat};
use super::exit::Exit;
use super::interrupt::LineWriter;
use super::matches;
use super::output::OutputFiles;
use super::plain_writer::PlainWriter;
use super::session::{self, Session, WantedOutputs};
use super::stdout::is_stdout;
use super::terminal::{self, BOLD, TerminalPage, counted, grouped};
use anyhow::{Context, Result, bail};
use evql::ChosenRules;
use evql::ecs::{self, Field};
use evql::eql::{self, Predicate, Query};
use evql::process::{Stack, StackOptions, StackedEvents, keeps_case};
use evql::report::{JsonLayout, StackTable};
use presets::preset;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Rows that are shown on a terminal unless another number is asked for.
const MOST_SHOWN: usize = 100;

/// What is counted, as it was asked for.
struct StackRequest {
    fields: Vec<String>,
    /// The condition, with all names in it that nobody knows.
    filter: Option<(Predicate, Vec<String>)>,
    evidence: super::args::Evidence,
}

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let Some(asked) = asked(args)? else { return Ok(Exit::Rules) };
    let inputs = session::files_read(&asked.evidence)?;
    let path = args.target.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let format = format(args.output_type, args.target.output.as_deref());
    let files = OutputFiles::new(args.target.clobber, inputs, [&*path])?;
    let is_shown = format == StackFormat::Text && is_stdout(&path);
    let named: Vec<(&str, String)> = asked
        .fields
        .iter()
        .map(|name| ("the stack", name.clone()))
        .chain(asked.filter.iter().flat_map(|(_, unknown)| unknown).map(|name| ("--where", name.clone())))
        .collect();
    let doubtful = named.iter().any(|(_, name)| matches::has_unknown(std::slice::from_ref(name)));
    let open = || (!is_shown).then(|| files.open(&path)).transpose();
    let mut sink = if doubtful { None } else { open()? };
    let chosen = ChosenRules { named, ..ChosenRules::default() };
    let outputs: Vec<PathBuf> = args.target.output.iter().cloned().collect();
    let mut session = Session::run_set(&asked.evidence, chosen, look, &outputs, WantedOutputs::default())?;
    let mistakes = session.run.asked.mistakes(&session.run.detector, &session.run.outcome);
    if !mistakes.is_empty() && session.has_input() {
        session.report_faults(look)?;
        matches::report_mistakes("", "stack", &mistakes)?;
        return Ok(Exit::Rules);
    }
    if doubtful {
        sink = open()?;
    }
    let fields: Vec<Field> = asked.fields.iter().map(|name| ecs::mapped(name).0).collect();
    let options = StackOptions {
        fields: fields.clone(),
        filter: asked.filter.map(|(filter, _)| filter),
        per_host: args.per_host,
        sort: args.sort.into(),
    };
    let stack = session.go_on(look, |run, bar| run.outcome.again.stack(options, bar)).context("cannot count")?;
    session.run.outcome.compare_files();
    session.report_faults(look)?;
    let most = if is_shown { MOST_SHOWN } else { usize::MAX };
    let limit = args.limit.map_or(most, |limit| if limit == 0 { usize::MAX } else { limit });
    let table = StackTable {
        stack: &stack,
        fields: &fields,
        per_host: args.per_host,
        limit,
        inputs: &session.run.outcome.inputs,
    };
    let write = |page: &mut TerminalPage<'_>| match format {
        StackFormat::Text => terminal::stack::print(page, &table),
        StackFormat::Csv => table.write_csv(page.out),
        StackFormat::Json => table.write_json(JsonLayout::Array, page.out),
        StackFormat::Jsonl => table.write_json(JsonLayout::Lines, page.out),
    };
    match sink {
        Some(sink) => session.marked(sink).write_with(|out| match format {
            // Colours are for terminals.
            StackFormat::Text => write(&mut TerminalPage::file(&mut PlainWriter::new(out))),
            StackFormat::Csv | StackFormat::Json | StackFormat::Jsonl => write(&mut TerminalPage::file(out)),
        })?,
        None if is_shown => {
            let mut out = LineWriter::to_people();
            write(&mut TerminalPage::stdout(&mut out)).and_then(|()| out.flush())?;
        }
        None => {}
    }
    tell(&table, &session, look)?;
    Ok(session.leave(&asked.evidence, false))
}

/// What was asked for; with `--by` the first positional argument is evidence. `None` if the condition is wrong, which is told.
fn asked(args: &Args) -> Result<Option<StackRequest>> {
    let mut evidence = args.evidence.clone();
    let (fields, condition) = if let Some(by) = args.by {
        evidence.inputs.paths.splice(0..0, args.fields.iter().map(PathBuf::from));
        let (fields, condition) = preset(by);
        (fields.iter().map(|&name| name.to_owned()).collect(), Some(condition))
    } else {
        (fields(args.fields.as_deref())?, None)
    };
    let mut filter: Option<(Predicate, Vec<String>)> = None;
    for text in condition.into_iter().chain(args.condition.as_deref()) {
        let Some((predicate, unknown)) = compile(text)? else { return Ok(None) };
        filter = Some(match filter {
            Some((other, names)) => (Predicate::all(vec![other, predicate]), [names, unknown].concat()),
            None => (predicate, unknown),
        });
    }
    Ok(Some(StackRequest { fields, filter, evidence }))
}

/// The names of fields in a list with commas.
fn fields(list: Option<&str>) -> Result<Vec<String>> {
    let Some(list) = list else {
        bail!("nothing to count: evql stack FIELD[,FIELD...] PATH..., or --by image and the like")
    };
    let fields: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
    if fields.iter().any(String::is_empty) {
        bail!("'{list}': a name of a field is empty");
    }
    Ok(fields)
}

/// A condition, or a query for single events, with the names in it that nobody knows. `None` if it is wrong, which is told.
fn compile(text: &str) -> Result<Option<(Predicate, Vec<String>)>> {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_query = matches!(first, "sequence" | "sample") || words.next() == Some("where");
    let query = if is_query { text.to_owned() } else { format!("any where {text}") };
    let compiled = eql::compile(&query);
    let Some(found) = compiled.query else {
        let mut err = anstream::stderr().lock();
        for found in &compiled.diagnostics {
            writeln!(err, "{}\n", evql::diag::full(found, "--where", &query))?;
        }
        writeln!(err, "evql: the condition is wrong; nothing was read")?;
        return Ok(None);
    };
    let Query::Event(event) = found else {
        bail!("--where takes a condition or a query for single events, and no sequence or sample");
    };
    let unknown = compiled.unknown.into_iter().map(|name| name.name).collect();
    Ok(Some((event.predicate().clone(), unknown)))
}

fn format(given: Option<StackFormat>, path: Option<&Path>) -> StackFormat {
    let ending = || {
        let ending = path?.extension()?.to_string_lossy().to_lowercase();
        Some(match ending.as_str() {
            "csv" => StackFormat::Csv,
            "json" => StackFormat::Json,
            _ => StackFormat::Jsonl,
        })
    };
    given.or_else(ending).unwrap_or(if path.is_some() { StackFormat::Jsonl } else { StackFormat::Text })
}

/// What was counted and what was not, for people.
fn tell(table: &StackTable<'_>, session: &Session, look: &Look) -> std::io::Result<()> {
    if look.quiet || session.run.outcome.inputs.is_empty() {
        return Ok(());
    }
    let mut err = anstream::stderr().lock();
    let Stack { count, events: StackedEvents { counted: events, without, others, capped }, .. } = *table.stack;
    writeln!(err, "{BOLD}{} of {}{BOLD:#}", counted(count, "value"), counted(events, "event"))?;
    let left = count.saturating_sub(table.limit as u64);
    if left > 0 {
        writeln!(err, "  shown     {}; --limit N shows more, -o writes all", grouped(table.limit as u64))?;
    }
    let names: Vec<&str> = table.fields.iter().map(Field::name).collect();
    if without > 0 {
        let verb = if without == 1 { "lacks" } else { "lack" };
        writeln!(err, "  without   {} that {verb} {}", counted(without, "event"), names.join(" or "))?;
    }
    if others > 0 {
        writeln!(err, "  others    {} that the condition is not true of", counted(others, "event"))?;
    }
    if capped > 0 {
        writeln!(
            err,
            "  capped    {} with more than 64 combinations of values: the first 64 count",
            counted(capped, "event")
        )?;
    }
    if !table.fields.iter().all(keeps_case) {
        writeln!(err, "  case      does not count; the most common writing is shown")?;
    }
    terminal::summary::print_evidence(&mut TerminalPage::stderr(&mut err), session)
}
