//! Plain lists: one indicator a line, with comments.

use super::list_reader::{ListReader, WrittenValue};
use super::told::ValueType;
use crate::base::Each;
use memchr::{memchr, memchr2};
use std::sync::OnceLock;

/// Longest name of a type before a value, such as `domain: evil.example`.
const LONGEST_TYPE: usize = 20;

/// About how many bytes one thread reads at a time.
const PART: usize = 128 << 10;

/// Reads a text, line by line; its parts as `each` says.
pub fn read(text: &str, reader: &mut ListReader, each: Each<'_>) {
    let parts = parts(text);
    let of_parts: Vec<OnceLock<ListReader>> = parts.iter().map(|_| OnceLock::new()).collect();
    each(parts.len(), &|at| {
        of_parts[at].get_or_init(|| {
            let (start, part) = parts[at];
            let mut of_part = reader.of_part();
            read_part(start, part, &mut of_part);
            of_part
        });
    });
    for part in of_parts.into_iter().filter_map(OnceLock::into_inner) {
        reader.absorb(part);
    }
}

/// Parts of a text that end with a line, each with its place.
fn parts(text: &str) -> Vec<(usize, &str)> {
    let mut parts = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let after = text.as_bytes().get(start + PART..).and_then(|rest| memchr(b'\n', rest));
        let end = after.map_or(text.len(), |at| start + PART + at + 1);
        parts.push((start, &text[start..end]));
        start = end;
    }
    parts
}

fn read_part(place: usize, text: &str, reader: &mut ListReader) {
    let mut next = place;
    for line in text.split_inclusive('\n') {
        let start = next;
        next += line.len();
        let (line, note) = without_comment(line);
        let value = unquoted(line.trim().trim_start_matches("- ").trim());
        if value.is_empty() {
            continue;
        }
        // A part of the line: it begins where the value does.
        let place = line.find(value).map_or(start, |at| start + at);
        let (value_type, text) = typed(value);
        let note = note.map(str::to_owned);
        reader.add(WrittenValue { place: place..place + value.len(), text, value_type, level: None, note });
    }
}

/// A line without its comment, and the comment.
fn without_comment(line: &str) -> (&str, Option<&str>) {
    let start = line.trim_start();
    if start.starts_with(['#', ';']) || start.starts_with("//") {
        return ("", None);
    }
    // A sign within a value is part of it: URLs have fragments. So a comment is behind a blank.
    if memchr2(b' ', b'\t', line.as_bytes()).is_none() {
        return (line, None);
    }
    let comment = [" #", "\t#", " ;", " // "].iter().filter_map(|mark| line.find(mark)).min();
    match comment {
        Some(at) => (&line[..at], Some(line[at..].trim_start().trim_start_matches(['#', ';', '/']).trim())),
        None => (line, None),
    }
}

/// A value without the quotes or the comma that lists out of programs have.
fn unquoted(value: &str) -> &str {
    let value = value.trim_end_matches(',');
    let inside = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value).trim()
}

/// The type that is written before a value, and the value.
fn typed(value: &str) -> (ValueType, &str) {
    let is_type = |name: &str| {
        (2..=LONGEST_TYPE).contains(&name.len())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    match value.split_once(':') {
        Some((name, rest)) if is_type(name) && !rest.starts_with("//") && !rest.trim().is_empty() => {
            ValueType::named(name).map_or((ValueType::Unsaid, value), |value_type| (value_type, rest.trim()))
        }
        _ => (ValueType::Unsaid, value),
    }
}

#[cfg(test)]
mod tests;
