//! What `scan` and `timeline` share: resolve the evidence, run the pipeline, tell what could not be read, choose the exit code.

use super::args::{Evidence, Look, RuleArgs};
use super::exit::Exit;
use super::progress::Bar;
use super::terminal;
use anyhow::{Result, bail};
use evql::detect::Detector;
use evql::pipeline::{self, Options, Outcome, Roles, TimelineOptions, Window};
use evql::report::Results;
use evql::rules::{self, FileReport, Loaded, NotRun};
use evql::source::{Fault, FaultKind, Search, Severity};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Rules that are wrong, and nobody said to go on without them.
#[derive(Debug, thiserror::Error)]
#[error("a rule is wrong, and nothing was read; mend it, or go on without it by --skip-bad-rules")]
pub struct WrongRules {
    /// The files of rules.
    pub files: Vec<FileReport>,
}

/// A finished run.
pub struct Session {
    /// Rules in other languages, with their files.
    pub not_run: Vec<(NotRun, String)>,
    /// Rules that are wrong and were left out.
    pub wrong_files: usize,
    /// Whether the rules are those that come with evql.
    pub builtin: bool,
    pub detector: Detector,
    pub outcome: Outcome,
    pub options: Options,
    pub elapsed: Duration,
}

/// All paths of the evidence, however they were given.
pub fn paths(evidence: &Evidence) -> Result<Vec<PathBuf>> {
    let all = [&evidence.paths, &evidence.directory, &evidence.file];
    let paths: Vec<PathBuf> = all.into_iter().flatten().cloned().collect();
    if paths.is_empty() {
        bail!("no evidence given: name .evtx files or folders that hold some, such as `evql scan evidence/`");
    }
    if let (Some(from), Some(to)) = (evidence.from, evidence.to)
        && from > to
    {
        bail!("--from {from} lies after --to {to}: no event can be in between");
    }
    Ok(paths)
}

/// The rules under the paths, or the built-in ones if there are none.
pub fn load_rules(paths: &[PathBuf]) -> Loaded {
    if paths.is_empty() {
        return Loaded { set: rules::builtin(), ..Loaded::default() };
    }
    rules::load(paths)
}

/// What a run keeps beside findings.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Every event.
    pub timeline: Option<TimelineOptions>,
    /// Which fields the events have.
    pub inventory: bool,
}

/// The rules that a person asked for, unless one is wrong.
fn rules_of(rules: &RuleArgs, look: &Look) -> Result<Loaded> {
    let loaded = load_rules(&rules.rules);
    if loaded.set.rules.is_empty() && !loaded.has_error() {
        bail!("there is no rule that can run under the paths of -r");
    }
    let goes_on = rules.skip_bad_rules && !loaded.set.rules.is_empty();
    if loaded.has_error() && !goes_on {
        return Err(WrongRules { files: loaded.files }.into());
    }
    super::rules::print_full(&mut anstream::stderr().lock(), &loaded.files, !look.verbose)?;
    Ok(loaded)
}

impl Session {
    /// Runs rules over the evidence. `outputs` are files that this run writes: where they lie among the evidence they are not part of it.
    pub fn run(
        evidence: &Evidence,
        rules: &RuleArgs,
        look: &Look,
        outputs: &[PathBuf],
        timeline: Option<TimelineOptions>,
    ) -> Result<Self> {
        let wanted = Wanted { timeline, ..Wanted::default() };
        Self::run_set(evidence, rules_of(rules, look)?, rules.max_signals, look, outputs, wanted)
    }

    /// Reads the evidence to know what it holds.
    pub fn run_inventory(evidence: &Evidence, rules: &RuleArgs, look: &Look) -> Result<Self> {
        let wanted = Wanted { inventory: true, ..Wanted::default() };
        Self::run_set(evidence, rules_of(rules, look)?, false, look, &[], wanted)
    }

    /// Runs a set of rules over the evidence.
    pub fn run_set(
        evidence: &Evidence,
        loaded: Loaded,
        max_signals: bool,
        look: &Look,
        outputs: &[PathBuf],
        wanted: Wanted,
    ) -> Result<Self> {
        let paths = paths(evidence)?;
        let wrong_files = loaded.files.iter().filter(|file| file.has_error()).count();
        let mapping = evidence.mapping.into();
        let options = Options {
            clock: evidence.clock.into(),
            window: Window { from: evidence.from, to: evidence.to },
            threads: evidence.threads.map_or(0, usize::from),
            timeline: wanted.timeline,
            inventory: wanted.inventory,
            search: Search { archive_password: evidence.archive_password.clone() },
            slow_reader: evidence.slow_reader,
            mapping,
            roles: Roles {
                timestamp: evidence.timestamp_field.clone(),
                category: evidence.event_category_field.clone(),
                tiebreaker: evidence.tiebreaker_field.clone(),
            },
        };
        let detector = Detector::for_mapping(loaded.set, mapping).with_max_signals(max_signals);
        let start = Instant::now();
        let mut outcome = pipeline::run(&paths, &detector, &options, &Bar::new(look))?;
        let outputs: Vec<PathBuf> = outputs.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let is_output =
            |fault: &Fault| Path::new(&*fault.input).canonicalize().is_ok_and(|path| outputs.contains(&path));
        outcome.faults.retain(|fault| !is_output(fault));
        Ok(Self {
            not_run: loaded.not_run,
            wrong_files,
            builtin: loaded.files.is_empty(),
            detector,
            outcome,
            options,
            elapsed: start.elapsed(),
        })
    }

    /// The view that exporters take.
    pub fn results(&self) -> Results<'_> {
        Results { detector: &self.detector, alerts: &self.outcome.alerts, clock: self.options.clock }
    }

    /// Tells on stderr what could not be read, and what to do if there was nothing at all.
    pub fn report_faults(&self, look: &Look) -> std::io::Result<()> {
        let mut err = anstream::stderr().lock();
        terminal::faults::print(&mut err, &self.outcome.faults, look.verbose)?;
        if self.outcome.inputs.is_empty() {
            writeln!(err, "evql: there is no event log to read; name .evtx files, or folders that hold some")?;
        }
        Ok(())
    }

    /// Whether there was something to read, or at least something that claimed to be.
    pub fn has_input(&self) -> bool {
        let nothing_there = self.outcome.faults.iter().all(|fault| fault.kind == FaultKind::Missing);
        !self.outcome.inputs.is_empty() || !nothing_there
    }

    /// The exit code of the run, which ends here: its memory is left to the system, which is quicker than to free it piece by piece.
    pub fn leave(self, evidence: &Evidence, fail_on_detection: bool) -> Exit {
        let exit = self.exit(evidence, fail_on_detection);
        std::mem::forget(self);
        exit
    }

    /// The exit code of the run.
    fn exit(&self, evidence: &Evidence, fail_on_detection: bool) -> Exit {
        let faults = &self.outcome.faults;
        if !self.has_input() {
            return Exit::Usage;
        }
        if !evidence.allow_partial && faults.iter().any(|fault| fault.severity == Severity::Lost) {
            return Exit::Partial;
        }
        if fail_on_detection && !self.outcome.alerts.is_empty() { Exit::Findings } else { Exit::Done }
    }
}
