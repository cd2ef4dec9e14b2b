//! Which files below some paths hold tests: `*.test.toml`, and scenarios that say which alerts there must be.

use super::codes;
use super::file::{TestFile, TestFileKind};
use crate::base::{Span, text_file};
use crate::diag::Diagnostic;
use crate::rules::FileReport;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ending of test files.
pub const ENDING: &str = ".test.toml";

/// The files that were found.
#[derive(Debug, Default)]
pub struct FoundTests {
    /// Files with tests, each once, in order.
    pub files: Vec<Arc<TestFile>>,
    /// Paths that cannot be read.
    pub wrong: Vec<FileReport>,
    /// Scenarios in folders that expect nothing, and so are no tests.
    pub passed_over: usize,
}

/// Looks for tests below some paths.
pub fn find(paths: &[PathBuf]) -> FoundTests {
    let mut found = FoundTests::default();
    for path in paths {
        if path.is_dir() {
            let walk = walkdir::WalkDir::new(path).sort_by_file_name();
            for entry in walk {
                match entry {
                    Ok(entry) if entry.file_type().is_dir() => {}
                    Ok(entry) => found.take(entry.path(), false),
                    Err(error) => found.refuse(error.path().unwrap_or(path), &error.to_string()),
                }
            }
        } else {
            found.take(path, true);
        }
    }
    found
}

impl FoundTests {
    fn take(&mut self, path: &Path, named: bool) {
        let is_tests = path.to_string_lossy().ends_with(ENDING);
        if !named && path.extension().is_none_or(|ending| ending != "toml") {
            return;
        }
        if self.files.iter().any(|known| known.path == path) {
            return;
        }
        let text = match text_file::read(path) {
            Ok(text) => text,
            // Whatever else lies in a folder need not be text.
            Err(_) if !named && !is_tests => return,
            Err(error) => return self.refuse(path, &format!("cannot be read: {error}")),
        };
        let kind = if is_tests {
            TestFileKind::Tests
        } else if is_scenario(&text) {
            if !named && !expects(&text) {
                self.passed_over += 1;
                return;
            }
            TestFileKind::Scenario
        } else if named {
            TestFileKind::Tests
        } else {
            return;
        };
        self.files.push(Arc::new(TestFile { path: path.to_owned(), text, kind }));
    }

    fn refuse(&mut self, path: &Path, reason: &str) {
        let diagnostics = vec![Diagnostic::error(codes::TEST_FILE, Span::default(), reason)];
        self.wrong.push(FileReport { path: path.display().to_string(), text: String::new(), diagnostics });
    }
}

/// Whether a text has a line that begins so.
fn has_line(text: &str, begins: &[&str]) -> bool {
    text.lines().any(|line| begins.iter().any(|begin| line.trim_start().starts_with(begin)))
}

/// Whether a TOML text looks like a scenario.
fn is_scenario(text: &str) -> bool {
    has_line(text, &["[[file]]"]) && has_line(text, &["[[event]]"])
}

/// Whether a scenario says which alerts there must be.
fn expects(text: &str) -> bool {
    has_line(text, &["[[expect.alert]]", "[expect]", "expect."])
}
