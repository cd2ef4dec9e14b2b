//! The timeline as CSV: one row an event, fixed columns, safe to open in a spreadsheet.

use super::columns::{ALERTS, FIELDS, START_RECORD, alerts_text, cell_of, start_record};
use super::{Exporter, Results};
use crate::base::escape::cell;
use std::io::{self, Write};

/// `csv` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineCsv;

impl Exporter for TimelineCsv {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        let fields = FIELDS.iter().map(|field| field.name());
        writer.write_record(fields.chain([START_RECORD, ALERTS]))?;
        for entry in results.processes.iter().flat_map(|process| &process.entries) {
            for &field in FIELDS {
                writer.write_field(cell(&cell_of(entry, field)).as_ref())?;
            }
            writer.write_field(cell(start_record(entry).unwrap_or_default()).as_ref())?;
            writer.write_field(cell(&alerts_text(results, entry)).as_ref())?;
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()
    }
}
