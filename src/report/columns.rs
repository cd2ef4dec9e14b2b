//! Cells of a timeline row as text and as JSON. CSV and JSON rows share the columns.

use super::Results;
use crate::base::Ticks;
use crate::ecs::{FieldId, FieldType};
use crate::event::Value;
use crate::timeline::{Cell, Columns, Entry, FIELDS, Part};
use serde_json::json;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

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

/// An instant of a column as text.
fn date_text(column: usize, at: Ticks) -> String {
    if FIELDS[column].definition().kind == FieldType::DateNanos { at.rfc3339_full() } else { at.rfc3339() }
}

/// Adds all values of a column as one text, `; ` between.
pub fn push_text(columns: &Columns<'_>, column: usize, out: &mut String) {
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
        Cell::Text(text) => out.write_str(text),
        Cell::Long(number) => write!(out, "{number}"),
        Cell::Double(number) => write!(out, "{number}"),
        Cell::Boolean(flag) => write!(out, "{flag}"),
        Cell::Date(at) => out.write_str(&date_text(column, at)),
    };
}

/// Adds a value as JSON.
pub fn push_json_cell(column: usize, cell: Cell<'_>, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail, and none of these has no form in JSON but numbers that are none, which become null.
    let _ = match cell {
        Cell::Text(text) => serde_json::to_writer(&mut *out, text),
        Cell::Long(number) => serde_json::to_writer(&mut *out, &number),
        Cell::Double(number) => serde_json::to_writer(&mut *out, &number),
        Cell::Boolean(flag) => serde_json::to_writer(&mut *out, &flag),
        Cell::Date(at) => serde_json::to_writer(&mut *out, &date_text(column, at)),
    };
}

/// The alerts of an event in one cell: `#1 Rule name (stage 1 of 2)`, separated by `; `.
pub fn alerts_text(results: &Results<'_>, entry: &Entry<'_>) -> String {
    alert_texts(results, entry).join("; ")
}

/// The alerts of an event, each as text.
pub fn alert_texts(results: &Results<'_>, entry: &Entry<'_>) -> Vec<String> {
    let part = |part: &Part| {
        let alert = &results.alerts[part.alert];
        let name = &results.detector.meta(alert).name;
        format!("#{} {name} (stage {} of {})", part.alert + 1, part.stage + 1, alert.events.len())
    };
    entry.parts.iter().map(part).collect()
}

/// The alerts of an event as JSON.
pub fn alerts_json(results: &Results<'_>, entry: &Entry<'_>) -> serde_json::Value {
    let part = |part: &Part| {
        let alert = &results.alerts[part.alert];
        let meta = results.detector.meta(alert);
        json!({
            "alert": part.alert + 1,
            "rule.id": meta.id,
            "rule.name": meta.name,
            "stage": part.stage + 1,
            "stages": alert.events.len(),
        })
    };
    entry.parts.iter().map(part).collect()
}

/// Each column as a key of JSON.
static KEYS: LazyLock<Vec<String>> =
    LazyLock::new(|| FIELDS.iter().map(|field| format!("\"{}\":", field.name())).collect());

/// Adds a row as a flat JSON object with the names of the columns as keys; what is missing is left out.
pub fn push_json(results: &Results<'_>, entry: &Entry<'_>, out: &mut Vec<u8>) {
    let columns = entry.columns();
    let mut separator = b'{';
    for (column, key) in KEYS.iter().enumerate().filter(|(column, _)| !columns.is_empty(*column)) {
        let mut values = columns.values(column);
        let Some(first) = values.next() else { continue };
        out.push(separator);
        separator = b',';
        out.extend_from_slice(key.as_bytes());
        match values.next() {
            None => push_json_cell(column, first, out),
            Some(second) => {
                out.push(b'[');
                push_json_cell(column, first, out);
                for cell in std::iter::once(second).chain(values) {
                    out.push(b',');
                    push_json_cell(column, cell, out);
                }
                out.push(b']');
            }
        }
    }
    let mut extra = |name: &str, value: serde_json::Value| {
        out.push(separator);
        separator = b',';
        let _ = write!(out, "\"{name}\":{value}");
    };
    if let Some(record) = columns.start_record() {
        extra(START_RECORD, record.into());
    }
    if !entry.parts.is_empty() {
        extra(ALERTS, alerts_json(results, entry));
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
}
