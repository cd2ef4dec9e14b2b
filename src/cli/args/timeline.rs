//! The arguments of `evql timeline`.

use super::columns::ColumnArgs;
use super::formats::{FormatArgs, TimelineType};
use super::processes::ProcessArgs;
use super::shared::{Evidence, RuleArgs, TargetArgs};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct TimelineArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub processes: ProcessArgs,
    /// The events of the alerts of this incident and the trees of processes that they are in, by the number or the id that `scan` gives it with the same
    /// evidence and rules
    #[arg(long, value_name = "N", help_heading = "Which processes")]
    pub incident: Vec<String>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the ending of the file if not given, else csv
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<TimelineType>,
    #[command(flatten)]
    pub columns: ColumnArgs,
    #[command(flatten)]
    pub formats: FormatArgs,
}

const EXAMPLES: &str = "\
Of the processes that are asked for, and of those that they started, every event is written; of their
ancestors the start. --depth 0 leaves out what they started. An alert brings its own events too.
Without any that are asked for, every event of every process is written.

Examples:
  evql timeline evidence/ -o timeline.csv                   every event
  evql timeline evidence/ --incident 1 -o incident.csv      what the processes of an incident did
  evql timeline evidence/ --pid 4712 --at 2024-03-14T10:22  what had this number then
  evql timeline evidence/ --image powershell.exe --profile network --last 48h -o out.csv";
