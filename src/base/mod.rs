//! Shared basics of all modules: byte spans, instants, GUIDs, numbers and flags in every writing, wildcard patterns and escaping.
//!
//! This floor knows nothing of files, events, rules or Windows records.

pub mod bits;
mod case_key;
pub mod escape;
pub mod flag;
pub mod folded;
pub mod guid;
pub mod host;
pub mod interner;
pub mod json;
pub mod json_object;
pub mod ngram;
pub mod number;
mod origin;
pub mod parts;
pub mod pending_file;
pub mod public_suffix;
pub mod same_bytes;
pub mod span;
pub mod spool;
pub mod text_file;
pub mod time;
pub mod utf16;
pub mod wildcard;
pub mod windows_name;
pub mod words;

/// Runs a job for every number below a count, in any order, and returns when all are done.
pub type Each<'e> = &'e dyn Fn(usize, &(dyn Fn(usize) + Sync));

pub use case_key::{CaseKey, CaseKeyError};
pub use origin::Locator;
pub use span::{LineColumn, LineIndex, Span};
pub use time::Ticks;
