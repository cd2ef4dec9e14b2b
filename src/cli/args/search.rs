//! Arguments of `evql search`.

use super::matches::MatchArgs;
use super::shared::Evidence;
use clap::{Args, ValueEnum};
use evql::pipeline::{ContextOrder, HitContext, MOST_CONTEXT};

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
    pub context: ContextArgs,
    #[command(flatten)]
    pub output: MatchArgs,
}

/// What is shown around hits.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Search")]
pub struct ContextArgs {
    /// Show so many events before and after each hit too; each event stands once, and is marked as what it is
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=i64::from(MOST_CONTEXT)))]
    pub context: Option<u16>,
    /// Show so many events before each hit
    #[arg(short = 'B', long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=i64::from(MOST_CONTEXT)))]
    pub before: Option<u16>,
    /// Show so many events after each hit
    #[arg(short = 'A', long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=i64::from(MOST_CONTEXT)))]
    pub after: Option<u16>,
    /// Which events come before and after a hit; those of its host if not given
    #[arg(long, value_enum, value_name = "WHAT")]
    pub context_of: Option<ContextOf>,
}

/// Which events come before and after a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ContextOf {
    /// All of its host, in the order of time
    Host,
    /// Those of its process
    Process,
}

impl ContextArgs {
    /// What is to be shown around hits; `None` if nothing is.
    pub fn wanted(self) -> Option<HitContext> {
        let of = |own: Option<u16>| own.or(self.context).unwrap_or_default();
        let order = match self.context_of {
            None | Some(ContextOf::Host) => ContextOrder::Host,
            Some(ContextOf::Process) => ContextOrder::Process,
        };
        let context = HitContext { before: of(self.before), after: of(self.after), order };
        (context.before > 0 || context.after > 0).then_some(context)
    }
}
