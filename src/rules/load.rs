//! From paths to a rule set: every rule file below them, whatever its format, with everything found in each.
//!
//! Formats are told by a file's ending and, for a file that was named itself, by its content. In folders, other files are passed over and counted.
//! This is the only part of the module that touches the file system.

use super::elastic::of_table;
use super::place::{Place, Written};
use super::{Level, Metadata, NotRun, ParsedRule, Rule, RuleSet, codes, compile};
use super::{parse_export, parse_toml};
use crate::base::{Each, Span};
use crate::diag::{Diagnostic, Notice};
use crate::eql::Options;
use hashbrown::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use toml::de::DeTable;

/// Largest rule file that is read, in bytes. An export of every rule that Elastic has is a tenth of that.
const MAX_FILE: u64 = 256 << 20;

/// What a file of rules amounted to.
#[derive(Debug)]
pub struct FileReport {
    /// The file as it was named or found.
    pub path: String,
    /// Its text; empty if it could not be read.
    pub text: String,
    /// Everything found in it, by place; spans are offsets in the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl FileReport {
    /// Whether something keeps a rule of the file from running.
    pub fn has_error(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// What was loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The rules that can run, in the order of their files.
    pub set: RuleSet,
    /// Rules in other languages, with the file of each.
    pub not_run: Vec<(NotRun, String)>,
    /// Every file of rules, in order.
    pub files: Vec<FileReport>,
    /// Files in folders that are no rule files.
    pub passed_over: usize,
    /// Parts of rules that are not honoured, and whatever else makes a rule find less or more than its author meant.
    pub notices: Vec<Notice>,
}

impl Loaded {
    /// Whether something keeps a rule from running.
    pub fn has_error(&self) -> bool {
        self.files.iter().any(FileReport::has_error)
    }
}

/// Loads every rule under `paths`, which are files and folders. Nothing that is wrong with one file hides another.
pub fn load(paths: &[PathBuf]) -> Loaded {
    load_with(paths, &|count, job| (0..count).for_each(job))
}

/// The same, reading the files as `each` says.
pub fn load_with(paths: &[PathBuf], each: Each<'_>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut found: Vec<Found> = Vec::new();
    for path in paths {
        if path.is_dir() {
            loaded.passed_over += folder(path, &mut found);
        } else {
            found.push(Found::File(path.clone(), format_of(path)));
        }
    }
    let read: Vec<OnceLock<ReadFile>> = found.iter().map(|_| OnceLock::new()).collect();
    each(found.len(), &|at| {
        read[at].get_or_init(|| found[at].read());
    });
    let mut ids: HashMap<String, String> = HashMap::new();
    for file in read.into_iter().filter_map(OnceLock::into_inner) {
        file.take(&mut loaded, &mut ids);
    }
    loaded
}

/// A file of rules.
enum Found {
    /// To be read; its content tells the format if none is given.
    File(PathBuf, Option<Format>),
    /// It could not even be looked at: its path and the reason.
    Refused(String, String),
}

/// A file of rules that was read, each rule by itself.
#[derive(Debug)]
struct ReadFile {
    report: FileReport,
    rules: Vec<ParsedRule>,
}

/// The formats of rule files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Toml,
    Export,
    Eql,
}

fn format_of(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_string_lossy().to_lowercase();
    match ending.as_str() {
        "toml" => Some(Format::Toml),
        "ndjson" | "jsonl" | "json" => Some(Format::Export),
        "eql" => Some(Format::Eql),
        _ => None,
    }
}

/// Adds the files of rules in a folder; how many others there are.
fn folder(path: &Path, found: &mut Vec<Found>) -> usize {
    let mut passed_over = 0;
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => match format_of(entry.path()) {
                Some(format) => found.push(Found::File(entry.into_path(), Some(format))),
                None => passed_over += 1,
            },
            Err(error) => {
                let path = error.path().unwrap_or(path).display().to_string();
                found.push(Found::Refused(path, error.to_string()));
            }
        }
    }
    passed_over
}

pub(super) fn unreadable(path: String, reason: &str) -> FileReport {
    let found = Diagnostic::error(codes::UNREADABLE_FILE, Span::default(), format!("cannot be read: {reason}"));
    FileReport { path, text: String::new(), diagnostics: vec![found] }
}

pub(super) fn read(path: &Path) -> Result<String, String> {
    let size = path.metadata().map_err(|error| error.to_string())?.len();
    if size > MAX_FILE {
        return Err(format!("{size} bytes are too many for rules; at most {MAX_FILE} are read"));
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes)
        .map_err(|error| format!("it is not UTF-8 text (byte {})", error.utf8_error().valid_up_to()))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

impl Found {
    fn read(&self) -> ReadFile {
        let failed = |path: String, reason: &str| ReadFile { report: unreadable(path, reason), rules: Vec::new() };
        let (path, format) = match self {
            Self::File(path, format) => (path, *format),
            Self::Refused(path, reason) => return failed(path.clone(), reason),
        };
        let shown = path.display().to_string();
        let text = match read(path) {
            Ok(text) => text,
            Err(reason) => return failed(shown, &reason),
        };
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let rules = match format.unwrap_or_else(|| told_by_content(&text)) {
            Format::Toml => vec![toml(&text)],
            Format::Export => parse_export(&text),
            Format::Eql => vec![bare(&text, &stem)],
        };
        ReadFile { report: FileReport { path: shown, text, diagnostics: Vec::new() }, rules }
    }
}

impl ReadFile {
    /// Adds the file and its rules to what was loaded before.
    fn take(self, loaded: &mut Loaded, ids: &mut HashMap<String, String>) {
        let Self { mut report, rules } = self;
        let empty = rules.iter().all(|parsed| parsed.rule.is_none() && parsed.not_run.is_none());
        for rule in rules {
            take(rule, &mut report, loaded, ids);
        }
        if empty && !report.has_error() {
            let found = Diagnostic::error(codes::NO_RULE, Span::default(), "there is no rule in this file");
            report.diagnostics.push(found);
        }
        report.diagnostics.sort_by_key(|found| found.span);
        loaded.files.push(report);
    }
}

/// Adds what came of one rule. Of two rules with one id the first stays.
fn take(parsed: ParsedRule, report: &mut FileReport, loaded: &mut Loaded, ids: &mut HashMap<String, String>) {
    report.diagnostics.extend(parsed.diagnostics);
    loaded.not_run.extend(parsed.not_run.map(|rule| (rule, report.path.clone())));
    let Some(rule) = parsed.rule else { return };
    let known = ids.get(&rule.meta.id).filter(|_| !rule.meta.id.is_empty());
    if let Some(first) = known {
        let message = format!("the rule '{}' has the id of one in {first}, and is left out", rule.meta.name);
        report.diagnostics.push(Diagnostic::warning(codes::DUPLICATE_RULE, Span::default(), message));
        return;
    }
    ids.insert(rule.meta.id.clone(), report.path.clone());
    loaded.set.rules.push(rule);
}

fn told_by_content(text: &str) -> Format {
    if text.trim_start().starts_with('{') {
        Format::Export
    } else if text.lines().any(|line| line.trim() == "[rule]") {
        Format::Toml
    } else {
        Format::Eql
    }
}

/// A TOML file: evql's own format has a rule with `id`, Elastic's one with `rule_id` or `language`.
fn toml(text: &str) -> ParsedRule {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => return ParsedRule::failed(super::toml_error(&error)),
    };
    match table.get_ref().get("rule").and_then(|rule| rule.get_ref().as_table()) {
        None => ParsedRule::default(),
        Some(rule) if rule.contains_key("rule_id") || rule.contains_key("language") => of_table(text, table),
        Some(_) => parse_toml(text),
    }
}

/// A file that is a query and nothing else; its name is the rule's.
fn bare(text: &str, stem: &str) -> ParsedRule {
    let place = Place::of(text, 0..text.len(), text, Written::Plain);
    compile(text, &place, &Options::default(), || Metadata::bare(&format!("eql:{stem}"), stem))
}

impl Metadata {
    /// The metadata of a query that says nothing of itself: low, without a score.
    pub fn bare(id: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            description: String::new(),
            level: Level::Low,
            risk_score: 0.0,
            threat: Vec::new(),
            references: Vec::new(),
            false_positives: Vec::new(),
            note: None,
            setup: None,
            tags: Vec::new(),
            authors: Vec::new(),
            license: None,
            max_signals: None,
            building_block: false,
        }
    }
}

impl Rule {
    /// A query as a rule without metadata and exceptions.
    pub fn bare(source: &str, query: crate::eql::Query) -> Self {
        Self {
            meta: Metadata::bare("query", "query"),
            source: source.to_owned(),
            query,
            exceptions: std::sync::Arc::default(),
        }
    }
}

#[cfg(test)]
mod tests;
