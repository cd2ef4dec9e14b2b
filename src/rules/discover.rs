//! Files of rules: which of the files below a folder are any, and what each holds.
//!
//! This module does not know what becomes of rules.

use super::codes;
use super::elastic::{exceptions_of_table, has_exceptions, rule_of_table};
use super::exception_lists::ExceptionLists;
use super::file::parse_toml;
use super::kibana::{JsonFile, parse_json};
use super::parsed::{ParsedRule, compile, toml_error};
use super::place::{QueryPlace, StringForm};
use super::rule::{Metadata, RuleForm};
use super::rule_archive::{self, ArchivedRule};
use super::sigma::{ParsedCorrelation, Placeholders, SigmaFile, SigmaFilter, looks_like_sigma, parse_sigma};
use crate::base::{Span, text_file};
use crate::diag::Diagnostic;
use crate::eql::QueryOptions;
use encoding_rs::{Encoding, UTF_8};
use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use toml::de::DeTable;

/// Largest rule file that is read, in bytes. An export of every rule that Elastic has is a tenth of that.
const MAX_FILE: u64 = 256 << 20;

/// A file of this size in a folder is read only if its beginning looks like rules.
const LARGE_FILE: u64 = 16 << 20;

/// How much of a large file is looked at.
const HEAD: u64 = 1 << 20;

/// The folder in which Elastic's repository keeps rules that it has taken back.
const DEPRECATED_FOLDER: &str = "_deprecated";

/// A file of rules, with everything found in it.
#[derive(Clone, Debug)]
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

/// A file of rules.
pub enum FoundFile {
    /// To be read.
    File {
        path: PathBuf,
        /// Its content tells, if nothing is given.
        format: Option<RuleFormat>,
        /// Its path below the folder that was given, without its ending: the id of a rule that has none of its own.
        identity: String,
        /// Whether its path was given itself and not found in a folder, so that it must hold rules.
        named: bool,
    },
    /// A member of an archive, which has been read.
    Member {
        /// The path of the archive, and its own path in it.
        path: PathBuf,
        content: Vec<u8>,
        format: RuleFormat,
        /// Its path in the archive without its ending.
        identity: String,
    },
    /// It could not even be looked at: its path and the reason.
    Refused(String, String),
}

/// A file of rules that was read, each rule by itself.
#[derive(Debug)]
pub struct ReadFile {
    pub report: FileReport,
    pub rules: Vec<ParsedRule>,
    /// Exceptions that stand in it.
    pub lists: ExceptionLists,
    /// Whether it has exceptions or other things of Kibana's, so that it need not have rules.
    pub has_lists: bool,
    /// Filters of Sigma that stand in it.
    pub filters: Vec<SigmaFilter>,
    /// Correlations of Sigma that stand in it.
    pub correlations: Vec<ParsedCorrelation>,
}

/// The formats of rule files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleFormat {
    Toml,
    Json,
    Eql,
    Sigma,
}

fn format_of(path: &Path) -> Option<RuleFormat> {
    let ending = path.extension()?.to_string_lossy().to_lowercase();
    match ending.as_str() {
        "toml" => Some(RuleFormat::Toml),
        "ndjson" | "jsonl" | "json" => Some(RuleFormat::Json),
        "eql" => Some(RuleFormat::Eql),
        "yml" | "yaml" => Some(RuleFormat::Sigma),
        _ => None,
    }
}

/// A file whose path was given itself.
fn named(path: &Path) -> FoundFile {
    let identity = path.file_name().map(|name| identity(Path::new(name))).unwrap_or_default();
    FoundFile::File { path: path.to_owned(), format: format_of(path), identity, named: true }
}

/// Adds what somebody named: a file, or the rule files in an archive; returns how many other files there are in it.
pub fn add_named(path: &Path, found: &mut Vec<FoundFile>) -> usize {
    let Some(kind) = rule_archive::kind_of(path) else {
        found.push(named(path));
        return 0;
    };
    let shown = path.display().to_string();
    let members = match rule_archive::members(path, kind, |member| format_of(member).is_some()) {
        Ok(members) => members,
        Err(reason) => {
            found.push(FoundFile::Refused(shown, reason));
            return 0;
        }
    };
    found.extend(members.stopped.map(|reason| FoundFile::Refused(shown, reason)));
    for ArchivedRule { path: member, content } in members.wanted {
        let own = Path::new(&member);
        let (Some(format), path) = (format_of(own), path.join(own)) else { continue };
        found.push(match content {
            Ok(content) => FoundFile::Member { path, content, format, identity: identity(own) },
            Err(reason) => FoundFile::Refused(path.display().to_string(), reason),
        });
    }
    members.others
}

/// Adds the rule files below a folder; returns how many other files there are.
pub fn folder(path: &Path, found: &mut Vec<FoundFile>) -> usize {
    let mut passed_over = 0;
    for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => match format_of(entry.path()) {
                Some(format) if entry.path().is_file() => {
                    let identity = identity(entry.path().strip_prefix(path).unwrap_or(entry.path()));
                    found.push(FoundFile::File {
                        path: entry.into_path(),
                        format: Some(format),
                        identity,
                        named: false,
                    });
                }
                _ => passed_over += 1,
            },
            Err(error) => {
                let path = error.path().unwrap_or(path).display().to_string();
                found.push(FoundFile::Refused(path, error.to_string()));
            }
        }
    }
    passed_over
}

/// A path without its ending, written alike on every system.
fn identity(path: &Path) -> String {
    let path = path.with_extension("");
    let parts = path.components().filter_map(|part| match part {
        Component::Normal(part) => Some(part.to_string_lossy()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Reads files that a person named, one after the other, and gives each to `take`, which tells what is wrong with it.
pub fn read_each(paths: &[PathBuf], mut take: impl FnMut(&Path, &str) -> Vec<Diagnostic>) -> Vec<FileReport> {
    let report = |path: &PathBuf| {
        let name = path.display().to_string();
        match read(path) {
            Ok(text) => {
                let diagnostics = take(path, &text);
                FileReport { path: name, text, diagnostics }
            }
            Err(reason) => unreadable(name, &reason),
        }
    };
    paths.iter().map(report).collect()
}

/// The report of a file that cannot be read.
pub fn unreadable(path: String, reason: &str) -> FileReport {
    let found = Diagnostic::error(codes::UNREADABLE_FILE, Span::default(), format!("cannot be read: {reason}"));
    FileReport { path, text: String::new(), diagnostics: vec![found] }
}

/// The text of a file, without its byte-order mark.
pub fn read(path: &Path) -> Result<String, String> {
    text_file::decode(read_bytes(path)?)
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let size = path.metadata().map_err(|error| error.to_string())?.len();
    // The size is asked for before anything is read: a folder may hold a disk image that somebody has called `.json`.
    if size > MAX_FILE {
        return Err(format!("{size} bytes are too many for rules; at most {MAX_FILE} are read"));
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

/// The beginning of a file, or all of a small one; `None` if it cannot be read.
///
/// Only the beginning of a large file is read for this: folders of rules lie beside folders of data, where an export of alerts may have gigabytes.
fn head_of(path: &Path) -> Option<Vec<u8>> {
    let large = path.metadata().ok()?.len() > LARGE_FILE;
    let mut head = Vec::new();
    File::open(path).ok()?.take(if large { HEAD } else { MAX_FILE }).read_to_end(&mut head).ok()?;
    Some(head)
}

/// Whether the beginning of a file has what a file of rules must have.
fn looks_like_rules(head: &[u8], format: RuleFormat) -> bool {
    // In UTF-16 none of the words below would be found; such files are rare enough to be read whole.
    if Encoding::for_bom(head).is_some_and(|(encoding, _)| encoding != UTF_8) {
        return true;
    }
    let has = |text: &str| memchr::memmem::find(head, text.as_bytes()).is_some();
    match format {
        RuleFormat::Eql => true,
        RuleFormat::Sigma => looks_like_sigma(head),
        // The quick search first: to go through a file line by line costs more, and most TOML files in a repository are of build tools.
        RuleFormat::Toml => has("rule") && has_rule_table(&String::from_utf8_lossy(head)) || has("exceptions"),
        RuleFormat::Json => has("\"rule_id\"") || has("\"list_id\"") || (has("\"query\"") && has("\"risk_score\"")),
    }
}

/// Whether a line of a TOML text begins a table of a rule, or a part of it.
fn has_rule_table(text: &str) -> bool {
    text.lines().any(|line| {
        let line = line.trim_start();
        // `[rule]`, `[rule.threat]`, `[[rule]]`, `["rule"]` and `rule.name = …` all begin or continue the table; `ruleset = 1` does not.
        let name = line.trim_start_matches(['[', ' ', '\t', '"', '\'']);
        name.strip_prefix("rule")
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with([']', '.', '=']))
    })
}

impl ReadFile {
    /// A file without rules.
    fn of(report: FileReport) -> Self {
        Self {
            report,
            rules: Vec::new(),
            lists: ExceptionLists::default(),
            has_lists: false,
            filters: Vec::new(),
            correlations: Vec::new(),
        }
    }
}

impl FoundFile {
    /// The rules of the file; nothing if it is another kind of file that lies in a folder.
    pub fn read(&self, placeholders: &Placeholders) -> Option<ReadFile> {
        let failed = |path: String, reason: &str| Some(ReadFile::of(unreadable(path, reason)));
        let (path, format, identity, named, text) = match self {
            Self::File { path, format, identity, named } => {
                // What cannot be read is said when it is read.
                let has_rules = |format| head_of(path).is_none_or(|head| looks_like_rules(&head, format));
                if !named && !format.is_none_or(has_rules) {
                    return None;
                }
                (path, *format, identity, *named, read(path))
            }
            Self::Member { path, content, format, identity } => {
                if !looks_like_rules(content, *format) {
                    return None;
                }
                (path, Some(*format), identity, false, text_file::decode(content.clone()))
            }
            Self::Refused(path, reason) => return failed(path.clone(), reason),
        };
        let shown = path.display().to_string();
        let text = match text {
            Ok(text) => text,
            Err(reason) => return failed(shown, &reason),
        };
        let id = format!("eql:{identity}");
        let mut lists = ExceptionLists::default();
        let mut diagnostics = Vec::new();
        let mut has_lists = false;
        let (mut filters, mut correlations) = (Vec::new(), Vec::new());
        let mut rules = match format.unwrap_or_else(|| told_by_content(&text)) {
            RuleFormat::Toml => match toml(&text, &id, named, &mut lists) {
                TomlFile::Rule(rule) => vec![*rule],
                TomlFile::Exceptions(found) => {
                    has_lists = true;
                    diagnostics = found;
                    Vec::new()
                }
                TomlFile::Other if named => Vec::new(),
                TomlFile::Other => return None,
            },
            RuleFormat::Json => {
                let file = parse_json(&text, &id, named);
                if !named && !file.is_ours() {
                    return None;
                }
                has_lists = file.is_ours();
                let JsonFile { rules, lists: found, findings, .. } = file;
                lists = found;
                diagnostics = findings;
                rules
            }
            RuleFormat::Eql => vec![bare(&text, &id)],
            RuleFormat::Sigma => {
                let id = format!("sigma:{identity}");
                let file = parse_sigma(&text, &id, named, placeholders);
                if !named && !file.is_ours() {
                    return None;
                }
                has_lists = !file.filters.is_empty() || !file.correlations.is_empty();
                let SigmaFile { rules, filters: found, correlations: of_rules, diagnostics: findings } = file;
                (filters, correlations) = (found, of_rules);
                diagnostics = findings;
                rules.into_iter().map(|rule| rule.of_form(RuleForm::Sigma)).collect()
            }
        };
        // The folder counts as much as the word `maturity` in the file: a folder of rules may be a copy in which only the place of a rule was changed.
        if path.components().any(|part| part.as_os_str() == DEPRECATED_FOLDER) {
            let correlations = correlations.iter_mut().map(|correlation| &mut correlation.parsed);
            rules.iter_mut().chain(correlations).for_each(ParsedRule::deprecate);
        }
        let report = FileReport { path: shown, text, diagnostics };
        Some(ReadFile { rules, lists, has_lists, filters, correlations, ..ReadFile::of(report) })
    }
}

/// Whether a line of a text begins with a word.
fn has_line(text: &str, start: &str) -> bool {
    text.lines().any(|line| line.starts_with(start))
}

fn told_by_content(text: &str) -> RuleFormat {
    // A file without a telling name. JSON that can be read whole is JSON; TOML may begin with `[` too, so that a broken text is given to the language
    // whose marks it has.
    if text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        RuleFormat::Json
    } else if has_rule_table(text) || text.contains("[[exceptions]]") {
        RuleFormat::Toml
    } else if text.trim_start().starts_with('{') {
        RuleFormat::Json
    } else if has_line(text, "detection:") || has_line(text, "correlation:") {
        RuleFormat::Sigma
    } else {
        RuleFormat::Eql
    }
}

/// The kinds of TOML files.
enum TomlFile {
    Rule(Box<ParsedRule>),
    /// Lists of exceptions, with what is wrong with them.
    Exceptions(Vec<Diagnostic>),
    Other,
}

/// Reads a TOML file: evql's own format has a rule with `id`, Elastic's one with `rule_id` or `language`.
fn toml(text: &str, fallback_id: &str, named: bool, lists: &mut ExceptionLists) -> TomlFile {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) if named || has_rule_table(text) => {
            return TomlFile::Rule(Box::new(ParsedRule::failed(toml_error(&error))));
        }
        Err(_) => return TomlFile::Other,
    };
    if has_exceptions(table.get_ref()) {
        return TomlFile::Exceptions(exceptions_of_table(table, lists));
    }
    let Some(rule) = table.get_ref().get("rule").and_then(|rule| rule.get_ref().as_table()) else {
        return TomlFile::Other;
    };
    let has = |name: &str| rule.contains_key(name);
    // Both formats have one table `[rule]`. Keys that only Elastic's has come first; a file that is named but has neither's is read as evql's own, whose
    // errors say which keys are missing.
    if has("rule_id") || has("language") || (has("type") && has("risk_score")) {
        TomlFile::Rule(Box::new(rule_of_table(text, table, fallback_id)))
    } else if named || has("query") || (has("id") && has("severity")) {
        TomlFile::Rule(Box::new(parse_toml(text).of_form(RuleForm::Own)))
    } else {
        TomlFile::Other
    }
}

/// A file that is a query and nothing else; its name is the rule's.
fn bare(text: &str, id: &str) -> ParsedRule {
    let place = QueryPlace::of(text, 0..text.len(), text, StringForm::Plain);
    let name = id.rsplit(['/', ':']).next().unwrap_or(id);
    let parsed = compile(text, &place, &QueryOptions::default(), || Metadata::bare(id, name));
    ParsedRule { id: id.to_owned(), name: name.to_owned(), is_named_by_file: true, ..parsed.of_form(RuleForm::Bare) }
}
