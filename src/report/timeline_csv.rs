//! The timeline as CSV: one row an event, fixed columns, safe to open in a spreadsheet.
//!
//! Rows are what the `csv` crate writes, byte for byte; a test holds that. Most of a timeline is cells that need neither quotes nor a look at the cell as a
//! spreadsheet sees it, which one pass over the bytes tells.

use super::columns::{ALERTS, Carried, START_RECORD, alerts_text, has_all_digits, merge, next_column, push_csv_text};
use super::format::TimelineFormat;
use super::results::Results;
use crate::base::json;
use crate::timeline::{CARRIED_COLUMNS, Cell, FIELDS, RowCells, RowContents, TimelineEntry};
use std::io;

/// `csv` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineCsv;

impl TimelineFormat for TimelineCsv {
    fn contents(&self) -> RowContents {
        RowContents::Columns
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        let names = FIELDS.iter().map(|field| field.name()).chain([START_RECORD, ALERTS]);
        csv::Writer::from_writer(&mut head).write_record(names)?;
        Ok(head)
    }

    fn separator(&self) -> &'static str {
        ""
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        push_row(results, entry, &mut Carried::default(), out);
    }

    fn rows(&self, results: &Results<'_>, entries: &mut dyn Iterator<Item = TimelineEntry<'_>>, out: &mut Vec<u8>) {
        let mut carried = Carried::default();
        entries.for_each(|entry| push_row(results, &entry, &mut carried, out));
    }

    fn tail(&self, _: bool) -> &'static str {
        ""
    }
}

/// A row while it is written: each cell has its comma behind it.
struct CsvLine<'o> {
    out: &'o mut Vec<u8>,
    /// The column that comes next.
    next: usize,
}

impl CsvLine<'_> {
    /// Leaves columns empty up to that one.
    fn skip_to(&mut self, column: usize) {
        let empty = column.saturating_sub(self.next);
        self.out.extend(std::iter::repeat_n(b',', empty));
        self.next = self.next.max(column);
    }

    /// Writes the next column: all of its cells, or the first one alone. Says whether they make a list.
    fn column(&mut self, cells: &mut RowCells<'_>, first_only: bool) -> bool {
        let next = next_column(cells).filter(|(column, ..)| *column < FIELDS.len());
        let Some((column, first, more)) = next else { return false };
        self.skip_to(column);
        let is_list = more && !first_only;
        if is_list {
            let mut text = Vec::new();
            push_plain(column, first, &mut text);
            while cells.column() == Some(column)
                && let Some((_, cell)) = cells.next()
            {
                text.extend_from_slice(b"; ");
                push_plain(column, cell, &mut text);
            }
            push_csv_text(&String::from_utf8_lossy(&text), self.out);
        } else {
            push_cell(column, first, self.out);
        }
        self.out.push(b',');
        self.next += 1;
        is_list
    }
}

fn push_row(results: &Results<'_>, entry: &TimelineEntry<'_>, carried: &mut Carried, out: &mut Vec<u8>) {
    // A row has three parts: columns of the event alone, columns that the start of its process fills where the event is silent, and again columns of the
    // event alone. Most rows are of processes with many events that are silent on all of the middle part: there, the bytes that were written for the
    // event before are copied, which is far cheaper than to escape a command line again.
    //
    //   | own …        | CARRIED_COLUMNS: own, else of the start | own …        | record of the start | alerts |
    let mut cells = entry.row.cells();
    let mut line = CsvLine { out, next: 0 };
    while cells.column().is_some_and(|column| column < CARRIED_COLUMNS.start) {
        line.column(&mut cells, false);
    }
    line.skip_to(CARRIED_COLUMNS.start);
    if let Some(start) = entry.start {
        carried.update(start, |facts| {
            let mut line = CsvLine { out: facts, next: CARRIED_COLUMNS.start };
            merge(&mut RowCells::default(), start, |cells, _| {
                line.column(cells, true);
            });
            line.skip_to(CARRIED_COLUMNS.end);
        });
        if cells.column().is_some_and(|column| column < CARRIED_COLUMNS.end) {
            merge(&mut cells, start, |cells, first_only| {
                line.column(cells, first_only);
            });
        } else {
            carried.push_facts(line.out);
            line.next = CARRIED_COLUMNS.end;
        }
    }
    let (facts, mut any_list) = (line.out.len(), false);
    while cells.column().is_some_and(|column| column < CARRIED_COLUMNS.end) {
        any_list |= line.column(&mut cells, false);
    }
    line.skip_to(CARRIED_COLUMNS.end);
    // The next events of the process can copy what stands in this row, unless a list stands there: only its first value is carried.
    if entry.row.is_creation && !any_list {
        carried.written(entry.row, facts..line.out.len());
    }
    while cells.column().is_some() {
        line.column(&mut cells, false);
    }
    line.skip_to(FIELDS.len());
    if entry.start.is_some() {
        let make = |record: &mut Vec<u8>| push_csv_text(entry.start_record().unwrap_or_default(), record);
        carried.push_record(make, line.out);
    }
    line.out.push(b',');
    if !entry.parts.is_empty() {
        push_csv_text(&alerts_text(results, entry), line.out);
    }
    line.out.push(b'\n');
}

/// Adds a cell.
fn push_cell(column: usize, cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Text(text) => push_csv_text(text, out),
        // A sign begins a formula.
        Cell::Long(number) if number < 0 => push_csv_text(&number.to_string(), out),
        Cell::Double(number) => push_csv_text(&number.to_string(), out),
        cell => push_plain(column, cell, out),
    }
}

/// Adds a value as it is.
fn push_plain(column: usize, cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Long(number) => json::push_long(out, number),
        Cell::Double(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Cell::Boolean(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        Cell::Date(at) => at.push_rfc3339(has_all_digits(column), out),
    }
}
