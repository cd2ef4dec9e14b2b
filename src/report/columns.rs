//! The parts that CSV and JSON rows of a timeline share: columns, carried facts, alerts. This module does not know either format.

use super::results::Results;
use crate::base::escape::{cell, is_plain_cell};
use crate::base::json;
use crate::ecs::{self, FieldId, FieldType};
use crate::event::{OrderKey, Value};
use crate::timeline::{AlertPart, CARRIED_COLUMNS, Cell, EntryColumns, FIELDS, RowCells, TimelineEntry, TimelineRow};
use serde_json::json;
use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

/// The name of a column in the header of a CSV file.
pub fn column_name(name: &str) -> Cow<'_, str> {
    // The one name that looks like a formula stands as it is: programs find columns by their names, and there is nothing to evaluate in this one.
    if name == ecs::TIMESTAMP.name() { Cow::Borrowed(name) } else { cell(name) }
}

/// The column that names the record of the process's start, if facts of it stand in this row.
pub const START_RECORD: &str = "process.start.record_id";

/// The column of the alerts that the event is part of.
pub const ALERTS: &str = "alerts";

/// A value as text in a cell.
pub fn text_of(field: FieldId, value: &Value) -> String {
    match value {
        Value::Date(at) if field.definition().kind == FieldType::DateNanos => at.rfc3339_full(),
        value => value.to_string(),
    }
}

/// Whether instants of a column are written with all digits.
pub fn has_all_digits(column: usize) -> bool {
    FIELDS[column].definition().kind == FieldType::DateNanos
}

/// The facts of a start as they stand in every row that they are carried to: worked out once for all rows of a process, since most have none of their own.
///
/// Where the start was itself written just before, they stand there already.
#[derive(Debug, Default)]
pub struct Carried {
    /// The start, by its place in the order.
    of: Option<OrderKey>,
    facts: CarriedFacts,
    /// The column [`START_RECORD`]; empty until somebody asks.
    record: Vec<u8>,
}

/// The columns in [`CARRIED_COLUMNS`].
#[derive(Debug)]
enum CarriedFacts {
    /// Written for this.
    Own(Vec<u8>),
    /// A range of the bytes that were written for the rows before.
    There(Range<usize>),
}

impl Default for CarriedFacts {
    fn default() -> Self {
        Self::Own(Vec::new())
    }
}

impl Carried {
    /// Makes it the facts of another start, unless they are it already.
    pub fn update(&mut self, start: TimelineRow<'_>, make: impl FnOnce(&mut Vec<u8>)) {
        if self.of != Some(start.order) {
            self.of = Some(start.order);
            self.record.clear();
            let mut facts = match std::mem::take(&mut self.facts) {
                // The buffer is used again: there is one set of facts for each process, and a timeline has hundreds of thousands of processes.
                CarriedFacts::Own(facts) => facts,
                CarriedFacts::There(_) => Vec::new(),
            };
            facts.clear();
            make(&mut facts);
            self.facts = CarriedFacts::Own(facts);
        }
    }

    /// Makes it the facts of a start that was just written, which stand there.
    pub fn written(&mut self, start: TimelineRow<'_>, facts: Range<usize>) {
        self.of = Some(start.order);
        self.record.clear();
        self.facts = CarriedFacts::There(facts);
    }

    /// Adds the facts.
    pub fn push_facts(&self, out: &mut Vec<u8>) {
        match &self.facts {
            CarriedFacts::Own(facts) => out.extend_from_slice(facts),
            CarriedFacts::There(range) => out.extend_from_within(range.clone()),
        }
    }

    /// Adds what stands in [`START_RECORD`], which `make` writes.
    pub fn push_record(&mut self, make: impl FnOnce(&mut Vec<u8>), out: &mut Vec<u8>) {
        if self.record.is_empty() {
            make(&mut self.record);
        }
        out.extend_from_slice(&self.record);
    }
}

/// The cells of the next column, of which there is at least one.
pub fn next_column<'r>(cells: &mut RowCells<'r>) -> Option<(usize, Cell<'r>, bool)> {
    let (column, first) = cells.next()?;
    Some((column, first, cells.column() == Some(column)))
}

/// The rest of some cells from a column on.
pub fn cells_from(mut cells: RowCells<'_>, column: usize) -> RowCells<'_> {
    while cells.column().is_some_and(|next| next < column) {
        cells.next();
    }
    cells
}

/// Gives the columns that facts are carried to, one by one: all of the event's own cells, or the first one of its process's start, which the flag says.
/// Who is given a column takes its first cell at least.
pub fn merge<'r>(own: &mut RowCells<'r>, start: TimelineRow<'r>, mut column: impl FnMut(&mut RowCells<'r>, bool)) {
    // Both rows have their cells in the order of columns, so that they are merged like two sorted lists.
    let mut start = cells_from(start.cells(), CARRIED_COLUMNS.start);
    for at in CARRIED_COLUMNS {
        start = cells_from(start, at);
        if own.column() == Some(at) {
            column(own, false);
        } else if start.column() == Some(at) {
            column(&mut start, true);
        }
    }
}

/// Adds all values of a column as one text, `; ` between.
pub fn push_text(columns: &EntryColumns<'_>, column: usize, out: &mut String) {
    for (number, cell) in columns.values(column).enumerate() {
        if number > 0 {
            out.push_str("; ");
        }
        push_cell_text(column, cell, out);
    }
}

/// Adds a value of a column as text.
pub fn push_cell_text(column: usize, cell: Cell<'_>, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match cell {
        Cell::Date(at) if has_all_digits(column) => out.write_str(&at.rfc3339_full()),
        cell => write!(out, "{cell}"),
    };
}

/// Adds a value of a column as JSON.
pub fn push_json_cell(column: usize, cell: Cell<'_>, out: &mut Vec<u8>) {
    push_json_value(|| has_all_digits(column), cell, out);
}

/// Adds a value as JSON; an instant has all its digits if that is so.
pub fn push_json_value(has_all_digits: impl FnOnce() -> bool, cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Text(text) => json::push_text(out, text),
        Cell::Long(number) => json::push_long(out, number),
        Cell::Double(number) => {
            // Writing to a Vec cannot fail; what has no form in JSON becomes null.
            let _ = serde_json::to_writer(out, &number);
        }
        Cell::Boolean(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        Cell::Date(at) => {
            out.push(b'"');
            at.push_rfc3339(has_all_digits(), out);
            out.push(b'"');
        }
    }
}

/// Adds a text to a line of CSV, safe in a spreadsheet, in quotes if it needs some.
pub fn push_csv_text(text: &str, out: &mut Vec<u8>) {
    if is_plain_cell(text) {
        return out.extend_from_slice(text.as_bytes());
    }
    let text = cell(text);
    if !text.contains(['"', ',', '\r', '\n']) {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for (number, part) in text.split('"').enumerate() {
        if number > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// The alerts of an event in one cell: `#1 Rule name (stage 1 of 2)`, separated by `; `.
pub fn alerts_text(results: &Results<'_>, entry: &TimelineEntry<'_>) -> String {
    alert_texts(results, entry).join("; ")
}

/// The alerts of an event, each as text.
pub fn alert_texts(results: &Results<'_>, entry: &TimelineEntry<'_>) -> Vec<String> {
    let part = |part: &AlertPart| {
        let name = &results.detector.rules()[part.rule].meta.name;
        format!("#{} {name} (stage {} of {})", part.alert + 1, part.stage + 1, part.stages)
    };
    entry.parts.iter().map(part).collect()
}

/// The alerts of an event as JSON.
pub fn alerts_json(results: &Results<'_>, entry: &TimelineEntry<'_>) -> serde_json::Value {
    let part = |part: &AlertPart| {
        let meta = &results.detector.rules()[part.rule].meta;
        json!({
            "alert": part.alert + 1,
            "rule.id": meta.id,
            "rule.name": meta.name,
            "stage": part.stage + 1,
            "stages": part.stages,
        })
    };
    entry.parts.iter().map(part).collect()
}

#[cfg(test)]
mod tests;
