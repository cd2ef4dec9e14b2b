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

/// `alerts.jsonl` of a part of the evidence: alerts without numbers and without the texts of rules.
#[derive(Clone, Copy, Debug)]
pub struct PartAlertsJson;

impl Exporter for PartAlertsJson {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        write_documents(&AlertDocuments::of_part(results)?, results, JsonWriter::new(out, JsonLayout::Lines))
    }
}

impl Exporter for AlertsJson {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        write_documents(&AlertDocuments::new(results)?, results, JsonWriter::new(out, self.0))
    }
}

fn write_documents(
    documents: &AlertDocuments<'_>,
    results: &Results<'_>,
    mut writer: JsonWriter<'_>,
) -> io::Result<()> {
    let write = |position: usize, alert: &Alert, text: &mut Vec<u8>| documents.push(position, alert, text);
    results.alerts.for_all_texts(&write, |text| writer.push_text(text))?;
    writer.finish()
}
