//! The TOML of a scenario: which keys there are. What they mean together is `resolve`'s business.
//!
//! In `[[event]]` and `[[process]]`, keys that begin with a capital are fields of the event, all others are ours; so a misspelt key is never taken for a field.

use super::super::error::Problem;
use super::expect::Expect;
use crate::base::Span;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Where the fields of a table are gathered; the name is one that a message can show.
const FIELDS: &str = "<any field of the event>";

/// Fields by name, with their places in the text.
pub(super) type ScenarioFields = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioDocument {
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: String,
    /// The rules that its expectations are about, for tests of detections; they change no byte of its files.
    #[serde(default, rename = "rules")]
    _rules: Vec<String>,
    #[serde(rename = "file")]
    pub(super) files: Vec<FileEntry>,
    #[serde(default, rename = "process")]
    pub(super) processes: Vec<ProcessEntry>,
    #[serde(default, rename = "event")]
    pub(super) events: Vec<Spanned<EventEntry>>,
    #[serde(default, rename = "damage")]
    pub(super) damage: Vec<Spanned<DamageEntry>>,
    #[serde(default)]
    pub(super) expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileEntry {
    pub(super) name: Spanned<String>,
    pub(super) host: String,
    /// Source address of connections that do not name one.
    pub(super) ip: Option<String>,
    #[serde(default = "one")]
    pub(super) first_record: u64,
    #[serde(default)]
    pub(super) version: Version,
    /// Records are numbered from 1 in their headers, as in exported and forwarded logs.
    #[serde(default)]
    pub(super) renumber: bool,
}

/// Format version of the file.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) enum Version {
    #[default]
    #[serde(rename = "3.1")]
    V31,
    #[serde(rename = "3.2")]
    V32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcessEntry {
    pub(super) label: Spanned<String>,
    pub(super) pid: u32,
    pub(super) host: Option<String>,
    pub(super) parent: Option<Spanned<String>>,
    pub(super) guid: Option<Spanned<String>>,
    pub(super) started: Option<Spanned<toml::Value>>,
    #[serde(default, rename = "<any field of the event>")]
    pub(super) fields: ScenarioFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventEntry {
    pub(super) id: Spanned<u16>,
    pub(super) file: Option<Spanned<String>>,
    pub(super) host: Option<String>,
    pub(super) time: Option<Spanned<toml::Value>>,
    pub(super) after_ms: Option<Spanned<u32>>,
    pub(super) utc: Option<Spanned<toml::Value>>,
    pub(super) record: Option<Spanned<u64>>,
    pub(super) process: Option<Spanned<String>>,
    pub(super) target: Option<Spanned<String>>,
    pub(super) provider: Option<String>,
    pub(super) provider_guid: Option<Spanned<String>>,
    pub(super) channel: Option<String>,
    pub(super) qualifiers: Option<u16>,
    pub(super) version: Option<u8>,
    pub(super) level: Option<u8>,
    pub(super) task: Option<u16>,
    pub(super) opcode: Option<u8>,
    pub(super) keywords: Option<Spanned<String>>,
    pub(super) user_id: Option<Spanned<String>>,
    pub(super) logger_pid: Option<u32>,
    pub(super) logger_thread: Option<u32>,
    #[serde(default)]
    pub(super) absent: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) types: BTreeMap<String, Spanned<String>>,
    #[serde(default = "one_u32")]
    pub(super) repeat: u32,
    #[serde(default = "second")]
    pub(super) every_ms: u32,
    #[serde(default, rename = "<any field of the event>")]
    pub(super) fields: ScenarioFields,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DamageEntry {
    pub(super) kind: DamageKind,
    pub(super) file: Option<Spanned<String>>,
    pub(super) chunk: Option<usize>,
    pub(super) record: Option<u64>,
    pub(super) offset: Option<usize>,
    pub(super) length: Option<usize>,
    pub(super) size: Option<u32>,
    pub(super) at: Option<usize>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DamageKind {
    ChunkMagic,
    Zero,
    Flip,
    DataChecksum,
    HeaderChecksum,
    FileChecksum,
    RecordSize,
    RecordSizeCopy,
    Truncate,
    Empty,
    Dirty,
    Refresh,
}

const fn one() -> u64 {
    1
}

const fn one_u32() -> u32 {
    1
}

const fn second() -> u32 {
    1000
}

/// The span of a part of the text.
pub(super) fn span(range: Range<usize>) -> Span {
    let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(clamp(range.start), clamp(range.end))
}

/// Reads the text; a problem comes with its place.
pub(super) fn parse(text: &str) -> Result<ScenarioDocument, (Problem, Span)> {
    of_table(DeTable::parse(text).map_err(|error| problem(&error))?)
}

/// Reads a scenario out of TOML that has been parsed already.
pub(super) fn of_table(mut root: Spanned<DeTable<'_>>) -> Result<ScenarioDocument, (Problem, Span)> {
    for table in ["event", "process"] {
        if let Some(DeValue::Array(entries)) = root.get_mut().get_mut(table).map(Spanned::get_mut) {
            for entry in entries.iter_mut() {
                let place = entry.span();
                if let DeValue::Table(entry) = entry.get_mut() {
                    gather_fields(entry, place);
                }
            }
        }
    }
    ScenarioDocument::deserialize(toml::Deserializer::from(root)).map_err(|error| problem(&error))
}

fn problem(error: &toml::de::Error) -> (Problem, Span) {
    (Problem::Toml(error.message().to_owned()), span(error.span().unwrap_or(0..0)))
}

/// Moves the keys that begin with a capital into a table of their own.
fn gather_fields<'text>(entry: &mut DeTable<'text>, place: Range<usize>) {
    let names: Vec<Spanned<DeString<'text>>> = entry
        .keys()
        .filter(|key| key.get_ref().starts_with(|first: char| first.is_ascii_uppercase()))
        .cloned()
        .collect();
    // Moved before serde sees them: `deny_unknown_fields`, which catches misspelt keys, does not work with `flatten`.
    let mut fields = DeTable::new();
    for name in names {
        if let Some((key, value)) = entry.remove_entry(&name) {
            fields.insert(key, value);
        }
    }
    let key = Spanned::new(place.clone(), DeString::Borrowed(FIELDS));
    entry.insert(key, Spanned::new(place, DeValue::Table(fields)));
}
