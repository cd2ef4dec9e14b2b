//! The timeline of a run: all rows, ready to be written once.
//!
//! This module does not know how rows are spooled, nor what a format does with one.

use super::duplicates::Duplicates;
use super::spool::RowSpool;
use crate::base::Locator;
use crate::report::{Results, TimelineFormat};
use crate::timeline::AlertParts;
use std::io::{self, Write};
use std::sync::Arc;

use crate::timeline::{RowContents, TimelineEntry};

/// The options of a timeline.
#[derive(Clone, Debug, Default)]
pub struct TimelineOptions {
    /// The contents of its rows: those that the format to be written asks for.
    pub contents: RowContents,
}

/// All events, sorted when they are written.
#[derive(Debug)]
pub struct SortedTimeline {
    pub(super) spool: RowSpool,
    pub(super) duplicates: Arc<Duplicates>,
    pub(super) pool: Arc<rayon::ThreadPool>,
    pub(super) only: Option<Vec<Locator>>,
}

impl SortedTimeline {
    /// Leaves only the rows of events that were read at these places, given in order. Each stays what it was among all.
    #[must_use]
    pub fn only(self, places: Vec<Locator>) -> Self {
        Self { only: Some(places), ..self }
    }

    /// Writes the timeline in a format, whose [`TimelineFormat::contents`] must be those that were asked for.
    ///
    /// Fails if `out` does, or a temporary file.
    pub fn write(self, results: &Results<'_>, format: &dyn TimelineFormat, out: &mut dyn Write) -> io::Result<()> {
        let parts = AlertParts::new(results.alerts)?;
        out.write_all(&format.head()?)?;
        let format_rows = |entries: &mut dyn Iterator<Item = TimelineEntry<'_>>, bytes: &mut Vec<u8>| {
            format.rows(results, entries, bytes);
        };
        let mut rows = WithoutFirst { out, skip: format.separator().len().min(1), any: false };
        // The rows come in parallel, the writer is used by this thread alone.
        let Self { spool, duplicates, pool, only } = self;
        spool.write(&pool, &duplicates, (&parts, only.as_deref()), &format_rows, &mut rows)?;
        let any = rows.any;
        out.write_all(format.tail(any).as_bytes())
    }
}

/// Leaves out what stands only between rows, where it comes before the first.
struct WithoutFirst<'o> {
    out: &'o mut dyn Write,
    skip: usize,
    any: bool,
}

impl Write for WithoutFirst<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.any |= !bytes.is_empty();
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        if skipped > 0 {
            return Ok(skipped);
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
