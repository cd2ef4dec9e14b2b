//! Other names in the place of those of hosts, domains, accounts, addresses and identifiers.
//!
//! Three steps, of which the first two read the records and the last one reads the bytes:
//!
//! 1. [`NameLearner`] is shown every record that is to be written, and learns which names there are: those of entries that hold nothing else (`User`,
//!    `Computer`, `SourceIp`), and those that stand where names stand (`\Users\NAME`, `\\HOST\`, URLs, e-mail addresses).
//! 2. [`NameBook`] chooses a replacement for each, and [`NameReplacer`] puts it in wherever the name stands, in the letters' case of each place.
//!    What rules look at stays: private addresses stay private, names that stand in rules stay, and so do those that Windows has everywhere.
//! 3. [`leftovers()`] looks for the names in the bytes that were written.

mod address;
mod book;
mod hints;
mod known;
mod learner;
mod leftovers;
mod name_map;
mod originals;
mod patterns;
mod random;
mod replacer;

pub use book::{BookError, NameBook, NameEntry, Reach};
pub use hints::RuleHints;
pub use learner::NameLearner;
pub use leftovers::leftovers;
pub use name_map::NameMap;
pub use originals::{NameKind, OriginalNames};
pub use replacer::{NameFinder, NameReplacer};
