//! The arguments of lists of indicators of compromise, for every command that runs rules.

use super::level::LevelArg;
use clap::Args;
use evql::rules::ListOptions;
use std::path::PathBuf;

/// Lists of indicators of compromise.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Indicators of compromise")]
pub struct ListArgs {
    /// Look for the indicators of this list in all events: hashes, addresses, networks, domains, URLs, names and paths of files, one a line, as CSV, as a
    /// bundle of STIX or an export of MISP
    #[arg(short, long, value_name = "FILE")]
    pub ioc: Vec<PathBuf>,
    /// The severity of all hits, in place of that of the lists or of their kind
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub ioc_level: Option<LevelArg>,
    /// Look for indicators too that fit nearly everything, such as 0.0.0.0/0 or com; they are left out otherwise
    #[arg(long)]
    pub keep_broad: bool,
    /// Give an alert for each event that has an indicator; otherwise the first of a process with the same indicators stands for the rest, and counts them
    #[arg(long)]
    pub every_event: bool,
    /// Whether nothing else is looked for.
    #[arg(skip)]
    pub only: bool,
}

impl ListArgs {
    /// How lists are read.
    pub fn options(&self) -> ListOptions {
        ListOptions { keep_broad: self.keep_broad, level: self.ioc_level.map(Into::into) }
    }
}
