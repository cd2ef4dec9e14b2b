//! Events of Windows as other tools write them in JSON, read back to the records that they were made of.
//!
//! Where a tool has turned a log into JSON, the event is the same and only its clothes differ. So each object is told by its content, one by one, and what a tool
//! has kept of a record becomes a record again: it goes through the same mapping as one that was read from the log, gives the same alerts, and counts once where both
//! are given. What is no event of Windows, or was mapped to ECS already, stays a document.
//!
//! ```text
//! {"Event":{"System":{"EventID":1,…},"EventData":{"Image":"C:\\a.exe",…}}}          evtx_dump, and others that keep the tree: `tree`
//! {"EventID":1,"Hostname":"ws","SourceName":"Microsoft-Windows-Sysmon","Image":…}   NXLog, and others that put all side by side: `flat`
//! {"EventId":1,"Payload":"{\"EventData\":{\"Data\":[{\"@Name\":\"Image\",…}]}}",…}   EvtxECmd: `evtxecmd`
//! {"winlog":{"event_data":{"Image":…},…},…}                                         Winlogbeat without pipelines: `winlogbeat`
//! ```
//!
//! What they have in common is small: the parts of `System`, entries of a name and a text, and when it was logged. A tool is a table of names
//! ([`envelope::EnvelopeNames`]) and a few lines for what is its own; `envelope` puts the record together, and decides which time is that of logging.
//!
//! What is plainly an event of Sysmon and cannot be read back is a fault with its reason, never a document: rules would find nothing in it, and nobody would hear.

mod azure;
mod data;
mod envelope;
mod evtxecmd;
mod flat;
mod graylog;
mod hayabusa;
mod message;
mod object;
mod order;
mod powershell;
mod splunk;
mod time;
mod told;
mod tree;
mod wazuh;
mod winlogbeat;

use serde_json::Value;

use super::xml::Converter;
use crate::base::Locator;
use crate::base::interner::Interner;
use object::RawObject;
use order::LoggedOrder;
pub(super) use told::{EventRead, JsonKind};

/// How many wrappers may be around an event.
const DEEPEST_WRAPPER: usize = 3;

/// Tells objects, and holds what can be used again.
#[derive(Debug, Default)]
pub(super) struct RawEvents {
    strings: Interner,
    xml: Converter,
    order: LoggedOrder,
}

impl RawEvents {
    /// Tells what an object is.
    ///
    /// Where an object has several events, each has a place of its own, by which it is known: they count on from the object's.
    pub(super) fn tell(&mut self, object: RawObject, origin: Locator) -> JsonKind {
        if object.keys().any(|name| name == "evql" || name.starts_with("evql.")) {
            return JsonKind::Document(object);
        }
        let mut events = Vec::new();
        if self.read(&object, origin, DEEPEST_WRAPPER, &mut events) {
            JsonKind::Events(events)
        } else {
            JsonKind::Document(object)
        }
    }

    /// Reads a text that stands where an object should; `None` if it is not the XML of an event, as PowerShell's `$_.ToXml() | ConvertTo-Json` writes it.
    pub(super) fn tell_text(&mut self, text: &str, origin: Locator) -> Option<EventRead> {
        let xml = xml_of(text)?;
        Some(EventRead::exact(self.xml.convert(xml, origin, None)))
    }

    /// Reads the events of an object; false if it is a document.
    fn read(&mut self, object: &RawObject, origin: Locator, depth: usize, events: &mut Vec<EventRead>) -> bool {
        let at = Locator { offset: origin.offset + events.len() as u64, ..origin };
        let Self { strings, xml, order } = self;
        let mut event = if let Some(event) = tree::event_of(object) {
            tree::read(event, at, strings)
        } else if evtxecmd::is_row(object) {
            evtxecmd::read(object, at, strings)
        } else if hayabusa::is_row(object) {
            hayabusa::read(object, at, strings)
        } else if powershell::is_event(object) {
            powershell::read(object, at, strings)
        } else if let Some(event) = wazuh::event_of(object) {
            wazuh::read(event, at, strings)
        } else if winlogbeat::is_of_6(object) {
            winlogbeat::read_6(object, at, strings)
        } else if let Some(raw) = splunk::raw_of(object) {
            if let Some(inner) = serde_json::from_str::<RawObject>(raw).ok().filter(|_| depth > 0) {
                return self.read(&inner, origin, depth - 1, events);
            }
            splunk::read(object, raw, at, strings, xml)
        } else if azure::is_row(object) {
            azure::read(object, at, strings, xml)
        } else if graylog::is_message(object) {
            graylog::read(object, at, strings)
        } else if flat::is_event(object) {
            flat::read(object, at, strings)
        } else if winlogbeat::is_sysmon(object) && !winlogbeat::is_mapped(object) {
            winlogbeat::read(object, at, strings, xml)
        } else {
            return depth > 0 && self.read_wrapped(object, origin, depth - 1, events);
        };
        if event.is_by_own_time
            && let Ok(record) = &mut event.record
        {
            order.raise(record);
        }
        events.push(event);
        true
    }

    /// Reads the events in what a tool wraps around them; false if there are none.
    fn read_wrapped(&mut self, object: &RawObject, origin: Locator, depth: usize, events: &mut Vec<EventRead>) -> bool {
        if let Some(row) = splunk::row_of(object) {
            return self.read(row, origin, depth, events);
        }
        if let Some(message) = graylog::gelf_of(object) {
            return self.read(&message, origin, depth, events);
        }
        let mut found = false;
        if texts(object).any(|text| xml_of(text).is_some()) {
            for text in texts(object) {
                let at = Locator { offset: origin.offset + events.len() as u64, ..origin };
                let event = self.tell_text(text, at);
                events
                    .push(event.unwrap_or_else(|| EventRead::refused("a text that is no event, in a list of events")));
            }
            found = true;
        }
        for member in wrapped(object) {
            found |= self.read(member, origin, depth, events);
        }
        found
    }
}

/// The XML of an event, if a text is that and nothing else.
fn xml_of(text: &str) -> Option<&str> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
    let is_event = text.strip_prefix("<Event").is_some_and(|rest| rest.starts_with([' ', '>', '\t', '\r', '\n']));
    (is_event && text.ends_with("</Event>")).then_some(text)
}

/// The texts that PowerShell 5 has wrapped: `{"value":["<Event …"],"Count":1}`.
fn texts(object: &RawObject) -> impl Iterator<Item = &str> {
    let list = object.get("value").filter(|_| object.contains_key("Count")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// The events in a row of Chainsaw's hunt (`document.data`, or several under `documents`), or in the results of a search in Splunk.
fn wrapped(object: &RawObject) -> Vec<&RawObject> {
    let mut found = Vec::new();
    if object.get("kind").is_some() || object.get("group").is_some() {
        found.extend(object.get("document").and_then(|document| document.get("data")).and_then(Value::as_object));
        let documents = object.get("documents").and_then(Value::as_array).into_iter().flatten();
        found.extend(documents.filter_map(|document| document.get("data").and_then(Value::as_object)));
    }
    if object.contains_key("preview") {
        let rows = object.get("results").and_then(Value::as_array).into_iter().flatten();
        found.extend(rows.filter_map(Value::as_object));
    }
    found
}
