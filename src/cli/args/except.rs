//! The arguments of `evql except`.

use super::shared::{Evidence, RuleArgs};
use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExceptArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// The alert, by the number that `scan` gives it with the same evidence and rules
    #[arg(long, value_name = "N", required = true, value_parser = clap::value_parser!(u64).range(1..), help_heading = "The exception")]
    pub alert: u64,
    /// Fields whose values another alert must share to be set aside, comma between; without it the program, its command line and the object of the alert
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', help_heading = "The exception")]
    pub keep: Vec<String>,
    /// A name to know the exception by; without it the rule and the host of the alert
    #[arg(long, value_name = "TEXT", help_heading = "The exception")]
    pub name: Option<String>,
}

const EXAMPLES: &str = "\
The exception is printed; it covers alerts of the same rule that have all values of the fields that are kept, and nothing else.

Examples:
  evql except evidence/ --alert 3 >> exceptions.toml
  evql except evidence/ --alert 3 --keep destination.ip,process.command_line >> exceptions.toml
  evql scan evidence/ --exceptions exceptions.toml";
