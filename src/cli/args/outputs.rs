//! The outputs of findings, for `scan` and `ioc`.

use super::formats::{FormatArgs, TimelineType};
use super::report::PageArgs;
use super::shared::TargetArgs;
use super::triage::TriageArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The files that findings are written to.
#[derive(Clone, Debug, Args)]
pub struct FindingsArgs {
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the name of the file if not given (indicators.csv, stix.json, misp.json, layer.json, or its ending), else jsonl
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<AlertFormat>,
    /// With ioc-csv: write addresses, names and URLs so that no program makes a link of them, as evil[.]example
    #[arg(long, help_heading = "Output")]
    pub defang: bool,
    /// Also write a report for people to this file: one HTML page with the case, every alert and what could not be seen
    #[arg(short = 'H', long, value_name = "FILE", help_heading = "HTML report")]
    pub html_report: Option<PathBuf>,
}

/// The outputs of findings.
#[derive(Clone, Debug, Args)]
pub struct ScanOutputs {
    #[command(flatten)]
    pub findings: FindingsArgs,
    /// Give the SHA-256 of every file of the evidence in the report; this reads all of it once more
    #[arg(long, help_heading = "HTML report")]
    pub hash_inputs: bool,
    #[command(flatten)]
    pub page: PageArgs,
    /// Also write the timeline of all events to this file; its ending tells the format (.csv, .json, .jsonl, .ndjson for ECS, .parquet)
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub timeline: Option<PathBuf>,
    /// Format of the timeline, if its ending does not tell it
    #[arg(long, value_enum, value_name = "TYPE", requires = "timeline", help_heading = "Output")]
    pub timeline_type: Option<TimelineType>,
    #[command(flatten)]
    pub formats: FormatArgs,
    #[command(flatten)]
    pub triage: TriageArgs,
    #[command(flatten)]
    pub incidents: IncidentArgs,
    /// Exit with 1 if there are findings
    #[arg(long, help_heading = None)]
    pub fail_on_detection: bool,
}

/// How findings are shown on a terminal.
#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Display")]
pub struct IncidentArgs {
    /// Show a card for every alert, incident by incident; without it, more than 10 alerts are shown as incidents of a few lines each
    #[arg(long)]
    pub all: bool,
    /// Order of incidents: the most important first, or by time
    #[arg(long, value_enum, value_name = "ORDER", default_value_t)]
    pub sort: IncidentOrder,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum IncidentOrder {
    /// The highest score
    #[default]
    Risk,
    /// The earliest first event
    Time,
}

/// The formats of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AlertFormat {
    /// One row an alert, for spreadsheets
    Csv,
    /// One array of alerts with their full ECS events
    Json,
    /// The same, one alert a line
    Jsonl,
    /// One page for people, as -H
    Html,
    /// A summary for a ticket, in Markdown: what was read, faults, alerts by severity, rule and host, the worst with their facts
    Md,
    /// A layer for MITRE's ATT&CK Navigator: techniques by number of alerts, scored by severity
    Navigator,
    /// Indicators of the alerts, one row each: hashes, addresses, names, URLs and paths
    IocCsv,
    /// The same as a bundle of STIX 2.1
    Stix,
    /// The same as an event of MISP
    Misp,
}

impl AlertFormat {
    /// Whether the beginning of an output is of no use to anybody, as of one JSON object.
    pub const fn is_useless_in_part(self) -> bool {
        matches!(self, Self::Stix | Self::Misp | Self::Navigator)
    }
}
