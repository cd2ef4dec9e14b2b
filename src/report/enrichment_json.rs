//! What was worked out of fields, as JSON: `evql.enrichment` of alert documents, and the same of a process in trees and triage. docs/outputs.md has the keys.

use super::enriched::{EnrichedField, enriched_alert};
use crate::base::json;
use crate::base::json_object::{ObjectWriter, push_object};
use crate::detect::Alert;
use crate::enrichment::{DecodedText, DecodedTexts, ImageFlag, decode, image_flags};
use crate::process::ProcessFacts;

/// Most decoded texts of a process in a tree, where there may be many processes.
const MOST_OF_NODE: usize = 4;
/// Longest of these, in bytes.
const LONGEST_OF_NODE: usize = 2048;

/// Adds `enrichment`, unless there is nothing to say.
pub fn write_enrichment(alert: &Alert, object: &mut ObjectWriter<'_>) {
    let mut found = enriched_alert(alert);
    // Where addresses are stands in the events themselves.
    found.retain(|found| found.location.is_none());
    if found.is_empty() {
        return;
    }
    object.list("enrichment", found, |EnrichedField { stage, field, flags, decoded, .. }, out| {
        push_object(out, |object| {
            if let Some(stage) = stage {
                object.number("stage", stage as u64 + 1);
            }
            object.text("field", field.name());
            write_flags(&flags, object);
            write_decoded(&decoded, object);
        });
    });
}

/// The flags of a process, and what is encoded in its command line, as far as trees show it.
pub fn enriched_process(facts: &ProcessFacts) -> (Vec<ImageFlag>, DecodedTexts) {
    let flags = facts.image.as_deref().map(|image| image_flags(image, facts.original_name.as_deref()));
    let decoded = facts.command_line.as_ref().map(|command| decode(&command.text));
    (flags.unwrap_or_default(), decoded.unwrap_or_default().clipped(MOST_OF_NODE, LONGEST_OF_NODE))
}

/// Adds `flags`, `decoded` and `not_decoded` of a process to its object.
pub fn write_enriched_process(facts: &ProcessFacts, object: &mut ObjectWriter<'_>) {
    let (flags, decoded) = enriched_process(facts);
    write_flags(&flags, object);
    write_decoded(&decoded, object);
}

fn write_flags(flags: &[ImageFlag], object: &mut ObjectWriter<'_>) {
    if !flags.is_empty() {
        object.list("flags", flags, |flag, out| {
            push_object(out, |object| {
                object.text("kind", flag.key());
                object.text("text", &flag.text());
            });
        });
    }
}

fn write_decoded(decoded: &DecodedTexts, object: &mut ObjectWriter<'_>) {
    let DecodedTexts { texts, left_out } = decoded;
    if !texts.is_empty() {
        object.list("decoded", texts, |text, out| {
            let DecodedText { text, encodings, within, cut, is_partly_inflated } = text;
            push_object(out, |object| {
                object.list("encodings", encodings, |encoding, out| json::push_text(out, encoding.key()));
                if let Some(within) = within {
                    object.number("within", *within as u64);
                }
                object.text("text", text);
                if *cut > 0 {
                    object.number("cut", *cut as u64);
                }
                if *is_partly_inflated {
                    object.flag("partly_unpacked");
                }
            });
        });
    }
    if *left_out > 0 {
        object.number("not_decoded", *left_out as u64);
    }
}
