//! Texts that conditions cannot do without, looked for before any condition is evaluated (YARA-X calls them atoms).
//!
//! `process.name : "reg.exe" and process.args : "*\\\\CurrentVersion\\\\Run*"` holds for no record without `reg.exe` and `currentversion\run` in it. That is
//! asked at three depths, each with its own data: of the end of a path in a record's chunk ([`ProcessNames`]), of the stored text of an entry
//! ([`Literals`]), and of the values of a mapped event, or of one value of an entry that is met for the first time ([`Index`]). All three are supersets: what
//! they let through is evaluated.

mod index;
mod literals;
mod process_names;

pub use index::Index;
pub use literals::{LiteralHits, Literals, RequiredLiterals, sole_groups};
pub use process_names::ProcessNames;
