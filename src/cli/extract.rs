//! `evql extract`: the evidence of alerts, processes or times as a log of its own.

mod part;
mod selection;

use super::args::{ExtractArgs as Args, Look, SplitBy};
use super::exit::Exit;
use super::output::OutputFiles;
use super::session::{self, Session, WantedOutputs};
use super::stdout::is_stdout;
use anyhow::{Context, Result, bail};
use evql::ChosenRules;
use evql::base::Locator;
use evql::extract::{by_computer, write_log};
use evql::rules::{Loaded, Rule, RuleSet};
use evql::{diag, eql};
use part::WrittenPart;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that is to be written.
struct PlannedPart {
    /// What its name has of its own; empty for the only file.
    label: String,
    /// The places of its events.
    places: Vec<Locator>,
}

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let evidence = session::paths(&args.evidence)?;
    let target = target(args)?;
    let inputs = args.rules.with_files(&evidence);
    let files = OutputFiles::new(args.target.clobber, inputs, [target])?;
    if args.split_by.is_none() {
        files.check_complete(target)?;
    }
    let Some(mut session) = start(args, look, target)? else { return Ok(Exit::Rules) };
    session.report_faults(look)?;
    if session.run.outcome.inputs.is_empty() {
        return Ok(session.leave(&args.evidence, false));
    }
    session.go_on(look, |run, bar| run.complete_alerts(bar));
    let parts = parts(args, &mut session, look)?;
    let mut written = Vec::new();
    for part in &parts {
        written.push(write(args, &session, part, target, &files)?);
    }
    for part in &written {
        if part.summary.records == 0 {
            bail!("nothing that was taken is a record: a log cannot hold documents");
        }
    }
    let is_whole = written.iter().all(|part| part.reproduction.missing.is_empty());
    let mut people: Box<dyn Write> =
        if look.quiet { Box::new(std::io::sink()) } else { Box::new(anstream::stdout().lock()) };
    for part in written {
        part.tell(&mut people, &session)?;
        part.file.finish()?;
    }
    people.flush()?;
    let exit = session.leave(&args.evidence, false);
    Ok(if is_whole { exit } else { Exit::Partial })
}

fn target(args: &Args) -> Result<&Path> {
    let Some(target) = &args.target.output else {
        bail!("no output given: name the new log, such as `-o sample.evtx`")
    };
    if is_stdout(target) {
        bail!("an event log goes into a file: name one with -o, such as `-o sample.evtx`");
    }
    Ok(target)
}

/// Runs the rules, or the query; `None` if the query is wrong, which has been said then.
fn start(args: &Args, look: &Look, target: &Path) -> Result<Option<Session>> {
    let outputs = [target.to_owned()];
    let Some(text) = &args.query else {
        return Session::run_wanted(&args.evidence, &args.rules, look, &outputs, WantedOutputs::default()).map(Some);
    };
    let compiled = eql::compile(text);
    let mut err = anstream::stderr().lock();
    for found in &compiled.diagnostics {
        writeln!(err, "{}\n", diag::full(found, "--query", text))?;
    }
    let Some(query) = compiled.query else { return Ok(None) };
    let rule =
        Rule { unknown: compiled.unknown.into(), categories: compiled.categories.into(), ..Rule::bare(text, query) };
    let loaded = Loaded::of(RuleSet { rules: vec![rule] });
    let chosen = ChosenRules { loaded, ..ChosenRules::default() };
    Session::run_set(&args.evidence, chosen, look, &outputs, WantedOutputs::default()).map(Some)
}

/// The files that are to be written, each with the places of its events.
fn parts(args: &Args, session: &mut Session, look: &Look) -> Result<Vec<PlannedPart>> {
    let selected = selection::select(args, session, look)?;
    let slow = args.evidence.inputs.slow_reader;
    let parts = match args.split_by {
        Some(SplitBy::Alert) => selected
            .into_iter()
            .map(|(number, places)| PlannedPart {
                label: number.map_or_else(String::new, |number| number.to_string()),
                places,
            })
            .collect(),
        Some(SplitBy::Host) => {
            let all = selected.into_iter().flat_map(|(_, places)| places).collect::<Vec<_>>();
            let hosts = by_computer(&session.run.outcome.inputs, &all, slow);
            hosts.into_iter().map(|(host, places)| PlannedPart { label: host.to_string(), places }).collect()
        }
        None => {
            let places = selected.into_iter().flat_map(|(_, places)| places).collect();
            vec![PlannedPart { label: String::new(), places }]
        }
    };
    Ok(parts)
}

/// Writes a file of its own for some places.
fn write(
    args: &Args,
    session: &Session,
    part: &PlannedPart,
    target: &Path,
    files: &OutputFiles,
) -> Result<WrittenPart> {
    let path = part_path(target, &part.label);
    let file = files.open_complete(&path)?;
    let slow = args.evidence.inputs.slow_reader;
    let summary = write_log(&session.run.outcome.inputs, &part.places, slow, None, file.file());
    let summary = summary.with_context(|| format!("cannot write {}", path.display()))?;
    let wanted = part::alerts_within(session, &part.places);
    let reproduction = part::reproduce(session, &wanted, file.path())?;
    Ok(WrittenPart { file, summary, reproduction })
}

/// The name of a file among several: `OUT-LABEL.evtx`. A label can be a computer's name, which is evidence and may hold anything.
fn part_path(target: &Path, label: &str) -> PathBuf {
    if label.is_empty() {
        return target.to_owned();
    }
    let label: String = label
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' })
        .take(64)
        .collect();
    let stem = target.file_stem().unwrap_or_default().to_string_lossy();
    let ending = target.extension().map_or_else(|| "evtx".into(), |ending| ending.to_string_lossy());
    target.with_file_name(format!("{stem}-{label}.{ending}"))
}
