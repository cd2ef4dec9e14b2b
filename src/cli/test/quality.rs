//! `evql test --coverage` and `--mutate`: how good the tests are.

use super::super::args::TestArgs;
use super::super::terminal::test_runs as page;
use anyhow::Result;
use evql::testing::{QualityReport, TestResult, TestSuite};
use std::io::Write;

/// Coverage and mutation score of tests, as far as they were asked for.
pub struct Quality {
    /// For a program.
    pub report: QualityReport,
    /// Whether it is below what was asked for.
    pub is_too_low: bool,
}

/// Works out what was asked for, and shows it.
pub fn run(
    args: &TestArgs,
    suite: &TestSuite,
    results: &[TestResult],
    verbose: bool,
    people: &mut dyn Write,
) -> Result<Quality> {
    let threads = args.threads.map_or(0, usize::from);
    let mut report = QualityReport::default();
    if args.quality.coverage {
        let coverage = suite.coverage(results, threads)?;
        page::coverage(people, &coverage)?;
        report.coverage = Some(coverage);
    }
    let mut is_too_low = false;
    if args.quality.mutate {
        let mutation = suite.mutate(results, threads)?;
        page::mutation(people, &mutation, verbose)?;
        let (noticed, all) = (mutation.noticed() as u64, mutation.all() as u64);
        is_too_low = args.quality.min_score.is_some_and(|least| noticed * 100 < all * u64::from(least));
        if is_too_low {
            writeln!(people, "that is less than --min-score asks for")?;
        }
        report.mutation = Some(mutation);
    }
    Ok(Quality { report, is_too_low })
}
