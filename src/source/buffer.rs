//! Bytes of a file as they were last read, in a place that is used again.
//!
//! The place begins where a page of memory does: to copy a page of the file to anywhere else takes a processor up to a quarter longer.
//! This module does not know what the bytes mean.

use std::io::{ErrorKind, Read, Result};

/// Bytes of a page of memory on nearly every machine.
const PAGE: usize = 4096;

/// A place for bytes. It grows to the most that was asked for at once.
#[derive(Default)]
pub struct Buffer {
    place: Vec<u8>,
    start: usize,
    length: usize,
}

impl Buffer {
    /// The bytes that were read last.
    pub fn bytes(&self) -> &[u8] {
        &self.place[self.start..self.start + self.length]
    }

    /// Forgets what was read.
    pub fn clear(&mut self) {
        self.length = 0;
    }

    /// Reads as many bytes from here on, or what there is of them: then [`bytes`](Self::bytes) has less. Those that were read before an error stay too.
    pub fn fill(&mut self, source: &mut (impl Read + ?Sized), wish: usize) -> Result<()> {
        self.clear();
        if self.place.len() < wish + PAGE {
            self.place = vec![0; wish + PAGE];
            // Where the system does not say, any place does.
            self.start = self.place.as_ptr().align_offset(PAGE).min(PAGE);
        }
        let mut left = &mut self.place[self.start..self.start + wish];
        while !left.is_empty() {
            match source.read(left) {
                Ok(0) => break,
                Ok(count) => {
                    self.length += count;
                    left = &mut left[count..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
