//! What can be typed. These structures hold the arguments as given; each subcommand resolves them into what it runs on.

mod tree;
mod triage;

pub use tree::*;
pub use triage::*;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand, ValueEnum};
use evql::base::Ticks;
use evql::pipeline::{EventFilter, SpoolLimits, TimeWindow, TimelineOptions};
use evql::rules::RuleSelection;
use evql::timeline::RowContents;
use std::ops::RangeInclusive;
use std::path::PathBuf;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  evql scan evidence/                          findings on the terminal
  evql scan evidence/ -o alerts.jsonl          and as JSON lines, with the full ECS events
  evql scan evidence/ -H report.html           and as a page for the case file
  evql scan evidence/ --timeline timeline.csv  and what each process did, in the same pass
  evql timeline evidence/ -o timeline.csv      only the timeline
  evql tree evidence/ --alert 1                what started what around a finding
  evql scan evidence/ -r rules/                Elastic's rules, as they are
  evql query 'network where destination.port == 4444' evidence/
  evql info evidence/                          what is there, what is missing, what is damaged
  evql scan host.evtx -o - | jq .rule.name     JSON lines to another program

Exit codes: 0 done; 1 findings (only with --fail-on-detection); 2 a rule is wrong; 3 wrong call, or no input at all;
4 done, but some input could not be read (0 with --allow-partial); 130 interrupted.";

mod formats;
mod info;
mod report;
mod shell;

pub use formats::*;
pub use info::*;
pub use report::*;
pub use shell::*;

/// Runs Elastic EQL detection rules over collected Windows event logs, offline.
///
/// evql reads Sysmon events out of .evtx files (and XML exported from them), maps them to ECS, puts them in order and runs detection rules,
/// sequences included, without Elasticsearch. It also writes what each process did as a timeline.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub look: Look,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find what the detection rules find
    #[command(visible_alias = "hunt")]
    Scan(Scan),
    /// Ask one EQL query of the evidence
    Query(QueryArgs),
    /// Write every event, grouped by process and in time order
    Timeline(TimelineArgs),
    /// Tell what is in the evidence: computers, channels, event IDs, times, gaps, cleared logs, damage
    Info(InfoArgs),
    /// Show what started what: the processes of each host as trees
    Tree(Box<TreeArgs>),
    /// Make the HTML report from saved findings
    Report(ReportArgs),
    /// List rules, or find what is wrong with them
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Make .evtx files from a scenario, or large ones at random, to test detections with
    Forge(Forge),
    /// Print what a shell needs to complete evql's arguments
    Completions(CompletionsArgs),
    /// Print evql's manual page, or write those of all subcommands
    Man(ManArgs),
}

/// How the program looks while it runs.
#[derive(Debug, Args)]
#[command(next_help_heading = "Display")]
pub struct Look {
    /// Print no findings and no summary; faults are still reported on stderr
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Tell more: every fault, whole command lines, descriptions, references and triage guides of rules
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Show no progress bar
    #[arg(long, global = true)]
    pub no_progress: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    pub fn into_choice(self) -> anstream::ColorChoice {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
    }
}

/// Where evidence comes from, and how it is read.
#[derive(Clone, Debug, Args)]
pub struct InputArgs {
    /// Files and folders: .evtx files, exported XML and ECS documents in JSON (NDJSON or an array, gzip too), told by their content;
    /// folders and ZIP archives are searched with all below them; `-` is standard input, with any of these
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// A folder of evidence (same as PATH)
    #[arg(short, long, value_name = "DIR", help_heading = "Evidence")]
    pub directory: Vec<PathBuf>,
    /// A file of evidence (same as PATH)
    #[arg(short, long, value_name = "FILE", help_heading = "Evidence")]
    pub file: Vec<PathBuf>,
    /// The password of encrypted ZIP archives
    #[arg(long, value_name = "PASSWORD", help_heading = "Evidence")]
    pub archive_password: Option<String>,
    /// Look for what is left of logs too: chunks and records in memory dumps, disk images and any other file, and older records in the unused space of logs
    #[arg(long, help_heading = "Evidence")]
    pub carve: bool,
    /// Threads to use; one per core if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Read every record the slow, complete way: by the evtx crate and XML. It gives the same, and is there to check that
    #[arg(long)]
    pub slow_reader: bool,
    /// Exit with 0 even if some input could not be read
    #[arg(long)]
    pub allow_partial: bool,
}

/// Which events count.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Events")]
pub struct Choice {
    /// Pass over events before this time (UTC): 2019-05-12, 2019-05-12T18:35, RFC 3339, or how long ago: 90m, 36h, 2d, 1w
    #[arg(long, value_name = "TIME", value_parser = TimeWindow::parse_from)]
    pub from: Option<Ticks>,
    /// Pass over events after this time (UTC); a date means the end of that day
    #[arg(long, value_name = "TIME", value_parser = TimeWindow::parse_to)]
    pub to: Option<Ticks>,
    /// Look only at events with these IDs, such as 1,3,11-15
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = EventFilter::parse_ids)]
    pub include_eid: Vec<RangeInclusive<u32>>,
    /// Pass over events with these IDs
    #[arg(long, value_name = "IDS", value_delimiter = ',', value_parser = EventFilter::parse_ids)]
    pub exclude_eid: Vec<RangeInclusive<u32>>,
    /// Look only at events of these computers; * and ? are wildcards, case does not count
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub include_computer: Vec<String>,
    /// Pass over events of these computers
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub exclude_computer: Vec<String>,
}

/// Where evidence comes from, which of it counts, and how it is understood.
#[derive(Clone, Debug, Args)]
pub struct Evidence {
    #[command(flatten)]
    pub inputs: InputArgs,
    #[command(flatten)]
    pub choice: Choice,
    /// Which time orders events
    #[arg(long, value_enum, default_value_t = ClockArg::Logged, help_heading = "Events")]
    pub clock: ClockArg,
    /// For JSON documents: the field that holds the time, in RFC 3339 or milliseconds since 1970
    #[arg(long, value_name = "FIELD", help_heading = "JSON documents")]
    pub timestamp_field: Option<String>,
    /// For JSON documents: the field that `category where ...` tests
    #[arg(long, value_name = "FIELD", help_heading = "JSON documents")]
    pub event_category_field: Option<String>,
    /// For JSON documents: the field that orders documents of the same time
    #[arg(long, value_name = "FIELD", help_heading = "JSON documents")]
    pub tiebreaker_field: Option<String>,
    /// Whose ECS documents events become
    #[arg(long, value_enum, default_value_t = MappingArg::Integration, help_heading = "Events")]
    pub mapping: MappingArg,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ClockArg {
    /// When Windows logged the event (TimeCreated, then EventRecordID)
    Logged,
    /// What Sysmon says (UtcTime), as Elastic orders; misses sequences whose times run backwards
    Utc,
}

impl From<ClockArg> for evql::event::Clock {
    fn from(clock: ClockArg) -> Self {
        match clock {
            ClockArg::Logged => Self::Logged,
            ClockArg::Utc => Self::Utc,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum MappingArg {
    /// Elastic's Windows integration (Elastic Agent), 3.3.0 and later
    Integration,
    /// The sysmon module of Winlogbeat 8.17 and 9: no library events, no trust of signatures
    Winlogbeat,
}

impl From<MappingArg> for evql::sysmon::Mapping {
    fn from(mapping: MappingArg) -> Self {
        match mapping {
            MappingArg::Integration => Self::Integration,
            MappingArg::Winlogbeat => Self::Winlogbeat,
        }
    }
}

/// Where machine output goes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct TargetArgs {
    /// Write to this file; `-` means stdout, and everything for people then goes to stderr
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace output files that exist
    #[arg(short = 'C', long)]
    pub clobber: bool,
}

/// Which rules run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub struct RuleArgs {
    /// Rules to run instead of the built-in ones: a file, or a folder with all below it. Elastic's detection rules (TOML), Kibana
    /// exports (NDJSON) with their exceptions, evql's own TOML and plain .eql
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Run only rules of this severity and above
    #[arg(short, long, value_enum, value_name = "LEVEL")]
    pub min_level: Option<LevelArg>,
    /// Run only rules with one of these tags: tags of the rule, or ATT&CK techniques (T1218, with all below it) and tactics, by id or name
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub include_tag: Vec<String>,
    /// Run no rules with one of these tags
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub exclude_tag: Vec<String>,
    /// What is known to be harmless: exception items out of Kibana (NDJSON), or evql's own TOML, whose conditions are asked of all events of an
    /// alert together
    #[arg(long, value_name = "FILE")]
    pub exceptions: Vec<PathBuf>,
    /// Run the other rules if one is wrong, instead of stopping with exit code 2
    #[arg(long)]
    pub skip_bad_rules: bool,
    /// Run rules too that their authors have taken back (`maturity = "deprecated"`, or in a folder `_deprecated`)
    #[arg(long)]
    pub deprecated: bool,
    /// Keep only the latest alerts of a rule, as many as Elastic's detection engine would (the rule's own number, or 100)
    #[arg(long)]
    pub max_signals: bool,
}

impl RuleArgs {
    /// The files and folders of rules and exceptions, with others that the command reads.
    pub fn with_files(&self, others: &[PathBuf]) -> Vec<PathBuf> {
        [others, &self.rules, &self.exceptions].concat()
    }

    /// Which rules are wanted.
    pub fn selection(&self) -> RuleSelection {
        let min_level = self.min_level.map(Into::into);
        RuleSelection { min_level, include: self.include_tag.clone(), exclude: self.exclude_tag.clone() }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LevelArg {
    Low,
    Medium,
    High,
    Critical,
}

impl From<LevelArg> for evql::rules::Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Low => Self::Low,
            LevelArg::Medium => Self::Medium,
            LevelArg::High => Self::High,
            LevelArg::Critical => Self::Critical,
        }
    }
}

#[derive(Debug, Args)]
pub struct Scan {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Show alerts of building-block rules too; without it they are counted, and written to -o
    #[arg(long, help_heading = "Rules")]
    pub building_blocks: bool,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the ending of the file if not given, else jsonl
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<AlertFormat>,
    /// Also write a report for people to this file: one HTML page with the case, every alert and what could not be seen
    #[arg(short = 'H', long, value_name = "FILE", help_heading = "HTML report")]
    pub html_report: Option<PathBuf>,
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
    pub memory: Memory,
    /// Exit with 1 if there are findings
    #[arg(long, help_heading = None)]
    pub fail_on_detection: bool,
}

#[derive(Debug, Args)]
pub struct QueryArgs {
    /// The query, such as 'process where process.name : "regsvr32.exe"'; with --query-file the first PATH
    #[arg(value_name = "EQL")]
    pub query: Option<String>,
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Read the query from this file
    #[arg(long, value_name = "FILE", help_heading = None)]
    pub query_file: Option<PathBuf>,
    /// Format of the output; told by the ending of the file if not given, else text on a terminal and jsonl in a file
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<QueryFormat>,
    /// Fields to show, comma between: columns of csv, values of text
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', help_heading = "Output")]
    pub fields: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum QueryFormat {
    /// One line an event, for people
    Text,
    /// One row an event, for spreadsheets
    Csv,
    /// One array
    Json,
    /// One document a line; for a sequence its join keys and its events
    Jsonl,
}

#[derive(Debug, Args)]
pub struct TimelineArgs {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub target: TargetArgs,
    /// Format of the output; told by the ending of the file if not given, else csv
    #[arg(short = 't', long, value_enum, value_name = "TYPE", help_heading = "Output")]
    pub output_type: Option<TimelineType>,
    #[command(flatten)]
    pub formats: FormatArgs,
    #[command(flatten)]
    pub memory: Memory,
}

/// How much of a timeline is held in memory until it is sorted.
#[derive(Clone, Debug, Args)]
pub struct Memory {
    /// Hold so much of a timeline in memory, and the rest in a temporary file: bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = size, help_heading = "Output")]
    pub max_memory: u64,
    /// The folder for that file, which goes away by itself; the system's folder for temporary files if not given
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub temp_folder: Option<PathBuf>,
}

impl Memory {
    /// What is wanted of a timeline whose rows have these contents.
    pub fn timeline(&self, contents: RowContents) -> TimelineOptions {
        let limits = SpoolLimits { max_memory: self.max_memory, temp_folder: self.temp_folder.clone() };
        TimelineOptions { contents, limits }
    }
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules that would run, and those that would not, with the reason
    List(RulesList),
    /// Tell which rules this evidence could have answered, and why not the others
    Coverage(Box<RulesCoverage>),
    /// Check rule files: every problem of every file, by line and column
    Check(RulesCheck),
    /// Tell what a rule comes down to for each of Sysmon's event IDs, which entries it reads, or why it can never match
    Explain(RulesExplain),
}

#[derive(Debug, Args)]
pub struct RulesExplain {
    /// A rule file, or the id or name of a rule
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// Where to look for an id or name: rule files and folders; the built-in rules if none is given
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Whose ECS documents events become
    #[arg(long, value_enum, default_value_t = MappingArg::Integration)]
    pub mapping: MappingArg,
    /// Print JSON, one rule a line, instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RulesList {
    /// Rule files and folders; the built-in rules if none is given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The same
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// List deprecated rules with those that run, as `scan --deprecated` would run them
    #[arg(long)]
    pub deprecated: bool,
    /// Format of the list
    #[arg(short = 't', long, value_enum, value_name = "TYPE", default_value_t = ListFormat::Table)]
    pub output_type: ListFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Table,
    /// One row a rule, for spreadsheets
    Csv,
    /// One array
    Json,
    /// One rule a line
    Jsonl,
}

#[derive(Debug, Args)]
pub struct RulesCoverage {
    #[command(flatten)]
    pub evidence: Evidence,
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Format of the list
    #[arg(short = 't', long, value_enum, value_name = "TYPE", default_value_t = ListFormat::Table)]
    pub output_type: ListFormat,
}

#[derive(Debug, Args)]
pub struct RulesCheck {
    /// Rule files and folders
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Full)]
    pub format: CheckFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// With the lines of the rule that a finding is about
    Full,
    /// One line a finding: file, line, column, slug, message
    Concise,
    /// One array of findings
    Json,
}

#[derive(Debug, Args)]
pub struct Forge {
    /// Scenario files (TOML)
    #[arg(value_name = "SCENARIO", required_unless_present = "large")]
    pub scenarios: Vec<PathBuf>,
    /// Folder to write the files to; it is made if it is not there
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub output: PathBuf,
    /// Replace files that exist
    #[arg(short = 'C', long)]
    pub clobber: bool,
    /// Without a scenario: logs of about this size in all, such as 512M or 10G, from several hosts at ordinary work, with attacks hidden
    /// in them that the built-in rule finds
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "scenarios", help_heading = "Large logs")]
    pub large: Option<u64>,
    /// Seed of the random numbers: the same seed gives the same files
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "large",
        conflicts_with = "scenarios",
        help_heading = "Large logs"
    )]
    pub seed: u64,
    /// How many attacks are hidden, and so how many alerts a scan must give; 10 on each host if not given
    #[arg(long, value_name = "N", requires = "large", conflicts_with = "scenarios", help_heading = "Large logs")]
    pub attacks: Option<u64>,
}

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
}

/// A number of bytes: `1048576`, `512M`, `10G`.
fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    number.ok_or_else(|| "not a size: write bytes (1048576), or a number with K, M or G (512M)".to_owned())
}
