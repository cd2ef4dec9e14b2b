//! The traits of output formats: of alerts, and of the rows of a timeline.

use super::json_layout::JsonLayout;
use super::results::Results;
use crate::timeline::{RowContents, TimelineEntry};
use std::io::{self, Write};

/// Writes results in one format.
pub trait Exporter {
    /// Writes everything, and flushes nothing: the caller owns the writer.
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// Writes the rows of a timeline in one format, one at a time and on any thread. Unless a format says otherwise, each row is a line.
pub trait TimelineFormat: Sync {
    /// The contents that rows must hold for the format.
    fn contents(&self) -> RowContents;
    /// The text before all rows.
    fn head(&self) -> io::Result<Vec<u8>> {
        Ok(JsonLayout::Lines.head().into())
    }
    /// The text between two rows; without its first character it stands before the first row too.
    fn separator(&self) -> &'static str {
        JsonLayout::Lines.separator()
    }
    /// Adds one row.
    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>);
    /// Adds some rows in their order, each with the separator before it. The rows of a process come one after another, which a format can make use of.
    fn rows(&self, results: &Results<'_>, entries: &mut dyn Iterator<Item = TimelineEntry<'_>>, out: &mut Vec<u8>) {
        for entry in entries {
            out.extend_from_slice(self.separator().as_bytes());
            self.row(results, &entry, out);
        }
    }
    /// The text after all rows, of which there are some or none.
    fn tail(&self, any: bool) -> &'static str {
        JsonLayout::Lines.tail(any)
    }
}
