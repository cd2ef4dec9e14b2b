//! Exports of Splunk: a row is the event as it was indexed (`_raw`: XML, or the text with `Name=value` lines), or the fields that were extracted from it.

use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::flat;
use super::message;
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::source::xml::Converter;
use serde_json::Value;

/// The row in what Splunk wraps around it, if it does.
pub fn row_of(object: &RawObject) -> Option<&RawObject> {
    let is_wrapper = object.keys().all(|name| matches!(name.as_str(), "preview" | "offset" | "lastrow" | "result"));
    object.get("result").and_then(Value::as_object).filter(|_| is_wrapper)
}

/// The event as it was indexed.
pub fn raw_of(object: &RawObject) -> Option<&str> {
    match object.get("_raw")? {
        Value::String(text) => Some(text),
        Value::Array(members) => match members.as_slice() {
            [Value::String(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Names of the parts of `System` in the lines before the message.
const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["SourceName"],
    event_id: &["EventCode"],
    level: &["Type"],
    opcode: &["OpCode"],
    record_id: &["RecordNumber"],
    channel: &["LogName"],
    computer: &["ComputerName"],
    user_sid: &["Sid"],
    collected: &["_time"],
    provider_guid: &[],
    version: &[],
    task: &[],
    keywords: &[],
    activity_id: &[],
    related_activity_id: &[],
    process_id: &[],
    thread_id: &[],
    time: &[],
};

/// Reads a row by its `_raw`, or by its fields if that is no event.
pub fn read(row: &RawObject, raw: &str, origin: Locator, strings: &mut Interner, xml: &mut Converter) -> EventRead {
    if let Some(start) = raw.find("<Event").filter(|start| raw[*start..].contains("<System")) {
        return EventRead::exact(xml.convert(raw[start..].trim_end(), origin, None));
    }
    if let Some(lines) = lines_of(raw) {
        return read_lines(row, &lines, origin, strings);
    }
    if flat::is_event(row) {
        flat::read(row, origin, strings)
    } else {
        EventRead::refused("a row of Splunk whose `_raw` is no event of Windows")
    }
}

/// The lines `Name=value` of an event that was indexed as text; the message goes on to the end.
fn lines_of(raw: &str) -> Option<RawObject> {
    let mut found = RawObject::new();
    let mut rest = raw;
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        if let Some((name, value)) = line.trim_end().split_once('=') {
            if name == "Message" {
                let message = &rest[name.len() + 1..];
                found.insert(name.to_owned(), message.into());
                break;
            }
            found.entry(name.trim()).or_insert_with(|| value.into());
        }
        rest = after;
    }
    (found.contains_key("EventCode") && found.contains_key("LogName")).then_some(found)
}

fn read_lines(row: &RawObject, lines: &RawObject, origin: Locator, strings: &mut Interner) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::IfItAgrees);
    envelope.read(lines, &NAMES);
    // When it was indexed is a field of the row.
    envelope.read(row, &EnvelopeNames { collected: NAMES.collected, ..EnvelopeNames::default() });
    let message = object::first_text(lines, &["Message"]).map(|text| message::read(&text)).unwrap_or_default();
    if envelope.is_sysmon() && message.entries.is_empty() {
        return EventRead::refused(
            "a Sysmon event in Splunk's text form without its message, which alone has its entries",
        );
    }
    message.entries.iter().for_each(|(name, value)| envelope.entry_text(name, value));
    envelope.finish(origin, message.repeated)
}
