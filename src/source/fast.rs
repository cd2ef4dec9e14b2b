//! The fast way through a chunk: records straight from their binary form, without XML in between.
//!
//! A record is a template and the values that fill it. Templates are read once a chunk ([`template`]); a record is then put together from its values
//! ([`value`]) as the slow way would have rendered and converted them. Whatever is not exactly understood, damage of any kind included, makes the whole
//! chunk go the slow way: this module never guesses, and it raises no faults. A test holds that both ways give the same records for the same bytes.

mod template;
mod value;

use super::evtx::Place;
use super::record::{Interner, Record};
use crate::base::{Origin, Ticks};
use hashbrown::HashMap;
use std::sync::Arc;
use template::{Bytes, Element, Node, Template};
use value::Slot;

/// Bytes of a chunk.
const CHUNK: usize = 65_536;
/// Bytes of a chunk before its first record.
const CHUNK_HEADER: usize = 512;
/// Bytes of a record before its content.
const RECORD_HEADER: usize = 24;
/// The type of a value that is binary XML itself.
const BINXML: u8 = 0x21;
/// The first FILETIME that no calendar of four digits has.
const YEAR_10000: u64 = 2_650_467_744_000_000_000;
/// Values of one record that are read; the slow way has a limit too, and a fault for more.
const MOST_VALUES: usize = 1000;

/// Asks of a record, by its provider's name and GUID, whether anybody wants it.
pub type Wanted = fn(&str, Option<&str>) -> bool;

/// Reads chunks one after another; holds what can be used again.
#[derive(Default)]
pub(super) struct FastReader {
    strings: Interner,
    /// The templates of the chunk at hand, by the place of their definition.
    templates: HashMap<usize, Arc<Template>>,
    slots: Vec<Slot>,
    inner: Vec<Slot>,
    text: String,
}

/// A record of a chunk that went the fast way.
pub(super) enum Read {
    /// One that somebody wants.
    Wanted(Box<Record>),
    /// One that nobody wants.
    PassedOver,
}

impl FastReader {
    /// Reads a chunk, or says that it must go the slow way.
    pub fn read(&mut self, chunk: &[u8], place: Place<'_>, wanted: Wanted) -> Option<Vec<Read>> {
        let bytes = Bytes::new(chunk);
        let end = live_end(bytes)?;
        self.templates.clear();
        let mut records = Vec::with_capacity(128);
        let mut at = CHUNK_HEADER;
        let last_id = bytes.u64(32)?;
        while at < end {
            let size = usize::try_from(bytes.u32(at + 4)?).ok()?;
            let after = at.checked_add(size)?;
            let whole = bytes.slice(at, 4)? == b"\x2a\x2a\0\0"
                && size >= RECORD_HEADER + 8
                && after <= end
                && usize::try_from(bytes.u32(after - 4)?).ok()? == size;
            let (id, written) = (bytes.u64(at + 8)?, bytes.u64(at + 16)?);
            // The slow way stops at the record of which the header says that it is the last.
            if !whole || written >= YEAR_10000 || (id == last_id) != (after == end) {
                return None;
            }
            let origin = Origin { input: place.number, offset: place.offset + at as u64 };
            records.push(self.record(bytes, at + RECORD_HEADER, after - 4, id, origin, wanted)?);
            at = after;
        }
        (at == end && !records.is_empty()).then_some(records)
    }

    fn record(
        &mut self,
        bytes: Bytes<'_>,
        from: usize,
        to: usize,
        header_id: u64,
        origin: Origin,
        wanted: Wanted,
    ) -> Option<Read> {
        let mut slots = std::mem::take(&mut self.slots);
        let built = self.instance(bytes, from, to, &mut slots).and_then(|template| {
            let mut draft = Draft::default();
            let mut writer = Writer { bytes, slots: &slots, strings: &mut self.strings, text: &mut self.text };
            writer.system(&template.root, &mut draft)?;
            let provider = draft.provider.clone().unwrap_or_default();
            if !wanted(&provider, draft.provider_guid.as_deref()) {
                // The rest is not read, but a record that the slow way refuses must not pass for a whole one.
                let whole = draft.event_id.is_some() && draft.time.is_some();
                return whole.then_some(Read::PassedOver);
            }
            self.data(bytes, &template.root, &slots, &mut draft)?;
            draft.finish(header_id, origin, &mut self.strings).map(|record| Read::Wanted(Box::new(record)))
        });
        self.slots = slots;
        built
    }

    /// The template of an instance, whose values are put into `slots`.
    fn instance(&mut self, bytes: Bytes<'_>, from: usize, to: usize, slots: &mut Vec<Slot>) -> Option<Arc<Template>> {
        let instance = template::instance(bytes, from, to)?;
        let known = if let Some(template) = self.templates.get(&instance.definition) {
            template.clone()
        } else {
            let template = Arc::new(Template::read(bytes, instance.definition, &mut self.strings)?);
            self.templates.insert(instance.definition, template.clone());
            template
        };
        // A definition that stands in the record itself lies between its head and its values.
        let values = if instance.resident { known.end } else { instance.after_head };
        value::read_slots(bytes, values, to, slots)?;
        Some(known)
    }

    /// The values of the record: what stands in `EventData` or `UserData`, in the template itself or in one that fills it.
    fn data(&mut self, bytes: Bytes<'_>, root: &Element, slots: &[Slot], draft: &mut Draft) -> Option<()> {
        let mut fragments = slots.iter().filter(|slot| slot.kind == BINXML && slot.length > 0).count();
        for node in &root.children {
            match node {
                Node::Element(element) if is_data(&element.name) && !left_out(element, slots) => {
                    let mut writer = Writer { bytes, slots, strings: &mut self.strings, text: &mut self.text };
                    writer.values(element, draft)?;
                }
                Node::Element(element) if &*element.name == "System" || left_out(element, slots) => {}
                Node::Slot { index, .. } => {
                    let Some(slot) = slots.get(usize::from(*index)) else { continue };
                    if slot.kind == BINXML && slot.length > 0 {
                        self.embedded(bytes, *slot, draft)?;
                        fragments = fragments.checked_sub(1)?;
                    } else if !slot.is_empty() {
                        return None;
                    }
                }
                Node::Element(_) | Node::Text(_) => return None,
            }
        }
        // The slow way reads a fragment that nothing refers to as well, and may find fault with it.
        (fragments == 0).then_some(())
    }

    fn embedded(&mut self, bytes: Bytes<'_>, slot: Slot, draft: &mut Draft) -> Option<()> {
        let mut inner = std::mem::take(&mut self.inner);
        let read = self.instance(bytes, slot.start, slot.start + slot.length, &mut inner).and_then(|template| {
            if !is_data(&template.root.name) || inner.iter().any(|slot| slot.kind == BINXML) {
                return None;
            }
            let mut writer = Writer { bytes, slots: &inner, strings: &mut self.strings, text: &mut self.text };
            writer.values(&template.root, draft)
        });
        self.inner = inner;
        read
    }
}

/// Where the records of an undamaged chunk end; `None` if there is any doubt about the chunk.
fn live_end(bytes: Bytes<'_>) -> Option<usize> {
    let chunk = bytes.slice(0, CHUNK)?;
    let end = usize::try_from(bytes.u32(48)?).ok()?;
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..CHUNK_HEADER]);
    let sound = bytes.length() == CHUNK
        && chunk.starts_with(b"ElfChnk\0")
        && bytes.u32(40)? == 128
        && (CHUNK_HEADER..=CHUNK).contains(&end)
        && bytes.u32(124)? == header.finalize()
        && bytes.u32(52)? == crc32fast::hash(&chunk[CHUNK_HEADER..end])
        // Bit 1 says that there are no checksums, bit 0 that the log was not closed.
        && bytes.u32(120)? & !1 == 0
        && template::names_are_sound(bytes);
    sound.then_some(end)
}

fn is_data(name: &str) -> bool {
    matches!(name, "EventData" | "UserData")
}

/// Whether an element stands for a value that the record does not have, which leaves the element out.
fn left_out(element: &Element, slots: &[Slot]) -> bool {
    element.dependency.and_then(|index| slots.get(usize::from(index))).is_some_and(|slot| slot.kind == 0)
}

/// What of a record is known so far.
#[derive(Default)]
struct Draft {
    provider: Option<Arc<str>>,
    provider_guid: Option<Arc<str>>,
    event_id: Option<u32>,
    version: Option<u32>,
    level: Option<u32>,
    task: Option<u32>,
    opcode: Option<u32>,
    keywords: Option<Arc<str>>,
    time: Option<Ticks>,
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
    fn finish(self, header_id: u64, origin: Origin, strings: &mut Interner) -> Option<Record> {
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
struct Writer<'a> {
    bytes: Bytes<'a>,
    slots: &'a [Slot],
    strings: &'a mut Interner,
    text: &'a mut String,
}

impl Writer<'_> {
    /// The children of `System`.
    fn system(&mut self, root: &Element, draft: &mut Draft) -> Option<()> {
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
        let ticks = self.bytes.u64(slot.start).filter(|_| slot.kind == value::FILETIME && slot.length == 8)?;
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
    fn values(&mut self, parent: &Element, draft: &mut Draft) -> Option<()> {
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
