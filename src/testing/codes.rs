//! Every slug a finding about a test file can carry, beside those of rule files ([`crate::rules::codes`]).
//!
//! Slugs are a contract: documents, filters and tests refer to them. Nothing here knows when a slug is raised.

use crate::diag::Code;

/// The file cannot be read, is not TOML, or has an unknown key or a value of the wrong type.
pub const TEST_FILE: Code = Code("test-file");
/// There is no test in the file.
pub const NO_TEST: Code = Code("no-test");
/// Two tests of a file have one name.
pub const DUPLICATE_TEST: Code = Code("duplicate-test");
/// A test that would pass whatever happens.
pub const NO_ASSERTION: Code = Code("no-assertion");
/// A test without evidence, or with evidence that is not there.
pub const MISSING_EVIDENCE: Code = Code("missing-evidence");
/// Inline events, or a scenario, that cannot be made.
pub const BAD_SCENARIO: Code = Code("test-scenario");
/// Rules that are not there, cannot run, or are not known by this id or name.
pub const MISSING_RULE: Code = Code("missing-rule");
/// An expectation that no result can fulfil.
pub const NEVER_HOLDS: Code = Code("never-holds");

/// All of them.
pub const ALL: &[Code] =
    &[TEST_FILE, NO_TEST, DUPLICATE_TEST, NO_ASSERTION, MISSING_EVIDENCE, BAD_SCENARIO, MISSING_RULE, NEVER_HOLDS];
