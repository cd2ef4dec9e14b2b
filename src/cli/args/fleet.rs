//! The arguments of scans of some hosts out of many, and of `evql merge`, which puts them together.

use super::files::{PasswordArgs, PathList, case_key, path_list};
use super::formats::ListFormat;
use super::outputs::{FindingsArgs, IncidentArgs};
use super::report::PageArgs;
use super::shared::{MemoryArgs, RuleArgs, RulePaths, RuleReading};
use super::triage::TriageArgs;
use clap::{Args, Subcommand};
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
        requires = "key",
        conflicts_with_all = ["output", "output_type", "html_report", "timeline", "summary_json", "last", "suppress", "hash_inputs", "triage"]
    )]
    pub part: Option<PathBuf>,
    /// The key of the case, the same for all parts: 32 hexadecimal digits or more, such as `openssl rand -hex 32` gives. Values that rules join by
    /// are in parts as digests with this key only
    #[arg(long, value_name = "HEX", group = "key", requires = "part")]
    pub case_key: Option<CaseKey>,
    /// The file in which the key of the case stands, which keeps it out of the list of processes
    #[arg(long, value_name = "FILE", group = "key", requires = "part", value_parser = case_key)]
    pub case_key_file: Option<CaseKey>,
}

impl PartArgs {
    /// The key of the case, given in either way.
    pub fn key(&self) -> Option<&CaseKey> {
        self.case_key.as_ref().or(self.case_key_file.as_ref())
    }
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
    #[arg(long, value_name = "HEX", required_unless_present = "case_key_file", conflicts_with = "case_key_file")]
    pub case_key: Option<CaseKey>,
    /// The file in which the key of the case stands
    #[arg(long, value_name = "FILE", value_parser = case_key)]
    pub case_key_file: Option<CaseKey>,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Show alerts of building-block rules too; without it they are counted, and written to -o
    #[arg(long, help_heading = "Rules")]
    pub building_blocks: bool,
    #[command(flatten)]
    pub findings: FindingsArgs,
    #[command(flatten)]
    pub triage: TriageArgs,
    #[command(flatten)]
    pub incidents: IncidentArgs,
    #[command(flatten)]
    pub page: PageArgs,
    /// Write what was read and found to this file, as one JSON object
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub summary_json: Option<PathBuf>,
    /// Write on how many hosts each hash, command line, image, destination, DNS name, service and pair of parent and child was met, the rarest first; the
    /// ending tells the format (.csv, .json, .jsonl)
    #[arg(long, value_name = "FILE", help_heading = "Output", conflicts_with = "needs")]
    pub values: Option<PathBuf>,
    #[command(flatten)]
    pub passwords: PasswordArgs,
    /// What could not be read of hosts that have no part, as faults in JSON lines (such as `faults.jsonl` of a part); may be given several times
    #[arg(long, value_name = "FILE", help_heading = "Evidence")]
    pub faults: Vec<PathBuf>,
    /// Write which files of the evidence the merge has to read, as JSON lines with `part` and `path`, and do nothing else: where evidence is elsewhere,
    /// these files are all that must be brought to its place
    #[arg(long, value_name = "FILE", help_heading = "Evidence", conflicts_with_all = ["output", "output_type", "html_report", "summary_json"])]
    pub needs: Option<PathBuf>,
    /// The databases of addresses that the parts were scanned with
    #[arg(long, value_name = "DIR", help_heading = "Evidence")]
    pub geoip: Option<PathBuf>,
    #[command(flatten)]
    pub memory: MemoryArgs,
    /// Threads to use; one per core if not given
    #[arg(long, value_name = "N", help_heading = "Performance", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Exit with 0 even if some input could not be read
    #[arg(long, help_heading = None)]
    pub allow_partial: bool,
    /// Exit with 1 if there are findings
    #[arg(long, help_heading = None)]
    pub fail_on_detection: bool,
}

/// What a scheduler of many scans asks.
#[derive(Debug, Subcommand)]
pub enum FleetCommand {
    /// Tell whose files are: the computers and times of the first and last events of each, as JSON lines
    ///
    /// Only the beginning and the end of a file are read. Archives have no line, nor files of more than 8 MiB that can only be read from front to back.
    Probe(FleetProbe),
    /// Print a job for Apache Spark, in Python, that scans evidence in parts and merges them
    Job,
}

/// Tells whose files are.
#[derive(Debug, Args)]
pub struct FleetProbe {
    /// Event logs and JSON lines, and folders that hold some
    #[arg(value_name = "PATH", required_unless_present = "files_from")]
    pub paths: Vec<PathBuf>,
    /// Read the files that stand in this list too: a path a line, or ended by NUL; `-` is standard input
    #[arg(long, value_name = "FILE", value_parser = path_list)]
    pub files_from: Option<PathList>,
    /// Threads to use; one per core if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
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
