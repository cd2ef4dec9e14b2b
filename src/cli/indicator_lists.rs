//! Lists of indicators of compromise for a run: read before anything else, so that what cannot be used is told first.

use super::args::{ListArgs, Look};
use super::terminal::{MARK, counted, grouped};
use evql::base::escape::terminal;
use evql::pipeline::spread;
use evql::rules::{self, IndicatorLists};
use std::io::{self, Write};

/// Most findings of one list that are told one by one, unless everything is wanted.
const MOST_TOLD: usize = 10;

/// Reads the lists that were named, and tells what they hold and what of them cannot be used; nothing if that keeps the run from going on.
pub fn load(args: &ListArgs, strict: bool, threads: usize, look: &Look) -> io::Result<Option<IndicatorLists>> {
    let lists = rules::load_lists_with(&args.ioc, &args.options(), &|count, job| spread(threads, count, job));
    if args.ioc.is_empty() {
        return Ok(Some(lists));
    }
    tell(&mut anstream::stderr().lock(), &lists, look)?;
    let is_wrong = lists.has_error() || (strict && lists.lists.iter().any(|list| list.unusable > 0));
    Ok(Some(lists).filter(|lists| !is_wrong && !lists.indicators.is_empty()))
}

fn tell(out: &mut dyn Write, lists: &IndicatorLists, look: &Look) -> io::Result<()> {
    for (file, list) in lists.files.iter().zip(&lists.lists) {
        let most = if look.verbose { usize::MAX } else { MOST_TOLD };
        // What keeps the run from going on is told in any case.
        let (errors, others): (Vec<_>, Vec<_>) = file.diagnostics.iter().partition(|found| found.is_error());
        for found in errors.iter().chain(others.iter().take(most)) {
            writeln!(out, "{}", terminal(&evql::diag::concise(found, &file.path, &file.text)))?;
        }
        let more = others.len().saturating_sub(most) + list.more_findings;
        if more > 0 {
            writeln!(
                out,
                "{MARK}note{MARK:#} {} more of {} (-v tells up to 1,000)",
                grouped(more as u64),
                terminal(&file.path)
            )?;
        }
    }
    if look.quiet {
        return Ok(());
    }
    let names = lists.lists.iter().map(|list| {
        let format = list.format.map_or("unreadable", rules::IndicatorFormat::name);
        format!("{} ({format})", list.name)
    });
    let repeats = match lists.repeats {
        0 => String::new(),
        count => format!("; {} more than once", counted(count as u64, "indicator")),
    };
    writeln!(out, "{} in {}{repeats}", lists.counts(), terminal(&names.collect::<Vec<_>>().join(", ")))
}
