//! The Parquet files of parts: how they are opened, read by row groups, and written column by column.

use crate::report::{parquet_io_error, parquet_properties};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

/// Begins a file that has the columns of a schema.
pub fn begin_file<W: Write + Send>(out: W, schema: &str) -> io::Result<SerializedFileWriter<W>> {
    let schema = parse_message_type(schema).map_err(parquet_io_error)?;
    SerializedFileWriter::new(out, Arc::new(schema), Arc::new(parquet_properties())).map_err(parquet_io_error)
}

/// Shows the row groups of a file one after the other. `what` names what its rows are, for whoever has another file.
pub fn for_each_group(
    file: File,
    schema: &str,
    what: &str,
    mut each: impl FnMut(&dyn RowGroupReader) -> io::Result<()>,
) -> io::Result<()> {
    let reader = SerializedFileReader::new(file).map_err(parquet_io_error)?;
    let expected = parse_message_type(schema).map_err(parquet_io_error)?;
    if reader.metadata().file_metadata().schema() != &expected {
        return Err(io::Error::other(format!("its columns are not those of {what}")));
    }
    (0..reader.num_row_groups()).try_for_each(|number| each(&*reader.get_row_group(number).map_err(parquet_io_error)?))
}

/// Writes the next column: a value of each row.
pub fn write<T: DataType, W: Write + Send, R>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    rows: &[R],
    value: impl Fn(&R) -> T::T,
) -> Result<()> {
    write_column::<T>(group, &rows.iter().map(value).collect::<Vec<_>>(), None)
}

/// Writes the next column; `definitions` tells of each row whether it has a value.
pub fn write_column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    values: &[T::T],
    definitions: Option<&[i16]>,
) -> Result<()> {
    let mut column = group.next_column()?.ok_or_else(|| ParquetError::General("a column is missing".to_owned()))?;
    column.typed::<T>().write_batch(values, definitions, None)?;
    column.close()
}

/// The values of a column, and, if it is optional, for each row whether it has one.
pub fn column<T: DataType>(group: &dyn RowGroupReader, number: usize) -> Result<(Vec<T::T>, Vec<i16>)> {
    let rows = usize::try_from(group.metadata().num_rows())?;
    let (mut values, mut definitions) = (Vec::new(), Vec::new());
    let mut reader = get_typed_column_reader::<T>(group.get_column_reader(number)?);
    loop {
        let (read, ..) = reader.read_records(rows, Some(&mut definitions), None, &mut values)?;
        if read == 0 {
            return Ok((values, definitions));
        }
    }
}
