//! Every slug a finding about EQL can carry, in one place.
//!
//! Slugs are a contract: documents, filters and tests refer to them. Wording may change, these do not. Nothing here knows when a slug is raised.

use crate::diag::{Code, define_codes};

define_codes! {
    /// The source is longer than any rule can be.
    SOURCE_TOO_LONG = "source-too-long";
    /// A character that begins no token.
    UNEXPECTED_CHARACTER = "unexpected-character";
    /// A string, quoted name or comment without its end.
    UNTERMINATED = "unterminated";
    /// A backslash in a string in front of a character that it cannot escape.
    INVALID_ESCAPE = "invalid-escape";
    /// A text in single quotes.
    SINGLE_QUOTES = "single-quotes";
    /// A `?"raw"` string, which Elasticsearch no longer has.
    OLD_RAW_STRING = "old-raw-string";
    /// A number that cannot be read.
    INVALID_NUMBER = "invalid-number";

    /// A token where the grammar wants another.
    UNEXPECTED_TOKEN = "unexpected-token";
    /// Parentheses, negations or function calls nested too deeply.
    TOO_DEEP = "too-deep";
    /// `=` where `==` is meant.
    SINGLE_EQUALS = "single-equals";
    /// A comparison of a comparison, as in `a < b < c`.
    CHAINED_COMPARISON = "chained-comparison";
    /// `not` in front of an operator that has no negated form, as in `a not like "b"`.
    NEGATED_OPERATOR = "negated-operator";
    /// An array index, as in `a[0]`.
    ARRAY_INDEX = "array-index";
    /// A construct of EQL that Elasticsearch does not run: `join`, `of`.
    UNSUPPORTED = "unsupported";
    /// `with maxspan` in front of `by`.
    MAXSPAN_BEFORE_BY = "maxspan-before-by";
    /// A duration without unit, with an unknown unit, or not a positive integer.
    INVALID_DURATION = "invalid-duration";
    /// A number of runs outside 1 to 100.
    INVALID_RUNS = "invalid-runs";
    /// `runs` on an `until` term, where it changes nothing.
    IGNORED_RUNS = "ignored-runs";

    /// Fewer than two stages in a sequence or terms in a sample.
    TOO_FEW_STAGES = "too-few-stages";
    /// More stages than a sequence may have, or more terms than a sample may have.
    TOO_MANY_STAGES = "too-many-stages";
    /// Terms with different numbers of join keys.
    KEY_COUNT = "key-count";
    /// A join key that is not a plain field.
    INVALID_KEY = "invalid-key";
    /// A sample without join keys.
    MISSING_KEY = "missing-key";
    /// A missing-event stage in a sequence without `maxspan`.
    MISSING_WITHOUT_MAXSPAN = "missing-without-maxspan";
    /// A sequence of nothing but missing-event stages.
    ALL_MISSING = "all-missing";
    /// A missing-event term in a sample.
    MISSING_IN_SAMPLE = "missing-in-sample";

    /// A function that does not exist.
    UNKNOWN_FUNCTION = "unknown-function";
    /// A function that only the Python implementation of EQL has.
    REMOVED_FUNCTION = "removed-function";
    /// `name~` of a function without a case-insensitive form.
    NO_INSENSITIVE_FORM = "no-insensitive-form";
    /// Too few or too many arguments of a function or pipe.
    ARGUMENT_COUNT = "argument-count";
    /// Something computed where a constant is needed.
    NOT_CONSTANT = "not-constant";
    /// A comparison without a constant on either side.
    FIELD_COMPARISON = "field-comparison";
    /// A value of a type that the operator or function does not take.
    TYPE_MISMATCH = "type-mismatch";
    /// A condition that is neither true nor false.
    NOT_BOOLEAN = "not-boolean";
    /// A comparison that no value can satisfy.
    IMPOSSIBLE_COMPARISON = "impossible-comparison";
    /// An integer division by a constant zero.
    DIVISION_BY_ZERO = "division-by-zero";
    /// A text that is not an IP address where one is compared.
    INVALID_ADDRESS = "invalid-address";
    /// A text that is not a CIDR block.
    INVALID_CIDR = "invalid-cidr";
    /// A text that is not an instant where one is compared.
    INVALID_DATE = "invalid-date";
    /// A regular expression that breaks Lucene's syntax.
    INVALID_REGEX = "invalid-regex";
    /// A Lucene operator that has no counterpart here: complement, intersection, named automaton.
    UNSUPPORTED_REGEX = "unsupported-regex";
    /// A pipe that does not exist, or exists in Python EQL only.
    UNKNOWN_PIPE = "unknown-pipe";
    /// Warning: a field that neither ECS nor the mapping has.
    UNKNOWN_FIELD = "unknown-field";
    /// Warning: `*` in a text that is compared exactly.
    LITERAL_WILDCARD = "literal-wildcard";
    /// Warning: a category that no event has.
    UNKNOWN_CATEGORY = "unknown-category";
    /// Warning: `^`, `$` or `(?` in a regular expression, where they are ordinary.
    LITERAL_ANCHOR = "literal-anchor";
    /// Warning: a function that only evql has.
    OWN_FUNCTION = "own-function";
}
