//! A text or a regular expression looked for in all fields of all events, at the speed of reading.
//!
//! # The way of a search
//!
//! What is found is defined by whole events: [`EventSearch::holds`] asks every value of every field of a mapped document. To map every record for that would
//! take a hundred times as long as to read it, so most records are ruled out as they are stored:
//!
//! 1. `required` finds the texts that a match cannot do without: of a literal the literal itself, of `/invoke-(mimikatz|kerberoast)/` both
//!    `invoke-mimikatz` and `invoke-kerberoast`.
//! 2. `stored` looks for them in the bytes of a record, which has its texts as UTF-16, in any case of their letters.
//! 3. Fields are parts of entries, but for a few: constants, numbers that are stored as such, arguments without their quotes, digests, times. `shape` knows for
//!    each shape of records what these are ([`crate::sysmon::FieldTexts`]), and `rendered` which of them a text can be part of at all: `mimikatz` is in no
//!    number and no time.
//! 4. What is left is mapped, and asked.
//!
//! Steps 1 to 3 let too much through and never too little; a test compares them with step 4 alone. This module does not know threads or files, nor what a match
//! is shown as.

mod event_search;
mod pattern;
mod rendered;
mod required;
mod shape;
mod stored;

pub use event_search::{EventSearch, FieldHit};
pub use pattern::{PatternError, SearchPattern};
pub use shape::{SearchState, ShapeSearch};

#[cfg(test)]
mod tests;
