//! The timeline as JSON rows with the columns of the CSV: an array, or one row a line.

use super::columns::{ALERTS, Carried, START_RECORD, alerts_json, merge, next_column, push_json_cell};
use super::format::TimelineFormat;
use super::json_layout::JsonLayout;
use super::results::Results;
use crate::base::json;
use crate::timeline::{CARRIED_COLUMNS, Cell, FIELDS, RowCells, RowContents, TimelineEntry};
use std::io::{self, Write};
use std::sync::LazyLock;

/// `json` and `jsonl` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineJson(pub JsonLayout);

impl TimelineFormat for TimelineJson {
    fn contents(&self) -> RowContents {
        RowContents::Columns
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.head().into())
    }

    fn separator(&self) -> &'static str {
        self.0.separator()
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        push_row(results, entry, &mut Writing::default(), out);
    }

    fn rows(&self, results: &Results<'_>, entries: &mut dyn Iterator<Item = TimelineEntry<'_>>, out: &mut Vec<u8>) {
        let mut writing = Writing::default();
        for entry in entries {
            out.extend_from_slice(self.separator().as_bytes());
            push_row(results, &entry, &mut writing, out);
        }
    }

    fn tail(&self, any: bool) -> &'static str {
        self.0.tail(any)
    }
}

/// Bytes of a key that are copied together, whatever it has: far less work than to copy as many as there are.
const KEY: usize = 48;

/// The key of a column: with the comma before it, and the quote that begins a text.
struct JsonKey {
    text: String,
    /// The first bytes of it, filled up.
    first: [u8; KEY],
}

impl JsonKey {
    fn new(name: &str) -> Self {
        let text = format!(",\"{name}\":\"");
        let mut first = [b' '; KEY];
        first.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        Self { text, first }
    }

    /// Adds the key, for a text to follow.
    fn push_before_text(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.text.len();
        // Always the whole block, and then the length is set back: a copy of a constant length is a few instructions, one of a varying length is a call.
        out.extend_from_slice(&self.first);
        out.truncate(end);
        if let Some(rest) = self.text.as_bytes().get(KEY..) {
            out.extend_from_slice(rest);
        }
    }

    /// Adds the key, for something else to follow.
    fn push(&self, out: &mut Vec<u8>) {
        self.push_before_text(out);
        out.pop();
    }
}

/// The key of each column.
static KEYS: LazyLock<Vec<JsonKey>> = LazyLock::new(|| FIELDS.iter().map(|field| JsonKey::new(field.name())).collect());

/// State shared by rows that are written one after another.
#[derive(Default)]
struct Writing {
    carried: Carried,
    /// The texts of the row at hand.
    texts: json::EscapedText,
}

/// Adds a row as a flat object with the names of the columns as keys; what is missing is left out.
fn push_row(results: &Results<'_>, entry: &TimelineEntry<'_>, writing: &mut Writing, out: &mut Vec<u8>) {
    let Writing { carried, texts } = writing;
    let keys = KEYS.as_slice();
    let begin = out.len();
    let mut cells = entry.row.cells();
    texts.look(cells.texts());
    while cells.column().is_some_and(|column| column < CARRIED_COLUMNS.start) {
        push_column(keys, &mut cells, Which::Own(texts), out);
    }
    if let Some(start) = entry.start {
        carried.update(start, |facts| {
            merge(&mut RowCells::default(), start, |cells, _| {
                push_column(keys, cells, Which::First, facts);
            });
        });
        if cells.column().is_some_and(|column| column < CARRIED_COLUMNS.end) {
            merge(&mut cells, start, |cells, first_only| {
                let which = if first_only { Which::First } else { Which::Own(texts) };
                push_column(keys, cells, which, out);
            });
        } else {
            carried.push_facts(out);
        }
    }
    let (facts, mut any_list) = (out.len(), false);
    while cells.column().is_some_and(|column| column < CARRIED_COLUMNS.end) {
        any_list |= push_column(keys, &mut cells, Which::Own(texts), out);
    }
    // The first comma of a row does not stay one.
    if entry.row.is_creation && !any_list && facts > begin {
        carried.written(entry.row, facts..out.len());
    }
    while cells.column().is_some() {
        push_column(keys, &mut cells, Which::Own(texts), out);
    }
    if entry.start.is_some() {
        let make = |record: &mut Vec<u8>| {
            if let Some(number) = entry.start_record() {
                push_key(START_RECORD, record);
                json::push_text(record, number);
            }
        };
        carried.push_record(make, out);
    }
    if !entry.parts.is_empty() {
        push_key(ALERTS, out);
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{}", alerts_json(results, entry));
    }
    // The comma before the first key.
    match out.get_mut(begin) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
    out.push(b'}');
}

fn push_key(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// Which cells of a column are written.
enum Which<'t> {
    /// All of the row's own, whose texts were looked through.
    Own(&'t mut json::EscapedText),
    /// The first one of another row.
    First,
}

/// Adds the next column. Says whether its cells make a list.
fn push_column(keys: &[JsonKey], cells: &mut RowCells<'_>, which: Which<'_>, out: &mut Vec<u8>) -> bool {
    let Some((column, first, more)) = next_column(cells) else { return false };
    let Some(key) = keys.get(column) else { return false };
    let (texts, first_only) = match which {
        Which::Own(texts) => (Some(texts), false),
        Which::First => (None, true),
    };
    if first_only || !more {
        match first {
            Cell::Text(text) => {
                key.push_before_text(out);
                match texts.zip(cells.place_of(text)) {
                    Some((texts, place)) => texts.end_text(out, cells.texts(), place),
                    None => json::end_text(out, text),
                }
            }
            cell => {
                key.push(out);
                push_json_cell(column, cell, out);
            }
        }
        return false;
    }
    key.push(out);
    out.push(b'[');
    push_json_cell(column, first, out);
    while cells.column() == Some(column)
        && let Some((_, cell)) = cells.next()
    {
        out.push(b',');
        push_json_cell(column, cell, out);
    }
    out.push(b']');
    true
}
