//! The timeline with columns of one's own choice: CSV, or JSON rows with the same names.
//!
//! A column has the value that it has in the whole timeline: facts that only the start of a process records are carried to its other events. This module does
//! not know how fields are chosen.

use super::columns::{ALERTS, START_RECORD, alerts_json, alerts_text, column_name, push_csv_text, push_json_value};
use super::format::TimelineFormat;
use super::json_layout::JsonLayout;
use super::results::Results;
use crate::base::json;
use crate::ecs::{self, Field, FieldType, SubField};
use crate::timeline::{Cell, EntryColumns, FIELDS, RowContents, TimelineEntry};
use std::io::{self, Write};
use std::sync::Arc;

/// The names of columns that are no fields of events.
pub const TIMELINE_COLUMNS: [&str; 2] = [START_RECORD, ALERTS];

/// A column that was chosen.
#[derive(Clone, Debug)]
struct ChosenColumn {
    name: String,
    source: ColumnSource,
}

/// Where the values of a column are.
#[derive(Clone, Debug)]
enum ColumnSource {
    /// The values of a field, by its number in the row.
    Field { column: usize, has_all_digits: bool, is_lower: bool },
    /// The record of the start of the process.
    StartRecord,
    /// The alerts that the event is part of.
    Alerts,
}

/// How the rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenForm {
    /// As CSV.
    Csv,
    /// As JSON objects.
    Json(JsonLayout),
}

/// `csv`, `json` and `jsonl` of `timeline` with chosen columns.
#[derive(Clone, Debug)]
pub struct TimelineChosen {
    columns: Vec<ChosenColumn>,
    more: Arc<[Field]>,
    form: ChosenForm,
}

impl TimelineChosen {
    /// A timeline with columns of these names, each a field or one of [`TIMELINE_COLUMNS`].
    pub fn new(names: &[String], form: ChosenForm) -> Self {
        let mut more: Vec<Field> = Vec::new();
        let columns = names.iter().map(|name| {
            let source = match name.as_str() {
                START_RECORD => ColumnSource::StartRecord,
                ALERTS => ColumnSource::Alerts,
                name => {
                    let (field, sub) = ecs::mapped(name);
                    let column = number_of(&field, &mut more);
                    let has_all_digits = field.kind() == Some(FieldType::DateNanos);
                    ColumnSource::Field { column, has_all_digits, is_lower: sub == Some(SubField::Caseless) }
                }
            };
            ChosenColumn { name: name.clone(), source }
        });
        let columns = columns.collect();
        Self { columns, more: more.into(), form }
    }

    /// How many fields there are beside those that every timeline has.
    pub fn more_fields(&self) -> usize {
        self.more.len()
    }
}

/// The number of a field in a row; it is added to the others if the row does not have it otherwise.
fn number_of(field: &Field, more: &mut Vec<Field>) -> usize {
    if let Some(column) = FIELDS.iter().position(|have| Field::from(*have) == *field) {
        return column;
    }
    let at = more.iter().position(|have| have == field).unwrap_or_else(|| {
        more.push(field.clone());
        more.len() - 1
    });
    FIELDS.len() + at
}

impl TimelineFormat for TimelineChosen {
    fn contents(&self) -> RowContents {
        RowContents::Chosen(self.more.clone())
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        let ChosenForm::Json(layout) = self.form else {
            let mut head = Vec::new();
            let names = self.columns.iter().map(|column| column_name(&column.name).into_owned());
            csv::Writer::from_writer(&mut head).write_record(names)?;
            return Ok(head);
        };
        Ok(layout.head().into())
    }

    fn separator(&self) -> &'static str {
        match self.form {
            ChosenForm::Csv => "",
            ChosenForm::Json(layout) => layout.separator(),
        }
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        let columns = entry.columns();
        match self.form {
            ChosenForm::Csv => {
                let begin = out.len();
                for (number, column) in self.columns.iter().enumerate() {
                    out.extend_from_slice(if number > 0 { b"," } else { b"" });
                    push_csv_text(&column.text(results, entry, &columns), out);
                }
                // A line with nothing on it would be no row.
                out.extend_from_slice(if out.len() == begin { b"\"\"\n" } else { b"\n" });
            }
            ChosenForm::Json(_) => {
                out.push(b'{');
                let mut any = false;
                for column in &self.columns {
                    let mut value = Vec::new();
                    column.push_json(results, entry, &columns, &mut value);
                    if !value.is_empty() {
                        out.extend_from_slice(if any { b"," } else { b"" });
                        any = true;
                        json::push_text(out, &column.name);
                        out.push(b':');
                        out.append(&mut value);
                    }
                }
                out.push(b'}');
            }
        }
    }

    fn tail(&self, any: bool) -> &'static str {
        match self.form {
            ChosenForm::Csv => "",
            ChosenForm::Json(layout) => layout.tail(any),
        }
    }
}

impl ChosenColumn {
    /// All values in one text, `; ` between.
    fn text(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, columns: &EntryColumns<'_>) -> String {
        match self.source {
            ColumnSource::StartRecord => entry.start_record().unwrap_or_default().to_owned(),
            ColumnSource::Alerts => alerts_text(results, entry),
            ColumnSource::Field { column, has_all_digits, is_lower } => {
                let texts = columns.values(column).map(|cell| match cell {
                    Cell::Date(at) if has_all_digits => at.rfc3339_full(),
                    Cell::Text(text) if is_lower => text.to_lowercase(),
                    cell => cell.to_string(),
                });
                texts.collect::<Vec<_>>().join("; ")
            }
        }
    }

    /// Adds the values as JSON, several as a list; nothing if there are none.
    fn push_json(
        &self,
        results: &Results<'_>,
        entry: &TimelineEntry<'_>,
        columns: &EntryColumns<'_>,
        out: &mut Vec<u8>,
    ) {
        match self.source {
            ColumnSource::StartRecord => {
                entry.start_record().into_iter().for_each(|number| json::push_text(out, number));
            }
            ColumnSource::Alerts if entry.parts.is_empty() => {}
            ColumnSource::Alerts => {
                // Writing to a Vec cannot fail.
                let _ = write!(out, "{}", alerts_json(results, entry));
            }
            ColumnSource::Field { column, has_all_digits, is_lower } => {
                let cells: Vec<Cell<'_>> = columns.values(column).collect();
                let is_list = cells.len() > 1;
                out.extend_from_slice(if is_list { b"[" } else { b"" });
                for (number, cell) in cells.into_iter().enumerate() {
                    out.extend_from_slice(if number > 0 { b"," } else { b"" });
                    match cell {
                        Cell::Text(text) if is_lower => json::push_text(out, &text.to_lowercase()),
                        cell => push_json_value(|| has_all_digits, cell, out),
                    }
                }
                out.extend_from_slice(if is_list { b"]" } else { b"" });
            }
        }
    }
}
