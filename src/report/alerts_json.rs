//! Alerts as JSON: an array, or one document a line.

use super::alert::AlertDocuments;
use super::format::Exporter;
use super::json_layout::JsonLayout;
use super::json_layout::JsonWriter;
use super::results::Results;
use crate::detect::Alert;
use std::io::{self, Write};

/// `json` and `jsonl` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct AlertsJson(pub JsonLayout);

impl Exporter for AlertsJson {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = JsonWriter::new(out, self.0);
        let documents = AlertDocuments::new(results)?;
        let write = |position: usize, alert: &Alert, text: &mut Vec<u8>| documents.push(position, alert, text);
        results.alerts.for_all_texts(&write, |text| writer.push_text(text))?;
        writer.finish()
    }
}
