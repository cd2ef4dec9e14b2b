//! The Test Anything Protocol, version 14: a line a test, and a block of YAML for what is wrong with it.

use super::test_report::TestReport;
use crate::testing::run::Verdict;
use std::io::{self, Write};

pub fn write(report: &TestReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "TAP version 14\n1..{}", report.results.len())?;
    for (number, (case, result)) in (1..).zip(report.all()) {
        // A hash would begin a directive.
        let id = case.id().replace('\\', "\\\\").replace('#', "\\#");
        let id = crate::base::escape::terminal(&id);
        match result.verdict {
            Verdict::Passed => writeln!(out, "ok {number} - {id}")?,
            Verdict::NotRun => writeln!(out, "ok {number} - {id} # SKIP a test before it failed")?,
            Verdict::Failed => {
                writeln!(out, "not ok {number} - {id}\n  ---\n  failures:")?;
                for failure in &result.failures {
                    let at = case.file.locate(failure.span);
                    // JSON texts are YAML too.
                    writeln!(out, "    - message: {}", quoted(&failure.message))?;
                    writeln!(out, "      at: {}", quoted(&format!("{}:{}:{}", case.file.shown(), at.line, at.column)))?;
                    if !failure.details.is_empty() {
                        writeln!(out, "      details:")?;
                    }
                    for detail in &failure.details {
                        writeln!(out, "        - {}", quoted(detail))?;
                    }
                }
                writeln!(out, "  ...")?;
            }
        }
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
