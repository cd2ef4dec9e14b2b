//! One JSON object a test, and one for the whole.

use super::test_report::TestReport;
use crate::testing::file::TestCase;
use crate::testing::quality::QualityReport;
use crate::testing::run::{TestResult, Verdict};
use serde_json::json;
use std::io::{self, Write};

pub fn write(report: &TestReport<'_>, quality: &QualityReport, out: &mut dyn Write) -> io::Result<()> {
    for (case, result) in report.all() {
        writeln!(out, "{}", of_test(case, result))?;
    }
    let mut whole = json!({
        "type": "suite",
        "tests": report.results.len(),
        "passed": report.count(Verdict::Passed),
        "failed": report.count(Verdict::Failed),
        "not_run": report.count(Verdict::NotRun),
    });
    if let Some(coverage) = &quality.coverage {
        whole["coverage"] = coverage.to_json();
    }
    if let Some(mutation) = &quality.mutation {
        whole["mutation"] = mutation.to_json();
    }
    writeln!(out, "{whole}")
}

fn of_test(case: &TestCase, result: &TestResult) -> serde_json::Value {
    let at = case.file.locate(case.span);
    let failures: Vec<_> = result
        .failures
        .iter()
        .map(|failure| {
            let at = case.file.locate(failure.span);
            json!({ "message": failure.message, "line": at.line, "column": at.column, "details": failure.details })
        })
        .collect();
    let verdict = match result.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::NotRun => "not run",
    };
    json!({
        "type": "test",
        "file": case.file.shown(),
        "name": case.name,
        "line": at.line,
        "result": verdict,
        "seconds": result.took.as_secs_f64(),
        "failures": failures,
    })
}
