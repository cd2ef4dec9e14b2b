//! Arguments that say which processes are meant, for commands that show or write what processes did.

use clap::Args;
use evql::base::Ticks;
use evql::pipeline::TimeWindow;

/// Which processes are meant; all if nothing is given.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Which processes")]
pub struct ProcessArgs {
    /// The process with this entity id (ProcessGuid), its ancestors and all that it started; braces and case do not count
    #[arg(long, value_name = "GUID")]
    pub guid: Vec<String>,
    /// The processes with this number
    #[arg(long, value_name = "N")]
    pub pid: Vec<i64>,
    /// Of the processes with that number only those that had it at this time (UTC)
    #[arg(long, value_name = "TIME", value_parser = TimeWindow::parse_from, requires = "pid")]
    pub at: Option<Ticks>,
    /// The processes of this alert, by the number that `scan` gives it with the same evidence and rules
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub alert: Vec<u64>,
    /// The processes with this image: a name or a whole path, with * and ? as wildcards; case does not count
    #[arg(long, value_name = "PATTERN")]
    pub image: Vec<String>,
    /// Go down so many generations below the processes that are asked for, or below the roots of trees; all if not given
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
}

impl ProcessArgs {
    /// Whether some processes are asked for.
    pub fn is_given(&self) -> bool {
        self.guid.len() + self.pid.len() + self.alert.len() + self.image.len() > 0
    }
}
