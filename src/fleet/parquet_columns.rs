//! Columns of the Parquet files of parts.

use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::DataType;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::RowGroupReader;
use parquet::file::writer::SerializedRowGroupWriter;
use std::io::Write;

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
