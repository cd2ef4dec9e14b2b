//! One file of an extract, and what is told of it.

use super::other_names::OtherNames;
use crate::cli::output::CompleteFile;
use crate::cli::session::Session;
use crate::cli::terminal::{BOLD, counted, grouped, shown};
use anyhow::{Context, Result};
use evql::base::Locator;
use evql::detect::Alert;
use evql::extract::{AlertIdentity, ExtractSummary, Reproduction};
use evql::pipeline::{self, EventFilter, RunOptions, Silent, TimeWindow};
use evql::source::Search;
use evql::testing::RecordedAlert;
use hashbrown::HashSet;
use indicatif::BinaryBytes;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Most alerts, hosts or names that are told one by one.
pub const MOST_TOLD: usize = 8;

/// A file that was written, but for its name.
pub struct WrittenPart {
    pub file: CompleteFile,
    pub summary: ExtractSummary,
    pub again: ExtractRun,
}

/// The alerts of the rules over one file.
pub struct ExtractRun {
    pub reproduction: Reproduction,
    /// Its alerts, as a test file states them.
    pub alerts: Vec<RecordedAlert>,
}

/// The alerts that have all their events at some places.
pub fn alerts_within<'s>(session: &'s Session, places: &[Locator]) -> Vec<&'s Alert> {
    let places: HashSet<Locator> = places.iter().copied().collect();
    let is_within = |alert: &&Alert| alert.present().all(|event| places.contains(&event.origin));
    session.run.outcome.alerts.held().iter().filter(is_within).collect()
}

/// Runs the rules over a file, and compares what they find with what is wanted.
pub fn run_again(session: &Session, wanted: &[&Alert], path: &Path) -> Result<ExtractRun> {
    let run = &session.run;
    // What was passed over before is not in the file, and its host may have another name now.
    let options = RunOptions {
        window: TimeWindow::default(),
        last: None,
        filter: EventFilter::default(),
        search: Search::default(),
        outputs: Vec::new(),
        timeline: None,
        ..run.options.clone()
    };
    let found = pipeline::run(&[path.to_owned()], &run.detector, &options, &Silent);
    let found = found.context("cannot run the rules over the extract")?;
    let found = found.alerts.hold().context("cannot hold the alerts of the extract")?;
    let identity = |alert: &Alert| AlertIdentity::new(&run.detector, alert);
    let reproduction = Reproduction::new(wanted.iter().map(|alert| identity(alert)), found.iter().map(identity));
    let recorded = |alert: &Alert| RecordedAlert::new(&run.detector.rules()[alert.rule], alert);
    Ok(ExtractRun { reproduction, alerts: found.iter().map(recorded).collect() })
}

impl WrittenPart {
    /// Tells what went into the file, what did not, and whether the alerts come again.
    pub fn tell(&self, out: &mut dyn Write, session: &Session, names: Option<&OtherNames>) -> io::Result<()> {
        let ExtractSummary { records, rewritten, not_records, too_large, lost, inputs, computers, size, .. } =
            &self.summary;
        let shown_name = |name: &Arc<str>| names.map_or_else(|| name.to_string(), |names| names.host(name));
        let mut hosts: Vec<String> = computers.keys().map(shown_name).collect();
        hosts.sort_unstable();
        let hosts = match hosts.len() {
            0..=MOST_TOLD => hosts.join(", "),
            count => counted(count as u64, "host"),
        };
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  {} of {} out of {}, {}",
            shown(&self.file.target().to_string_lossy(), None),
            counted(*records, "record"),
            shown(&hosts, None),
            counted(inputs.len() as u64, "file"),
            BinaryBytes(*size)
        )?;
        self.tell_alerts(out, session)?;
        if *rewritten > 0 {
            let what = counted(*rewritten, "record");
            writeln!(
                out,
                "  note      {what} came without a template (exported, or left over): written anew, with the types that Sysmon has"
            )?;
        }
        if *not_records > 0 {
            let what = counted(*not_records, "document");
            writeln!(out, "  left out  {what} that never were records: a log cannot hold them")?;
        }
        if *too_large > 0 {
            writeln!(out, "  left out  {} that no chunk can hold", counted(*too_large, "record"))?;
        }
        if *lost > 0 {
            writeln!(
                out,
                "  lost      {} that were not there any more when they were read again",
                counted(*lost, "record")
            )?;
        }
        Ok(())
    }

    fn tell_alerts(&self, out: &mut dyn Write, session: &Session) -> io::Result<()> {
        let Reproduction { again, missing, others } = &self.again.reproduction;
        let wanted = again + missing.len();
        if wanted + others.len() == 0 {
            return Ok(());
        }
        writeln!(out, "  alerts    {} of {} come again", grouped(*again as u64), grouped(wanted as u64))?;
        let kinds = [
            (missing, "missing ", "does not come again"),
            (others, "besides ", "comes as well: it needs events that are not there to be prevented"),
        ];
        for (identities, word, what) in kinds {
            for identity in identities.iter().take(MOST_TOLD) {
                let rules = session.run.detector.rules();
                let rule = rules.iter().find(|rule| rule.meta.id == identity.rule()).map_or("", |rule| &rule.meta.name);
                let numbers: Vec<String> = identity.numbers().map(|number| number.to_string()).collect();
                writeln!(out, "  {word}  {} (records {}) {what}", shown(rule, None), numbers.join(", "))?;
            }
            if identities.len() > MOST_TOLD {
                writeln!(out, "  {word}  and {} more", grouped((identities.len() - MOST_TOLD) as u64))?;
            }
        }
        Ok(())
    }
}
