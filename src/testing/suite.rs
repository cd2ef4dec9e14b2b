//! All tests below some paths, loaded and found right: the way in for whoever runs them.

use super::coverage::{RuleCoverageReport, coverage};
use super::discover::{FoundTests, find};
use super::file::{TestCase, TestFile};
use super::mutation::{MutationReport, mutate};
use super::resolve::Resolver;
use super::rule_group::{RuleGroups, RuleSource};
use super::run::{RunSettings, TestResult, run};
use super::update::{UpdatedFile, update};
use crate::diag::concise;
use crate::pipeline::RunError;
use crate::rules::FileReport;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// Options of loading tests.
#[derive(Clone, Debug, Default)]
pub struct SuiteOptions {
    /// Rules for tests that name none, and where rules are looked for by id or name; the built-in ones if there are none.
    pub rules: Vec<PathBuf>,
    /// Whether rules run that their authors have taken back.
    pub deprecated: bool,
}

/// Why tests cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SuiteError {
    /// Test files, rule files or exceptions are wrong. These are the files, with everything found in each.
    #[error("a test file is wrong:{}", errors_in(files))]
    Wrong {
        /// The files that are wrong.
        files: Vec<FileReport>,
    },
    /// There is no test below the paths.
    #[error("there is no test: name *.test.toml files, scenarios with [[expect.alert]], or folders that hold some")]
    Nothing,
    /// Forged evidence has no place to stand.
    #[error("cannot make a folder for forged evidence: {0}")]
    Folder(#[from] std::io::Error),
}

fn errors_in(files: &[FileReport]) -> String {
    let mut lines = String::new();
    for file in files {
        for found in &file.diagnostics {
            // Writing to a String cannot fail.
            let _ = write!(lines, "\n{}", concise(found, &file.path, &file.text));
        }
    }
    lines
}

/// Tests that are right and ready to run.
#[derive(Debug)]
pub struct TestSuite {
    /// The tests, file by file.
    pub cases: Vec<TestCase>,
    /// Scenarios in folders that expect nothing, and so are no tests.
    pub passed_over: usize,
    /// Where forged evidence stands; it goes away with the suite.
    _forged: TempDir,
}

impl TestSuite {
    /// Loads all tests below some paths. Everything that is wrong with any of them is told at once, and then there is no suite.
    pub fn load(
        paths: impl IntoIterator<Item = impl Into<PathBuf>>,
        options: &SuiteOptions,
    ) -> Result<Self, SuiteError> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let FoundTests { files, mut wrong, passed_over } = find(&paths);
        let forged = tempfile::tempdir()?;
        let mut groups = RuleGroups::new(options.deprecated);
        let default_rules = if options.rules.is_empty() {
            vec![RuleSource::Builtin]
        } else {
            options.rules.iter().cloned().map(RuleSource::Path).collect()
        };
        let mut resolver = Resolver { groups: &mut groups, default_rules, forged: forged.path(), folders: 0 };
        let mut cases = Vec::new();
        for file in &files {
            let (tests, findings) = resolver.file(file);
            cases.extend(tests);
            if !findings.is_empty() {
                wrong.push(report(file, findings));
            }
        }
        wrong.append(&mut groups.wrong);
        if !wrong.is_empty() {
            return Err(SuiteError::Wrong { files: wrong });
        }
        if cases.is_empty() {
            return Err(SuiteError::Nothing);
        }
        Ok(Self { cases, passed_over, _forged: forged })
    }

    /// Runs all tests, and gives the result of each in their order. `done` is told of each as soon as it and all before it have ended.
    pub fn run(
        &self,
        settings: RunSettings,
        done: &(dyn Fn(usize, &TestResult) + Sync),
    ) -> Result<Vec<TestResult>, RunError> {
        run(&self.cases, settings, done)
    }

    /// Which rules and parts of rules the tests prove that passed. `threads` is how many to use; 0 means one per core.
    pub fn coverage(&self, results: &[TestResult], threads: usize) -> Result<RuleCoverageReport, RunError> {
        coverage(&self.cases, results, threads)
    }

    /// Which small changes of their rules the tests notice that passed. `threads` is how many to use; 0 means one per core.
    pub fn mutate(&self, results: &[TestResult], threads: usize) -> Result<MutationReport, RunError> {
        mutate(&self.cases, results, threads)
    }

    /// Writes what runs have found into the files of the tests that failed.
    pub fn update(&self, results: &[TestResult]) -> std::io::Result<Vec<UpdatedFile>> {
        update(&self.cases, results)
    }

    /// Keeps only the tests whose file and name a text is part of; how many are left out.
    pub fn filter(&mut self, part: &str) -> usize {
        let before = self.cases.len();
        let wanted = part.to_lowercase();
        self.cases.retain(|case| case.id().to_lowercase().contains(&wanted));
        before - self.cases.len()
    }
}

fn report(file: &Arc<TestFile>, diagnostics: Vec<crate::diag::Diagnostic>) -> FileReport {
    FileReport { path: file.shown(), text: file.text.clone(), diagnostics }
}
