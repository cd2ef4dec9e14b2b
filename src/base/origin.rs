//! Where a piece of evidence was read: a number for the input, an offset in it.

use serde::{Deserialize, Serialize};

/// A place in the evidence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Locator {
    /// Number of the input, counted from 0 in the sorted list of inputs.
    pub input: u32,
    /// Bytes from the start of the input to the start of the record; for XML that is not UTF-8, bytes of its text as UTF-8.
    pub offset: u64,
}
