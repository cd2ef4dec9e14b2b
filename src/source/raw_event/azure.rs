//! Rows of Azure Monitor and Sentinel: the tables `Event` and `WindowsEvent` of Log Analytics, exported as objects.
//!
//! `Event` has the entries as XML in a text (`EventData`), in what the older agent puts around it (`DataItem`), and the message (`RenderedDescription`);
//! `WindowsEvent` has them as an object, which exports write as a text of JSON.

use std::borrow::Cow;

use serde_json::Value;

use super::data;
use super::envelope::{EnvelopeNames, RawEnvelope, TimeTrust};
use super::message;
use super::object::{self, RawObject};
use super::told::EventRead;
use crate::base::Locator;
use crate::base::interner::Interner;
use crate::source::xml::Converter;

const NAMES: EnvelopeNames = EnvelopeNames {
    provider: &["Source", "Provider"],
    provider_guid: &[],
    event_id: &["EventID"],
    version: &["Version"],
    level: &["EventLevel", "EventLevelName"],
    task: &["Task"],
    opcode: &["Opcode"],
    keywords: &["Keywords"],
    record_id: &["EventRecordId"],
    activity_id: &[],
    related_activity_id: &[],
    process_id: &["SystemProcessId"],
    thread_id: &["SystemThreadId"],
    channel: &["EventLog", "Channel"],
    computer: &["Computer"],
    user_sid: &["SystemUserId"],
    time: &["TimeCreated", "TimeGenerated"],
    collected: &[],
};

/// Whether an object is a row of one of these tables.
pub fn is_row(row: &RawObject) -> bool {
    let has = |name: &str| row.get(name).is_some_and(|value| !value.is_null());
    let has_text = row.get("EventData").is_some_and(Value::is_string);
    has("EventID")
        && has("TimeGenerated")
        && ((has("Source") && has("EventLog")) || (has("Provider") && has("Channel") && has_text))
}

/// Reads a row.
pub fn read(row: &RawObject, origin: Locator, strings: &mut Interner, xml: &mut Converter) -> EventRead {
    let mut envelope = RawEnvelope::new(strings, TimeTrust::IfItAgrees);
    envelope.read(row, &NAMES);
    let mut unreadable = None;
    match row.get("EventData") {
        Some(Value::String(text)) if text.trim_start().starts_with('<') => match entries_of(text, origin, xml) {
            Ok(entries) => entries.iter().for_each(|(name, value)| envelope.entry_text(name, value)),
            Err(reason) => unreadable = Some(reason),
        },
        Some(Value::String(text)) => match serde_json::from_str::<Value>(text) {
            Ok(entries) => data::read(&entries, &mut envelope),
            Err(_) if text.trim().is_empty() => {}
            Err(_) => unreadable = Some("it is neither XML nor JSON".to_owned()),
        },
        Some(entries) => data::read(entries, &mut envelope),
        None => {}
    }
    if !envelope.is_sysmon() || envelope.has_entries() {
        return envelope.finish(origin, None);
    }
    let described = object::first_text(row, &["RenderedDescription"]).map(|text| message::read(&text));
    let described = described.unwrap_or_default();
    if described.entries.is_empty() {
        let reason: Cow<'_, str> = match unreadable {
            Some(reason) => format!("a Sysmon row of Azure Monitor whose `EventData` cannot be read: {reason}").into(),
            None => "a Sysmon row of Azure Monitor without `EventData`, which alone has its entries".into(),
        };
        return EventRead::refused(reason);
    }
    described.entries.iter().for_each(|(name, value)| envelope.entry_text(name, value));
    envelope.finish(origin, described.repeated)
}

/// The entries in `EventData` or `UserData` as XML, read as those of an event that has nothing else.
fn entries_of(text: &str, origin: Locator, xml: &mut Converter) -> Result<Vec<(String, String)>, String> {
    let part = ["EventData", "UserData"].into_iter().find_map(|name| {
        let start = text.find(&format!("<{name}"))?;
        let end = format!("</{name}>");
        let length = text[start..].rfind(&end)?;
        Some(&text[start..start + length + end.len()])
    });
    let part = part.ok_or_else(|| "there is no whole `EventData` in it".to_owned())?;
    let event = format!(
        "<Event><System><EventID>0</EventID><TimeCreated SystemTime='2000-01-01T00:00:00Z'/></System>{part}</Event>"
    );
    let record = xml.convert(&event, origin, None).map_err(|refusal| refusal.reason)?;
    Ok(record.data.into_iter().map(|(name, value)| (name.to_string(), value.into())).collect())
}
