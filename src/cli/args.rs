//! The command line's arguments. These structures hold them as given; each subcommand resolves them into what it runs on.

mod tree;
mod triage;

pub use tree::*;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand, ValueEnum};
use evql::base::Ticks;
use evql::pipeline::TimeWindow;
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
  evql ioc iocs.txt evidence/                  what of a list of indicators there is
  evql query 'network where destination.port == 4444' evidence/
  evql search mimikatz evidence/               a text in any field of any event
  evql stack --by parent-child evidence/       what is rare: which program started which
  evql test rules/                             tests of detections, like those of a program
  evql info evidence/                          what is there, what is missing, what is damaged
  evql scan host.evtx -o - | jq .rule.name     JSON lines to another program

Exit codes: 0 done; 1 findings (only with --fail-on-detection), or a test failed; 2 a rule or a test file is wrong; 3 wrong call, or no input at all;
4 done, but some input could not be read (0 with --allow-partial); 130 interrupted.";

mod columns;
mod except;
mod extract;
mod files;
mod fleet;
mod formats;
mod info;
mod ioc;
mod level;
mod lists;
mod matches;
mod outputs;
mod processes;
mod report;
mod search;
mod shared;
mod shell;
mod stack;
mod story;
mod test;
mod timeline;

pub use columns::*;
pub use except::*;
pub use extract::*;
pub use fleet::*;
pub use formats::*;
pub use info::*;
pub use ioc::*;
pub use lists::*;
pub use matches::*;
pub use outputs::*;
pub use processes::*;
pub use report::*;
pub use search::*;
pub use shared::*;
pub use shell::*;
pub use stack::*;
pub use story::*;
pub use test::*;
pub use timeline::*;

/// Runs Elastic EQL detection rules over collected Windows event logs, offline.
///
/// evql reads Sysmon events out of .evtx files (and XML exported from them), maps them to ECS, puts them in order and runs detection rules,
/// sequences included, without Elasticsearch. It also writes what each process did as a timeline.
#[derive(Debug, Parser)]
// By its own name in every message, and not by that of a file (`evql.exe`): messages are the same on every system.
#[command(bin_name = "evql", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 100, arg_required_else_help = true)]
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
    Scan(Box<Scan>),
    /// Look for indicators of compromise: hashes, addresses, domains, URLs, names and paths out of lists
    #[command(override_usage = "evql ioc [OPTIONS] LIST... PATH...")]
    Ioc(Box<IocArgs>),
    /// Ask one EQL query of the evidence
    Query(Box<QueryArgs>),
    /// Look for a text or a regular expression in all fields of all events
    Search(Box<SearchArgs>),
    /// Count how often each value of a field occurs, on which hosts, the rarest first
    Stack(Box<StackArgs>),
    /// Write every event, grouped by process and in time order
    Timeline(Box<TimelineArgs>),
    /// Tell what is in the evidence: computers, channels, event IDs, times, gaps, cleared logs, damage
    Info(InfoArgs),
    /// Show what started what: the processes of each host as trees
    Tree(Box<TreeArgs>),
    /// Tell what happened in an incident, event by event: what its processes and their descendants did, with the alerts in their places
    Story(Box<StoryArgs>),
    /// Print an exception for alerts like one that is known to be harmless
    Except(Box<ExceptArgs>),
    /// Cut the evidence of alerts, processes or times out into a new .evtx file, with other names if it is to be shared
    Extract(Box<ExtractArgs>),
    /// Make the HTML report from saved findings
    Report(ReportArgs),
    /// Put together what hosts were scanned for by themselves (`scan --part`): the alerts of one scan of all of them
    Merge(Box<MergeArgs>),
    /// Serve whoever scans the evidence of many hosts: whose files are, and a job for Apache Spark
    #[command(subcommand)]
    Fleet(FleetCommand),
    /// List rules, or find what is wrong with them
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Run tests of detections: whether rules still find what they must in samples, and nothing else
    Test(Box<TestArgs>),
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
    pub part: PartArgs,
    #[command(flatten)]
    pub outputs: ScanOutputs,
}

#[derive(Debug, Args)]
pub struct QueryArgs {
    /// The query, such as 'process where process.name : "regsvr32.exe"'; with --query-file the first PATH
    #[arg(value_name = "EQL")]
    pub query: Option<String>,
    #[command(flatten)]
    pub evidence: Evidence,
    /// Read the query from this file
    #[arg(long, value_name = "FILE", help_heading = None)]
    pub query_file: Option<PathBuf>,
    #[command(flatten)]
    pub output: MatchArgs,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// List the rules that would run, and those that would not, with the reason
    List(RulesList),
    /// Tell which rules this evidence could have answered, and why not the others
    Coverage(Box<RulesCoverage>),
    /// Check rule files: every problem of every file, by line and column
    Check(RulesCheck),
    /// Write a configuration of Sysmon that records what the rules need, or check one: which rules could never find anything with it
    SysmonConfig(Box<RulesSysmonConfig>),
    /// Tell what a rule comes down to for each of Sysmon's event IDs, which entries it reads, or why it can never match
    Explain(RulesExplain),
    /// Print a rule in another language: what a Sigma rule becomes in EQL
    Convert(RulesConvert),
    /// Tell which rules one host answers, and which may join events of several hosts, and why
    Split(RulesSplit),
    /// Count rules by where they come from, language, kind and severity, and by what some evidence could answer
    Stats(RulesStats),
}

/// The languages that rules are printed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ConvertTo {
    /// Elasticsearch's EQL, with the fields and functions that only evql has
    Eql,
}

#[derive(Debug, Args)]
pub struct RulesConvert {
    /// A rule file, or the id or name of a rule
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// Where to look for an id or name: rule files and folders; the built-in rules if none is given
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// The language to print it in
    #[arg(long, value_enum, value_name = "LANGUAGE", default_value_t = ConvertTo::Eql)]
    pub to: ConvertTo,
    /// Stop with exit code 2, and print nothing else, if any rule is wrong
    #[arg(long)]
    pub strict: bool,
    /// What the placeholders of Sigma rules stand for
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every rule can find something with the configuration that is checked; 1 some rules never can; 2 a rule is wrong;\n3 wrong call, or a file that is no configuration."
)]
pub struct RulesSysmonConfig {
    #[command(flatten)]
    pub rules: RuleArgs,
    /// Do not write one: tell which rules could never find anything with this configuration of Sysmon
    #[arg(long, value_name = "CONFIG.XML")]
    pub check: Option<PathBuf>,
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
    /// Stop with exit code 2, and print nothing else, if any rule is wrong
    #[arg(long)]
    pub strict: bool,
    /// What the placeholders of Sigma rules stand for
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,
    /// Print JSON, one rule a line, instead of text
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct RulesList {
    #[command(flatten)]
    pub paths: RulePaths,
    /// The built-in rules too
    #[arg(long)]
    pub builtin: bool,
    /// List deprecated rules with those that run, as `scan --deprecated` would run them
    #[arg(long)]
    pub deprecated: bool,
    #[command(flatten)]
    pub reading: RuleReading,
    /// Format of the list
    #[arg(short = 't', long, value_enum, value_name = "TYPE", default_value_t = ListFormat::Table)]
    pub output_type: ListFormat,
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
pub struct RulesStats {
    #[command(flatten)]
    pub paths: RulePaths,
    /// Count too how many of the rules this evidence could have answered: a file or folder, may be given several times
    #[arg(short, long, value_name = "PATH")]
    pub evidence: Vec<PathBuf>,
    /// Count deprecated rules with those that run, as `scan --deprecated` would run them
    #[arg(long)]
    pub deprecated: bool,
    #[command(flatten)]
    pub reading: RuleReading,
    /// Format of the counts
    #[arg(short = 't', long, value_enum, value_name = "TYPE", default_value_t = ListFormat::Table)]
    pub output_type: ListFormat,
}

#[derive(Debug, Args)]
pub struct RulesCheck {
    /// Rule files and folders
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// What the placeholders of Sigma rules stand for
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,
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
    /// in them that the built-in rule of registration utilities finds
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "scenarios", help_heading = "Large logs")]
    pub large: Option<u64>,
    #[command(flatten)]
    pub options: ForgeLarge,
}

/// What large logs are like.
#[derive(Debug, Args)]
#[command(next_help_heading = "Large logs")]
pub struct ForgeLarge {
    /// Seed of the random numbers: the same seed gives the same files
    #[arg(long, value_name = "N", default_value_t = 1, requires = "large", conflicts_with = "scenarios")]
    pub seed: u64,
    /// How many attacks are hidden, and so how many alerts a scan must give; 10 on each host if not given
    #[arg(long, value_name = "N", requires = "large", conflicts_with = "scenarios")]
    pub attacks: Option<u64>,
    /// How many attacks cross from one host to another; the query that finds them is printed
    #[arg(long, value_name = "N", default_value_t = 0, requires = "large", conflicts_with = "scenarios")]
    pub cross_host: u64,
    /// How many hosts; 4 to 24 by the size if not given
    #[arg(long, value_name = "N", requires = "large", conflicts_with = "scenarios")]
    pub hosts: Option<u64>,
    /// Domain of the hosts; by the seed if not given, as are their addresses
    #[arg(long, value_name = "NAME", requires = "large", conflicts_with = "scenarios")]
    pub domain: Option<String>,
    /// When the logs begin (RFC 3339 or a date, UTC); by the seed if not given
    #[arg(
        long,
        value_name = "TIME",
        value_parser = TimeWindow::parse_from,
        requires = "large",
        conflicts_with = "scenarios"
    )]
    pub start: Option<Ticks>,
}
