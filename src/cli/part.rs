//! `evql scan --part`: the scan of some hosts out of many, kept in a folder.

use super::args::{Look, Scan};
use super::exit::Exit;
use super::interrupt;
use super::output::real_path;
use super::session::{self, Session, WantedOutputs};
use super::terminal::{self, TerminalPage, counted};
use anyhow::{Result, bail};
use evql::base::escape;
use evql::fleet::{NewPart, PartFolder, PartOptions, PartRequest, PartStatus, rules_digest};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(args: &Scan, folder: &Path, look: &Look) -> Result<Exit> {
    // The command line sees to it that there is one.
    let Some(key) = args.part.key().cloned() else { bail!("--part needs --case-key") };
    let paths = session::paths(&args.evidence)?;
    refuse_evidence(folder, &session::files_read(&args.evidence)?)?;
    let chosen = session::rules_of(&args.rules, session::threads(&args.evidence), look)?;
    let wanted = WantedOutputs { case_key: Some(key.clone()), ..WantedOutputs::default() };
    let options = session::options(&args.evidence, wanted)?;
    let request = PartRequest {
        folder: folder.to_owned(),
        key,
        paths: paths.clone(),
        search: options.search.clone(),
        options: PartOptions::of(&options, args.rules.max_signals, args.rules.assume_new)
            .with_triage(!args.outputs.triage.no_triage),
        include_computers: args.evidence.choice.include_computer.clone(),
        exclude_computers: args.evidence.choice.exclude_computer.clone(),
        threads: options.threads,
        rules: rules_digest(chosen.rules()),
    };
    if let Some(there) = request.existing(chosen.rules())? {
        if !look.quiet {
            tell(&there, "is there already")?;
        }
        let is_partial = there.manifest.status == PartStatus::Partial && !args.evidence.inputs.allow_partial;
        return Ok(match (is_partial, there.manifest.alerts) {
            (true, _) => Exit::Partial,
            (false, 1..) if args.outputs.fail_on_detection => Exit::Findings,
            _ => Exit::Done,
        });
    }
    let new =
        interrupt::make_temporary(|| NewPart::begin(request, chosen.rules()), |new| Some(new.temporary().to_owned()))?;
    let temporary = new.temporary().to_owned();
    let mut session = Session::run_with(chosen, &paths, options, look, &[])?;
    if !session.has_input() {
        // A wrong path is no host without alerts: there is no part of it, which would have to be removed first.
        session.report_faults(look)?;
        return Ok(session.leave(&args.evidence, false));
    }
    let written = session.go_on(look, |run, bar| new.write(run, bar));
    interrupt::let_stay(&temporary);
    let written = written?;
    session.report_faults(look)?;
    if !look.quiet {
        let mut out = anstream::stdout().lock();
        terminal::summary::print(&mut TerminalPage::stdout(&mut out), &session)?;
        tell(&written, "is written")?;
        let exceptions = session.run.detector.exceptions().len() as u64;
        if exceptions > 0 {
            let exceptions = counted(exceptions, "exception");
            writeln!(
                anstream::stderr(),
                "evql: {exceptions} for whole alerts: a part keeps these alerts, and `evql merge --exceptions` sets them aside"
            )?;
        }
    }
    Ok(session.leave(&args.evidence, args.outputs.fail_on_detection))
}

/// Refuses a folder below one of the evidence: the part would be evidence of the next run.
fn refuse_evidence(folder: &Path, paths: &[PathBuf]) -> Result<()> {
    let real = real_path(folder);
    let is_above = |path: &&PathBuf| path.canonicalize().is_ok_and(|path| real.starts_with(path));
    if let Some(path) = paths.iter().find(is_above) {
        bail!("{} lies among the evidence ({}); name another folder for the part", folder.display(), path.display());
    }
    Ok(())
}

/// Says what there is of a part.
fn tell(part: &PartFolder, what: &str) -> std::io::Result<()> {
    let manifest = &part.manifest;
    let partial = match manifest.status {
        PartStatus::Complete => "",
        PartStatus::Partial => "; some of its evidence could not be read",
    };
    writeln!(
        anstream::stderr(),
        "evql: part {} {what}: {}, {} of rules that one host answers{partial}",
        escape::terminal(&part.path.display().to_string()),
        counted(manifest.computers.len() as u64, "computer"),
        counted(manifest.alerts, "alert")
    )
}
