//! The timeline as ECS documents, one a line: exactly what was mapped from each record, with nothing carried from other events,
//! so that a rule gives the same answer over this file as over the evidence.

use super::columns::alerts_json;
use super::{Exporter, JsonWriter, Layout, Results};
use serde_json::json;
use std::io::{self, Write};

/// `ecs` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineEcs;

impl Exporter for TimelineEcs {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = JsonWriter::new(out, Layout::Lines);
        for entry in results.processes.iter().flat_map(|process| &process.entries) {
            let mut document = entry.event.to_json();
            if !entry.parts.is_empty() {
                document["evql"] = json!({ "alerts": alerts_json(results, entry) });
            }
            writer.push(&document)?;
        }
        writer.finish()
    }
}
