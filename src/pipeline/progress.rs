//! How a caller hears of the progress of a run. The pipeline itself knows no terminal.

/// Hears how far a run is. Called from all threads.
pub trait Progress: Sync {
    /// The inputs are known: this many bytes are to be read.
    fn start(&self, bytes: u64);
    /// Reports that so many more bytes have been read.
    fn advance(&self, bytes: u64);
    /// Nothing more is to be read.
    fn finish(&self);
}

/// Progress that nobody watches.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Progress for Silent {
    fn start(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn finish(&self) {}
}
