//! Writes records of other logs into a new one.

use super::copied::LogRecord;
use super::file::FileWriter;
use std::io::{self, Seek, Write};

/// The minor format version that every Windows since Vista reads.
const MINOR: u16 = 1;

/// A log that is written record by record. In memory is only the chunk being filled.
pub struct LogWriter<W> {
    file: FileWriter<W>,
    last: Option<u64>,
    records: u64,
}

impl<W: Write + Seek> LogWriter<W> {
    /// Begins a log.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self { file: FileWriter::new(out, MINOR)?, last: None, records: 0 })
    }

    /// Appends a record. One that no chunk can hold is an error of the kind `InvalidInput`, and leaves the log as it was.
    pub fn push(&mut self, record: &LogRecord) -> io::Result<()> {
        // A reader takes the record that bears the last number of its chunk for the last one: numbers must rise within a chunk.
        if self.last.is_some_and(|last| record.number <= last) {
            self.file.end_chunk()?;
        }
        self.file.push(record.number, record.written, &record.instance)?;
        self.last = Some(record.number);
        self.records += 1;
        Ok(())
    }

    /// The number of the record that was written last.
    pub fn last_number(&self) -> Option<u64> {
        self.last
    }

    /// How many records were written.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The size of the file if it were finished now, in bytes.
    pub fn size(&self) -> u64 {
        self.file.size()
    }

    /// Writes the last chunk and the header of the file.
    pub fn finish(self) -> io::Result<()> {
        self.file.finish()
    }
}
