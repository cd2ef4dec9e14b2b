//! `JUnit` XML, as Jenkins, GitLab and Azure read it: a suite a file, a case a test.

use super::test_report::TestReport;
use crate::base::escape::html;
use crate::testing::file::TestCase;
use crate::testing::run::{TestResult, Verdict};
use std::io::{self, Write};

pub fn write(report: &TestReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites {}>", counts(report))?;
    let mut start = 0;
    for of_file in report.cases.chunk_by(|left, right| left.file.path == right.file.path) {
        let end = start + of_file.len();
        let suite = TestReport { cases: of_file, results: &report.results[start..end] };
        start = end;
        writeln!(out, "  <testsuite name=\"{}\" {}>", html(&of_file[0].file.shown()), counts(&suite))?;
        for (case, result) in suite.all() {
            one(case, result, out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn counts(report: &TestReport<'_>) -> String {
    let seconds: f64 = report.results.iter().map(|result| result.took.as_secs_f64()).sum();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{seconds:.3}\"",
        report.results.len(),
        report.count(Verdict::Failed),
        report.count(Verdict::NotRun)
    )
}

fn one(case: &TestCase, result: &TestResult, out: &mut dyn Write) -> io::Result<()> {
    let line = case.file.locate(case.span).line;
    let file = case.file.shown();
    write!(
        out,
        "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{line}\" time=\"{:.3}\"",
        html(&case.name),
        html(&file),
        html(&file),
        result.took.as_secs_f64()
    )?;
    match result.verdict {
        Verdict::Passed => writeln!(out, "/>"),
        Verdict::NotRun => writeln!(out, "><skipped message=\"a test before it failed\"/></testcase>"),
        Verdict::Failed => {
            writeln!(out, ">")?;
            for failure in &result.failures {
                let line = case.file.locate(failure.span).line;
                write!(out, "      <failure message=\"{}\">{}:{line}", html(&failure.message), html(&file))?;
                for detail in &failure.details {
                    write!(out, "\n{}", html(detail))?;
                }
                writeln!(out, "</failure>")?;
            }
            writeln!(out, "    </testcase>")
        }
    }
}
