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
pub(super) fn push_document(results: &Results<'_>, entry: &TimelineEntry<'_>, out: &mut Vec<u8>) {
    let document = entry.row.document();
    if entry.parts.is_empty() {
        return out.extend_from_slice(document);
    }
    // The row was written by us; a document that cannot be read goes out as it is.
    match serde_json::from_slice::<serde_json::Value>(document) {
        Ok(mut document) => {
            document["evql"]["alerts"] = alerts_json(results, entry);
            let _ = serde_json::to_writer(out, &document);
        }
        Err(_) => out.extend_from_slice(document),
    }
}
