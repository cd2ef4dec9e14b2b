//! Buffers that a thread uses again from unit to unit.

use std::fs::File;
use std::path::PathBuf;

use super::buffer::Buffer;
use super::evtx::ChunkReader;
use super::fast::{FastReader, LooseReader, ProviderFilter};
use super::xml::Converter;

/// Buffers and strings that are used again from unit to unit. Each thread has its own.
#[derive(Default)]
pub struct Scratch {
    pub(super) converter: Converter,
    /// The last bytes of an event log: one chunk, or several.
    pub(super) buffer: Buffer,
    /// The event log that was last read from, by its path: the next unit is often of the same.
    pub(super) open: Option<(PathBuf, File)>,
    /// A copy of the chunk that goes the slow way, which reads from bytes of its own.
    pub(super) own: Vec<u8>,
    pub(super) reader: ChunkReader,
    pub(super) fast: FastReader,
    pub(super) loose: LooseReader,
    pub(super) wanted: Option<ProviderFilter>,
    pub(super) slow: bool,
}

impl Scratch {
    /// Buffers for a caller that wants only some records. Others become `Item::Skipped`, where that is cheaper than reading them.
    #[must_use]
    pub fn wanting(self, wanted: ProviderFilter) -> Self {
        Self { wanted: Some(wanted), ..self }
    }

    /// Buffers for a caller that reads every record the slow, complete way if `slow`.
    #[must_use]
    pub fn slow(self, slow: bool) -> Self {
        Self { slow, ..self }
    }
}
