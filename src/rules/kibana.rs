//! Rules as Kibana gives them in JSON: an export with one object a line, one rule as the API answers, an array, a page of `_find`, an asset of a package.
//! Rules, lists of exceptions, their items and a summary come in any order.
//!
//! A text is cut into values first, each with its place, and a value that cannot be read does not hide the others. Then each value is told by its keys.
//! Values that are none of Kibana's are counted: a folder may hold any JSON.

use super::codes;
use super::exception_lists::ExceptionLists;
use super::exceptions;
use super::parsed::ParsedRule;
use super::place::{self, StringForm, to_u32};
use super::raw::{ListReference, SavedRule};
use super::written::WrittenRule;
use crate::base::Span;
use crate::diag::Diagnostic;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::ops::Range;

/// Most findings about values that cannot be read, of one file. A file that is something else altogether has one in every line.
const MOST_FINDINGS: usize = 5;

/// Values that are looked at before a file is held to be something else.
const FIRST_LOOK: usize = 64;

/// How far into a damaged value a rule is recognised.
const LOOK_INTO: usize = 64 << 10;

/// The rules and exceptions in a JSON text.
#[derive(Debug, Default)]
pub struct JsonFile {
    /// Rules, in order.
    pub rules: Vec<ParsedRule>,
    /// Lists of exceptions.
    pub lists: ExceptionLists,
    /// Findings about values that are not rules, or cannot be read.
    pub findings: Vec<Diagnostic>,
    /// Values of Kibana's: rules, exceptions, counts.
    known: usize,
    /// Values that are none of Kibana's.
    foreign: usize,
    /// Values that cannot be read and look like a rule or an exception.
    damaged: usize,
    unlisted: usize,
    /// The end of the last value that is not listed.
    last: Span,
}

impl JsonFile {
    /// Whether there is anything of Kibana's in it, be it damaged.
    pub fn is_ours(&self) -> bool {
        self.known + self.damaged > 0
    }

    fn tell(&mut self, found: Diagnostic) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(found);
        } else {
            self.unlisted += 1;
            self.last = found.span;
        }
    }
}

/// The parts of a rule that have places.
#[derive(Deserialize)]
struct RuleParts<'t> {
    #[serde(borrow)]
    query: Option<&'t RawValue>,
    #[serde(borrow)]
    filters: Option<&'t RawValue>,
    #[serde(borrow)]
    exceptions_list: Option<&'t RawValue>,
}

/// The keys that tell what a value is.
#[derive(Deserialize)]
struct ValueKeys<'t> {
    rule_id: Option<serde::de::IgnoredAny>,
    #[serde(borrow)]
    name: Option<&'t RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'t RawValue>,
    language: Option<serde::de::IgnoredAny>,
    query: Option<serde::de::IgnoredAny>,
    risk_score: Option<serde::de::IgnoredAny>,
    severity: Option<serde::de::IgnoredAny>,
    entries: Option<serde::de::IgnoredAny>,
    list_id: Option<serde::de::IgnoredAny>,
    exported_count: Option<serde::de::IgnoredAny>,
    exported_rules_count: Option<serde::de::IgnoredAny>,
    exported_exception_list_count: Option<serde::de::IgnoredAny>,
    exported_exception_list_item_count: Option<serde::de::IgnoredAny>,
    #[serde(borrow)]
    attributes: Option<&'t RawValue>,
    #[serde(borrow)]
    data: Option<&'t RawValue>,
    #[serde(borrow)]
    rules: Option<&'t RawValue>,
}

/// Reads an export by itself: rules have the exceptions that stand in the same text. Findings about the text are on a first entry that has neither rule nor
/// language.
pub fn parse_export(text: &str) -> Vec<ParsedRule> {
    let JsonFile { mut rules, lists, findings, .. } = parse_json(text, "", true);
    for rule in &mut rules {
        lists.attach(rule);
    }
    if !findings.is_empty() {
        rules.insert(0, ParsedRule { diagnostics: findings, ..ParsedRule::default() });
    }
    rules
}

/// Reads a text of JSON. Of a file that nobody named, no more is read than it takes to see that it is something else.
pub fn parse_json(text: &str, fallback_id: &str, named: bool) -> JsonFile {
    let mut file = JsonFile::default();
    let mut values = JsonTexts { text, at: 0, failures: 0 };
    while let Some(value) = values.next_value() {
        match value {
            Ok(value) => sort(value, text, fallback_id, &mut file, true),
            Err(Unread { range, at, reason }) => {
                // A truncated rule must not be passed over as some other JSON that lies in the folder.
                let part = &text.as_bytes()[range.start..range.end.min(range.start + LOOK_INTO)];
                let has = |key: &[u8]| memchr::memmem::find(part, key).is_some();
                if has(b"\"rule_id\"") || has(b"\"list_id\"") {
                    file.damaged += 1;
                } else {
                    file.foreign += 1;
                }
                let at = Span::new(to_u32(at), to_u32(range.end.clamp(at, at + 1)));
                file.tell(Diagnostic::error(codes::BAD_FILE, at, reason));
            }
        }
        if !named && !file.is_ours() && file.foreign >= FIRST_LOOK {
            return file;
        }
    }
    if file.unlisted > 0 {
        let message = format!("{} more values of this file are no rules either, or cannot be read", file.unlisted);
        file.findings.push(Diagnostic::error(codes::BAD_FILE, file.last, message));
    }
    file
}

/// The values of a text, one after the other: one a line, or over several lines.
struct JsonTexts<'t> {
    text: &'t str,
    at: usize,
    /// Values over several lines that could not be read: each is looked for up to the end of the text.
    failures: usize,
}

/// A value that cannot be read.
struct Unread {
    /// Its text, up to where the next value may begin.
    range: Range<usize>,
    /// Where the reader stopped.
    at: usize,
    reason: String,
}

impl<'t> JsonTexts<'t> {
    fn next_value(&mut self) -> Option<Result<&'t RawValue, Unread>> {
        let rest = &self.text[self.at..];
        let start = self.at + (rest.len() - rest.trim_start().len());
        let rest = &self.text[start..];
        if rest.is_empty() {
            return None;
        }
        // One line first: exports have one value a line, and a line that is broken costs itself only. A stream over the whole text would stop at the
        // first error.
        let line = rest.lines().next().unwrap_or(rest);
        let error = match serde_json::from_str::<&RawValue>(line) {
            Ok(value) => {
                self.at = start + line.len();
                return Some(Ok(value));
            }
            Err(error) => error,
        };
        let (mut at, mut why) = (offset(line, &error), reason(&error));
        // A pretty-printed value goes over many lines. The try reads up to the end of the text at worst, so that it is made a few times only: a file of a
        // million broken lines would be read a million times.
        if self.failures < MOST_FINDINGS && line.starts_with(['{', '[']) {
            let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
            match stream.next() {
                Some(Ok(value)) => {
                    self.at = start + stream.byte_offset();
                    return Some(Ok(value));
                }
                Some(Err(over_lines)) if error.is_eof() => {
                    let stopped = offset(rest, &over_lines);
                    // Where another value has begun in between, this one broke off in its first line.
                    if !rest[..stopped].contains("\n{") {
                        (at, why) = (stopped, reason(&over_lines));
                    }
                }
                _ => {}
            }
            self.failures += 1;
        }
        // What cannot be read ends where a line begins with a bracket: in a value over several lines everything inside is indented.
        let begins = |at: &usize| matches!(rest.as_bytes().get(at + 1), Some(b'{' | b'['));
        let next = memchr::memchr_iter(b'\n', rest.as_bytes()).find(begins);
        self.at = next.map_or(self.text.len(), |next| start + next + 1);
        Some(Err(Unread { range: start..self.at, at: start + at, reason: why }))
    }
}

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

/// The offset in a text of the place of an error, of a character that is there.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at = (before + error.column().saturating_sub(1)).min(text.len().saturating_sub(1));
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

/// Sorts one value; `outer` says that it may hold others.
fn sort(value: &RawValue, text: &str, fallback_id: &str, file: &mut JsonFile, outer: bool) {
    let written = value.get();
    let start = place_of(value, text).start;
    if written.starts_with('[') && outer {
        match serde_json::from_str::<Vec<&RawValue>>(written) {
            Ok(values) => values.into_iter().for_each(|value| sort(value, text, fallback_id, file, false)),
            Err(error) => file.tell(bad_value(&error, written, start)),
        }
        return;
    }
    let keys = match serde_json::from_str::<ValueKeys<'_>>(written) {
        Ok(keys) if written.starts_with('{') => keys,
        _ => return foreign(file, start),
    };
    if keys.is_rule() {
        file.known += 1;
        // Rules without an id of their own are told apart by their order in the file.
        let id = match file.rules.len() {
            0 => fallback_id.to_owned(),
            number => format!("{fallback_id}#{}", number + 1),
        };
        file.rules.push(rule(value, text, &id));
    } else if keys.entries.is_some() && keys.list_id.is_some() {
        file.known += 1;
        match serde_json::from_str::<exceptions::RawItem>(written) {
            Ok(item) => {
                let findings = file.lists.add(&item, &place_of(value, text));
                file.findings.extend(findings);
            }
            Err(error) => file.tell(bad_value(&error, written, start)),
        }
    } else if keys.list_id.is_some() {
        file.known += 1;
        if let Ok(list) = serde_json::from_str::<ListReference>(written) {
            file.lists.declare(&list);
        }
    } else if let Some(inside) = keys.attributes {
        // A saved object: a rule in a package, or a connector, a dashboard.
        match serde_json::from_str::<ValueKeys<'_>>(inside.get()) {
            Ok(keys) if keys.is_rule() => sort(inside, text, fallback_id, file, false),
            _ if outer && keys.rule_id.is_none() => file.known += 1,
            _ => foreign(file, start),
        }
    // `data` holds the rules of a page of `_find`, `rules` those of other answers.
    } else if let Some(list) = keys.data.or(keys.rules).filter(|list| outer && list.get().starts_with('[')) {
        sort(list, text, fallback_id, file, true);
    } else if keys.is_summary() {
        file.known += 1;
    } else {
        foreign(file, start);
    }
}

fn foreign(file: &mut JsonFile, start: usize) {
    file.foreign += 1;
    let message = "this is neither a rule nor an exception, nor anything else that Kibana exports";
    let at = Span::new(to_u32(start), to_u32(start + 1));
    file.tell(Diagnostic::error(codes::BAD_FILE, at, message));
}

impl ValueKeys<'_> {
    /// Whether they are those of the last line of an export, which counts the others.
    fn is_summary(&self) -> bool {
        let counts = [
            &self.exported_count,
            &self.exported_rules_count,
            &self.exported_exception_list_count,
            &self.exported_exception_list_item_count,
        ];
        counts.into_iter().any(Option::is_some)
    }

    /// Whether they are those of a rule. Alerts carry a rule's id too, but not its query under that name.
    fn is_rule(&self) -> bool {
        let has_kind = self.kind.is_some() || self.language.is_some() || self.query.is_some();
        let rated = self.risk_score.is_some() || self.severity.is_some();
        let alone = self.rule_id.is_some() && self.entries.is_none() && self.list_id.is_none();
        (alone && (has_kind || self.name.is_some() || rated))
            || (self.name.is_some() && has_kind && self.query.is_some() && rated)
    }
}

/// Where a value stands in the text that it is a slice of.
fn place_of(value: &RawValue, text: &str) -> Range<usize> {
    // A raw value borrows from the text that it was read from, so that the distance of the two addresses is its offset. Nothing is dereferenced; the
    // alternative, to count bytes while reading, is what `serde_json` does not offer for values inside of values.
    let start = (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    start..start + value.get().len()
}

fn bad_value(error: &serde_json::Error, written: &str, start: usize) -> Diagnostic {
    let at = to_u32(start + offset(written, error));
    Diagnostic::error(codes::BAD_FILE, Span::new(at, at.saturating_add(1)), reason(error))
}

fn rule(value: &RawValue, text: &str, fallback_id: &str) -> ParsedRule {
    let written = value.get();
    let at = place_of(value, text).start;
    let read = || Ok((serde_json::from_str::<SavedRule>(written)?, serde_json::from_str::<RuleParts<'_>>(written)?));
    let (raw, parts) = match read() {
        Ok(read) => read,
        Err(error) => return ParsedRule::failed(bad_value(&error, written, at)),
    };
    let start = Span::new(to_u32(at), to_u32(at + 1));
    let span = |part: &RawValue| place::span(&place_of(part, text));
    let each = parts.filters.and_then(|filters| serde_json::from_str::<Vec<&RawValue>>(filters.get()).ok());
    let query = parts.query.and_then(|literal| {
        let query = serde_json::from_str::<String>(literal.get()).ok()?;
        Some((query, place_of(literal, text)))
    });
    let rule = WrittenRule {
        raw,
        query,
        written: StringForm::Json,
        filters: each.into_iter().flatten().map(span).collect(),
        lists: parts.exceptions_list.map_or(start, span),
        start,
    };
    rule.parse(text, fallback_id)
}

#[cfg(test)]
mod tests;
