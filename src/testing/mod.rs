//! Tests of detections: files that say what rules must find in which evidence, run like the tests of a program.
//!
//! [`TestSuite::load`] reads `*.test.toml` files and scenarios, and refuses what could never hold. [`TestSuite::run`] scans the evidence of each test with its
//! rules and compares. `docs/testing.md` documents the files for those who write them; [`NewTest`] writes a first one from what a scan has found.
//!
//! ```
//! use evql::testing::{RunSettings, SuiteOptions, TestSuite, Verdict};
//!
//! let suite = TestSuite::load(["samples/scenarios/regsvr32.toml"], &SuiteOptions::default())?;
//! for (case, result) in suite.cases.iter().zip(suite.run(RunSettings::default(), &|_, _| ())?) {
//!     assert_eq!(result.verdict, Verdict::Passed, "{}: {:#?}", case.name, result.failures);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod codes;
mod compare;
mod conditions;
mod correlate;
mod coverage;
mod discover;
mod events;
mod expectation;
mod failure;
mod fields;
mod file;
mod material;
mod mutants;
mod mutation;
mod near_events;
mod near_miss;
mod new_test;
mod quality;
mod recorded;
mod relative;
mod report;
mod resolve;
mod rule_group;
mod run;
mod suite;
mod table;
mod update;

pub use compare::{Mismatch, RunFindings};
pub use coverage::{CoveredRule, RuleCoverageReport, UntakenPart};
pub use discover::ENDING;
pub use expectation::{AlertExpectation, AlertListing, EventExpectation, Expectations, FaultExpectation, RuleCount};
pub use failure::TestFailure;
pub use fields::FieldExpectation;
pub use file::{TestCase, TestFile, TestFileKind};
pub use mutants::MutationKind;
pub use mutation::{MutationReport, RuleMutation, UnnoticedMutant};
pub use new_test::NewTest;
pub use quality::QualityReport;
pub use recorded::{RecordedAlert, RecordedFault};
pub use relative::relative_path;
pub use report::{TestReport, TestReportFormat, write_report};
pub use rule_group::{RuleGroup, RulePlace};
pub use run::{ClockFindings, RunSettings, TestResult, Verdict};
pub use suite::{SuiteError, SuiteOptions, TestSuite};
pub use update::UpdatedFile;
