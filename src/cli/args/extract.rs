//! The arguments of `evql extract`.

use super::shared::{Evidence, RuleArgs, TargetArgs};
use clap::{Args, ValueEnum};
use evql::base::Ticks;
use evql::pipeline::TimeWindow;
use std::ops::RangeInclusive;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExtractArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Take the events of these alerts, by the numbers that `scan` gives them with the same evidence and rules: 3 or 1,4-6
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = numbers, help_heading = "What is taken")]
    pub alert: Vec<RangeInclusive<u64>>,
    /// Take the events of all alerts of a rule, by its identifier or name; * and ? are wildcards, case does not count
    #[arg(long, value_name = "RULE", help_heading = "What is taken")]
    pub rule: Vec<String>,
    /// Take everything that the process with this entity id (ProcessGuid) and its descendants did, and the starts of its ancestors
    #[arg(long, value_name = "GUID", help_heading = "What is taken")]
    pub guid: Vec<String>,
    /// Take everything that the processes with this number and their descendants did, and the starts of their ancestors
    #[arg(long, value_name = "N", help_heading = "What is taken")]
    pub pid: Vec<i64>,
    /// Of the processes with that number only those that had it at this time (UTC)
    #[arg(long, value_name = "TIME", value_parser = TimeWindow::parse_from, requires = "pid", help_heading = "What is taken")]
    pub at: Option<Ticks>,
    /// Take the events with these record numbers: 507 or 100-200,305
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', value_parser = numbers, help_heading = "What is taken")]
    pub record: Vec<RangeInclusive<u64>>,
    /// Take the events that this EQL query finds; it stands in place of the rules
    #[arg(long, value_name = "EQL", conflicts_with_all = ["rules", "rule"], help_heading = "What is taken")]
    pub query: Option<String>,
    /// Take every event that --from, --to and the filters leave
    #[arg(long, help_heading = "What is taken")]
    pub all: bool,
    /// Take more around alerts: 1 adds the starts of the ancestors of their processes and all that these processes did, 2 their descendants too
    #[arg(long, value_name = "DEPTH", value_parser = clap::value_parser!(u8).range(0..=2), default_value_t = 0, help_heading = "What is taken")]
    pub context: u8,
    /// Write a file for each host or each alert: OUT-NAME.evtx, OUT-NUMBER.evtx
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Output")]
    pub split_by: Option<SplitBy>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Write a test file beside the log (OUT.test.toml) that expects the alerts which come again; `evql test` runs it
    #[arg(long, conflicts_with = "query", help_heading = "Output")]
    pub test: bool,
    /// Put other names in the place of hosts, domains, users, addresses, SIDs and e-mail addresses, wherever they stand
    #[arg(long, help_heading = "Other names")]
    pub anonymize: bool,
    /// Keep the names and their replacements in this file, and use those that it has already. Whoever has it can undo the replacement
    #[arg(long, value_name = "FILE", requires = "anonymize", help_heading = "Other names")]
    pub map: Option<PathBuf>,
    /// What becomes of hashes of files
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = HashHandling::Keep, requires = "anonymize", help_heading = "Other names")]
    pub hashes: HashHandling,
}

/// What becomes of hashes where names are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HashHandling {
    /// They stay
    Keep,
    /// They are left empty
    Drop,
}

const EXAMPLES: &str = "\
Without anything that says what is taken, these are the events of all alerts.

Examples:
  evql extract evidence/ --alert 3 -o sample.evtx              what alert 3 of `evql scan evidence/` is made of
  evql extract evidence/ --alert 3 --context 1 -o sample.evtx  and all that its processes did
  evql extract evidence/ --record 500-520 -o part.evtx         some records
  evql extract evidence/ --alert 3 --anonymize --test -o sample.evtx   to be kept with the rule as its test
  evql extract evidence/ --all --from 2024-03-14T10:00 --to 2024-03-14T10:05 -o five-minutes.evtx";

/// What each file of several is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SplitBy {
    /// A file for each computer
    Host,
    /// A file for each alert
    Alert,
}

/// A number, or a range of them: `3`, `12-14`.
fn numbers(text: &str) -> Result<RangeInclusive<u64>, String> {
    let wrong = || format!("'{text}' is no number: write one (3), or a range (12-14)");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
    let (first, last) = (number(first)?, number(last)?);
    if first > last { Err(format!("{first} is above {last}: write the lower number first")) } else { Ok(first..=last) }
}
