//! Every slug a finding about a rule file can carry, beside those of EQL ([`crate::eql::codes`]).
//!
//! Slugs are a contract: documents, filters and tests refer to them. Nothing here knows when a slug is raised.

use crate::diag::Code;

/// The file cannot be read, or is no text.
pub const UNREADABLE_FILE: Code = Code("unreadable-file");
/// The file is not TOML or JSON, or not of the format.
pub const BAD_FILE: Code = Code("rule-file");
/// The file is well-formed, but there is no rule in it.
pub const NO_RULE: Code = Code("no-rule");
/// A rule without a query.
pub const NO_QUERY: Code = Code("no-query");
/// Warning: a rule with the id of one that was read before.
pub const DUPLICATE_RULE: Code = Code("duplicate-rule");
/// Warning: an exception that cannot be applied, and is left out.
pub const UNUSABLE_EXCEPTION: Code = Code("unusable-exception");
/// A filter of Kibana's that cannot be honoured.
pub const UNUSABLE_FILTER: Code = Code("unusable-filter");
/// Warning: a rule refers to a list of exceptions that no file has.
pub const MISSING_EXCEPTIONS: Code = Code("missing-exceptions");
/// Warning: an exception is for a rule that does not run.
pub const UNKNOWN_RULE: Code = Code("unknown-rule");
/// Warning: a condition on `user.id`, which Sysmon fills with the account that wrote the record.
pub const WRITER_AS_USER: Code = Code("writer-as-user");

/// All of them.
pub const ALL: &[Code] = &[
    UNREADABLE_FILE,
    BAD_FILE,
    NO_RULE,
    NO_QUERY,
    DUPLICATE_RULE,
    UNUSABLE_EXCEPTION,
    UNUSABLE_FILTER,
    MISSING_EXCEPTIONS,
    UNKNOWN_RULE,
    WRITER_AS_USER,
];
