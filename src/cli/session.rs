//! What `scan` and `timeline` share: resolve the evidence, run the pipeline, tell what could not be read, choose the exit code.

use super::args::{Evidence, Look};
use super::exit::Exit;
use super::progress::Bar;
use super::terminal;
use anyhow::{Result, bail};
use evql::detect::Detector;
use evql::pipeline::{self, Options, Outcome, Window};
use evql::report::Results;
use evql::source::{FaultKind, Severity};
use std::path::PathBuf;
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
    /// Runs the built-in rules over the evidence.
    pub fn run(evidence: &Evidence, look: &Look, timeline: bool) -> Result<Self> {
        let paths = paths(evidence)?;
        let options = Options {
            clock: evidence.clock.into(),
            window: Window { from: evidence.from, to: evidence.to },
            threads: evidence.threads.map_or(0, usize::from),
            timeline,
        };
        let detector = Detector::new(evql::rules::builtin());
        let start = Instant::now();
        let outcome = pipeline::run(&paths, &detector, &options, &Bar::new(look))?;
        Ok(Self { detector, outcome, options, elapsed: start.elapsed() })
    }

    /// The view that exporters take.
    pub fn results(&self) -> Results<'_> {
        let Outcome { alerts, processes, .. } = &self.outcome;
        Results { detector: &self.detector, alerts, processes, clock: self.options.clock }
    }

    /// Tells on stderr what could not be read.
    pub fn report_faults(&self, look: &Look) -> std::io::Result<()> {
        terminal::faults::print(&mut anstream::stderr().lock(), &self.outcome.faults, look.verbose)
    }

    /// The exit code of the run.
    pub fn exit(&self, evidence: &Evidence, fail_on_detection: bool) -> Exit {
        let faults = &self.outcome.faults;
        let nothing_there = faults.iter().all(|fault| fault.kind == FaultKind::Missing);
        if self.outcome.inputs.is_empty() && nothing_there {
            return Exit::Usage;
        }
        if !evidence.allow_partial && faults.iter().any(|fault| fault.severity == Severity::Lost) {
            return Exit::Partial;
        }
        if fail_on_detection && !self.outcome.alerts.is_empty() { Exit::Findings } else { Exit::Done }
    }
}
