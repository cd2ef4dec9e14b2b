//! The arguments of `evql story`.

use super::shared::{Evidence, RuleArgs, TargetArgs};
use clap::{Args, ValueEnum};
use evql::base::Ticks;
use evql::pipeline::TimeWindow;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct StoryArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Tell this incident, by the number or the id that `scan` gives it with the same evidence and rules; without any of these, incident 1
    #[arg(long, value_name = "N", conflicts_with_all = ["alert", "guid", "pid"], help_heading = "Whose story")]
    pub incident: Option<String>,
    /// Tell what the processes of this alert and their descendants did, by the number that `scan` gives it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with_all = ["guid", "pid"], help_heading = "Whose story")]
    pub alert: Option<u64>,
    /// Tell what the process with this entity id (ProcessGuid) and its descendants did; braces and case do not count
    #[arg(long, value_name = "GUID", conflicts_with = "pid", help_heading = "Whose story")]
    pub guid: Option<String>,
    /// Tell what the processes with this number and their descendants did
    #[arg(long, value_name = "N", help_heading = "Whose story")]
    pub pid: Option<i64>,
    /// Of the processes with that number only those that had it at this time (UTC)
    #[arg(long, value_name = "TIME", value_parser = TimeWindow::parse_from, requires = "pid", help_heading = "Whose story")]
    pub at: Option<Ticks>,
    /// Tell every event, also where many of one kind stand in a row
    #[arg(long, help_heading = "Output")]
    pub all: bool,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the ending of the file if not given, else text
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<StoryFormat>,
}

/// How a story is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StoryFormat {
    /// For a terminal
    Text,
    /// Markdown, for a ticket
    Md,
}

const EXAMPLES: &str = "\
Examples:
  evql story evidence/                               what happened in the most important incident, event by event
  evql story evidence/ -r rules/ --incident 3        in another one, as `evql scan evidence/ -r rules/` numbers them
  evql story evidence/ --alert 12 -o ticket.md       what the processes of an alert and their descendants did, as Markdown
  evql story evidence/ --pid 5580 --at 2024-03-06T10:02   of the process that had a number at a time
  evql story evidence/ --guid 8a41c7d2-9c10-65f4-a31c-000000002200   what a process did, whether or not a rule found it";
