//! The lists of indicators of a run: files to indicators, each once, with what is wrong with the files.

use super::super::codes;
use super::super::discover::{FileReport, read_each};
use super::super::level::Level;
use super::indicator::{Indicator, IndicatorKind};
use super::list_reader::ListReader;
use super::{misp, plain, stix, table};
use crate::base::number::{counted, grouped};
use crate::base::{Each, Span};
use crate::diag::{Diagnostic, Notice, NoticeKind};
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};

/// How lists are read.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// Look for what is too broad too.
    pub keep_broad: bool,
    /// The severity of all hits, whatever lists say.
    pub level: Option<Level>,
}

/// The formats of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndicatorFormat {
    /// One indicator a line.
    Plain,
    /// CSV.
    Table,
    /// A bundle of STIX.
    Stix,
    /// An export of MISP.
    Misp,
}

impl IndicatorFormat {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "list",
            Self::Table => "CSV",
            Self::Stix => "STIX",
            Self::Misp => "MISP",
        }
    }
}

/// One list.
#[derive(Clone, Debug, Default)]
pub struct ReadList {
    /// The file as it was named.
    pub name: String,
    /// Its format; `None` if it could not be read.
    pub format: Option<IndicatorFormat>,
    /// How many indicators it gave, those included that another list gave too.
    pub indicators: usize,
    /// How many values cannot be used.
    pub unusable: usize,
    /// How many are too broad and were left out.
    pub broad: usize,
    /// How many findings there are beside those of its report.
    pub more_findings: usize,
    /// How many values were passed over as the list wants it, by reason.
    pub passed_over: BTreeMap<&'static str, usize>,
}

/// The lists of a run.
#[derive(Clone, Debug, Default)]
pub struct IndicatorLists {
    /// Every indicator once, in the order of lists and lines.
    pub indicators: Vec<Indicator>,
    /// How many were there more than once.
    pub repeats: usize,
    /// How many are not looked for since there are too many that want several parts in one event.
    pub left_out_combinations: usize,
    /// The lists.
    pub lists: Vec<ReadList>,
    /// The files, with everything found in each.
    pub files: Vec<FileReport>,
}

/// Most combinations of parts in one event that are looked for.
const MOST_COMBINATIONS: usize = 1_000;

/// Loads lists of indicators.
pub fn load_lists(paths: &[PathBuf], options: &ListOptions) -> IndicatorLists {
    load_lists_with(paths, options, &|count, job| (0..count).for_each(job))
}

/// Loads lists of indicators, reading the parts of long ones as `each` says.
pub fn load_lists_with(paths: &[PathBuf], options: &ListOptions, each: Each<'_>) -> IndicatorLists {
    let (mut lists, mut files, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for path in paths {
        let mut list = ReadList { name: path.display().to_string(), ..ReadList::default() };
        files.extend(read_each(std::slice::from_ref(path), |path, text| {
            let mut reader = ListReader::new(text, &list.name, options.keep_broad);
            let format = read(path, text, &mut reader, each);
            let mut findings = std::mem::take(&mut reader.findings);
            let is_empty = reader.indicators.is_empty() && reader.broad + reader.passed_over.len() == 0;
            if is_empty && format.is_ok() {
                let message = "there is no indicator in this file that can be looked for";
                findings.push(Diagnostic::error(codes::BAD_FILE, Span::new(0, 1), message));
            }
            findings.extend(format.as_ref().err().cloned());
            list.format = format.ok();
            list.take(&mut reader);
            all.append(&mut reader.indicators);
            findings
        }));
        lists.push(list);
    }
    let mut found = IndicatorLists { lists, files, ..IndicatorLists::default() };
    found.take(all, options);
    found
}

/// Reads a text as what it is. The error is that it is nothing of the kind.
fn read(path: &Path, text: &str, reader: &mut ListReader, each: Each<'_>) -> Result<IndicatorFormat, Diagnostic> {
    let error = |message: String, at: usize| {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        Diagnostic::error(codes::BAD_FILE, Span::new(at, at.saturating_add(1)), message)
    };
    if is_json(text) {
        if stix::read(text, reader) {
            return Ok(IndicatorFormat::Stix);
        }
        if misp::read(text, reader) {
            return Ok(IndicatorFormat::Misp);
        }
        return Err(match serde_json::from_str::<serde::de::IgnoredAny>(text) {
            Ok(_) => error("this JSON is neither a bundle of STIX nor an export of MISP".to_owned(), 0),
            Err(wrong) => error(format!("this is no JSON: {wrong}"), at_line(text, wrong.line())),
        });
    }
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    if matches!(&*ending, "csv" | "tsv") || table::looks_like_table(text) {
        table::read(text, reader).map_err(|(message, at)| error(message, at))?;
        return Ok(IndicatorFormat::Table);
    }
    plain::read(text, reader, each);
    Ok(IndicatorFormat::Plain)
}

fn is_json(text: &str) -> bool {
    let mut signs = text.chars().filter(|c| !c.is_whitespace());
    match (signs.next(), signs.next()) {
        (Some('{'), next) => matches!(next, Some('"' | '}') | None),
        (Some('['), next) => matches!(next, Some('{' | '[' | ']') | None),
        _ => false,
    }
}

fn at_line(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum()
}

/// Whether the beginning of a file is that of a list of indicators, whatever its name. Evidence is none: bundles and exports are told by words that events do
/// not have, and plain lists and tables are left to who knows evidence.
pub fn looks_like_list(head: &[u8]) -> Option<IndicatorFormat> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}');
    if !is_json(text) {
        return None;
    }
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let has = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    if has(&["\"type\":\"bundle\""]) && has(&["\"id\":\"bundle--"]) {
        return Some(IndicatorFormat::Stix);
    }
    // Events of Windows have an `Event` too, with `System` in it.
    let is_event = has(&["\"Event\":{"]) && !has(&["\"System\":"]);
    let of_misp =
        ["\"threat_level_id\":", "\"orgc_id\":", "\"Orgc\":", "\"Attribute\":[", "\"to_ids\":", "\"published\":"];
    ((is_event || has(&["\"Attribute\":[", "\"to_ids\":"])) && has(&of_misp)).then_some(IndicatorFormat::Misp)
}

impl ReadList {
    /// Takes the counts of a reader.
    fn take(&mut self, reader: &mut ListReader) {
        self.indicators = reader.indicators.len();
        self.unusable = reader.unusable;
        self.broad = reader.broad;
        self.more_findings = reader.more_findings;
        self.passed_over = std::mem::take(&mut reader.passed_over);
    }
}

impl IndicatorLists {
    /// Takes each indicator once.
    fn take(&mut self, all: Vec<Indicator>, options: &ListOptions) {
        let hasher = RandomState::default();
        // The places of indicators by what they look for.
        let mut known: HashTable<usize> = HashTable::new();
        let mut combinations = 0;
        for mut indicator in all {
            indicator.observables.sort();
            indicator.observables.dedup();
            indicator.level = options.level.or(indicator.level);
            let hash = hasher.hash_one(&indicator.observables);
            if let Some(&at) = known.find(hash, |&at| self.indicators[at].observables == indicator.observables) {
                let first: &mut Indicator = &mut self.indicators[at];
                first.level = first.level.max(indicator.level);
                first.note = first.note.take().or(indicator.note);
                self.repeats += 1;
                continue;
            }
            if indicator.observables.len() > 1 {
                combinations += 1;
                if combinations > MOST_COMBINATIONS {
                    continue;
                }
            }
            let rehash = |&at: &usize| hasher.hash_one(&self.indicators[at].observables);
            known.insert_unique(hash, self.indicators.len(), rehash);
            self.indicators.push(indicator);
        }
        self.left_out_combinations = combinations.saturating_sub(MOST_COMBINATIONS);
    }

    /// Whether a file cannot be used at all.
    pub fn has_error(&self) -> bool {
        self.files.iter().any(FileReport::has_error)
    }

    /// The indicators counted by what they are: `3 indicators: 2 SHA-256, 1 domain`.
    pub fn counts(&self) -> String {
        let mut by_label: BTreeMap<(IndicatorKind, &'static str), usize> = BTreeMap::new();
        for indicator in &self.indicators {
            *by_label.entry((indicator.kind(), indicator.label())).or_default() += 1;
        }
        let part = |((_, label), count): (&(IndicatorKind, &'static str), &usize)| {
            // Names of algorithms have no plural.
            let is_word = label.chars().any(char::is_lowercase) || *label == "URL";
            if is_word && !label.contains(" or ") {
                if *label == "address" && *count != 1 {
                    format!("{} addresses", grouped(*count as u64))
                } else {
                    counted(*count as u64, label)
                }
            } else {
                format!("{} {label}", grouped(*count as u64))
            }
        };
        let parts: Vec<String> = by_label.iter().map(part).collect();
        let head = counted(self.indicators.len() as u64, "indicator");
        if parts.is_empty() { head } else { format!("{head}: {}", parts.join(", ")) }
    }

    /// What a reader must know of the lists to trust the answer.
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut note = |text: String| notices.push(Notice::new(NoticeKind::RulePart, text));
        for list in &self.lists {
            let name = &list.name;
            if list.unusable > 0 {
                note(format!("{} of {name} cannot be looked for", counted(list.unusable as u64, "indicator")));
            }
            if list.broad > 0 {
                note(format!(
                    "{} of {name} left out as too broad; --keep-broad looks for them too",
                    counted(list.broad as u64, "indicator")
                ));
            }
            for (reason, count) in &list.passed_over {
                note(format!("{} of {name} passed over: {reason}", counted(*count as u64, "value")));
            }
        }
        if self.left_out_combinations > 0 {
            note(format!(
                "{} of parts that must be in one event are not looked for: there are more than {}",
                counted(self.left_out_combinations as u64, "combination"),
                grouped(MOST_COMBINATIONS as u64)
            ));
        }
        notices
    }
}

#[cfg(test)]
mod tests;
