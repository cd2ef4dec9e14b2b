//! The arguments of scans of some hosts out of many, and of `evql merge`, which puts them together.

use super::formats::ListFormat;
use super::outputs::AlertFormat;
use super::report::PageArgs;
use super::shared::{MemoryArgs, RuleArgs, TargetArgs};
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
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
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
    pub target: TargetArgs,
    /// Format of the output; told by the name of the file if not given, as by `evql scan`
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<AlertFormat>,
    /// With ioc-csv: write addresses, names and URLs so that no program makes a link of them, as evil[.]example
    #[arg(long, help_heading = "Output")]
    pub defang: bool,
    /// Also write a report for people to this file: one HTML page with the case, every alert and what could not be seen
    #[arg(short = 'H', long, value_name = "FILE", help_heading = "HTML report")]
    pub html_report: Option<PathBuf>,
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
    /// Rule files and folders; the built-in rules if none is given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The same
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// With deprecated rules, as `scan --deprecated` would run them
    #[arg(long)]
    pub deprecated: bool,
    /// Stop with exit code 2, and print nothing else, if any rule is wrong
    #[arg(long)]
    pub strict: bool,
    /// What the placeholders of Sigma rules stand for
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,
    /// Format of the list
    #[arg(short = 't', long, value_enum, value_name = "TYPE", default_value_t = ListFormat::Table)]
    pub output_type: ListFormat,
}
