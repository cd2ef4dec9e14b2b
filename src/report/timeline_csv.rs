//! The timeline as CSV: one row an event, fixed columns, safe to open in a spreadsheet.

use super::columns::{ALERTS, START_RECORD, alerts_text, push_text};
use super::{Results, TimelineFormat};
use crate::base::escape::cell;
use crate::timeline::{Contents, Entry, FIELDS};
use std::io;

/// `csv` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineCsv;

impl TimelineFormat for TimelineCsv {
    fn contents(&self) -> Contents {
        Contents::Columns
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

    fn row(&self, results: &Results<'_>, entry: &Entry<'_>, out: &mut Vec<u8>) {
        let columns = entry.columns();
        let mut writer = csv::Writer::from_writer(out);
        let mut text = String::new();
        for column in 0..FIELDS.len() {
            text.clear();
            if !columns.is_empty(column) {
                push_text(&columns, column, &mut text);
            }
            // Writing to a Vec cannot fail.
            let _ = writer.write_field(cell(&text).as_ref());
        }
        let _ = writer.write_field(cell(columns.start_record().unwrap_or_default()).as_ref());
        let _ = writer.write_field(cell(&alerts_text(results, entry)).as_ref());
        let _ = writer.write_record(None::<&[u8]>);
    }

    fn tail(&self, _: bool) -> &'static str {
        ""
    }
}
