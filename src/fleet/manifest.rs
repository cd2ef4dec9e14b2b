//! `part.json`: what a part is of, by which it is known whether it is there already and whether others belong to it. It is written last.

use crate::base::Ticks;
use crate::event::Clock;
use crate::pipeline::{ComputerEvents, EventFilter, Roles, RunOptions, Stats, TimeWindow};
use crate::source::{Input, InputFormat};
use crate::sysmon::Mapping;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The version of the format of parts.
pub const FORMAT: u32 = 2;

/// What a part is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartManifest {
    /// The version of the format.
    pub format: u32,
    /// The version of evql that wrote it. Only the same one reads it.
    pub evql: String,
    /// Tells whether rules are the same.
    pub rules: String,
    /// How many rules ran.
    pub rule_count: usize,
    /// Tells whether the case key is the same.
    pub case_key: String,
    /// The options that decide what is found.
    pub options: PartOptions,
    /// The computers that were asked for, if not all were.
    pub include_computers: Vec<String>,
    /// The computers that were passed over.
    pub exclude_computers: Vec<String>,
    /// The files and folders that were named.
    pub paths: Vec<String>,
    /// The files that stood in a list.
    pub listed: Vec<String>,
    /// The files that were read, in their order.
    pub inputs: Vec<PartInput>,
    /// The computers whose events are in them.
    pub computers: Vec<PartComputer>,
    /// Whether all could be read.
    pub status: PartStatus,
    /// How many alerts there are.
    pub alerts: u64,
    /// Alerts that were left out because a rule had more than it may have, by the position of the rule.
    pub left_out: BTreeMap<usize, usize>,
    /// Counts of records.
    pub stats: Stats,
    /// When the first event of each host was logged, in ticks of 100 ns since 1601, if a rule looks for new terms.
    pub begins: BTreeMap<String, i64>,
    /// The addresses that hosts have shown as their own, as host and address, if an alert needs them.
    pub host_addresses: Vec<(String, String)>,
    /// What a reader must know of this evidence, as kind and text.
    pub notices: Vec<(String, String)>,
    /// The other files of the part.
    pub files: BTreeMap<String, PartFile>,
}

/// Whether all of the evidence could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartStatus {
    /// Nothing was lost.
    Complete,
    /// Something was, as the faults say.
    Partial,
}

/// A file of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartInput {
    /// Its name in outputs.
    pub name: String,
    /// Where it is opened; of a member of an archive, the archive.
    pub path: String,
    /// The kind of the file, in a word or two.
    kind: String,
    /// Bytes that it had.
    pub size: u64,
    /// The SHA-256 of what is at the path, if it could be read to its end.
    pub sha256: Option<String>,
}

/// The kinds of files.
const KINDS: [InputFormat; 5] = [
    InputFormat::Evtx,
    InputFormat::Xml { encoding: encoding_rs::UTF_8 },
    InputFormat::Json,
    InputFormat::Csv,
    InputFormat::Image,
];

impl PartInput {
    /// An input with the SHA-256 of what is at its path.
    pub fn new(input: &Input, sha256: Option<&String>) -> Self {
        Self {
            name: input.display.to_string(),
            path: input.path.to_string_lossy().into_owned(),
            kind: input.format.describe().to_owned(),
            size: input.size,
            sha256: sha256.cloned(),
        }
    }

    /// The kind of the file, in a word or two.
    pub fn kind(&self) -> &'static str {
        KINDS.map(InputFormat::describe).into_iter().find(|kind| **kind == *self.kind).unwrap_or_default()
    }
}

/// A computer that has events in a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartComputer {
    /// Its name, as it was recorded.
    pub name: String,
    /// Records and documents that became events, copies included.
    pub events: u64,
    /// When the first of them was logged.
    pub first: String,
    /// When the last of them was logged.
    pub last: String,
}

impl From<&ComputerEvents> for PartComputer {
    fn from(ComputerEvents { name, events, first, last }: &ComputerEvents) -> Self {
        Self { name: name.clone(), events: *events, first: first.rfc3339_full(), last: last.rfc3339_full() }
    }
}

impl PartComputer {
    /// The events as a run counts them; `None` if the times are none.
    pub fn events(&self) -> Option<ComputerEvents> {
        let at = |text: &str| Ticks::parse_rfc3339(text);
        let (first, last) = (at(&self.first)?, at(&self.last)?);
        Some(ComputerEvents { name: self.name.clone(), events: self.events, first, last })
    }
}

/// A file of a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFile {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// The options that decide what is found, and must be the same in all parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct PartOptions {
    clock: String,
    from: Option<i64>,
    to: Option<i64>,
    include_eid: Vec<(u32, u32)>,
    exclude_eid: Vec<(u32, u32)>,
    timestamp_field: Option<String>,
    event_category_field: Option<String>,
    tiebreaker_field: Option<String>,
    mapping: String,
    /// The databases of addresses, as they describe themselves.
    geoip: Vec<String>,
    carve: bool,
    /// Whether each rule keeps only its latest alerts.
    pub max_signals: bool,
    /// Whether terms are held to be new where nobody can know.
    pub assume_new: bool,
    /// Whether what stands beside alerts was looked up.
    pub triage: bool,
}

const UTC: &str = "utc";
const WINLOGBEAT: &str = "winlogbeat";

impl PartOptions {
    /// The options of a run, without triage.
    pub fn of(options: &RunOptions, max_signals: bool, assume_new: bool) -> Self {
        let ids =
            |ranges: &[std::ops::RangeInclusive<u32>]| ranges.iter().map(|ids| (*ids.start(), *ids.end())).collect();
        let databases = options.mapping.geo.iter().flat_map(|geo| geo.0.described());
        Self {
            clock: if options.clock == Clock::Utc { UTC } else { "logged" }.to_owned(),
            from: options.window.from.map(|at| at.0),
            to: options.window.to.map(|at| at.0),
            include_eid: ids(&options.filter.include_ids),
            exclude_eid: ids(&options.filter.exclude_ids),
            timestamp_field: options.roles.timestamp.clone(),
            event_category_field: options.roles.category.clone(),
            tiebreaker_field: options.roles.tiebreaker.clone(),
            mapping: if options.mapping.documents == Mapping::Winlogbeat { WINLOGBEAT } else { "integration" }
                .to_owned(),
            geoip: databases.map(|(file, kind, built)| format!("{file} ({kind}, {built})")).collect(),
            carve: options.search.carve,
            max_signals,
            assume_new,
            triage: false,
        }
    }

    /// The same, with what stands beside alerts or without it.
    #[must_use]
    pub fn with_triage(self, triage: bool) -> Self {
        Self { triage, ..self }
    }

    /// Gives a run these options. The databases of addresses are the caller's to give.
    pub fn give_to(&self, options: &mut RunOptions) {
        let ids = |ranges: &[(u32, u32)]| ranges.iter().map(|(first, last)| *first..=*last).collect();
        options.clock = if self.clock == UTC { Clock::Utc } else { Clock::Logged };
        options.window = TimeWindow { from: self.from.map(Ticks), to: self.to.map(Ticks) };
        options.filter = EventFilter {
            include_ids: ids(&self.include_eid),
            exclude_ids: ids(&self.exclude_eid),
            ..EventFilter::default()
        };
        options.roles = Roles {
            timestamp: self.timestamp_field.clone(),
            category: self.event_category_field.clone(),
            tiebreaker: self.tiebreaker_field.clone(),
        };
        options.mapping.documents = if self.mapping == WINLOGBEAT { Mapping::Winlogbeat } else { Mapping::Integration };
        options.search.carve = self.carve;
    }

    /// The databases of addresses that events were looked up in, as they describe themselves.
    pub fn databases(&self) -> &[String] {
        &self.geoip
    }

    /// The first option that differs, with both values.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let values = |options: &Self| match serde_json::to_value(options) {
            Ok(Value::Object(values)) => values,
            _ => serde_json::Map::new(),
        };
        let theirs = values(other);
        let differs = values(self).into_iter().find(|(name, mine)| theirs.get(name) != Some(mine));
        differs.map(|(name, mine)| format!("{name} is {mine}, and {}", theirs.get(&name).unwrap_or(&Value::Null)))
    }
}

impl PartManifest {
    /// In what another part differs that cannot be merged with this one.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.evql != other.evql {
            return Some(format!("written by evql {} and {}", self.evql, other.evql));
        }
        if self.case_key != other.case_key {
            return Some("their case keys differ".to_owned());
        }
        if self.rules != other.rules {
            return Some(format!("their rules differ ({} and {} of them)", self.rule_count, other.rule_count));
        }
        self.options.difference(&other.options).map(|what| format!("their options differ: {what}"))
    }

    /// In what another part differs that is not of the same evidence.
    pub fn evidence_difference(&self, other: &Self) -> Option<String> {
        let computers = |part: &Self| (part.include_computers.clone(), part.exclude_computers.clone());
        if (&self.paths, &self.listed) != (&other.paths, &other.listed) {
            return Some("other paths were named".to_owned());
        }
        if computers(self) != computers(other) {
            return Some("other computers were asked for".to_owned());
        }
        if self.inputs.len() != other.inputs.len() {
            return Some(format!("it has {} files, and now there are {}", self.inputs.len(), other.inputs.len()));
        }
        let pair = self.inputs.iter().zip(&other.inputs).find(|(mine, theirs)| mine != theirs);
        pair.map(|(mine, _)| format!("{} is not what it was", mine.name))
    }
}
