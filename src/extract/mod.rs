//! Extracts: the evidence of some alerts, processes or times, cut out of logs into a small log of its own.
//!
//! # The way of an extract
//!
//! 1. A run has found alerts. [`WantedEvents`] gathers what is to be taken, and finds the places of all of it, by one more pass over the evidence where
//!    alerts alone do not tell.
//! 2. [`write_log`] reads the records again, chunk by chunk, and writes each into the new log: with its own templates and types if it stands in a sound
//!    chunk, and written anew from its texts otherwise.
//! 3. The rules run over the result, and [`Reproduction`] tells whether the same alerts come out of it.
//!
//! With other names ([`NameReplacer`]) the records are read once more before, to learn the names that there are.
//!
//! Nothing is held but places, names, and the records of one chunk.

mod anonymize;
mod reading;
mod reproduced;
mod selection;
mod story;
mod write;

pub use anonymize::{
    BookError, NameBook, NameEntry, NameFinder, NameKind, NameLearner, NameMap, NameReplacer, OriginalNames, Reach,
    RuleHints, leftovers,
};
pub use reading::{Fidelity, show_records};
pub use reproduced::{AlertIdentity, Reproduction};
pub use selection::{ContextDepth, WantedEvents};
pub use story::{StoryEvent, StoryEvents, StoryNote, StoryPart};
pub use write::{ExtractSummary, by_computer, write_log};
