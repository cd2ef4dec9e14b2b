//! Text for files out of what is made for terminals.

use anstream::adapter::StripBytes;
use std::io::{self, Write};

/// Takes colours away.
pub struct PlainWriter<'o> {
    out: &'o mut dyn Write,
    state: StripBytes,
}

impl<'o> PlainWriter<'o> {
    /// A writer of plain text into another one.
    pub fn new(out: &'o mut dyn Write) -> Self {
        Self { out, state: StripBytes::new() }
    }
}

impl Write for PlainWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state.strip_next(bytes).try_for_each(|part| self.out.write_all(part))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
