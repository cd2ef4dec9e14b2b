//! Writes records of other logs into a new one.
//!
//! In the headers of records they are numbered anew, from 1 and without a gap, as Windows does when it exports chosen records: a gap there means that
//! records were taken out of a log. The number that a record has in its own log is its `EventRecordID`, and stays.

use super::copied::LogRecord;
use super::file::FileWriter;
use std::io::{self, Seek, Write};

/// The minor format version that every Windows since Vista reads.
const MINOR: u16 = 1;

/// A log that is written record by record. In memory is only the chunk being filled.
pub struct LogWriter<W> {
    file: FileWriter<W>,
    records: u64,
}

impl<W: Write + Seek> LogWriter<W> {
    /// Begins a log.
    pub fn new(out: W) -> io::Result<Self> {
        Ok(Self { file: FileWriter::new(out, MINOR)?, records: 0 })
    }

    /// Appends a record. One that no chunk can hold is an error of the kind `InvalidInput`, and leaves the log as it was.
    pub fn push(&mut self, record: &LogRecord) -> io::Result<()> {
        self.file.push(self.records + 1, record.written, &record.instance)?;
        self.records += 1;
        Ok(())
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
