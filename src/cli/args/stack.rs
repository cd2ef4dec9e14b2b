//! Arguments of `evql stack`.

use super::shared::{Evidence, TargetArgs};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct StackArgs {
    /// The fields whose values are counted together, comma between, by their names in ECS, or sysmon.entry.NAME; with --by the first PATH
    #[arg(value_name = "FIELD[,FIELD]")]
    pub fields: Option<String>,
    #[command(flatten)]
    pub evidence: Evidence,
    /// Count what responders look at first, instead of FIELD
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "Stack")]
    pub by: Option<StackBy>,
    /// Count only events that this EQL condition is true of, such as 'process.parent.name : "winword.exe"'
    #[arg(long = "where", value_name = "EQL", help_heading = "Stack")]
    pub condition: Option<String>,
    /// Give every host rows of its own
    #[arg(long, help_heading = "Stack")]
    pub per_host: bool,
    /// What comes first
    #[arg(long, value_enum, value_name = "ORDER", default_value_t = SortArg::Rare, help_heading = "Stack")]
    pub sort: SortArg,
    /// Give so many rows, 0 for all; 100 on a terminal and all elsewhere if not given
    #[arg(long, visible_alias = "top", value_name = "N", help_heading = "Stack")]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the ending of the file if not given, else text on a terminal and jsonl in a file
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<StackFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StackBy {
    /// Which program starts which: names of starts' parents and of what they started
    ParentChild,
    /// Paths of programs that were started
    Image,
    /// Command lines
    CommandLine,
    /// Names that were asked for
    Dns,
    /// Addresses and ports that hosts have connected to
    Destination,
    /// SHA-256 and names of programs that were started
    Hash,
    /// Services in the registry, and their programs
    Service,
    /// Values of Run keys in the registry
    RunKey,
    /// Signers of drivers and libraries that were loaded, and the status of their signatures
    Signer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SortArg {
    /// The rarest
    Rare,
    /// The most common
    Common,
    /// What is on the fewest hosts
    Hosts,
    /// What was met first
    First,
    /// What was met last
    Last,
    /// The least value
    Value,
}

impl From<SortArg> for evql::process::StackSort {
    fn from(sort: SortArg) -> Self {
        match sort {
            SortArg::Rare => Self::Rare,
            SortArg::Common => Self::Common,
            SortArg::Hosts => Self::Hosts,
            SortArg::First => Self::First,
            SortArg::Last => Self::Last,
            SortArg::Value => Self::Value,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StackFormat {
    /// One row a value, for people
    Text,
    /// The same, for spreadsheets
    Csv,
    /// One array
    Json,
    /// One value a line
    Jsonl,
}
