//! `evql fleet`: what a scheduler of many scans asks.

use super::args::{FleetCommand, FleetProbe, Look};
use super::exit::Exit;
use super::patterns;
use super::progress::Bar;
use super::terminal;
use anyhow::Result;
use evql::base::host;
use evql::fleet::SPARK_JOB;
use evql::pipeline::{SurveyOptions, survey};
use evql::source::Search;
use evql::survey::SurveyedFile;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;

/// Runs the command.
pub fn run(command: &FleetCommand, look: &Look) -> Result<Exit> {
    match command {
        FleetCommand::Probe(args) => probe(args, look),
        FleetCommand::Job => {
            anstream::stdout().lock().write_all(SPARK_JOB.as_bytes())?;
            Ok(Exit::Done)
        }
    }
}

fn probe(args: &FleetProbe, look: &Look) -> Result<Exit> {
    let paths = patterns::expanded_all(&args.paths)?;
    let listed = args.files_from.as_ref().map(|list| list.0.clone()).unwrap_or_default();
    let options = SurveyOptions {
        threads: args.threads.map_or(0, usize::from),
        search: Search { listed, skip_archives: true, ..Search::default() },
        ends: true,
        ..SurveyOptions::default()
    };
    let found = survey(&paths, &options, &Bar::new(look))?;
    let mut out = anstream::stdout().lock();
    found.files.iter().filter_map(probed).try_for_each(|file| writeln!(out, "{file}"))?;
    if look.verbose {
        terminal::faults::print(&mut anstream::stderr().lock(), &found.faults, true)?;
    }
    Ok(Exit::Done)
}

/// What is known of a file; `None` if no event of it was read.
fn probed(file: &SurveyedFile) -> Option<Value> {
    let mut computers = BTreeMap::new();
    for stream in file.contents.streams.values() {
        let Some((first, last)) = stream.span else { continue };
        let (_, span) = computers
            .entry(host::folded(&stream.computer).into_owned())
            .or_insert_with(|| (stream.computer.clone(), (first, last)));
        *span = (span.0.min(first), span.1.max(last));
    }
    let row = |(name, (first, last)): &(std::sync::Arc<str>, (evql::base::Ticks, evql::base::Ticks))| json!({ "name": name.as_ref(), "first": first.rfc3339_full(), "last": last.rfc3339_full() });
    let computers: Vec<Value> = computers.values().map(row).collect();
    (!computers.is_empty())
        .then(|| json!({ "path": file.input.path.to_string_lossy(), "bytes": file.input.size, "computers": computers }))
}
