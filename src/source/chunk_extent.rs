//! Which record numbers a chunk has.

/// A chunk slot that is not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChunkExtent {
    /// Number of the input.
    pub input: u32,
    /// Number of the chunk in the file, from 0.
    pub chunk: u64,
    /// The first and the last number that the log gave a record in it: those of records that were read, and those that a sound chunk header names.
    pub numbers: Option<(u64, u64)>,
}
