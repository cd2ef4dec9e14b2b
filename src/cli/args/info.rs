//! The arguments of `evql info`.

use super::shared::{Choice, InputArgs, TargetArgs};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct InfoArgs {
    #[command(flatten)]
    pub inputs: InputArgs,
    #[command(flatten)]
    pub choice: Choice,
    /// Compute the SHA-256 of every file
    #[arg(long, help_heading = "Evidence")]
    pub hash: bool,
    #[command(flatten)]
    pub target: TargetArgs,
    /// The format: text for people, or JSON; without it JSON if -o names a file that ends in .json, else text
    #[arg(short = 't', long, value_enum, value_name = "FORMAT", help_heading = "Output")]
    pub output_type: Option<InfoFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InfoFormat {
    /// For people
    Text,
    /// One JSON object with files, hosts and faults
    Json,
}
