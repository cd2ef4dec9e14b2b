//! Lists as CSV: which columns hold indicators is told by their names, or by what is in them.

use super::super::level::Level;
use super::defang::refanged;
use super::list_reader::{ListReader, WrittenValue};
use super::told::{ValueType, observables};

/// How many rows are looked at to tell columns by their content.
const TRIAL: usize = 100;

/// The signs that may stand between columns.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Columns that only events have: timelines of evql and of other programs.
const EVENT_COLUMNS: [&str; 4] = ["@timestamp", "event.code", "EventRecordId", "timestamp_desc"];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnUse {
    /// Values; their type is in another column if there is one for it, or follows from the value.
    Value,
    /// Values of one type.
    Typed(ValueType),
    /// The type of the values.
    Type,
    Level,
    Note,
    /// Whether the row is meant for detection, as in an export of MISP.
    ToIds,
    Other,
}

impl ColumnUse {
    fn named(name: &str) -> Self {
        let lower = name.trim().trim_start_matches('#').trim().to_ascii_lowercase();
        // Names of ECS, and of any other program that writes its fields with dots, say it at their end.
        let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let (whole, last) = (plain(&lower), plain(lower.rsplit('.').next().unwrap_or_default()));
        match &*whole {
            "value" | "indicator" | "indicators" | "ioc" | "iocvalue" | "indicatorvalue" | "observable"
            | "artifact" | "data" | "indicatorname" => Self::Value,
            "type" | "ioctype" | "indicatortype" | "kind" | "datatype" | "observabletype" | "valuetype" => Self::Type,
            "severity" | "level" | "priority" | "threatlevel" => Self::Level,
            "description" | "comment" | "comments" | "note" | "notes" | "threat" | "malware" | "malwareprintable"
            | "signature" | "eventinfo" | "campaign" => Self::Note,
            "toids" => Self::ToIds,
            _ => {
                let known = |name: &str| ValueType::named(name).filter(|found| *found != ValueType::Unsaid);
                let typed = known(&lower).or_else(|| known(&last));
                // A feed links to its own page of an indicator, and `name` is mostly that of a campaign.
                let is_value = !matches!(&*whole, "link" | "reference" | "name" | "dns") && !whole.ends_with("link");
                typed.filter(|_| is_value).map_or(Self::Other, Self::Typed)
            }
        }
    }

    const fn is_value(self) -> bool {
        matches!(self, Self::Value | Self::Typed(_))
    }
}

/// Whether a text seems to be a table: its first line that is no comment has several cells.
pub fn looks_like_table(text: &str) -> bool {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    line.is_some_and(|line| {
        DELIMITERS
            .iter()
            .any(|mark| cells(line, *mark).is_some_and(|cells| cells.len() > 1 && !cells[1].trim().is_empty()))
    })
}

fn cells(line: &str, delimiter: u8) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(line.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

/// Reads a table. The error says why it is none.
pub fn read(text: &str, reader: &mut ListReader) -> Result<(), (String, usize)> {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    let count = |mark: &u8| cells(first, *mark).map_or(0, |cells| cells.len());
    let delimiter = DELIMITERS.into_iter().rev().max_by_key(count).unwrap_or(b',');
    let rows = rows(text, delimiter)?;
    let Some(head) = rows.first() else { return Ok(()) };
    // Some feeds have the names of their columns in the last comment before the rows.
    let comment = text[..head.place].lines().next_back().filter(|line| line.trim_start().starts_with('#'));
    let named = |cells: &[String]| cells.iter().map(|name| ColumnUse::named(name)).collect::<Vec<_>>();
    if head.cells.iter().any(|name| EVENT_COLUMNS.contains(&name.trim())) {
        return Err(("this is a table of events, not of indicators".to_owned(), head.place));
    }
    let has_values = |columns: &[ColumnUse]| columns.iter().any(|column| column.is_value());
    let of_head = named(&head.cells);
    let of_comment = comment.and_then(|line| cells(line, delimiter)).map(|cells| named(&cells)).unwrap_or_default();
    let (columns, rows) = if has_values(&of_head) {
        (of_head, &rows[1..])
    } else if has_values(&of_comment) && of_comment.len() == head.cells.len() {
        (of_comment, &rows[..])
    } else {
        (told_by_content(&rows), &rows[..])
    };
    // Where there is a column for values, others with names and hashes tell of what these were found in.
    let has_value = columns.contains(&ColumnUse::Value);
    let told =
        |column: ColumnUse| if has_value && matches!(column, ColumnUse::Typed(_)) { ColumnUse::Other } else { column };
    let columns: Vec<ColumnUse> = columns.into_iter().map(told).collect();
    if !has_values(&columns) {
        return Err(("no column of this table holds indicators, by its name or its values".to_owned(), head.place));
    }
    for row in rows {
        add_row(row, &columns, reader);
    }
    Ok(())
}

/// A row, and where it begins.
#[derive(Debug)]
struct TableRow {
    cells: Vec<String>,
    place: usize,
}

fn rows(text: &str, delimiter: u8) -> Result<Vec<TableRow>, (String, usize)> {
    let mut builder = csv::ReaderBuilder::new();
    let builder = builder.has_headers(false).flexible(true).comment(Some(b'#')).delimiter(delimiter);
    let mut reader = builder.trim(csv::Trim::All).from_reader(text.as_bytes());
    let place = |position: Option<&csv::Position>| {
        let at = position.map_or(0, |at| usize::try_from(at.byte()).unwrap_or_default());
        // Where the row before has ended: blank lines and comments come first.
        let skipped = |line: &str| line.trim().is_empty() || line.starts_with('#');
        let lines = text.get(at..).unwrap_or_default().split_inclusive('\n');
        at + lines.take_while(|line| skipped(line)).map(str::len).sum::<usize>()
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| (format!("this is no CSV: {error}"), place(error.position())))?;
        rows.push(TableRow { place: place(record.position()), cells: record.iter().map(str::to_owned).collect() });
    }
    Ok(rows)
}

/// Columns in most rows of which there is an indicator.
fn told_by_content(rows: &[TableRow]) -> Vec<ColumnUse> {
    let sample = &rows[..rows.len().min(TRIAL)];
    let most = sample.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let of_column = |column: usize| {
        let filled: Vec<&String> =
            sample.iter().filter_map(|row| row.cells.get(column)).filter(|cell| !cell.is_empty()).collect();
        let fits = filled.iter().filter(|cell| observables(ValueType::Unsaid, &refanged(cell)).is_ok()).count();
        // Half of them: a list may have a head that nobody knows, and lines that are wrong.
        if fits > 0 && fits * 2 >= filled.len() { ColumnUse::Value } else { ColumnUse::Other }
    };
    (0..most).map(of_column).collect()
}

fn add_row(row: &TableRow, columns: &[ColumnUse], reader: &mut ListReader) {
    let cells = || row.cells.iter().zip(columns).filter(|(cell, _)| !cell.is_empty());
    let of = |wanted: ColumnUse| cells().find(|(_, column)| **column == wanted).map(|(cell, _)| cell.as_str());
    if of(ColumnUse::ToIds).is_some_and(|flag| matches!(&*flag.to_ascii_lowercase(), "0" | "false" | "no")) {
        reader.pass_over("not meant for detection (to_ids)");
        return;
    }
    let level = of(ColumnUse::Level).and_then(level_named);
    let note = of(ColumnUse::Note).map(str::to_owned);
    let mut any = false;
    for (cell, column) in cells().filter(|(_, column)| column.is_value()) {
        any = true;
        let place = row.place..row.place + 1;
        let given = of(ColumnUse::Type).filter(|_| *column == ColumnUse::Value);
        let value_type = match (column, given.map(|name| (name, ValueType::named(name)))) {
            (ColumnUse::Typed(value_type), _) => *value_type,
            (_, None) => ValueType::Unsaid,
            (_, Some((_, Some(value_type)))) => value_type,
            (_, Some((name, None))) => {
                reader.refuse(place, &format!("'{name}' is a type of indicator that no event of Sysmon has"));
                continue;
            }
        };
        // Two values in one, as MISP has them: the hash tells more than the name.
        let (value_type, text) = match (of(ColumnUse::Type), cell.split_once('|')) {
            (Some(name), Some(parts)) if name.contains('|') => super::misp::part_of_two(name, parts),
            _ => (Some(value_type), cell.as_str()),
        };
        let value_type = value_type.unwrap_or(ValueType::Unsaid);
        reader.add(WrittenValue { place, text, value_type, level, note: note.clone() });
    }
    if !any && !row.cells.iter().all(String::is_empty) {
        reader.refuse(row.place..row.place + 1, "there is no indicator in this row");
    }
}

/// The severity of a name or number.
pub fn level_named(name: &str) -> Option<Level> {
    Some(match &*name.trim().to_ascii_lowercase() {
        "low" | "informational" | "info" => Level::Low,
        "medium" | "moderate" => Level::Medium,
        "high" => Level::High,
        "critical" | "severe" => Level::Critical,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
