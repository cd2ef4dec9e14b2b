//! `evql test`: runs tests of detections, and tells which fail and why.

use super::args::{Look, TestArgs, TestFormat};
use super::exit::Exit;
use super::output::OutputFiles;
use super::rule_findings;
use super::stdout::is_stdout;
use super::terminal::test_runs as page;
use anyhow::{Result, bail};
use evql::testing::{
    RunSettings, SuiteError, SuiteOptions, TestReport, TestReportFormat, TestSuite, Verdict, write_report,
};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

mod new;
mod quality;

/// Runs the command.
pub fn run(args: &TestArgs, look: &Look) -> Result<Exit> {
    if !args.new.is_empty() {
        return new::run(args);
    }
    if let Some(missing) = args.paths.iter().chain(&args.rules).find(|path| !path.exists()) {
        bail!("there is no file or folder {}", missing.display());
    }
    let options = SuiteOptions { rules: args.rules.clone(), deprecated: args.deprecated };
    let mut suite = match TestSuite::load(&args.paths, &options) {
        Ok(suite) => suite,
        Err(SuiteError::Wrong { files }) => {
            let mut err = anstream::stderr().lock();
            rule_findings::print_full(&mut err, &files, true)?;
            writeln!(err, "evql: {} wrong, and no test ran", page::counted_files(files.len()))?;
            return Ok(Exit::Rules);
        }
        Err(error) => return Err(error.into()),
    };
    let filtered = args.filter.as_deref().map_or(0, |part| suite.filter(part));
    if suite.cases.is_empty() {
        bail!("no test has '{}' in its file or name", args.filter.as_deref().unwrap_or_default());
    }
    let format = format(args);
    let target = args.target.output.as_deref().or((format != TestFormat::Text).then_some(Path::new("-")));
    let sink = target
        .map(|path| {
            let inputs = args.paths.iter().chain(&args.rules).cloned().collect();
            OutputFiles::new(args.target.clobber, inputs, [path])?.open(path)
        })
        .transpose()?;
    let to_stdout = target.is_some_and(is_stdout);
    let mut people: Box<dyn Write + Send> = match (look.quiet, to_stdout) {
        (true, _) => Box::new(std::io::sink()),
        (false, false) => Box::new(anstream::stdout()),
        (false, true) => Box::new(BufWriter::new(anstream::stderr())),
    };
    let start = Instant::now();
    let settings = RunSettings { threads: args.threads.map_or(0, usize::from), fail_fast: args.fail_fast };
    let results = {
        let told = std::sync::Mutex::new(&mut people);
        suite.run(settings, &|at, result| {
            if let Ok(mut out) = told.lock() {
                // A terminal that is gone is noticed at the end.
                let _ = page::line(&mut **out, &suite.cases[at], result, look.verbose);
            }
        })?
    };
    let report = TestReport { cases: &suite.cases, results: &results };
    page::failures(&mut people, &report)?;
    let mut is_updated = false;
    if args.update {
        let updated = suite.update(&results)?;
        page::updated(&mut people, &updated)?;
        is_updated = updated.iter().all(|file| file.left.is_empty());
    }
    page::summary(&mut people, &report, (filtered, suite.passed_over), start.elapsed())?;
    people.flush()?;
    let mut exit =
        if results.iter().any(|result| result.verdict == Verdict::Failed) { Exit::Findings } else { Exit::Done };
    if is_updated {
        exit = Exit::Done;
    }
    let quality = quality::run(args, &suite, &results, look.verbose, &mut people)?;
    people.flush()?;
    if let Some(sink) = sink {
        let format = match format {
            TestFormat::Text => TestReportFormat::Text,
            TestFormat::Junit => TestReportFormat::Junit,
            TestFormat::Tap => TestReportFormat::Tap,
            TestFormat::Jsonl => TestReportFormat::Jsonl,
            TestFormat::Github => TestReportFormat::Github,
        };
        sink.write_with(|out| write_report(format, &report, &quality.report, out))?;
    }
    Ok(if quality.is_too_low && exit == Exit::Done { Exit::Findings } else { exit })
}

fn format(args: &TestArgs) -> TestFormat {
    let ending = || {
        let ending = args.target.output.as_ref()?.extension()?.to_string_lossy().to_lowercase();
        Some(match ending.as_str() {
            "xml" => TestFormat::Junit,
            "tap" => TestFormat::Tap,
            "jsonl" | "ndjson" | "json" => TestFormat::Jsonl,
            _ => TestFormat::Text,
        })
    };
    args.target.output_type.or_else(ending).unwrap_or(TestFormat::Text)
}
