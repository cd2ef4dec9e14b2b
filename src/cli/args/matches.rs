//! Arguments about matches, which `query` and `search` have in common.

use super::columns::ColumnArgs;
use super::shared::TargetArgs;
use clap::{Args, ValueEnum};

/// Where matches go, and how they are written.
#[derive(Debug, Args)]
pub struct MatchArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the ending of the file if not given, else text on a terminal and jsonl in a file
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<QueryFormat>,
    #[command(flatten)]
    pub columns: ColumnArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// One line an event, for people
    Text,
    /// One row an event, for spreadsheets
    Csv,
    /// One array
    Json,
    /// One document a line; for a sequence its join keys and its events
    Jsonl,
}
