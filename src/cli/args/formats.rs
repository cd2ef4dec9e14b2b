//! The formats of lists of rules and of a timeline, and what can be said about outputs of `scan` and `timeline`.

use clap::{Args, ValueEnum};
use evql::report::TimelineBulk;
use std::path::PathBuf;

/// The formats of lists of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Table,
    /// One row a rule, for spreadsheets
    Csv,
    /// One array
    Json,
    /// One rule a line
    Jsonl,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TimelineType {
    /// One row an event, for spreadsheets
    Csv,
    /// One array of rows
    Json,
    /// One row a line
    Jsonl,
    /// One full ECS document a line
    Ecs,
    /// For Timesketch: CSV, or JSON lines if the file ends in .jsonl
    Timesketch,
    /// For Timesketch: JSON lines, in which numbers stay numbers
    TimesketchJsonl,
    /// For Timeline Explorer: the CSV that EvtxECmd writes
    Tle,
    /// For Elasticsearch: requests of its _bulk interface, with ECS documents
    Bulk,
    /// For DuckDB, pandas and others: Parquet, into a file
    Parquet,
}

/// How outputs are written.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct FormatArgs {
    /// Begin CSV files (csv, tle) with the mark by which Excel knows UTF-8
    #[arg(long)]
    pub bom: bool,
    /// For bulk: the data stream or index that documents are created in
    #[arg(long, value_name = "NAME", default_value = TimelineBulk::INDEX)]
    pub index: String,
    /// For bulk: give each document an id that follows from its event, so that loading it again adds nothing
    #[arg(long)]
    pub bulk_ids: bool,
    /// Write what was read and found to this file, as one JSON object
    #[arg(long, value_name = "FILE")]
    pub summary_json: Option<PathBuf>,
}
