//! `evql timeline`: every event of every process, or of some, as a table for other programs.

use super::args::{Look, TimelineArgs};
use super::chosen_processes::{add_alerts, named_processes, rank_of, tell_of_starts};
use super::exit::Exit;
use super::output::{OutputFiles, check_bom, chosen_output, is_spreadsheet, timeline_format, timeline_output};
use super::profiles::chosen_columns;
use super::session::{self, Session, WantedOutputs};
use super::stdout::is_stdout;
use super::terminal::{self, BOLD, TerminalPage, counted, grouped};
use super::{matches, summary_json};
use anyhow::{Result, bail};
use evql::base::Locator;
use evql::extract::WantedEvents;
use evql::pipeline::TimelineOptions;
use evql::report::TIMELINE_COLUMNS;
use evql::{AskedNames, ChosenRules};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

/// Runs the command.
pub fn run(args: &TimelineArgs, look: &Look) -> Result<Exit> {
    let evidence = session::files_read(&args.evidence)?;
    let path = args.target.output.clone().unwrap_or_else(|| PathBuf::from("-"));
    let summary = args.formats.summary_json.as_deref();
    if is_stdout(&path) && summary.is_some_and(is_stdout) {
        bail!("timeline and summary cannot both go to stdout: name a file with -o, or one for --summary-json");
    }
    if args.processes.depth.is_some() && !is_selective(args) {
        bail!(
            "--depth goes down from the processes that are asked for: name some by --guid, --pid, --image, --alert or --incident"
        );
    }
    let format = timeline_format(args.output_type, &path)?;
    check_bom(args.formats.bom, is_spreadsheet(format))?;
    let columns = chosen_columns(&args.columns)?;
    let output = match &columns[..] {
        [] => timeline_output(format, &path, &args.formats)?,
        names => chosen_output(format, names)?,
    };
    let inputs = args.rules.with_files(&evidence);
    let files = OutputFiles::new(args.target.clobber, inputs, std::iter::once(&*path).chain(summary))?;
    let fields: Vec<String> = columns.into_iter().filter(|name| !TIMELINE_COLUMNS.contains(&&**name)).collect();
    // What may turn out to be wrong leaves no file behind.
    let is_doubtful = is_selective(args) || matches::has_unknown(&fields);
    let open = || anyhow::Ok(files.open(&path)?.with_bom(args.formats.bom));
    let mut sink = if is_doubtful { None } else { Some(open()?) };
    let open_summary = || summary.map(|path| files.open(path)).transpose();
    let mut summary_sink = if is_doubtful { None } else { open_summary()? };
    let outputs: Vec<PathBuf> = std::iter::once(path.clone()).chain(summary.map(Into::into)).collect();
    let wanted =
        WantedOutputs { timeline: Some(TimelineOptions { contents: output.contents() }), ..WantedOutputs::default() };
    let named = matches::named("--fields", &fields);
    let rules = session::rules_of(&args.rules, session::threads(&args.evidence), look)?;
    let mut session =
        Session::run_set(&args.evidence, ChosenRules { named: named.clone(), ..rules }, look, &outputs, wanted)?;
    if report_unknown(&session, &named, look)? {
        return Ok(Exit::Rules);
    }
    let places = selected(args, &mut session, look)?;
    if is_doubtful {
        (sink, summary_sink) = (Some(open()?), open_summary()?);
    }
    let chosen = places.as_ref().map(Vec::len);
    let rows = session.run.outcome.timeline.take();
    let rows = rows.map(|rows| match places {
        Some(places) => rows.only(places),
        None => rows,
    });
    let written = match rows.zip(sink) {
        Some((rows, sink)) => session.marked(sink).write_timeline(rows, &output, &session.run.results()),
        None => Ok(()),
    };
    session.report_faults(look)?;
    written?;
    if let Some(sink) = summary_sink {
        sink.write_json(&summary_json::summary(&session))?;
    }
    if !look.quiet && !session.run.outcome.inputs.is_empty() {
        let mut people = anstream::stderr().lock();
        if let Some(chosen) = chosen {
            let (chosen, all) = (grouped(chosen as u64), counted(session.run.outcome.stats.mapped, "event"));
            writeln!(people, "{BOLD}{chosen} of {all}{BOLD:#}")?;
        }
        terminal::summary::print(&mut TerminalPage::stderr(&mut people), &session)?;
        people.flush()?;
    }
    Ok(session.leave(&args.evidence, false))
}

/// Whether some processes are asked for.
fn is_selective(args: &TimelineArgs) -> bool {
    args.processes.is_given() || !args.incident.is_empty()
}

/// Reports names of fields that nobody knows and no event has; whether there are some.
fn report_unknown(session: &Session, named: &[(&'static str, String)], look: &Look) -> Result<bool> {
    // Those of rules are no mistakes here: the summary has notices of them.
    let mut asked = AskedNames::default();
    asked.add_named(named);
    let mistakes = asked.mistakes(&session.run.detector, &session.run.outcome);
    if mistakes.is_empty() || !session.has_input() {
        return Ok(false);
    }
    session.report_faults(look)?;
    matches::report_mistakes("", "timeline", &mistakes)?;
    Ok(true)
}

/// The places of the events that are asked for, in order; `None` if all are.
fn selected(args: &TimelineArgs, session: &mut Session, look: &Look) -> Result<Option<Vec<Locator>>> {
    if !is_selective(args) || session.run.outcome.inputs.is_empty() {
        return Ok(None);
    }
    if !args.incident.is_empty() {
        session.go_on(look, |run, bar| run.look_up(bar))?;
    }
    let forest = session.go_on(look, |run, bar| run.outcome.again.processes(bar));
    session.run.note_processes(&forest);
    let incidents = session.run.incidents.as_ref();
    let of_incidents = incidents.map_or(&[][..], |incidents| &incidents.by_rank);
    if of_incidents.is_empty() && !args.incident.is_empty() {
        bail!("the rules found nothing in this evidence, and so there is no incident");
    }
    let ranks = args.incident.iter().map(|asked| rank_of(asked, of_incidents)).collect::<Result<BTreeSet<_>>>()?;
    let mut wanted = WantedEvents::default();
    let mut roots = named_processes(&args.processes, &forest)?;
    let alerts = &session.run.outcome.alerts;
    roots.extend(add_alerts(&mut wanted, (&args.processes.alert, &ranks), (alerts, incidents), &forest)?);
    wanted.add_generations(&forest, &roots, args.processes.depth);
    tell_of_starts(&session.run.options.filter, look)?;
    Ok(Some(session.go_on(look, |run, bar| wanted.places(&run.outcome.again, bar))))
}
