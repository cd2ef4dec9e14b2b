//! `evql extract`: the evidence of alerts, processes or times as a log of its own.

mod other_names;
mod part;
mod selection;
mod test_file;

use super::args::{ExtractArgs as Args, HashHandling, Look, SplitBy};
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
use other_names::OtherNames;
use part::WrittenPart;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that is to be written.
struct PlannedPart {
    /// The part of its name that tells it from the other files; empty for the only file.
    label: String,
    /// The places of its events.
    places: Vec<Locator>,
}

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let evidence = session::files_read(&args.evidence)?;
    let target = target(args)?;
    let inputs = args.rules.with_files(&evidence);
    let test = args.test.then(|| test_path(target));
    let files = OutputFiles::new(
        args.target.clobber,
        inputs,
        [target].into_iter().chain(args.map.as_deref()).chain(test.as_deref()),
    )?;
    if args.split_by.is_none() {
        [Some(target), test.as_deref()].into_iter().flatten().try_for_each(|path| files.check_complete(path))?;
    }
    let map = other_names::read_map(args.map.as_deref())?;
    let Some(mut session) = start(args, look, target)? else { return Ok(Exit::Rules) };
    session.report_faults(look)?;
    if session.run.outcome.inputs.is_empty() {
        return Ok(session.leave(&args.evidence, false));
    }
    session.go_on(look, |run, bar| run.complete_alerts(bar))?;
    // Alerts are chosen by number, and compared with those of the extract.
    session.run.outcome.alerts.hold_outlines()?;
    let parts = parts(args, &mut session, look)?;
    let slow = args.evidence.inputs.slow_reader;
    let mut names = if args.anonymize {
        let places = parts.iter().map(|part| part.places.as_slice());
        Some(OtherNames::learn(&session.run, places, slow, map, args.hashes == HashHandling::Drop)?)
    } else {
        None
    };
    let mut written = write_all(args, &session, &parts, &files, names.as_mut())?;
    // Words that rules look at were replaced wherever they stand; if alerts are missing for it, they stay where they are no names.
    while !is_whole(&written) && names.as_mut().is_some_and(OtherNames::loosen) {
        drop(std::mem::take(&mut written));
        written = write_all(args, &session, &parts, &files, names.as_mut())?;
    }
    if written.iter().any(|part| part.summary.records == 0) {
        bail!("nothing that was taken is a record: a log cannot hold documents");
    }
    let is_whole = is_whole(&written);
    tell(look, &session, &written, names.as_ref())?;
    session.report_window(look)?;
    for part in written {
        if args.test {
            test_file::write(args, &session, &part, &test_path(part.file.target()), &files)?;
        }
        part.file.finish()?;
    }
    if let (Some(path), Some(names)) = (&args.map, &names) {
        let file = files.open_updated(path)?;
        file.file().write_all(names.map().as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        file.finish()?;
    }
    let exit = session.leave(&args.evidence, false);
    Ok(if is_whole { exit } else { Exit::Partial })
}

fn is_whole(written: &[WrittenPart]) -> bool {
    written.iter().all(|part| part.again.reproduction.missing.is_empty())
}

fn tell(look: &Look, session: &Session, written: &[WrittenPart], names: Option<&OtherNames>) -> Result<()> {
    if look.quiet {
        return Ok(());
    }
    let mut people = anstream::stdout().lock();
    for part in written {
        part.tell(&mut people, session, names)?;
    }
    if let Some(names) = names {
        names.tell(&mut people, look.verbose)?;
    }
    people.flush()?;
    Ok(())
}

/// The test file of a log: `OUT.test.toml`.
fn test_path(target: &Path) -> PathBuf {
    target.with_extension("test.toml")
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

/// Writes all files, under names that they do not keep.
fn write_all(
    args: &Args,
    session: &Session,
    parts: &[PlannedPart],
    files: &OutputFiles,
    mut names: Option<&mut OtherNames>,
) -> Result<Vec<WrittenPart>> {
    if let Some(names) = &mut names {
        names.begin();
    }
    let target = target(args)?;
    let slow = args.evidence.inputs.slow_reader;
    let mut written = Vec::with_capacity(parts.len());
    for part in parts {
        let label = names.as_deref().map_or_else(|| part.label.clone(), |names| names.host(&part.label));
        let path = part_path(target, &label);
        let file = files.open_complete(&path)?;
        let inputs = &session.run.outcome.inputs;
        let summary = match &mut names {
            Some(names) => names.write(inputs, &part.places, slow, file.file()),
            None => write_log(inputs, &part.places, slow, None, file.file()),
        };
        let summary = summary.with_context(|| format!("cannot write {}", path.display()))?;
        if let Some(names) = &names {
            names.check(file.path())?;
        }
        let wanted = part::alerts_within(session, &part.places);
        let again = part::run_again(session, &wanted, file.path())?;
        written.push(WrittenPart { file, summary, again });
    }
    Ok(written)
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
