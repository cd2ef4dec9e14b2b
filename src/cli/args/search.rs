//! Arguments of `evql search`.

use super::matches::MatchArgs;
use super::shared::Evidence;
use clap::Args;

#[derive(Debug, Args)]
pub struct SearchArgs {
    /// What to look for in every field of every event: a text, or a regular expression between slashes, such as '/invoke-\w+/'; letter case does not count
    #[arg(value_name = "TEXT")]
    pub text: Option<String>,
    #[command(flatten)]
    pub evidence: Evidence,
    /// Look in this field only, by its name in ECS, or sysmon.entry.NAME for an entry as it was logged; may be given several times
    #[arg(long, value_name = "NAME", value_delimiter = ',', help_heading = "Search")]
    pub field: Vec<String>,
    /// Take TEXT as it is, even if it stands between slashes
    #[arg(long, help_heading = "Search")]
    pub literal: bool,
    #[command(flatten)]
    pub output: MatchArgs,
}
