//! Results become files: one exporter per format behind one trait, all fed from one [`Results`].
//!
//! Columns and keys are a contract, written down in `docs/outputs.md`. This module does not know how events were found,
//! and it opens no files: exporters write to whatever they are given.

mod alert;
mod alerts_csv;
mod alerts_json;
mod columns;
mod timeline_csv;
mod timeline_ecs;
mod timeline_json;

pub use alert::alert_document;
pub use alerts_csv::AlertsCsv;
pub use alerts_json::AlertsJson;
pub use timeline_csv::TimelineCsv;
pub use timeline_ecs::TimelineEcs;
pub use timeline_json::TimelineJson;

use crate::detect::{Alert, Detector};
use crate::event::Clock;
use crate::timeline::Process;
use std::io::{self, Write};

/// Everything there is to report.
#[derive(Clone, Copy, Debug)]
pub struct Results<'run> {
    /// The rules that ran.
    pub detector: &'run Detector,
    /// What they found, in order. People see an alert's position, counted from 1, as its number.
    pub alerts: &'run [Alert],
    /// Events per process; empty if no timeline was asked for.
    pub processes: &'run [Process],
    /// The clock that ordered the events.
    pub clock: Clock,
}

/// Writes results in one format.
pub trait Exporter {
    /// Writes everything, and flushes nothing: the caller owns the writer.
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// How a list of JSON values is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One array.
    Array,
    /// One value a line.
    Lines,
}

/// Writes JSON values one after another, without holding more than one.
struct JsonWriter<'out> {
    out: &'out mut dyn Write,
    layout: Layout,
    written: usize,
}

impl<'out> JsonWriter<'out> {
    fn new(out: &'out mut dyn Write, layout: Layout) -> Self {
        Self { out, layout, written: 0 }
    }

    fn push(&mut self, value: &serde_json::Value) -> io::Result<()> {
        match (self.layout, self.written) {
            (Layout::Lines, _) => {}
            (Layout::Array, 0) => self.out.write_all(b"[\n")?,
            (Layout::Array, _) => self.out.write_all(b",\n")?,
        }
        self.written += 1;
        serde_json::to_writer(&mut *self.out, value)?;
        match self.layout {
            Layout::Lines => self.out.write_all(b"\n"),
            Layout::Array => Ok(()),
        }
    }

    fn finish(self) -> io::Result<()> {
        match (self.layout, self.written) {
            (Layout::Lines, _) => Ok(()),
            (Layout::Array, 0) => self.out.write_all(b"[]\n"),
            (Layout::Array, _) => self.out.write_all(b"\n]\n"),
        }
    }
}

#[cfg(test)]
mod tests;
