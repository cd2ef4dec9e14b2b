//! What `scan` and `timeline` share: resolve the evidence, run the pipeline, tell what could not be read, choose the exit code.

use super::args::{Evidence, Look};
use super::exit::Exit;
use super::progress::Bar;
use super::terminal;
use anyhow::{Result, bail};
use evql::detect::Detector;
use evql::pipeline::{self, Options, Outcome, Window};
use evql::report::Results;
use evql::source::{Fault, FaultKind, Severity};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A finished run.
pub struct Session {
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

impl Session {
    /// Runs the built-in rules over the evidence. `outputs` are files that this run writes: where they lie among the evidence they are not part of it.
    pub fn run(evidence: &Evidence, look: &Look, outputs: &[PathBuf], timeline: bool) -> Result<Self> {
        let paths = paths(evidence)?;
        let options = Options {
            clock: evidence.clock.into(),
            window: Window { from: evidence.from, to: evidence.to },
            threads: evidence.threads.map_or(0, usize::from),
            timeline,
        };
        let detector = Detector::new(evql::rules::builtin());
        let start = Instant::now();
        let mut outcome = pipeline::run(&paths, &detector, &options, &Bar::new(look))?;
        let outputs: Vec<PathBuf> = outputs.iter().filter_map(|path| path.canonicalize().ok()).collect();
        let is_output =
            |fault: &Fault| Path::new(&*fault.input).canonicalize().is_ok_and(|path| outputs.contains(&path));
        outcome.faults.retain(|fault| !is_output(fault));
        Ok(Self { detector, outcome, options, elapsed: start.elapsed() })
    }

    /// The view that exporters take.
    pub fn results(&self) -> Results<'_> {
        let Outcome { alerts, processes, .. } = &self.outcome;
        Results { detector: &self.detector, alerts, processes, clock: self.options.clock }
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

    /// The exit code of the run.
    pub fn exit(&self, evidence: &Evidence, fail_on_detection: bool) -> Exit {
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
