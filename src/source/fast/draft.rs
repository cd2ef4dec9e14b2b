//! A whole record from a template and its values: every part as the slow way would have rendered and converted it.
//!
//! This is the general case; what is asked of most records is answered by [`super::layout`] without building them. This module does not know chunks.

use super::YEAR_10000;
use super::template::{Bytes, Element, Node};
use super::value::{self, Slot};
use crate::base::{Origin, Ticks};
use crate::source::record::{Interner, Record};
use std::sync::Arc;

/// Values of one record that are read; the slow way has a limit too, and a fault for more.
pub const MOST_VALUES: usize = 1000;

/// Whether an element of the root holds the values of the event.
pub fn is_data(name: &str) -> bool {
    matches!(name, "EventData" | "UserData")
}

/// Whether an element stands for a value that the record does not have, which leaves the element out.
pub fn left_out(element: &Element, slots: &[Slot]) -> bool {
    element.dependency.and_then(|index| slots.get(usize::from(index))).is_some_and(|slot| slot.kind == 0)
}

/// What of a record is known so far.
#[derive(Default)]
pub struct Draft {
    pub provider: Option<Arc<str>>,
    pub provider_guid: Option<Arc<str>>,
    pub event_id: Option<u32>,
    version: Option<u32>,
    level: Option<u32>,
    task: Option<u32>,
    opcode: Option<u32>,
    keywords: Option<Arc<str>>,
    pub time: Option<Ticks>,
    record_id: Option<u64>,
    activity_id: Option<Box<str>>,
    related_activity_id: Option<Box<str>>,
    process_id: Option<u32>,
    thread_id: Option<u32>,
    channel: Option<Arc<str>>,
    computer: Option<Arc<str>>,
    user_sid: Option<Arc<str>>,
    data: Vec<(Arc<str>, Box<str>)>,
}

impl Draft {
    /// Whether no values were read so far.
    pub fn is_without_data(&self) -> bool {
        self.data.is_empty()
    }

    pub fn finish(self, header_id: u64, origin: Origin, strings: &mut Interner) -> Option<Record> {
        let mut or_nothing = |text: Option<Arc<str>>| text.unwrap_or_else(|| strings.share(""));
        Some(Record {
            provider: or_nothing(self.provider),
            provider_guid: self.provider_guid,
            event_id: self.event_id?,
            version: self.version,
            level: self.level,
            task: self.task,
            opcode: self.opcode,
            keywords: self.keywords,
            time_created: self.time?,
            record_id: self.record_id.or(Some(header_id)),
            activity_id: self.activity_id,
            related_activity_id: self.related_activity_id,
            process_id: self.process_id,
            thread_id: self.thread_id,
            channel: or_nothing(self.channel),
            computer: or_nothing(self.computer),
            user_sid: self.user_sid,
            data: self.data,
            origin,
        })
    }
}

/// Fills a template with the values of one record.
pub struct Writer<'a> {
    pub bytes: Bytes<'a>,
    pub slots: &'a [Slot],
    pub strings: &'a mut Interner,
    pub text: &'a mut String,
}

impl Writer<'_> {
    /// The children of `System`.
    pub fn system(&mut self, root: &Element, draft: &mut Draft) -> Option<()> {
        if &*root.name != "Event" {
            return None;
        }
        let mut systems = root.elements().filter(|element| &*element.name == "System");
        let system = systems.next()?;
        if systems.next().is_some() || left_out(system, self.slots) {
            return None;
        }
        for element in system.elements().filter(|element| !left_out(element, self.slots)) {
            self.system_attributes(element, draft)?;
            self.system_text(element, draft)?;
        }
        Some(())
    }

    fn system_attributes(&mut self, element: &Element, draft: &mut Draft) -> Option<()> {
        if !matches!(&*element.name, "Provider" | "TimeCreated" | "Correlation" | "Execution" | "Security") {
            return Some(());
        }
        for (key, node) in &element.attributes {
            if (&*element.name, &**key) == ("TimeCreated", "SystemTime") {
                draft.time = Some(self.time(node)?);
                continue;
            }
            self.text.clear();
            if !self.write(node)? || self.text.is_empty() {
                continue; // an attribute without a value is left out
            }
            let text = self.text.as_str();
            match (&*element.name, &**key) {
                ("Provider", "Name") => draft.provider = Some(self.strings.share(text)),
                ("Provider", "Guid") => draft.provider_guid = Some(self.strings.share(text)),
                ("Correlation", "ActivityID") => draft.activity_id = Some(text.into()),
                ("Correlation", "RelatedActivityID") => draft.related_activity_id = Some(text.into()),
                ("Execution", "ProcessID") => draft.process_id = text.trim().parse().ok(),
                ("Execution", "ThreadID") => draft.thread_id = text.trim().parse().ok(),
                ("Security", "UserID") => draft.user_sid = Some(self.strings.share(text)),
                _ => {}
            }
        }
        Some(())
    }

    /// A time as a FILETIME, of a year that text can have.
    fn time(&self, node: &Node) -> Option<Ticks> {
        let Node::Slot { index, .. } = node else { return None };
        let slot = self.slots.get(usize::from(*index))?;
        let ticks = self.bytes.u64(slot.start()).filter(|_| slot.kind == value::FILETIME && slot.length() == 8)?;
        (ticks < YEAR_10000).then(|| i64::try_from(ticks).ok().map(Ticks)).flatten()
    }

    fn system_text(&mut self, element: &Element, draft: &mut Draft) -> Option<()> {
        self.text.clear();
        for node in &element.children {
            self.write(node)?;
        }
        let text = self.text.trim();
        match &*element.name {
            "EventID" => draft.event_id = Some(text.parse().ok()?),
            "Version" => draft.version = text.parse().ok(),
            "Level" => draft.level = text.parse().ok(),
            "Task" => draft.task = text.parse().ok(),
            "Opcode" => draft.opcode = text.parse().ok(),
            "Keywords" => draft.keywords = Some(self.strings.share(text)),
            "EventRecordID" => draft.record_id = text.parse().ok(),
            "Channel" => draft.channel = Some(self.strings.share(text)),
            "Computer" => draft.computer = Some(self.strings.share(text)),
            _ => {}
        }
        Some(())
    }

    /// The children of `EventData` or `UserData`, if each of them is a value and nothing more.
    pub fn values(&mut self, parent: &Element, draft: &mut Draft) -> Option<()> {
        for node in &parent.children {
            let Node::Element(element) = node else { return None };
            if left_out(element, self.slots) {
                continue;
            }
            if element.elements().next().is_some() || draft.data.len() >= MOST_VALUES {
                return None;
            }
            let mut name = None;
            for (key, node) in &element.attributes {
                if &**key == "Name" {
                    let Node::Text(text) = node else { return None };
                    name = Some(text.clone()).filter(|name| !name.is_empty());
                    break;
                }
            }
            let name = name.unwrap_or_else(|| element.name.clone());
            let name =
                if &*name == "Data" { self.strings.share(&format!("param{}", draft.data.len() + 1)) } else { name };
            self.text.clear();
            for node in &element.children {
                self.write(node)?;
            }
            draft.data.push((name, self.text.as_str().into()));
        }
        Some(())
    }

    /// Adds the text of a node that is no element; says whether it has any value at all.
    fn write(&mut self, node: &Node) -> Option<bool> {
        match node {
            Node::Element(_) => None,
            Node::Text(text) => {
                self.text.push_str(text);
                Some(true)
            }
            Node::Slot { index, .. } => {
                let Some(slot) = self.slots.get(usize::from(*index)) else { return Some(false) };
                if slot.is_empty() {
                    return Some(false);
                }
                value::write(self.bytes, *slot, self.text)?;
                Some(true)
            }
        }
    }
}
