//! What an output format is: of alerts, or of the rows of a timeline.

use super::results::Results;
use crate::timeline::{RowContents, TimelineEntry};
use std::io::{self, Write};

/// Writes results in one format.
pub trait Exporter {
    /// Writes everything, and flushes nothing: the caller owns the writer.
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes the rows of a timeline in one format, one at a time and on any thread.
pub trait TimelineFormat: Sync {
    /// What rows must hold for it.
    fn contents(&self) -> RowContents;
    /// What stands before all rows.
    fn head(&self) -> io::Result<Vec<u8>>;
    /// What stands between two rows; without its first character it stands before the first row too.
    fn separator(&self) -> &'static str;
    /// Adds one row.
    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>);
    /// Adds some rows in their order, each with the separator before it. The rows of a process come one after another, which a format can make use of.
    fn rows(&self, results: &Results<'_>, entries: &mut dyn Iterator<Item = TimelineEntry<'_>>, out: &mut Vec<u8>) {
        for entry in entries {
            out.extend_from_slice(self.separator().as_bytes());
            self.row(results, &entry, out);
        }
    }
    /// What stands after all rows, of which there are some or none.
    fn tail(&self, any: bool) -> &'static str;
}
