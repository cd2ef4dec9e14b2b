//! Where a chunk stands in the evidence.

use std::sync::Arc;

/// Where a chunk is, for the faults and origins of what is in it.
#[derive(Clone, Copy)]
pub(super) struct ChunkPlace<'a> {
    /// The input as displayed.
    pub input: &'a Arc<str>,
    /// Number of the input.
    pub number: u32,
    /// Bytes from the start of the file to the start of the chunk.
    pub offset: u64,
    /// Number of the chunk in the file, from 0.
    pub chunk: u64,
}
