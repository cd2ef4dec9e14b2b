//! Alerts as JSON: an array, or one document a line.

use super::{Exporter, JsonWriter, Layout, Results, alert_document};
use std::io::{self, Write};

/// `json` and `jsonl` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct AlertsJson(pub Layout);

impl Exporter for AlertsJson {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = JsonWriter::new(out, self.0);
        for (position, alert) in results.alerts.iter().enumerate() {
            writer.push(&alert_document(results, position, alert))?;
        }
        writer.finish()
    }
}
