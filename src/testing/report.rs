//! Results of tests for programs: one format a file below, and what they share.

mod github;
mod jsonl;
mod junit;
mod tap;
mod test_report;
mod text;

pub use test_report::TestReport;

use super::quality::QualityReport;
use std::io::{self, Write};

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
