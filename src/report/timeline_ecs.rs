//! The timeline as ECS documents, one a line: exactly what was mapped from each record, with nothing carried from other events,
//! so that a rule gives the same answer over this file as over the evidence.

use super::columns::alerts_json;
use super::format::TimelineFormat;
use super::results::Results;
use crate::timeline::{RowContents, TimelineEntry};

/// `ecs` of `timeline`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineEcs;

impl TimelineFormat for TimelineEcs {
    fn contents(&self) -> RowContents {
        RowContents::Document
    }

    fn row(&self, results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
        push_document(results, entry, out);
    }
}

/// Adds the document of a row that holds one, and the alerts that it is part of.
fn push_document(results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
    // Most events are part of no alert, and their documents go out as they are.
    match (!entry.parts.is_empty()).then(|| with_alerts(results, entry)).flatten() {
        Some(document) => {
            let _ = serde_json::to_writer(out, &document); // writing to a Vec cannot fail
        }
        None => out.extend_from_slice(entry.row.document()),
    }
}

/// The document of a row that holds one, with the alerts that it is part of. The row was written by us; `None` if it cannot be read nevertheless.
pub(super) fn with_alerts(results: &Results<'_>, entry: &TimelineEntry<'_>) -> Option<serde_json::Value> {
    let mut document: serde_json::Value = serde_json::from_slice(entry.row.document()).ok()?;
    if !entry.parts.is_empty() {
        document["evql"]["alerts"] = alerts_json(results, entry);
    }
    Some(document)
}
