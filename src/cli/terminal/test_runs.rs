//! Tests on a terminal: a line each, then the failures, then the sum.

use super::{BOLD, DIM, counted, shown};
use anstyle::{AnsiColor, Style};
use evql::base::escape::terminal;
use evql::testing::{
    CoveredRule, MutationReport, RuleCoverageReport, TestCase, TestReport, TestResult, UpdatedFile, Verdict,
};
use std::io::{self, Write};
use std::time::Duration;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// Longest part of a rule that is shown, in characters.
const MOST: usize = 160;

/// `2 files are`, `1 file is`.
pub fn counted_files(count: usize) -> String {
    if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") }
}

/// One line for one test.
pub fn line(out: &mut dyn Write, case: &TestCase, result: &TestResult, verbose: bool) -> io::Result<()> {
    let id = case.id();
    let id = terminal(&id);
    let took = if verbose { format!("  {DIM}{} ms{DIM:#}", result.took.as_millis()) } else { String::new() };
    match result.verdict {
        Verdict::Passed => writeln!(out, "{GOOD}ok{GOOD:#}      {id}{took}"),
        Verdict::Failed => writeln!(out, "{BAD}FAILED{BAD:#}  {id}{took}"),
        Verdict::NotRun => writeln!(out, "{DIM}not run{DIM:#} {id}"),
    }
}

/// Everything that is not as expected, test by test.
pub fn failures(out: &mut dyn Write, report: &TestReport<'_>) -> io::Result<()> {
    for (case, result) in report.failed() {
        writeln!(out, "\n{BAD}{}{BAD:#}", terminal(&case.id()))?;
        for failure in &result.failures {
            let at = case.file.locate(failure.span);
            let file = case.file.shown();
            writeln!(
                out,
                "  {BOLD}{}{BOLD:#}  {DIM}{}:{}:{}{DIM:#}",
                failure.message,
                terminal(&file),
                at.line,
                at.column
            )?;
            for line in &failure.details {
                writeln!(out, "    {line}")?;
            }
        }
    }
    Ok(())
}

/// The files that were brought up to date.
pub fn updated(out: &mut dyn Write, files: &[UpdatedFile]) -> io::Result<()> {
    writeln!(out)?;
    for file in files {
        writeln!(
            out,
            "updated {}: {}",
            terminal(&file.path.display().to_string()),
            counted(file.tests as u64, "test")
        )?;
        for name in &file.left {
            writeln!(out, "  left as it is, since it is not written as a [[test]] table: {}", terminal(name))?;
        }
    }
    if files.is_empty() {
        writeln!(out, "nothing to update")?;
    }
    Ok(())
}

/// How many passed and failed.
pub fn summary(
    out: &mut dyn Write,
    report: &TestReport<'_>,
    (filtered, passed_over): (usize, usize),
    took: Duration,
) -> io::Result<()> {
    let count = |verdict| report.results.iter().filter(|result| result.verdict == verdict).count() as u64;
    let (passed, failed, not_run) = (count(Verdict::Passed), count(Verdict::Failed), count(Verdict::NotRun));
    let style = if failed > 0 { BAD } else { GOOD };
    write!(out, "\n{style}{} passed, {failed} failed{style:#}", counted(passed, "test"))?;
    for (count, what) in [(not_run, "not run"), (filtered as u64, "filtered out")] {
        if count > 0 {
            write!(out, ", {count} {what}")?;
        }
    }
    writeln!(out, " in {:.2} s", took.as_secs_f64())?;
    if passed_over > 0 {
        let what = counted(passed_over as u64, "scenario");
        writeln!(out, "{what} without [[expect.alert]] or expect.none passed over")?;
    }
    Ok(())
}

/// Which rules and parts of rules are not proved, by file.
pub fn coverage(out: &mut dyn Write, report: &RuleCoverageReport) -> io::Result<()> {
    writeln!(out, "\n{BOLD}Coverage{BOLD:#}")?;
    for rule in report.rules.iter().filter(|rule| !rule.is_complete()) {
        writeln!(out, "{}  {DIM}{}{DIM:#}", shown(&rule.name, None), shown(&rule.place.to_string(), None))?;
        if rule.fires == 0 {
            writeln!(out, "  no test makes it fire")?;
        }
        if rule.silent == 0 {
            writeln!(out, "  no test says when it must not fire")?;
        }
        for part in &rule.untaken {
            let (place, text) = (shown(&part.place.to_string(), None), shown(&part.text, Some(MOST)));
            writeln!(out, "  no event took the {}  {DIM}{place}{DIM:#}\n    {text}", part.what)?;
        }
    }
    let count = |is: &dyn Fn(&CoveredRule) -> bool| report.rules.iter().filter(|rule| is(rule)).count();
    let rules = counted(report.rules.len() as u64, "rule");
    let (fires, silent) = (count(&|rule| rule.fires > 0), count(&|rule| rule.silent > 0));
    let whole = count(&|rule| rule.is_complete());
    writeln!(
        out,
        "{rules}: {fires} with a test that fires, {silent} with one that must not, {whole} with every stage and exception taken too"
    )
}

/// Which changes no test notices, rule by rule.
pub fn mutation(out: &mut dyn Write, report: &MutationReport, verbose: bool) -> io::Result<()> {
    writeln!(out, "\n{BOLD}Mutants{BOLD:#}")?;
    for rule in &report.rules {
        if let Some(why) = rule.without {
            writeln!(out, "{}  no mutants: {why}", shown(&rule.name, None))?;
            continue;
        }
        let score = percent(rule.noticed, rule.all());
        writeln!(out, "{}  {} of {} noticed ({score})", shown(&rule.name, None), rule.noticed, rule.all())?;
        for mutant in &rule.unnoticed {
            let (place, text) = (shown(&mutant.place.to_string(), None), shown(&mutant.description, None));
            writeln!(out, "  not noticed: {text}  {DIM}{place}{DIM:#}")?;
            if verbose {
                writeln!(out, "    {DIM}{}{DIM:#}", shown(&mutant.query, None))?;
            }
        }
    }
    let (noticed, all) = (report.noticed(), report.all());
    let rules = counted(report.rules.len() as u64, "rule");
    let without = report.rules.iter().filter(|rule| rule.without.is_some()).count();
    let without =
        if without == 0 { String::new() } else { format!("; {} without mutants", counted(without as u64, "rule")) };
    writeln!(out, "{BOLD}{noticed} of {all} mutants of {rules} noticed ({}){without}{BOLD:#}", percent(noticed, all))
}

fn percent(part: usize, whole: usize) -> String {
    (part * 100).checked_div(whole).map_or_else(|| "nothing to change".to_owned(), |percent| format!("{percent} %"))
}
