//! Fields of a Sysmon event extracted one at a time, straight from its record in the chunk, when somebody asks for them.
//!
//! For each field the steps that it depends on are known beforehand ([`Extractors`]), because it is known which entries a record has: of the whole pipeline a
//! handful of steps is left, and for most fields none but to take the text of an entry. The steps are the very ones that [`super::map()`] takes, in
//! the same order, so that a field has the same values either way; a test holds that over every event. This module does not know who asks, nor why.

mod lazy;
mod plan;
mod share;
mod slice;
mod texts;

pub use lazy::{ExtractCache, Extracted, LazyEvent};
pub use plan::{Extractors, raw_at};
pub use share::{SourcePart, TextSource};
pub use slice::entries_of;
pub use texts::{FieldTexts, UnquotedField};
