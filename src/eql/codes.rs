//! Every slug a finding about EQL can carry, in one place.
//!
//! Slugs are a contract: documents, filters and tests refer to them. Wording may change, these do not. Nothing here knows when a slug is raised.

use crate::diag::Code;

/// The source is longer than any rule can be.
pub const SOURCE_TOO_LONG: Code = Code("source-too-long");
/// A character that begins no token.
pub const UNEXPECTED_CHARACTER: Code = Code("unexpected-character");
/// A string, quoted name or comment without its end.
pub const UNTERMINATED: Code = Code("unterminated");
/// A backslash in a string in front of a character that it cannot escape.
pub const INVALID_ESCAPE: Code = Code("invalid-escape");
/// A text in single quotes.
pub const SINGLE_QUOTES: Code = Code("single-quotes");
/// A `?"raw"` string, which Elasticsearch no longer has.
pub const OLD_RAW_STRING: Code = Code("old-raw-string");
/// A number that cannot be read.
pub const INVALID_NUMBER: Code = Code("invalid-number");

/// A token where the grammar wants another.
pub const UNEXPECTED_TOKEN: Code = Code("unexpected-token");
/// Parentheses, negations or function calls nested too deeply.
pub const TOO_DEEP: Code = Code("too-deep");
/// `=` where `==` is meant.
pub const SINGLE_EQUALS: Code = Code("single-equals");
/// A comparison of a comparison, as in `a < b < c`.
pub const CHAINED_COMPARISON: Code = Code("chained-comparison");
/// `not` in front of an operator that has no negated form, as in `a not like "b"`.
pub const NEGATED_OPERATOR: Code = Code("negated-operator");
/// An array index, as in `a[0]`.
pub const ARRAY_INDEX: Code = Code("array-index");
/// A construct of EQL that Elasticsearch does not run: `join`, `of`.
pub const UNSUPPORTED: Code = Code("unsupported");
/// `with maxspan` in front of `by`.
pub const MAXSPAN_BEFORE_BY: Code = Code("maxspan-before-by");
/// A duration without unit, with an unknown unit, or not a positive integer.
pub const INVALID_DURATION: Code = Code("invalid-duration");
/// A number of runs outside 1 to 100.
pub const INVALID_RUNS: Code = Code("invalid-runs");
/// `runs` on an `until` term, where it changes nothing.
pub const IGNORED_RUNS: Code = Code("ignored-runs");

/// Fewer than two stages in a sequence or terms in a sample.
pub const TOO_FEW_STAGES: Code = Code("too-few-stages");
/// More stages than a sequence may have, or more terms than a sample may have.
pub const TOO_MANY_STAGES: Code = Code("too-many-stages");
/// Terms with different numbers of join keys.
pub const KEY_COUNT: Code = Code("key-count");
/// A join key that is not a plain field.
pub const INVALID_KEY: Code = Code("invalid-key");
/// A sample without join keys.
pub const MISSING_KEY: Code = Code("missing-key");
/// A missing-event stage in a sequence without `maxspan`.
pub const MISSING_WITHOUT_MAXSPAN: Code = Code("missing-without-maxspan");
/// A sequence of nothing but missing-event stages.
pub const ALL_MISSING: Code = Code("all-missing");
/// A missing-event term in a sample.
pub const MISSING_IN_SAMPLE: Code = Code("missing-in-sample");

/// A function that does not exist.
pub const UNKNOWN_FUNCTION: Code = Code("unknown-function");
/// A function that only the Python implementation of EQL has.
pub const REMOVED_FUNCTION: Code = Code("removed-function");
/// `name~` of a function without a case-insensitive form.
pub const NO_INSENSITIVE_FORM: Code = Code("no-insensitive-form");
/// Too few or too many arguments of a function or pipe.
pub const ARGUMENT_COUNT: Code = Code("argument-count");
/// Something computed where a constant is needed.
pub const NOT_CONSTANT: Code = Code("not-constant");
/// A comparison without a constant on either side.
pub const FIELD_COMPARISON: Code = Code("field-comparison");
/// A value of a type that the operator or function does not take.
pub const TYPE_MISMATCH: Code = Code("type-mismatch");
/// A condition that is neither true nor false.
pub const NOT_BOOLEAN: Code = Code("not-boolean");
/// A comparison that no value can satisfy.
pub const IMPOSSIBLE_COMPARISON: Code = Code("impossible-comparison");
/// An integer division by a constant zero.
pub const DIVISION_BY_ZERO: Code = Code("division-by-zero");
/// A text that is not an IP address where one is compared.
pub const INVALID_ADDRESS: Code = Code("invalid-address");
/// A text that is not a CIDR block.
pub const INVALID_CIDR: Code = Code("invalid-cidr");
/// A text that is not an instant where one is compared.
pub const INVALID_DATE: Code = Code("invalid-date");
/// A regular expression that breaks Lucene's syntax.
pub const INVALID_REGEX: Code = Code("invalid-regex");
/// A Lucene operator that has no counterpart here: complement, intersection, named automaton.
pub const UNSUPPORTED_REGEX: Code = Code("unsupported-regex");
/// A pipe that does not exist, or exists in Python EQL only.
pub const UNKNOWN_PIPE: Code = Code("unknown-pipe");
/// Warning: a field that neither ECS nor the mapping has.
pub const UNKNOWN_FIELD: Code = Code("unknown-field");
/// Warning: `*` in a text that is compared exactly.
pub const LITERAL_WILDCARD: Code = Code("literal-wildcard");
/// Warning: a category that no event has.
pub const UNKNOWN_CATEGORY: Code = Code("unknown-category");
/// Warning: `^`, `$` or `(?` in a regular expression, where they are ordinary.
pub const LITERAL_ANCHOR: Code = Code("literal-anchor");

/// All of them.
pub const ALL: &[Code] = &[
    SOURCE_TOO_LONG,
    UNEXPECTED_CHARACTER,
    UNTERMINATED,
    INVALID_ESCAPE,
    SINGLE_QUOTES,
    OLD_RAW_STRING,
    INVALID_NUMBER,
    UNEXPECTED_TOKEN,
    TOO_DEEP,
    SINGLE_EQUALS,
    CHAINED_COMPARISON,
    NEGATED_OPERATOR,
    ARRAY_INDEX,
    UNSUPPORTED,
    MAXSPAN_BEFORE_BY,
    INVALID_DURATION,
    INVALID_RUNS,
    IGNORED_RUNS,
    TOO_FEW_STAGES,
    TOO_MANY_STAGES,
    KEY_COUNT,
    INVALID_KEY,
    MISSING_KEY,
    MISSING_WITHOUT_MAXSPAN,
    ALL_MISSING,
    MISSING_IN_SAMPLE,
    UNKNOWN_FUNCTION,
    REMOVED_FUNCTION,
    NO_INSENSITIVE_FORM,
    ARGUMENT_COUNT,
    NOT_CONSTANT,
    FIELD_COMPARISON,
    TYPE_MISMATCH,
    NOT_BOOLEAN,
    IMPOSSIBLE_COMPARISON,
    DIVISION_BY_ZERO,
    INVALID_ADDRESS,
    INVALID_CIDR,
    INVALID_DATE,
    INVALID_REGEX,
    UNSUPPORTED_REGEX,
    UNKNOWN_PIPE,
    UNKNOWN_FIELD,
    LITERAL_WILDCARD,
    LITERAL_ANCHOR,
    UNKNOWN_CATEGORY,
];
