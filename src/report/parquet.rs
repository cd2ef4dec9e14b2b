//! The timeline as Parquet: the columns of the CSV with their types, many rows at a time.
//!
//! Rows become bytes on any thread ([`TimelineParquet`]), and one thread gathers them column by column ([`ParquetWriter`]). A row group is written when it
//! has enough rows or bytes, so that memory stays bounded however long the timeline. Times are UTC and in microseconds, because Apache Spark refuses
//! nanoseconds; the time of logging is there to 100 ns beside it, as a number. What has several values is a list of strings.

use super::columns::{ALERTS, START_RECORD, alert_texts, push_cell_text, push_text};
use super::format::TimelineFormat;
use super::results::Results;
use crate::ecs::{self, Cardinality, FieldId, FieldType};
use crate::timeline::{Cell, FIELDS, RowContents, TimelineEntry};
use bytes::Bytes;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use std::io::{self, Write};
use std::sync::Arc;

/// Rows of one row group, at most: what DuckDB gives to one thread.
pub const GROUP_ROWS: usize = 122_880;
/// Bytes of text and numbers of one row group, at most, give or take a row.
const GROUP_BYTES: usize = 64 << 20;

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ColumnKind {
    Text,
    Texts,
    Long,
    Boolean,
    /// Microseconds since 1970.
    Micros,
}

impl ColumnKind {
    fn of(field: FieldId) -> Self {
        match (field.definition().kind, field.definition().shape) {
            (FieldType::DateNanos | FieldType::Date, _) => Self::Micros,
            (FieldType::Long, Cardinality::Single) => Self::Long,
            (FieldType::Boolean, Cardinality::Single) => Self::Boolean,
            (_, Cardinality::List) => Self::Texts,
            _ => Self::Text,
        }
    }

    /// A value as it stands in the column; `None` for one that is not of its type.
    fn number(self, cell: Cell<'_>) -> Option<i64> {
        match (self, cell) {
            (Self::Micros, Cell::Date(at)) => Some(at.unix_micros()),
            (Self::Long, Cell::Long(number)) => Some(number),
            (Self::Long, Cell::Text(text)) => text.parse().ok(),
            (Self::Boolean, Cell::Boolean(flag)) => Some(flag.into()),
            _ => None,
        }
    }
}

/// The time of logging as Windows counts it, in 100 ns since 1601.
const LOGGED_TICKS: &str = "event.created_ticks";

/// Every column with its name, in order.
fn columns() -> impl Iterator<Item = (&'static str, ColumnKind)> {
    let fields = FIELDS.iter().map(|field| (field.name(), ColumnKind::of(*field)));
    fields.chain([(START_RECORD, ColumnKind::Text), (ALERTS, ColumnKind::Texts), (LOGGED_TICKS, ColumnKind::Long)])
}

/// `parquet` of `timeline`: rows as bytes that only [`ParquetWriter`] understands.
///
/// A row is its length, and then for each column that has values: its number, how many, and the values, texts with their lengths.
#[derive(Clone, Copy, Debug)]
pub struct TimelineParquet;

impl TimelineFormat for TimelineParquet {
    fn contents(&self) -> RowContents {
        RowContents::Columns
    }

    fn head(&self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn separator(&self) -> &'static str {
        ""
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        // Rows are made on all threads and gathered into columns on one, so that a row needs a form of its own on the way:
        //
        //   length u32 | column u8, values u32, then per value: length u32 and text, or 8 bytes of a number | next column …
        //
        // A column without values is left out: most of the 60 have none. The length comes first because a write may end inside a row.
        let begin = out.len();
        out.extend([0; 4]);
        let cells = entry.columns();
        let mut text = String::new();
        for ((column, field), number) in FIELDS.iter().enumerate().zip(0_u8..) {
            if cells.is_empty(column) {
                continue;
            }
            match ColumnKind::of(*field) {
                ColumnKind::Text => {
                    text.clear();
                    push_text(&cells, column, &mut text);
                    push_texts(number, std::iter::once(&*text), out);
                }
                ColumnKind::Texts => {
                    let text = |cell| {
                        let mut text = String::new();
                        push_cell_text(column, cell, &mut text);
                        text
                    };
                    let texts: Vec<String> = cells.values(column).map(text).collect();
                    push_texts(number, texts.iter().map(String::as_str), out);
                }
                kind => {
                    if let Some(value) = cells.values(column).next().and_then(|cell| kind.number(cell)) {
                        push_number(number, value, out);
                    }
                }
            }
        }
        let after = u8::try_from(FIELDS.len()).unwrap_or(u8::MAX);
        if let Some(record) = cells.start_record() {
            push_texts(after, std::iter::once(record), out);
        }
        let alerts = alert_texts(results, entry);
        if !alerts.is_empty() {
            push_texts(after + 1, alerts.iter().map(String::as_str), out);
        }
        let logged = FIELDS.iter().position(|field| *field == ecs::EVENT_CREATED);
        if let Some(Cell::Date(at)) = logged.and_then(|column| cells.values(column).next()) {
            push_number(after + 2, at.0, out);
        }
        let length = u32::try_from(out.len() - begin - 4).unwrap_or_default();
        out[begin..begin + 4].copy_from_slice(&length.to_le_bytes());
    }

    fn tail(&self, _: bool) -> &'static str {
        ""
    }
}

fn push_number(column: u8, value: i64, out: &mut Vec<u8>) {
    out.extend([column, 1, 0, 0, 0]);
    out.extend(value.to_le_bytes());
}

fn push_texts<'t>(column: u8, texts: impl Iterator<Item = &'t str> + Clone, out: &mut Vec<u8>) {
    out.push(column);
    out.extend(u32::try_from(texts.clone().count()).unwrap_or_default().to_le_bytes());
    for text in texts {
        out.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
}

/// Takes the rows of [`TimelineParquet`] and writes Parquet. The file is complete only after [`Self::finish`], which writes its footer.
pub struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Gathered>,
    rows: usize,
    bytes: usize,
    group_rows: usize,
    /// The start of a row whose end has not come yet.
    pending: Vec<u8>,
}

/// The values of a column in the row group at hand.
struct Gathered {
    kind: ColumnKind,
    /// How much of each value is there: Parquet's definition levels.
    definitions: Vec<i16>,
    /// Whether a value continues a list: Parquet's repetition levels.
    repetitions: Vec<i16>,
    numbers: Vec<i64>,
    texts: Vec<u8>,
    ends: Vec<usize>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a file.
    pub fn new(out: W) -> io::Result<Self> {
        Self::with_groups_of(out, GROUP_ROWS)
    }

    fn with_groups_of(out: W, group_rows: usize) -> io::Result<Self> {
        let file = SerializedFileWriter::new(out, schema().map_err(parquet_io_error)?, Arc::new(parquet_properties()));
        let columns = columns().map(|(_, kind)| Gathered::new(kind)).collect();
        Ok(Self { file: file.map_err(parquet_io_error)?, columns, rows: 0, bytes: 0, group_rows, pending: Vec::new() })
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<()> {
        self.write_group()?;
        self.file.close().map_err(parquet_io_error)?;
        Ok(())
    }

    fn take_row(&mut self, mut row: &[u8]) -> io::Result<()> {
        self.bytes += row.len();
        let mut given = next_column(&mut row);
        // Columns come in ascending order, so that one pass over both lists tells which of them the row leaves out.
        for (number, column) in self.columns.iter_mut().enumerate() {
            match given.take() {
                Some((at, values)) if at == number => {
                    row = column.take(values, row).ok_or_else(broken)?;
                    given = next_column(&mut row);
                }
                other => {
                    given = other;
                    column.take_nothing();
                }
            }
        }
        self.rows += 1;
        if self.rows >= self.group_rows || self.bytes >= GROUP_BYTES { self.write_group() } else { Ok(()) }
    }

    fn write_group(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        // A row group is the unit that readers skip and read in parallel. All of its values are in memory until it is written, column by column: that
        // bounds memory by the size of a group, whatever the timeline has.
        let mut group = self.file.next_row_group().map_err(parquet_io_error)?;
        for column in &mut self.columns {
            let mut writer = group.next_column().map_err(parquet_io_error)?.ok_or_else(broken)?;
            column.write(&mut writer).map_err(parquet_io_error)?;
            writer.close().map_err(parquet_io_error)?;
        }
        group.close().map_err(parquet_io_error)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl<W: Write + Send> Write for ParquetWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = std::mem::take(&mut self.pending);
        let mut rest = if held.is_empty() {
            bytes
        } else {
            held.extend_from_slice(bytes);
            &held
        };
        // Whoever copies the rows out of the spool knows nothing of them, and ends his writes where it suits him.
        while let Some((length, after)) = rest.split_first_chunk::<4>()
            && let Some((row, after)) = after.split_at_checked(u32::from_le_bytes(*length) as usize)
        {
            self.take_row(row)?;
            rest = after;
        }
        // The start of a row whose end comes with the next write.
        self.pending = rest.to_vec();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The number of the next column of a row, and how many values it has.
fn next_column(row: &mut &[u8]) -> Option<(usize, u32)> {
    let (head, rest) = row.split_first_chunk::<5>()?;
    *row = rest;
    Some((head[0].into(), u32::from_le_bytes([head[1], head[2], head[3], head[4]])))
}

impl Gathered {
    fn new(kind: ColumnKind) -> Self {
        Self {
            kind,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            numbers: Vec::new(),
            texts: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn take_nothing(&mut self) {
        self.definitions.push(0);
        if self.kind == ColumnKind::Texts {
            // An empty list has one entry in the levels, though it has no value: repetition 0 begins a row, and definition 0 says that nothing is there.
            self.repetitions.push(0);
        }
    }

    /// Takes values, and gives back what follows them.
    fn take<'r>(&mut self, values: u32, mut row: &'r [u8]) -> Option<&'r [u8]> {
        for number in 0..values {
            match self.kind {
                ColumnKind::Text | ColumnKind::Texts => {
                    let (length, rest) = row.split_first_chunk::<4>()?;
                    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
                    self.texts.extend_from_slice(text);
                    self.ends.push(self.texts.len());
                    row = rest;
                }
                _ => {
                    let (value, rest) = row.split_first_chunk::<8>()?;
                    self.numbers.push(i64::from_le_bytes(*value));
                    row = rest;
                }
            }
            if self.kind == ColumnKind::Texts {
                // The list is there, its element is there; lists never hold nothing.
                self.definitions.push(2);
                self.repetitions.push(i16::from(number > 0));
            } else {
                self.definitions.push(1);
            }
        }
        Some(row)
    }

    /// Writes the values, and forgets them.
    fn write(&mut self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let definitions = Some(self.definitions.as_slice());
        match self.kind {
            ColumnKind::Text | ColumnKind::Texts => {
                // One allocation for all texts of the group: each value is a slice of it that shares its owner.
                let bytes = Bytes::from(std::mem::take(&mut self.texts));
                let starts = std::iter::once(0).chain(self.ends.iter().copied());
                let values = starts.zip(&self.ends).map(|(start, end)| ByteArray::from(bytes.slice(start..*end)));
                let values: Vec<ByteArray> = values.collect();
                let repetitions = (self.kind == ColumnKind::Texts).then_some(self.repetitions.as_slice());
                writer.typed::<ByteArrayType>().write_batch(&values, definitions, repetitions)?;
            }
            ColumnKind::Boolean => {
                let values: Vec<bool> = self.numbers.iter().map(|number| *number != 0).collect();
                writer.typed::<BoolType>().write_batch(&values, definitions, None)?;
            }
            ColumnKind::Long | ColumnKind::Micros => {
                writer.typed::<Int64Type>().write_batch(&self.numbers, definitions, None)?;
            }
        }
        *self = Self::new(self.kind);
        Ok(())
    }
}

/// The schema: one column a field.
fn schema() -> Result<TypePtr, ParquetError> {
    let text = |name: &str, repetition| {
        let text = Type::primitive_type_builder(name, Physical::BYTE_ARRAY).with_repetition(repetition);
        text.with_logical_type(Some(LogicalType::String)).build().map(Arc::new)
    };
    let number = |name: &str, physical, logical| {
        let number = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        number.with_logical_type(logical).build().map(Arc::new)
    };
    let column = |(name, kind): (&str, ColumnKind)| match kind {
        ColumnKind::Text => text(name, Repetition::OPTIONAL),
        ColumnKind::Texts => {
            let element = text("element", Repetition::REQUIRED)?;
            let list =
                Type::group_type_builder("list").with_repetition(Repetition::REPEATED).with_fields(vec![element]);
            let column = Type::group_type_builder(name).with_repetition(Repetition::OPTIONAL);
            let column = column.with_logical_type(Some(LogicalType::List)).with_fields(vec![Arc::new(list.build()?)]);
            column.build().map(Arc::new)
        }
        ColumnKind::Long => number(name, Physical::INT64, None),
        ColumnKind::Boolean => number(name, Physical::BOOLEAN, None),
        ColumnKind::Micros => number(name, Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
    };
    let columns: Result<Vec<TypePtr>, ParquetError> = columns().map(column).collect();
    Type::group_type_builder("timeline").with_fields(columns?).build().map(Arc::new)
}

/// How Parquet files are written: compressed so that every reader can read them, and with the name of the program.
pub fn parquet_properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(concat!("evql ", env!("CARGO_PKG_VERSION")).to_owned())
        .build()
}

/// The error below a Parquet error, if it is one of input and output.
pub fn parquet_io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            // A full disk must be told as such, and a closed pipe is a success: both are found by their kind.
            Ok(inner) => *inner,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}

fn broken() -> io::Error {
    io::Error::other("a row of the timeline is not what it should be")
}

#[cfg(test)]
mod tests;
