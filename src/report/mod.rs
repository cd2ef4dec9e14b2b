//! Results become files: one exporter per format behind one trait, all fed from one [`Results`].
//!
//! Columns and keys are a contract, written down in `docs/outputs.md`. This module does not know how events were found,
//! and it opens no files: exporters write to whatever they are given.

mod alert;
mod alert_id;
mod alerts_csv;
mod alerts_json;
mod bulk;
mod citation;
mod columns;
pub mod html;
mod message;
#[cfg(feature = "parquet")]
mod parquet;
mod process_json;
mod survey_json;
mod timeline_csv;
mod timeline_ecs;
mod timeline_json;
mod timesketch;
mod tle;
mod tree;
mod triage_json;

pub use alert::{AlertDocuments, alert_document};
pub use alerts_csv::AlertsCsv;
pub use alerts_json::AlertsJson;
pub use bulk::{BadIndex, TimelineBulk, index_template};
pub use citation::{Citation, citation};
#[cfg(feature = "parquet")]
pub use parquet::{ParquetWriter, TimelineParquet};
pub use survey_json::{fault_document, survey_document};
pub use timeline_csv::TimelineCsv;
pub use timeline_ecs::TimelineEcs;
pub use timeline_json::TimelineJson;
pub use timesketch::{Timesketch, TimesketchForm};
pub use tle::TimelineExplorer;
pub use tree::TreeExport;

use crate::detect::{Alert, Detector};
use crate::event::Clock;
use crate::process::HostAddresses;
use crate::process::triage::Triage;
use crate::source::Input;
use crate::timeline::{RowContents, TimelineEntry};
use std::io::{self, Write};

/// Everything there is to report.
#[derive(Clone, Copy, Debug)]
pub struct Results<'run> {
    /// The rules that ran.
    pub detector: &'run Detector,
    /// What they found, in order. People see an alert's position, counted from 1, as its number.
    pub alerts: &'run [Alert],
    /// The clock that ordered the events.
    pub clock: Clock,
    /// What was looked up about the alerts, if it was.
    pub triage: Option<&'run Triage>,
    /// The addresses that hosts have shown as their own: they tell the ends of a connection apart where its record does not.
    pub addresses: &'run HostAddresses,
    /// The files that were read: what tells where an event stands that has no record number or does not name its file.
    pub inputs: &'run [Input],
}

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

/// How a list of JSON values is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonLayout {
    /// One array.
    Array,
    /// One value a line.
    Lines,
}

impl JsonLayout {
    const fn head(self) -> &'static str {
        match self {
            Self::Array => "[",
            Self::Lines => "",
        }
    }

    const fn separator(self) -> &'static str {
        match self {
            Self::Array => ",\n",
            Self::Lines => "\n",
        }
    }

    const fn tail(self, any: bool) -> &'static str {
        match (self, any) {
            (Self::Array, true) => "\n]\n",
            (Self::Array, false) => "]\n",
            (Self::Lines, true) => "\n",
            (Self::Lines, false) => "",
        }
    }
}

/// Writes JSON values one after another, without holding more than one.
struct JsonWriter<'out> {
    out: &'out mut dyn Write,
    layout: JsonLayout,
    written: usize,
}

impl<'out> JsonWriter<'out> {
    fn new(out: &'out mut dyn Write, layout: JsonLayout) -> Self {
        Self { out, layout, written: 0 }
    }

    fn push(&mut self, value: &serde_json::Value) -> io::Result<()> {
        if self.written == 0 {
            self.out.write_all(self.layout.head().as_bytes())?;
        }
        self.out.write_all(&self.layout.separator().as_bytes()[usize::from(self.written == 0)..])?;
        self.written += 1;
        serde_json::to_writer(&mut *self.out, value)?;
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        if self.written == 0 {
            self.out.write_all(self.layout.head().as_bytes())?;
        }
        self.out.write_all(self.layout.tail(self.written > 0).as_bytes())
    }
}

#[cfg(test)]
mod tests;
