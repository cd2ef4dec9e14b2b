//! The tests of a run with their results, as all formats are given them.

use crate::testing::file::TestCase;
use crate::testing::run::{TestResult, Verdict};

/// Tests with their results, in their order.
#[derive(Clone, Copy, Debug)]
pub struct TestReport<'r> {
    /// The tests.
    pub cases: &'r [TestCase],
    /// The result of each.
    pub results: &'r [TestResult],
}

impl<'r> TestReport<'r> {
    /// Every test with its result.
    pub fn all(&self) -> impl Iterator<Item = (&'r TestCase, &'r TestResult)> {
        self.cases.iter().zip(self.results)
    }

    /// The tests that failed.
    pub fn failed(&self) -> impl Iterator<Item = (&'r TestCase, &'r TestResult)> {
        self.all().filter(|(_, result)| result.verdict == Verdict::Failed)
    }

    pub(super) fn count(&self, verdict: Verdict) -> usize {
        self.results.iter().filter(|result| result.verdict == verdict).count()
    }
}
