//! The arguments of scans of some hosts out of many, and of `evql merge`, which puts them together.

use super::formats::ListFormat;
use super::outputs::FindingsArgs;
use super::report::PageArgs;
use super::shared::{MemoryArgs, RuleArgs, RulePaths, RuleReading};
use clap::Args;
use evql::base::CaseKey;
use std::path::PathBuf;

/// A scan of some hosts out of many.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Many hosts")]
pub struct PartArgs {
    /// The evidence is all there is of some hosts out of many: keep what a merge needs in this folder, which is there when all is complete, and not
    /// before. With the same evidence, rules and options it is left as it is. `evql merge` puts such parts together
    #[arg(
        long,
        value_name = "DIR",
        requires = "case_key",
        conflicts_with_all = ["output", "output_type", "html_report", "timeline", "summary_json", "last", "suppress", "hash_inputs"]
    )]
    pub part: Option<PathBuf>,
    /// The key of the case, the same for all parts: 32 hexadecimal digits or more, such as `openssl rand -hex 32` gives. Values that rules join by
    /// are in parts as digests with this key only
    #[arg(long, value_name = "HEX", requires = "part")]
    pub case_key: Option<CaseKey>,
}

/// Puts parts together.
#[derive(Debug, Args)]
#[command(
    override_usage = "evql merge [OPTIONS] --case-key <HEX> DIR...",
    after_help = "Exit codes: as of `evql scan`: 4 if some of the evidence of a part could not be read."
)]
pub struct MergeArgs {
    /// The folders that `evql scan --part` has written, in any order
    #[arg(value_name = "DIR", required = true)]
    pub parts: Vec<PathBuf>,
    /// The key of the case, as it was given to `evql scan --part`
    #[arg(long, value_name = "HEX", required = true)]
    pub case_key: CaseKey,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Show alerts of building-block rules too; without it they are counted, and written to -o
    #[arg(long, help_heading = "Rules")]
    pub building_blocks: bool,
    #[command(flatten)]
    pub findings: FindingsArgs,
    #[command(flatten)]
    pub page: PageArgs,
    /// Write what was read and found to this file, as one JSON object
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub summary_json: Option<PathBuf>,
    /// The password of encrypted ZIP archives, for events that are read from them
    #[arg(long, value_name = "PASSWORD", help_heading = "Evidence")]
    pub archive_password: Option<String>,
    /// The databases of addresses that the parts were scanned with
    #[arg(long, value_name = "DIR", help_heading = "Evidence")]
    pub geoip: Option<PathBuf>,
    #[command(flatten)]
    pub memory: MemoryArgs,
    /// Threads to use; one per core if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Exit with 0 even if some input could not be read
    #[arg(long)]
    pub allow_partial: bool,
    /// Exit with 1 if there are findings
    #[arg(long)]
    pub fail_on_detection: bool,
}

/// Tells rules apart by whether one host answers them.
#[derive(Debug, Args)]
pub struct RulesSplit {
    #[command(flatten)]
    pub paths: RulePaths,
    /// With deprecated rules, as `scan --deprecated` would run them
    #[arg(long)]
    pub deprecated: bool,
    #[command(flatten)]
    pub reading: RuleReading,
    /// Format of the list
    #[arg(short = 't', long, value_enum, value_name = "TYPE", default_value_t = ListFormat::Table)]
    pub output_type: ListFormat,
}
