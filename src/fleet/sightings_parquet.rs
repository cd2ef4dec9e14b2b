//! `sightings.parquet`: a row a sighting, in the order of join keys.
//!
//! Times are there twice: to the microsecond as a time, which Apache Spark reads, and in ticks of 100 ns since 1601, by which events are ordered.

use super::parquet_columns::{begin_file, column, for_each_group, write, write_column};
use super::sighting::Sighting;
use crate::base::{Locator, Ticks};
use crate::detect::HostNumber;
use crate::report::{PARQUET_GROUP_ROWS, parquet_io_error};
use crate::rules::Rule;
use parquet::data_type::{ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::reader::RowGroupReader;
use parquet::file::writer::SerializedFileWriter;
use std::fs::File;
use std::io::{self, Write};

/// The columns, in order.
const SCHEMA: &str = "message sightings {
    required int32 rule;
    required binary rule_id (STRING);
    required int32 stage;
    required fixed_len_byte_array(16) key;
    required int64 time (TIMESTAMP(MICROS, true));
    required int64 time_ticks;
    optional int64 record_number;
    required binary path (STRING);
    required int64 offset;
    required binary host (STRING);
    required int32 ordinal;
    required int64 value;
}";

/// Writes sightings. The file is complete only after [`Self::finish`].
pub struct SightingsWriter<'n, W: Write + Send> {
    file: SerializedFileWriter<W>,
    rules: &'n [Rule],
    paths: Vec<ByteArray>,
    hosts: Vec<ByteArray>,
    held: Vec<Sighting>,
}

impl<'n, W: Write + Send> SightingsWriter<'n, W> {
    /// Begins a file; the names of inputs and hosts are those by number.
    pub fn new(out: W, rules: &'n [Rule], paths: &[String], hosts: &[String]) -> io::Result<Self> {
        let file = begin_file(out, SCHEMA)?;
        let names = |names: &[String]| names.iter().map(|name| ByteArray::from(name.as_str())).collect();
        Ok(Self { file, rules, paths: names(paths), hosts: names(hosts), held: Vec::new() })
    }

    /// Adds a sighting.
    pub fn add(&mut self, sighting: Sighting) -> io::Result<()> {
        self.held.push(sighting);
        if self.held.len() >= PARQUET_GROUP_ROWS { self.write_group() } else { Ok(()) }
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_group()?;
        self.file.into_inner().map_err(parquet_io_error)
    }

    fn write_group(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return Ok(());
        }
        let Self { file, rules, paths, hosts, .. } = self;
        let name = |names: &[ByteArray], number: u32| names.get(number as usize).cloned().unwrap_or_default();
        let rule_id = |number: u32| ByteArray::from(rules.get(number as usize).map_or("", |rule| &rule.meta.id));
        let key = |of: &Sighting| FixedLenByteArray::from(ByteArray::from(of.key.map(u64::to_be_bytes).concat()));
        let mut group = file.next_row_group().map_err(parquet_io_error)?;
        let records: Vec<i64> = held.iter().filter_map(|of| of.record).map(u64::cast_signed).collect();
        let has_record: Vec<i16> = held.iter().map(|of| of.record.is_some().into()).collect();
        (|| {
            write::<Int32Type, _, _>(&mut group, &held, |of| of.rule.cast_signed())?;
            write::<ByteArrayType, _, _>(&mut group, &held, |of| rule_id(of.rule))?;
            write::<Int32Type, _, _>(&mut group, &held, |of| of.stage.cast_signed())?;
            write::<FixedLenByteArrayType, _, _>(&mut group, &held, key)?;
            write::<Int64Type, _, _>(&mut group, &held, |of| of.time.unix_micros())?;
            write::<Int64Type, _, _>(&mut group, &held, |of| of.time.0)?;
            write_column::<Int64Type>(&mut group, &records, Some(&has_record))?;
            write::<ByteArrayType, _, _>(&mut group, &held, |of| name(paths, of.origin.input))?;
            write::<Int64Type, _, _>(&mut group, &held, |of| of.origin.offset.cast_signed())?;
            write::<ByteArrayType, _, _>(&mut group, &held, |of| name(hosts, of.host.0))?;
            write::<Int32Type, _, _>(&mut group, &held, |of| of.ordinal.into())?;
            write::<Int64Type, _, _>(&mut group, &held, |of| of.value.cast_signed())?;
            group.close().map(drop)
        })()
        .map_err(parquet_io_error)
    }
}

/// Reads sightings, a row group at a time; `input` and `host` give the numbers of names, `None` for a name that is not known.
pub fn read_sightings(
    file: File,
    input: impl Fn(&str) -> Option<u32>,
    host: impl Fn(&str) -> HostNumber,
    mut each: impl FnMut(&[Sighting]),
) -> io::Result<()> {
    for_each_group(file, SCHEMA, "sightings", |group| {
        let columns = Columns::read(group).map_err(parquet_io_error)?;
        let rows: Option<Vec<Sighting>> = columns.sightings(&input, &host).collect();
        each(&rows.ok_or_else(|| io::Error::other("a row is none of a sighting"))?);
        Ok(())
    })
}

/// The columns of a row group.
struct Columns {
    rules: Vec<i32>,
    stages: Vec<i32>,
    keys: Vec<FixedLenByteArray>,
    times: Vec<i64>,
    records: Vec<Option<i64>>,
    paths: Vec<ByteArray>,
    offsets: Vec<i64>,
    hosts: Vec<ByteArray>,
    ordinals: Vec<i32>,
    values: Vec<i64>,
}

impl Columns {
    fn read(group: &dyn RowGroupReader) -> Result<Self> {
        let (records, has_record) = column::<Int64Type>(group, 6)?;
        let mut records = records.into_iter();
        let records = has_record.into_iter().map(|is_there| if is_there > 0 { records.next() } else { None }).collect();
        Ok(Self {
            rules: column::<Int32Type>(group, 0)?.0,
            stages: column::<Int32Type>(group, 2)?.0,
            keys: column::<FixedLenByteArrayType>(group, 3)?.0,
            times: column::<Int64Type>(group, 5)?.0,
            records,
            paths: column::<ByteArrayType>(group, 7)?.0,
            offsets: column::<Int64Type>(group, 8)?.0,
            hosts: column::<ByteArrayType>(group, 9)?.0,
            ordinals: column::<Int32Type>(group, 10)?.0,
            values: column::<Int64Type>(group, 11)?.0,
        })
    }

    fn sightings(
        &self,
        input: &impl Fn(&str) -> Option<u32>,
        host: &impl Fn(&str) -> HostNumber,
    ) -> impl Iterator<Item = Option<Sighting>> {
        let of = |row: usize| {
            let key: [u8; 16] = self.keys.get(row)?.data().try_into().ok()?;
            let word = |at: usize| key[at..at + 8].iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            Some(Sighting {
                rule: self.rules.get(row)?.cast_unsigned(),
                stage: self.stages.get(row)?.cast_unsigned(),
                key: [word(0), word(8)],
                time: Ticks(*self.times.get(row)?),
                record: self.records.get(row)?.map(i64::cast_unsigned),
                origin: Locator {
                    input: input(self.paths.get(row)?.as_utf8().ok()?)?,
                    offset: self.offsets.get(row)?.cast_unsigned(),
                },
                host: host(self.hosts.get(row)?.as_utf8().ok()?),
                ordinal: u16::try_from(*self.ordinals.get(row)?).ok()?,
                value: self.values.get(row)?.cast_unsigned(),
            })
        };
        (0..self.rules.len()).map(of)
    }
}
