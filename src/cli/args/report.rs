//! The arguments of the HTML report, and of `evql report`, which makes one from saved findings.

use super::shared::{TargetArgs, size};
use clap::Args;
use evql::report::html::ReportLimits;
use std::path::PathBuf;

/// How the page is made.
#[derive(Clone, Debug, Args)]
pub struct PageArgs {
    /// The title of the report
    #[arg(long, value_name = "TEXT", help_heading = "HTML report")]
    pub report_title: Option<String>,
    /// Keep the report below this size: bytes, or with K, M or G. It says what it leaves out: records first, then cards, the least severe first
    #[arg(long, value_name = "SIZE", default_value = "32M", value_parser = size, help_heading = "HTML report")]
    pub max_report_size: u64,
    /// Give at most so many alerts a card; tables, timeline and indicators count all
    #[arg(long, value_name = "N", default_value_t = 10_000, help_heading = "HTML report")]
    pub max_report_cards: usize,
}

impl PageArgs {
    /// How large the page may become.
    pub fn limits(&self) -> ReportLimits {
        ReportLimits { bytes: self.max_report_size, cards: self.max_report_cards }
    }
}

/// Makes the report of `scan -H` from alerts that were saved with `scan -o`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Alerts as `scan` writes them (JSON lines, or one array); `-` is stdin
    #[arg(value_name = "ALERTS", required = true)]
    pub alerts: Vec<PathBuf>,
    /// Rules to take queries and guides from that the alerts do not carry: files and folders
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// What could not be read, as a part of a scan says it (`faults.jsonl`); may be given several times
    #[arg(long, value_name = "FILE")]
    pub faults: Vec<PathBuf>,
    #[command(flatten)]
    pub target: TargetArgs,
    #[command(flatten)]
    pub page: PageArgs,
    /// Exit with 0 even if some lines could not be read
    #[arg(long)]
    pub allow_partial: bool,
}
