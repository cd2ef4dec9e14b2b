//! Sequences: stages with filters and join keys, and what a single document is to them.
//!
//! Work on a sequence has two halves. [`CompiledSequence::candidate`] looks at one document, anywhere and in any order, and says which filters take it
//! under which keys. [`Machine`] takes candidates in the order of time and knows no documents at all.

mod candidate;
mod compiled;
mod key;
mod keyed_hash;
mod machine;
mod term_filter;

pub use candidate::{Candidate, KeyValues};
pub(super) use candidate::{candidate, candidate_of_all};
pub use compiled::{CompiledSequence, Stage};
pub use key::{CountedFields, Digest, DigestBuffer, Digester, JoinKey, KeyField, KeyPart, MAX_KEYS};
pub use machine::{Machine, SequenceMatch};
pub use term_filter::TermFilter;
pub(super) use term_filter::fields_of;

/// Most stages of a sequence.
pub const MAX_STAGES: usize = 256;

#[cfg(test)]
mod tests;
