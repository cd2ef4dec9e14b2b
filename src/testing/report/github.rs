//! Annotations of GitHub Actions: each failure stands beside its line in the test file, and each unnoticed change beside its line in the rule file.

use super::test_report::TestReport;
use crate::testing::quality::QualityReport;
use crate::testing::run::Verdict;
use std::io::{self, Write};

pub fn write(report: &TestReport<'_>, quality: &QualityReport, out: &mut dyn Write) -> io::Result<()> {
    for (case, result) in report.failed() {
        for failure in &result.failures {
            let at = case.file.locate(failure.span);
            let text = [std::slice::from_ref(&failure.message), &failure.details].concat().join("\n");
            writeln!(
                out,
                "::error file={},line={},col={},title={}::{}",
                property(&case.file.shown()),
                at.line,
                at.column,
                property(&case.name),
                data(&text)
            )?;
        }
    }
    for (place, title, text) in quality.findings() {
        writeln!(
            out,
            "::warning file={},line={},col={},title={}::{}",
            property(&place.file),
            place.line,
            place.column,
            property(&title),
            data(&text)
        )?;
    }
    let (passed, failed) = (report.count(Verdict::Passed), report.count(Verdict::Failed));
    writeln!(out, "{passed} passed, {failed} failed, {} not run", report.count(Verdict::NotRun))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
