//! The arguments of `evql ioc`.

use super::level::LevelArg;
use super::lists::ListArgs;
use super::outputs::ScanOutputs;
use super::shared::Evidence;
use clap::Args;
use std::path::PathBuf;

/// Looks for indicators of compromise in all events.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct IocArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub lists: ListArgs,
    /// Report only hits of this severity and above
    #[arg(short, long, value_enum, value_name = "LEVEL", help_heading = "Indicators of compromise")]
    pub min_level: Option<LevelArg>,
    /// What is known to be harmless: exception items out of Kibana (NDJSON), or evql's own TOML
    #[arg(long, value_name = "FILE", help_heading = "Indicators of compromise")]
    pub exceptions: Vec<PathBuf>,
    /// Stop with exit code 2 if any line of a list cannot be used
    #[arg(long, help_heading = "Indicators of compromise")]
    pub strict: bool,
    #[command(flatten)]
    pub outputs: ScanOutputs,
}

const EXAMPLES: &str = "\
Lists and evidence may stand in any order: a list is told from evidence by its content. -i names a list where that is in doubt.

Examples:
  evql ioc iocs.txt evidence/                     what of the list the evidence has
  evql ioc feed.json misp.json host.zip -o hits.csv
  evql ioc -i iocs.txt evidence/ -H report.html
  evql scan evidence/ -i iocs.txt                 and what the rules find, in the same pass";
