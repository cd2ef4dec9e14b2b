//! `values.parquet`: a row for each value that a host has, in the order of kinds, values and hosts.

use super::parquet_columns::{begin_file, column, for_each_group, write};
use crate::base::Ticks;
use crate::base::spool::SortedSpool;
use crate::detect::{HostNumber, HostTable};
use crate::process::{CutText, SightedText, ValueKind};
use crate::report::{PARQUET_GROUP_ROWS, parquet_io_error};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::reader::RowGroupReader;
use parquet::file::writer::SerializedFileWriter;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

/// Bytes of values after which a row group ends, whatever its rows.
const GROUP_BYTES: usize = 16 << 20;
/// Most rows of one kind.
pub const MOST_ROWS: u64 = 1 << 20;

/// The columns, in order.
const SCHEMA: &str = "message values {
    required binary kind (STRING);
    required binary value (STRING);
    required int32 cut;
    required binary host (STRING);
    required int64 count;
    required int64 first (TIMESTAMP(MICROS, true));
    required int64 last (TIMESTAMP(MICROS, true));
    required int64 first_ticks;
    required int64 last_ticks;
}";

/// A value of a host.
#[derive(Clone, Debug)]
struct ValueRow {
    kind: ValueKind,
    value: CutText,
    host: Arc<str>,
    first: Ticks,
    last: Ticks,
    count: u64,
}

/// Writes the values of a part. Returns how many rows of each kind were left out, there being too many.
pub fn write_values(
    out: impl Write + Send,
    values: &SortedSpool<SightedText>,
    hosts: &HostTable,
) -> io::Result<BTreeMap<ValueKind, u64>> {
    let mut writer = ValuesWriter::new(out)?;
    let mut of_value: BTreeMap<Arc<str>, ValueRow> = BTreeMap::new();
    let mut current: Option<(ValueKind, CutText)> = None;
    for sighted in values.iter() {
        let SightedText { kind, value, host, first, last, count } = sighted?;
        if current.as_ref().is_none_or(|known| (known.0, &known.1) != (kind, &value)) {
            writer.add_all(&mut of_value)?;
            current = Some((kind, value.clone()));
        }
        // By name: the numbers of hosts depend on threads.
        let host = hosts.name(host);
        let row = of_value.entry(host.clone()).or_insert(ValueRow { kind, value, host, first, last, count: 0 });
        (row.first, row.last, row.count) = (row.first.min(first), row.last.max(last), row.count + count);
    }
    writer.add_all(&mut of_value)?;
    writer.finish()
}

struct ValuesWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    held: Vec<ValueRow>,
    bytes: usize,
    /// Rows of the kind at hand.
    of_kind: (Option<ValueKind>, u64),
    left_out: BTreeMap<ValueKind, u64>,
}

impl<W: Write + Send> ValuesWriter<W> {
    fn new(out: W) -> io::Result<Self> {
        let file = begin_file(out, SCHEMA)?;
        Ok(Self { file, held: Vec::new(), bytes: 0, of_kind: (None, 0), left_out: BTreeMap::new() })
    }

    fn add_all(&mut self, rows: &mut BTreeMap<Arc<str>, ValueRow>) -> io::Result<()> {
        for row in std::mem::take(rows).into_values() {
            if self.of_kind.0 != Some(row.kind) {
                self.of_kind = (Some(row.kind), 0);
            }
            self.of_kind.1 += 1;
            if self.of_kind.1 > MOST_ROWS {
                *self.left_out.entry(row.kind).or_default() += 1;
                continue;
            }
            self.bytes += row.value.text.len();
            self.held.push(row);
            if self.held.len() >= PARQUET_GROUP_ROWS || self.bytes >= GROUP_BYTES {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<BTreeMap<ValueKind, u64>> {
        self.write_group()?;
        self.file.into_inner().map_err(parquet_io_error)?.flush()?;
        Ok(self.left_out)
    }

    fn write_group(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.held);
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        let mut group = self.file.next_row_group().map_err(parquet_io_error)?;
        (|| {
            write::<ByteArrayType, _, _>(&mut group, &rows, |row| ByteArray::from(row.kind.column_name()))?;
            write::<ByteArrayType, _, _>(&mut group, &rows, |row| ByteArray::from(&*row.value.text))?;
            write::<Int32Type, _, _>(&mut group, &rows, |row| row.value.cut.cast_signed())?;
            write::<ByteArrayType, _, _>(&mut group, &rows, |row| ByteArray::from(&*row.host))?;
            write::<Int64Type, _, _>(&mut group, &rows, |row| row.count.cast_signed())?;
            write::<Int64Type, _, _>(&mut group, &rows, |row| row.first.unix_micros())?;
            write::<Int64Type, _, _>(&mut group, &rows, |row| row.last.unix_micros())?;
            write::<Int64Type, _, _>(&mut group, &rows, |row| row.first.0)?;
            write::<Int64Type, _, _>(&mut group, &rows, |row| row.last.0)?;
            group.close().map(drop)
        })()
        .map_err(parquet_io_error)
    }
}

/// Reads values, a row group at a time; `host` gives the numbers of hosts.
pub fn read_values(
    file: File,
    host: impl Fn(&str) -> HostNumber,
    mut each: impl FnMut(Vec<SightedText>),
) -> io::Result<()> {
    for_each_group(file, SCHEMA, "values", |group| {
        let columns = ValueColumns::read(group).map_err(parquet_io_error)?;
        let rows: Option<Vec<SightedText>> = columns.rows(&host).collect();
        each(rows.ok_or_else(|| io::Error::other("a row is none of a value"))?);
        Ok(())
    })
}

/// The columns of a row group.
struct ValueColumns {
    kinds: Vec<ByteArray>,
    values: Vec<ByteArray>,
    cuts: Vec<i32>,
    hosts: Vec<ByteArray>,
    counts: Vec<i64>,
    firsts: Vec<i64>,
    lasts: Vec<i64>,
}

impl ValueColumns {
    fn read(group: &dyn RowGroupReader) -> Result<Self> {
        Ok(Self {
            kinds: column::<ByteArrayType>(group, 0)?.0,
            values: column::<ByteArrayType>(group, 1)?.0,
            cuts: column::<Int32Type>(group, 2)?.0,
            hosts: column::<ByteArrayType>(group, 3)?.0,
            counts: column::<Int64Type>(group, 4)?.0,
            firsts: column::<Int64Type>(group, 7)?.0,
            lasts: column::<Int64Type>(group, 8)?.0,
        })
    }

    fn rows(&self, host: &impl Fn(&str) -> HostNumber) -> impl Iterator<Item = Option<SightedText>> {
        let of = |row: usize| {
            let kind = self.kinds.get(row)?.as_utf8().ok()?;
            let text = self.values.get(row)?.as_utf8().ok()?;
            Some(SightedText {
                kind: ValueKind::ALL.into_iter().find(|known| known.column_name() == kind)?,
                value: CutText { text: text.into(), cut: self.cuts.get(row)?.cast_unsigned() },
                host: host(self.hosts.get(row)?.as_utf8().ok()?),
                first: Ticks(*self.firsts.get(row)?),
                last: Ticks(*self.lasts.get(row)?),
                count: self.counts.get(row)?.cast_unsigned(),
            })
        };
        (0..self.kinds.len()).map(of)
    }
}
