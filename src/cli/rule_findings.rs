//! Findings in rule files, with the lines that they are about.

use evql::diag::{self, Diagnostic};
use evql::rules::FileReport;
use std::io::Write;

/// Every finding with the file that it is about.
pub fn findings(files: &[FileReport]) -> impl Iterator<Item = (&FileReport, &Diagnostic)> {
    files.iter().flat_map(|file| file.diagnostics.iter().map(move |found| (file, found)))
}

/// Prints findings with the lines that they are about; only errors if `errors`.
pub fn print_full(out: &mut dyn Write, files: &[FileReport], errors: bool) -> std::io::Result<()> {
    for (file, found) in findings(files).filter(|(_, found)| !errors || found.is_error()) {
        writeln!(out, "{}\n", diag::full(found, &file.path, &file.text))?;
    }
    Ok(())
}
