//! The timeline as JSON rows with the columns of the CSV: an array, or one row a line.

use super::columns::row_json;
use super::{Exporter, JsonWriter, Layout, Results};
use std::io::{self, Write};

/// `json` and `jsonl` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineJson(pub Layout);

impl Exporter for TimelineJson {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = JsonWriter::new(out, self.0);
        for entry in results.processes.iter().flat_map(|process| &process.entries) {
            writer.push(&row_json(results, entry))?;
        }
        writer.finish()
    }
}
