//! Texts that conditions cannot do without, looked for before any condition is evaluated (YARA-X calls them atoms).
//!
//! `process.name : "reg.exe" and process.args : "*\\\\CurrentVersion\\\\Run*"` holds for no record without `reg.exe` and `currentversion\run` in it. That is
//! asked of records in their chunks, at the end of the path that names the process ([`ProcessNames`]) and in the stored text of any entry ([`Literals`]); and
//! of documents, which have no stored text, in the values of their fields ([`Index`]). All are supersets: what they let through is evaluated.

mod index;
mod literals;
mod process_names;

pub use index::Index;
pub use literals::{LiteralHits, Literals, RequiredLiterals};
pub use process_names::ProcessNames;
