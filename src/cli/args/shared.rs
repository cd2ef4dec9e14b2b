//! Arguments that several commands have: where evidence comes from, which of it counts, which rules, and where output goes.

use super::files::{PasswordArgs, PathList, path_list};
use super::level::LevelArg;
use super::lists::ListArgs;
use clap::{Args, ValueEnum};
use evql::base::Ticks;
use evql::pipeline::{EventFilter, SpoolLimits, TimeWindow};
use evql::rules::RuleSelection;
use std::ops::RangeInclusive;
use std::path::PathBuf;

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
    /// Read the files that stand in this list too: a path a line, or ended by NUL as `find -print0` does; `-` is standard input
    #[arg(long, value_name = "FILE", value_parser = path_list, help_heading = "Evidence")]
    pub files_from: Option<PathList>,
    #[command(flatten)]
    pub passwords: PasswordArgs,
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
    /// Look only at the end of the evidence: so long a time before its last event (not before now), such as 90m, 48h, 7d or 2w. With --to the last event
    /// is the last one not after that. It is looked for first, in a pass of its own
    #[arg(long, value_name = "LENGTH", value_parser = TimeWindow::parse_last, conflicts_with = "from")]
    pub last: Option<Ticks>,
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
    /// Look up the addresses of connections in the databases of this folder (.mmdb of MaxMind, DB-IP or IPinfo), as fields of ECS that
    /// rules, queries and documents have: source.geo.*, source.as.*, destination.geo.*, destination.as.*
    #[arg(long, value_name = "DIR", help_heading = "Events")]
    pub geoip: Option<PathBuf>,
    #[command(flatten)]
    pub memory: MemoryArgs,
}

/// How much a run holds in memory.
#[derive(Clone, Debug, Args)]
pub struct MemoryArgs {
    /// Hold so much of candidates for sequences, of alerts and of a timeline in memory, and the rest in temporary files: bytes, or with K, M or G
    #[arg(long, value_name = "SIZE", default_value = "512M", value_parser = size, help_heading = "Performance")]
    pub max_memory: u64,
    /// The folder for those files, which go away by themselves; the system's folder for temporary files if not given
    #[arg(long, value_name = "DIR", help_heading = "Performance")]
    pub temp_folder: Option<PathBuf>,
}

impl From<&MemoryArgs> for SpoolLimits {
    fn from(MemoryArgs { max_memory, temp_folder }: &MemoryArgs) -> Self {
        Self { max_memory: *max_memory, temp_folder: temp_folder.clone() }
    }
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
#[derive(Clone, Debug, Args)]
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
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch on the command line")]
pub struct RuleArgs {
    /// Rules to run instead of the built-in ones: a file, or a folder with all below it. Elastic's detection rules (TOML), Kibana
    /// exports (NDJSON) with their exceptions, Sigma (YAML), evql's own TOML and plain .eql
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// With -r: run the built-in rules too
    #[arg(long, requires = "rules")]
    pub with_builtin: bool,
    /// Run rules for hunting too, which find much that is ordinary
    #[arg(long)]
    pub hunting: bool,
    /// Run only rules of this severity and above
    #[arg(short, long, value_enum, value_name = "LEVEL")]
    pub min_level: Option<LevelArg>,
    /// Of Sigma rules, which say how mature they are, run only those that have come this far
    #[arg(long, value_enum, value_name = "STATUS")]
    pub min_status: Option<StatusArg>,
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
    /// Indicators for rules that hold events against them (threat match), which do not run without: JSON documents of ECS, or CSV whose head names
    /// fields
    #[arg(long, value_name = "FILE")]
    pub indicators: Vec<PathBuf>,
    #[command(flatten)]
    pub lists: ListArgs,
    /// Run the other rules even if a file is wrong that was named itself, instead of stopping with exit code 2; wrong ones in folders and archives
    /// are told and left out in any case
    #[arg(long)]
    pub skip_bad_rules: bool,
    /// Stop with exit code 2 if any rule is wrong, be it in a folder or an archive
    #[arg(long, conflicts_with = "skip_bad_rules")]
    pub strict: bool,
    /// What the placeholders of Sigma rules stand for: a YAML file of names, each with a value or a list of values
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,
    /// Run rules too that their authors have taken back (`maturity = "deprecated"`, in a folder `_deprecated`; in Sigma `deprecated`, `unsupported` and
    /// obsolete ones)
    #[arg(long)]
    pub deprecated: bool,
    /// Keep only the latest alerts of a rule, as many as Elastic's detection engine would (the rule's own number, or 100)
    #[arg(long)]
    pub max_signals: bool,
    /// Report new terms though the evidence does not go back far enough to know that they are new; they are only counted otherwise
    #[arg(long)]
    pub assume_new: bool,
    /// Suppress alerts that repeat others as their rules say (alert suppression): the first of a group stands for the rest, and counts them
    #[arg(long)]
    pub suppress: bool,
}

impl RuleArgs {
    /// The files and folders of rules and exceptions, with others that the command reads.
    pub fn with_files(&self, others: &[PathBuf]) -> Vec<PathBuf> {
        [others, &self.rules, &self.exceptions, &self.indicators, &self.lists.ioc, self.placeholders.as_slice()]
            .concat()
    }

    /// Which rules are wanted.
    pub fn selection(&self) -> RuleSelection {
        let min_level = self.min_level.map(Into::into);
        let min_status = self.min_status.map(Into::into);
        RuleSelection {
            min_level,
            min_status,
            include: self.include_tag.clone(),
            exclude: self.exclude_tag.clone(),
            hunting: self.hunting,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum StatusArg {
    Experimental,
    Test,
    Stable,
}

impl From<StatusArg> for evql::rules::RuleStatus {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Experimental => Self::Experimental,
            StatusArg::Test => Self::Test,
            StatusArg::Stable => Self::Stable,
        }
    }
}

/// A number of bytes: `1048576`, `512M`, `10G`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    // Powers of 1024, as the tools for memory count.
    let (digits, shift) = match text.char_indices().next_back() {
        Some((at, 'K' | 'k')) => (&text[..at], 10),
        Some((at, 'M' | 'm')) => (&text[..at], 20),
        Some((at, 'G' | 'g')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    number.ok_or_else(|| "not a size: write bytes (1048576), or a number with K, M or G (512M)".to_owned())
}

/// The rules that are told of.
#[derive(Clone, Debug, Args)]
pub struct RulePaths {
    /// Rule files and folders; the built-in rules if none is given
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The same as PATH, as other commands have it
    #[arg(short, long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
}

impl RulePaths {
    /// The files and folders, given in either way.
    pub fn all(&self) -> Vec<PathBuf> {
        [&*self.paths, &*self.rules].concat()
    }
}

/// How rules are read.
#[derive(Clone, Debug, Args)]
pub struct RuleReading {
    /// Stop with exit code 2, and print nothing else, if any rule is wrong
    #[arg(long)]
    pub strict: bool,
    /// What the placeholders of Sigma rules stand for
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,
}
