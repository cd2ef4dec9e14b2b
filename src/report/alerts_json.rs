//! Alerts as JSON: an array, or one document a line.

use super::alert::AlertDocuments;
use super::format::Exporter;
use super::json_layout::JsonLayout;
use super::json_layout::JsonWriter;
use super::results::Results;
use std::io::{self, Write};

/// `json` and `jsonl` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct AlertsJson(pub JsonLayout);

impl Exporter for AlertsJson {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = JsonWriter::new(out, self.0);
        // One document at a time: all of them together may be larger than memory.
        let (mut documents, mut text) = (AlertDocuments::new(results), Vec::new());
        while documents.push_next(&mut text) {
            writer.push_text(&text)?;
            text.clear();
        }
        writer.finish()
    }
}
