//! Test files and the tests in them, as they are found: nothing here knows what comes of running one.

use super::expectation::Expectations;
use super::rule_group::RuleGroup;
use crate::base::{LineColumn, LineIndex, Span};
use crate::event::Clock;
use crate::sysmon::Mapping;
use std::path::PathBuf;
use std::sync::Arc;

/// The kinds of files that hold tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestFileKind {
    /// A `*.test.toml` file.
    Tests,
    /// A scenario that says which alerts a scan of its files must give.
    Scenario,
}

/// A file with tests.
#[derive(Debug)]
pub struct TestFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Which kind it is.
    pub kind: TestFileKind,
}

impl TestFile {
    /// Its path as a person named it.
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Line and column of a part of it.
    pub fn locate(&self, span: Span) -> LineColumn {
        LineIndex::new(&self.text).locate(span.start)
    }
}

/// One test, ready to run.
#[derive(Debug)]
pub struct TestCase {
    /// Its name, unique in its file.
    pub name: String,
    /// The file.
    pub file: Arc<TestFile>,
    /// Its position among the tests of the file.
    pub position: usize,
    /// The place of its name.
    pub span: Span,
    /// Its rules.
    pub group: Arc<RuleGroup>,
    /// Files and folders of evidence; what was forged stands in a temporary folder.
    pub evidence: Vec<PathBuf>,
    /// The orders of events under which it runs.
    pub clocks: Vec<Clock>,
    /// Whose documents its events become.
    pub mapping: Mapping,
    /// The findings that it expects.
    pub expected: Expectations,
}

impl TestCase {
    /// File and name, as filters and reports have them.
    pub fn id(&self) -> String {
        format!("{}::{}", self.file.shown(), self.name)
    }
}
