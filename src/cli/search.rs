//! `evql search`: a text or a regular expression looked for in the fields of all events.

use super::args::{Look, QueryFormat, SearchArgs as Args};
use super::exit::Exit;
use super::matches::{self, MatchOutput};
use super::profiles::chosen_fields;
use super::session::{self, Session, WantedOutputs};
use super::terminal::events::EventLines;
use super::terminal::{DIM, TerminalPage, counted, shown};
use anyhow::{Result, bail};
use evql::ChosenRules;
use evql::detect::AlertSource;
use evql::eql;
use evql::report::{QueryMatches, with_context};
use evql::rules::{Loaded, Rule, RuleSet};
use evql::search::{EventSearch, PatternError, SearchPattern};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The query whose events are searched.
const ALL: &str = "any where true";

/// What stands before a hit where other events are shown too, and before those.
const HIT_LINE: &str = "> ";
const CONTEXT_LINE: &str = "  ";

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let Some(text) = &args.text else { bail!("no text given: evql search TEXT PATH...") };
    let parsed = if args.literal { SearchPattern::literal(text) } else { SearchPattern::parse(text) };
    let pattern = match parsed {
        Ok(pattern) => pattern,
        Err(error) => return refuse(text, &error),
    };
    if args.context.context_of.is_some() && args.context.wanted().is_none() {
        bail!("--context-of says what --context N shows around hits: give a number too, such as --context 5");
    }
    if let Some(empty) = args.field.iter().position(|name| name.trim().is_empty()) {
        bail!("--field {}: the name is empty", empty + 1);
    }
    let search = Arc::new(EventSearch::new(pattern, &args.field));
    let output = MatchOutput::new(&args.output, session::files_read(&args.evidence)?)?;
    let columns = &chosen_fields(&args.output.columns)?;
    let doubtful = matches::has_unknown(columns) || matches::has_unknown(&args.field);
    let mut sink = if doubtful { None } else { output.open()? };
    let outputs: Vec<PathBuf> = args.output.target.output.iter().cloned().collect();
    let mut session = start(args, columns, look, &outputs, &search)?;
    let mistakes = session.run.asked.mistakes(&session.run.detector, &session.run.outcome);
    if !mistakes.is_empty() && session.has_input() {
        session.report_faults(look)?;
        matches::report_mistakes(ALL, "query", &mistakes)?;
        return Ok(Exit::Rules);
    }
    if doubtful {
        sink = output.open()?;
    }
    let context = args.context.wanted();
    let continues = match context {
        Some(context) => session.go_on(look, |run, bar| run.load_context(context, bar))?,
        None => Vec::new(),
    };
    if context.is_some() && output.format == QueryFormat::Text {
        // What stands around hits is told in sentences.
        session.go_on(look, |run, bar| run.learn_addresses(bar))?;
    }
    let found = QueryMatches { alerts: &session.run.outcome.alerts, is_event: true, with_context: context.is_some() };
    let written = output.write(sink.map(|sink| session.marked(sink)), |page| {
        if matches::write_for_programs(found, output.format, columns, page.out)? {
            return Ok(());
        }
        write_text(page, &session, &search, (columns, &continues), look)
    });
    session.report_faults(look)?;
    written?;
    matches::print_found(&counted(session.run.outcome.alerts.len() as u64, "event"), &session, look)?;
    Ok(session.leave(&args.evidence, false))
}

fn start(
    args: &Args,
    columns: &[String],
    look: &Look,
    outputs: &[PathBuf],
    search: &Arc<EventSearch>,
) -> Result<Session> {
    let Some(query) = eql::compile(ALL).query else { bail!("'{ALL}' is no query") };
    let loaded = Loaded::of(RuleSet { rules: vec![Rule::bare(ALL, query)] });
    let chosen = ChosenRules {
        loaded,
        named: [matches::named("--fields", columns), matches::named("--field", &args.field)].concat(),
        ..ChosenRules::default()
    };
    let wanted = WantedOutputs { text: Some(search.clone()), ..WantedOutputs::default() };
    Session::run_set(&args.evidence, chosen, look, outputs, wanted)
}

/// One line an event, with what was found in it.
fn write_text(
    page: &mut TerminalPage<'_>,
    session: &Session,
    search: &EventSearch,
    (columns, continues): (&[String], &[bool]),
    look: &Look,
) -> io::Result<()> {
    let columns = matches::named_fields(columns);
    let results = session.run.results();
    let lines = EventLines {
        clock: session.run.options.clock,
        addresses: results.addresses,
        verbose: look.verbose,
        columns: &columns,
    };
    let alerts: &dyn AlertSource = &session.run.outcome.alerts;
    let is_marked = !continues.is_empty();
    alerts.for_each(|number, alert| {
        // As `grep` has it: a line between hits unless what is shown of them is one piece.
        if is_marked && number > 0 && !continues[number] {
            writeln!(page.out, "{DIM}--{DIM:#}")?;
        }
        with_context(alert).try_for_each(|(distance, event)| match distance {
            0 => lines.hit(page, if is_marked { HIT_LINE } else { "" }, event, &search.hits(&event.document)),
            _ => lines.sentence(page, CONTEXT_LINE, (event, None), &[]),
        })
    })
}

/// Says what is wrong with the text, and where.
fn refuse(text: &str, error: &PatternError) -> Result<Exit> {
    let PatternError::Wrong { span, .. } = error else { bail!("{error}") };
    let mut err = anstream::stderr().lock();
    let expression = text.trim_matches('/');
    let before = expression.get(..span.start as usize).unwrap_or(expression);
    let within = expression.get(span.start as usize..span.end as usize).unwrap_or_default();
    writeln!(err, "evql: {}, at character {}", shown(&error.to_string(), None), before.chars().count() + 1)?;
    writeln!(err, "  {}", shown(expression, None))?;
    let (indent, marks) = (shown(before, None).chars().count(), shown(within, None).chars().count().max(1));
    writeln!(err, "  {}{}", " ".repeat(indent), "^".repeat(marks))?;
    Ok(Exit::Rules)
}
