//! The arguments of `evql tree`.

use super::processes::ProcessArgs;
use super::shared::{Evidence, RuleArgs, TargetArgs};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct TreeArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub processes: ProcessArgs,
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
