//! Results of tests for programs: one format a file below, and what they share.

mod github;
mod jsonl;
mod junit;
mod tap;
mod text;

use super::file::TestCase;
use super::quality::QualityReport;
use super::run::{TestResult, Verdict};
use std::io::{self, Write};

/// Tests with their results, in their order.
#[derive(Clone, Copy, Debug)]
pub struct TestReport<'r> {
    /// The tests.
    pub cases: &'r [TestCase],
    /// The result of each.
    pub results: &'r [TestResult],
}

impl<'r> TestReport<'r> {
    /// Every test with its result.
    pub fn all(&self) -> impl Iterator<Item = (&'r TestCase, &'r TestResult)> {
        self.cases.iter().zip(self.results)
    }

    /// The tests that failed.
    pub fn failed(&self) -> impl Iterator<Item = (&'r TestCase, &'r TestResult)> {
        self.all().filter(|(_, result)| result.verdict == Verdict::Failed)
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|result| result.verdict == verdict).count()
    }
}

/// The formats of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestReportFormat {
    /// For people, without colours.
    Text,
    /// `JUnit` XML.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// JSON, one object a line.
    Jsonl,
    /// Annotations of GitHub Actions.
    Github,
}

/// Writes results in a format, with what is known of the quality of the tests where the format has a place for it.
pub fn write_report(
    format: TestReportFormat,
    report: &TestReport<'_>,
    quality: &QualityReport,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        TestReportFormat::Text => text::write(report, quality, out),
        TestReportFormat::Junit => junit::write(report, out),
        TestReportFormat::Tap => tap::write(report, out),
        TestReportFormat::Jsonl => jsonl::write(report, quality, out),
        TestReportFormat::Github => github::write(report, quality, out),
    }
}
