//! `evql except`: an exception out of an alert that is known to be harmless.

use super::args::{ExceptArgs as Args, Look};
use super::exit::Exit;
use super::session::{Session, WantedOutputs};
use anyhow::{Result, bail};
use evql::detect::{Alert, AlertSource};
use evql::ecs::{self, Field};
use evql::event::Value;
use evql::rules::exception_text;
use std::io::Write;

/// What is kept of an alert if nobody says: the program, how it was called, and the object.
const USUAL: [&str; 9] = [
    "process.executable",
    "process.command_line",
    "process.parent.executable",
    "destination.ip",
    "dns.question.name",
    "file.path",
    "registry.path",
    "dll.path",
    "winlog.event_data.TargetImage",
];

/// Runs the command.
pub fn run(args: &Args, look: &Look) -> Result<Exit> {
    let mut session = Session::run_wanted(&args.evidence, &args.rules, look, &[], WantedOutputs::default())?;
    session.report_faults(look)?;
    if session.run.outcome.inputs.is_empty() {
        return Ok(session.leave(&args.evidence, false));
    }
    session.go_on(look, |run, bar| run.complete_alerts(bar))?;
    let alerts = &session.run.outcome.alerts;
    let wanted = usize::try_from(args.alert - 1).unwrap_or(usize::MAX);
    let mut text = None;
    (alerts as &dyn AlertSource).for_each(|position, alert| {
        if position == wanted {
            text = Some(exception(args, &session, alert));
        }
        Ok(())
    })?;
    match text {
        Some(text) => {
            session.report_window(look)?;
            anstream::stdout().write_all(text?.as_bytes())?;
        }
        None => bail!("there is no alert {}: the rules found {}", args.alert, alerts.len()),
    }
    Ok(session.leave(&args.evidence, false))
}

fn exception(args: &Args, session: &Session, alert: &Alert) -> Result<String> {
    let meta = session.run.detector.meta(alert);
    let mut kept: Vec<(&str, &Value)> = Vec::new();
    let fields: Vec<&str> =
        if args.keep.is_empty() { USUAL.to_vec() } else { args.keep.iter().map(String::as_str).collect() };
    for name in fields {
        let before = kept.len();
        for value in values(alert, &Field::named(name)) {
            if !kept.contains(&(name, value)) {
                kept.push((name, value));
            }
        }
        if kept.len() == before && !args.keep.is_empty() {
            let has: Vec<&str> =
                USUAL.into_iter().filter(|usual| values(alert, &Field::named(usual)).next().is_some()).collect();
            bail!("alert {} has no {name}; it has {}", args.alert, has.join(", "));
        }
    }
    if kept.is_empty() {
        bail!("alert {} has none of the fields that an exception keeps usually: name some with --keep", args.alert);
    }
    let host = alert.first(ecs::HOST_NAME).map_or_else(|| "a host without a name".to_owned(), ToString::to_string);
    let name = args.name.clone().unwrap_or_else(|| format!("{} on {host}", meta.name));
    // Rules of Sigma may have no id, and a name is what a person reads.
    Ok(exception_text(&name, &meta.name, &kept)? + "\n")
}

/// All values of a field in the events of an alert and in the start of its process.
fn values<'a>(alert: &'a Alert, field: &Field) -> impl Iterator<Item = &'a Value> {
    let field = field.clone();
    alert.present().chain(&alert.start).flat_map(move |event| event.document.values(&field))
}
