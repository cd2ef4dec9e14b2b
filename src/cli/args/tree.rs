//! The arguments of `evql tree`.

use super::shared::{Evidence, RuleArgs, TargetArgs};
use clap::{Args, ValueEnum};
use evql::base::Ticks;
use evql::pipeline::TimeWindow;

#[derive(Debug, Args)]
pub struct TreeArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Show the process with this entity id (ProcessGuid), its ancestors and all that it started; braces and case do not count
    #[arg(long, value_name = "GUID", help_heading = "Which processes")]
    pub guid: Vec<String>,
    /// Show the processes with this number
    #[arg(long, value_name = "N", help_heading = "Which processes")]
    pub pid: Vec<i64>,
    /// Of the processes with that number only those that had it at this time (UTC)
    #[arg(long, value_name = "TIME", value_parser = TimeWindow::parse_from, requires = "pid", help_heading = "Which processes")]
    pub at: Option<Ticks>,
    /// Show the processes of this alert, by the number that `scan` gives it with the same evidence and rules
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), help_heading = "Which processes")]
    pub alert: Vec<u64>,
    /// Show the processes with this image: a name or a whole path, with * and ? as wildcards; case does not count
    #[arg(long, value_name = "PATTERN", help_heading = "Which processes")]
    pub image: Vec<String>,
    /// Go down so many generations below a root, or below the processes that are asked for
    #[arg(long, value_name = "N", help_heading = "Which processes")]
    pub depth: Option<u32>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the ending of the file if not given, else text
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<TreeFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TreeFormat {
    /// For people
    Text,
    /// One object: hosts, and their processes with the numbers of their parents
    Json,
    /// A graph for Graphviz: `dot -Tsvg`
    Dot,
}
