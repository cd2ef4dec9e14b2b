//! The arguments of triage.

use clap::Args;

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct TriageArgs {
    /// Show below each finding what a person would look up next: what its processes did, what started them, where else they were seen
    #[arg(long)]
    pub triage: bool,
    /// Leave that out of -o (json, jsonl, html) and -H, where it is by default and takes a second pass over the evidence
    #[arg(long, conflicts_with = "triage")]
    pub no_triage: bool,
}
