//! Results for people, in a file.

use super::test_report::TestReport;
use crate::base::escape::terminal;
use crate::testing::quality::QualityReport;
use crate::testing::run::Verdict;
use std::io::{self, Write};

pub fn write(report: &TestReport<'_>, quality: &QualityReport, out: &mut dyn Write) -> io::Result<()> {
    for (case, result) in report.all() {
        let verdict = match result.verdict {
            Verdict::Passed => "ok     ",
            Verdict::Failed => "FAILED ",
            Verdict::NotRun => "not run",
        };
        writeln!(out, "{verdict} {}", terminal(&case.id()))?;
    }
    for (case, result) in report.failed() {
        writeln!(out, "\n{}", terminal(&case.id()))?;
        for failure in &result.failures {
            let at = case.file.locate(failure.span);
            writeln!(out, "  {}  {}:{}:{}", failure.message, terminal(&case.file.shown()), at.line, at.column)?;
            for line in &failure.details {
                writeln!(out, "    {line}")?;
            }
        }
    }
    let (passed, failed) = (report.count(Verdict::Passed), report.count(Verdict::Failed));
    writeln!(out, "\n{passed} passed, {failed} failed, {} not run", report.count(Verdict::NotRun))?;
    for (place, title, text) in quality.findings() {
        writeln!(out, "{}: {title}: {text}", terminal(&place.to_string()))?;
    }
    Ok(())
}
