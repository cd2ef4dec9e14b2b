//! Errors in scenarios: typed facts, with the wording here and nowhere else.

use crate::base::{LineIndex, Span};

/// A problem in a scenario, with the place a person must look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{scenario}:{line}:{column}: {problem}")]
pub struct ForgeError {
    /// Name of the scenario file as given.
    pub scenario: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The error itself.
    pub problem: Problem,
}

/// The kinds of problems.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Not TOML, an unknown key, or a key of the wrong type.
    #[error("{0}")]
    Toml(String),
    /// A field that Sysmon's event does not have.
    #[error("Sysmon event {id} has no field `{name}`; it has: {}", known.join(", "))]
    UnknownField {
        /// Event ID.
        id: u16,
        /// The field named.
        name: String,
        /// The fields there are.
        known: Vec<&'static str>,
    },
    /// An ID without a field list, under Sysmon's name.
    #[error("Sysmon has no event {0}")]
    UnknownEvent(u16),
    /// A value that the field's type cannot hold.
    #[error("`{name}` must be {wanted}, not `{text}`")]
    NotOfKind {
        /// The field or key.
        name: String,
        /// Values that fit, in words.
        wanted: &'static str,
        /// The value that was given.
        text: String,
    },
    /// An unknown type name in `types`.
    #[error(
        "unknown type `{0}`; known: text, uint8, uint16, int32, uint32, uint64, boolean, guid, filetime, sid, hex32, hex64"
    )]
    UnknownKind(String),
    /// A name that nothing has.
    #[error("no [[{table}]] is called `{name}`")]
    NoSuch {
        /// The kind of thing.
        table: &'static str,
        /// The name given.
        name: String,
    },
    /// Two things of one name.
    #[error("two [[{table}]] are called `{name}`")]
    Twice {
        /// The kind of thing.
        table: &'static str,
        /// The name given.
        name: String,
    },
    /// Several files, and an event or a damage that does not say which it belongs to.
    #[error("there are several files: say which with `file = \"…\"`")]
    WhichFile,
    /// The first event of a file needs a time of its own.
    #[error("an event needs `time`, or `after_ms` if another event stands before it in its file")]
    NoTime,
    /// Both ways of saying when.
    #[error("`time` and `after_ms` exclude each other")]
    TwoTimes,
    /// A process is its own ancestor.
    #[error("process `{0}` is its own ancestor")]
    ParentLoop(String),
    /// Record numbers must rise.
    #[error("record {given} does not follow record {last}")]
    RecordOrder {
        /// The number given.
        given: u64,
        /// The one before.
        last: u64,
    },
    /// A record larger than a chunk.
    #[error("the event is too large: a record must fit into one chunk of 64 KiB, a value into 65,535 bytes")]
    TooLarge,
    /// Damage to something that is not there.
    #[error("nothing to damage: {0}")]
    NothingToDamage(String),
    /// A kind of damage without a key it needs.
    #[error("damage `{kind}` needs `{key}`")]
    Needs {
        /// The kind of damage.
        kind: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A kind of damage with a key it cannot use.
    #[error("damage `{kind}` has no use for `{key}`")]
    NoUseFor {
        /// The kind of damage.
        kind: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A number that leads out of range.
    #[error("`{0}` is out of range")]
    OutOfRange(&'static str),
}

impl Problem {
    /// Puts the problem at a place of the scenario's text.
    pub(super) fn at(self, scenario: &str, text: &str, span: Span) -> ForgeError {
        let place = LineIndex::new(text).locate(span.start);
        ForgeError { scenario: scenario.to_owned(), line: place.line, column: place.column, problem: self }
    }
}
