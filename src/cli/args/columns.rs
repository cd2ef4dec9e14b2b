//! Arguments about columns, which commands have in common that write events as rows.

use clap::Args;
use std::path::PathBuf;

/// Which fields become columns.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct ColumnArgs {
    /// Fields to write, comma between, by their names in ECS or sysmon.entry.NAME: exactly these are the columns of a timeline (csv, json, jsonl) and of
    /// csv, and are shown beside each event of text
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// Fields to write, by the name of a profile: process, network, file, registry, or one of --profiles; those of --fields come behind them
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// A TOML file with profiles of one's own: a table each, with a list of fields
    #[arg(long, value_name = "FILE", requires = "profile")]
    pub profiles: Option<PathBuf>,
}
