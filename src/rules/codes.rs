//! Every slug a finding about a rule file can carry, beside those of EQL ([`crate::eql::codes`]).
//!
//! Slugs are a contract: documents, filters and tests refer to them. Nothing here knows when a slug is raised.

use crate::diag::{Code, define_codes};

define_codes! {
    /// The file cannot be read, or is no text.
    UNREADABLE_FILE = "unreadable-file";
    /// The file is not TOML or JSON, or not of the format.
    BAD_FILE = "rule-file";
    /// The file is well-formed, but there is no rule in it.
    NO_RULE = "no-rule";
    /// A rule without a query.
    NO_QUERY = "no-query";
    /// A rule that lacks a part that its type needs, such as `threshold`, or has one that cannot be read.
    INCOMPLETE_RULE = "incomplete-rule";
    /// Warning: a rule with the id of one that was read before.
    DUPLICATE_RULE = "duplicate-rule";
    /// Warning: an exception that cannot be applied, and is left out.
    UNUSABLE_EXCEPTION = "unusable-exception";
    /// A `*` in a comparison by order of KQL.
    WILDCARD_IN_RANGE = "wildcard-in-range";
    /// A date that depends on when a server runs the rule, such as `now-7d`.
    RELATIVE_DATE = "relative-date";
    /// A filter of Kibana's that cannot be honoured.
    UNUSABLE_FILTER = "unusable-filter";
    /// Warning: a rule refers to a list of exceptions that no file has.
    MISSING_EXCEPTIONS = "missing-exceptions";
    /// Warning: an exception is for a rule that does not run.
    UNKNOWN_RULE = "unknown-rule";
    /// Warning: a condition on `user.id`, which Sysmon fills with the account that wrote the record.
    WRITER_AS_USER = "writer-as-user";
    /// A modifier of Sigma that there is not.
    UNKNOWN_MODIFIER = "unknown-modifier";
    /// A placeholder of Sigma that nobody has given values for.
    UNKNOWN_PLACEHOLDER = "unknown-placeholder";
    /// A search identifier of Sigma that cannot be used.
    BAD_DETECTION = "sigma-detection";
    /// A condition of Sigma that cannot be read.
    BAD_CONDITION = "sigma-condition";
    /// A correlation of Sigma that lacks a part, or has one that cannot be.
    BAD_CORRELATION = "sigma-correlation";
    /// A key of a Sigma rule that is missing, or has a value that it cannot have.
    BAD_KEY = "sigma-key";
    /// Warning: a value in a list of indicators that cannot be looked for.
    UNUSABLE_INDICATOR = "unusable-indicator";
    /// Warning: an indicator that would fit nearly everything, and is left out.
    BROAD_INDICATOR = "broad-indicator";
    /// Warning: an address that many networks have, each its own.
    PRIVATE_INDICATOR = "private-indicator";
    /// Warning: a field that no Sysmon event has.
    NOT_IN_SYSMON = "not-in-sysmon";
}
