//! The one converter from the XML of an event to a [`Record`]: rendered from a log or exported by Windows, the same event gives the same record.
//!
//! Elements are told by their local names, whatever their namespace. What is taken: all of `System`; every leaf below `EventData` and
//! `UserData` as a named value, in order. What is left out: `RenderingInfo`, `DebugData`, `ProcessingErrorData` and other children of `Event`,
//! which say nothing that the log recorded about the event itself.
//!
//! Text is kept to the byte, line breaks included, but for references, which are resolved, and zeros at the end of a value, which tools print that do not
//! know where a text of Windows ends. Characters that XML 1.0 forbids are kept too, raw as Windows writes them or as references such as `&#x1;`: they are what was
//! logged. A reference to half a surrogate pair, or to a number that is no character, is U+FFFD. No entity is ever looked up beyond the five of XML
//! itself, so a document type definition can neither load anything nor blow anything up.
//!
//! Nothing is known here of files, chunks, or what a value means.

use std::borrow::Cow;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::fault::{FaultKind, chain, snippet};
use super::record::{Draft, Record, SystemField, normal_form};
use crate::base::interner::Interner;
use crate::base::{Locator, Ticks};

/// Deeper elements than this are no event but an attack on memory. (What is rendered from a log has at most 512.)
const DEEPEST: usize = 1024;

/// More values than this are no event but an attack on memory.
const MOST_VALUES: usize = 65_536;

/// Why a text is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RecordRefusal {
    /// `Record`, `Time` or `Xml`.
    pub kind: FaultKind,
    /// `EventRecordID`, if it was read before the trouble.
    pub record_id: Option<u64>,
    /// In one line, why.
    pub reason: String,
}

/// A reason without the record's number, which the caller of the inner functions knows.
type RefusedRecord = (FaultKind, String);

/// Converts events one after another; holds what can be used again.
#[derive(Debug, Default)]
pub(super) struct Converter {
    strings: Interner,
    text: Resolved,
    frames: Vec<ElementFrame>,
}

/// An open element below `EventData` or `UserData`.
#[derive(Debug)]
struct ElementFrame {
    name: Arc<str>,
    /// Where its own text starts in `Converter::text`.
    text_start: usize,
    has_children: bool,
}

/// The child of `Event` that the reader is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    System,
    Data,
    Ignored,
}

/// Where the reader is in the text.
struct XmlPlace {
    depth: usize,
    roots: usize,
    section: Section,
    field: Option<SystemField>,
    /// `TimeCreated/@SystemTime` as it is written.
    time: Option<String>,
}

impl Converter {
    /// Converts the text of one event. `record_id` is what the log's own record header says; the text takes precedence.
    pub(super) fn convert(
        &mut self,
        xml: &str,
        origin: Locator,
        record_id: Option<u64>,
    ) -> Result<Record, RecordRefusal> {
        let mut draft = Draft::default();
        let read = self.read(xml, &mut draft);
        draft.record_id = draft.record_id.or(record_id);
        let known_id = draft.record_id;
        read.and_then(|time| self.finish(draft, time, origin)).map_err(|(kind, reason)| RecordRefusal {
            kind,
            record_id: known_id,
            reason,
        })
    }

    /// Gives the time as it is written.
    fn read(&mut self, xml: &str, draft: &mut Draft) -> Result<Option<String>, RefusedRecord> {
        self.text.clear();
        self.frames.clear();
        let mut reader = Reader::from_str(xml);
        let mut place = XmlPlace { depth: 0, roots: 0, section: Section::Ignored, field: None, time: None };
        loop {
            match reader.read_event().map_err(|error| (FaultKind::Xml, chain(&error)))? {
                Event::Start(tag) => self.open(&tag, &mut place, draft)?,
                Event::Empty(tag) => {
                    self.open(&tag, &mut place, draft)?;
                    self.close(&mut place, draft)?;
                }
                Event::End(_) => self.close(&mut place, draft)?,
                // Text outside of fields and values is only the blanks of pretty-printed XML.
                Event::Text(text) if self.listens(&place) => self.text.text.push_str(&text),
                Event::CData(text) if self.listens(&place) => self.text.text.push_str(&text),
                Event::GeneralRef(name) if self.listens(&place) => self.text.push_reference(&name)?,
                Event::Eof if place.depth > 0 => return Err(xml_fault("the text ends inside an element")),
                Event::Eof if place.roots == 0 => return Err(xml_fault("there is no element")),
                Event::Eof => return Ok(place.time),
                _ => {}
            }
        }
    }

    /// Whether text at this place belongs to a field or a value.
    fn listens(&self, place: &XmlPlace) -> bool {
        place.field.is_some() || !self.frames.is_empty()
    }

    fn open(&mut self, tag: &BytesStart<'_>, place: &mut XmlPlace, draft: &mut Draft) -> Result<(), RefusedRecord> {
        let name = tag.local_name();
        let name = name.as_ref();
        place.depth += 1;
        if place.depth > DEEPEST {
            return Err(xml_fault(format!("elements are nested more than {DEEPEST} deep")));
        }
        match place.depth {
            1 => {
                place.roots += 1;
                if place.roots > 1 {
                    return Err(xml_fault("there is a second root element"));
                }
                if name != "Event" {
                    return Err(xml_fault(format!("the root element is {}, not Event", snippet(name))));
                }
            }
            2 => {
                place.section = match name {
                    "System" => Section::System,
                    "EventData" | "UserData" => Section::Data,
                    _ => Section::Ignored,
                };
            }
            3 if place.section == Section::System => {
                // Elements of `System` that are not known are passed over: later versions of Windows may add some.
                place.field = SystemField::of(name);
                self.text.clear();
                self.attributes(name, tag, place, draft)?;
            }
            _ if place.section == Section::Data => self.open_value(name, tag)?,
            _ => {}
        }
        Ok(())
    }

    /// Takes the attributes of a child of `System`.
    fn attributes(
        &mut self,
        element: &str,
        tag: &BytesStart<'_>,
        place: &mut XmlPlace,
        draft: &mut Draft,
    ) -> Result<(), RefusedRecord> {
        if !Draft::has_attributes(element) {
            return Ok(());
        }
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| (FaultKind::Xml, chain(&error)))?;
            let value = unescape(&attribute.value)?;
            let key = attribute.key.local_name();
            match (element, key.as_ref()) {
                ("TimeCreated", "SystemTime") => place.time = Some(value.into_owned()),
                (element, key) => draft.attribute(element, key, &value, &mut self.strings),
            }
        }
        Ok(())
    }

    fn open_value(&mut self, element: &str, tag: &BytesStart<'_>) -> Result<(), RefusedRecord> {
        let mut name = None;
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| (FaultKind::Xml, chain(&error)))?;
            if attribute.key.local_name().as_ref() == "Name" {
                let value = unescape(&attribute.value)?;
                name = Some(self.strings.share(&value));
                break;
            }
        }
        if let Some(parent) = self.frames.last_mut() {
            parent.has_children = true;
        }
        // `<Data Name="Image">` is named by its attribute; elements of `UserData` are named by their tags.
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| self.strings.share(element));
        self.frames.push(ElementFrame { name, text_start: self.text.text.len(), has_children: false });
        Ok(())
    }

    fn close(&mut self, place: &mut XmlPlace, draft: &mut Draft) -> Result<(), RefusedRecord> {
        if let Some(frame) = self.frames.pop() {
            self.close_value(&frame, draft)?;
        } else if place.depth == 3
            && let Some(field) = place.field.take()
        {
            let text = self.text.text.trim();
            let set = draft.set(field, text, &mut self.strings);
            set.map_err(|_| (FaultKind::Record, format!("EventID {} is not a number", snippet(text))))?;
        }
        place.depth = place.depth.saturating_sub(1);
        if place.depth == 1 {
            place.section = Section::Ignored;
            self.text.clear();
        }
        Ok(())
    }

    /// A leaf is a value; an element with children is one only if it has text of its own.
    fn close_value(&mut self, frame: &ElementFrame, draft: &mut Draft) -> Result<(), RefusedRecord> {
        // All open elements share one buffer: the text of an inner one lies behind that of the outer one, and is cut off when it is closed.
        let value = self.text.text.get(frame.text_start..).unwrap_or_default().trim_end_matches('\0');
        if !frame.has_children || !value.trim().is_empty() {
            if draft.data.len() >= MOST_VALUES {
                return Err(xml_fault(format!("the event has more than {MOST_VALUES} values")));
            }
            let name = draft.value_name(Arc::clone(&frame.name), &mut self.strings);
            let value = normal_form(&name, value).into();
            draft.data.push((name, value));
        }
        self.text.text.truncate(frame.text_start);
        self.text.high = None;
        Ok(())
    }

    fn finish(&mut self, draft: Draft, time: Option<String>, origin: Locator) -> Result<Record, RefusedRecord> {
        let no_event_id = || (FaultKind::Record, "the event has no EventID".to_owned());
        if !draft.has_event_id() {
            return Err(no_event_id());
        }
        let time = time.ok_or_else(|| (FaultKind::Time, "invalid time: there is none".to_owned()))?;
        let time_created =
            Ticks::parse_of_tool(&time).ok_or_else(|| (FaultKind::Time, format!("invalid time {}", snippet(&time))))?;
        draft.finish(time_created, origin, &mut self.strings).ok_or_else(no_event_id)
    }
}

fn xml_fault(reason: impl Into<String>) -> RefusedRecord {
    (FaultKind::Xml, reason.into())
}

/// A text that references are resolved into.
///
/// Some tools write a character beyond U+FFFF as two references to the halves of a pair: the first half is U+FFFD until the second one follows.
#[derive(Debug, Default)]
struct Resolved {
    text: String,
    /// The first half of a pair, and the length of the text with the U+FFFD that stands for it.
    high: Option<(u32, usize)>,
}

impl Resolved {
    fn clear(&mut self) {
        self.text.clear();
        self.high = None;
    }

    /// Adds what the reference `&name;` stands for.
    fn push_reference(&mut self, name: &str) -> Result<(), RefusedRecord> {
        let code = match name {
            "lt" => '<'.into(),
            "gt" => '>'.into(),
            "amp" => '&'.into(),
            "apos" => '\''.into(),
            "quot" => '"'.into(),
            _ => numbered(name).ok_or_else(|| xml_fault(format!("unknown reference {}", snippet(name))))?,
        };
        // The halves must stand side by side: any text in between leaves the first one alone, as U+FFFD.
        let before = self.high.take().filter(|&(_, length)| length == self.text.len());
        if let (0xdc00..=0xdfff, Some((high, length))) = (code, before) {
            self.text.truncate(length - char::REPLACEMENT_CHARACTER.len_utf8());
            self.text.extend(char::from_u32(0x1_0000 + (high - 0xd800) * 0x400 + (code - 0xdc00)));
            return Ok(());
        }
        self.text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        if matches!(code, 0xd800..=0xdbff) {
            self.high = Some((code, self.text.len()));
        }
        Ok(())
    }
}

/// The number of the reference `#65` or `#x41`; the largest there is if it is larger than any character's.
fn numbered(name: &str) -> Option<u32> {
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| char::from(byte).is_digit(radix));
    is_number.then(|| u32::from_str_radix(digits, radix).unwrap_or(u32::MAX))
}

/// The text of an attribute with its references resolved.
fn unescape(raw: &str) -> Result<Cow<'_, str>, RefusedRecord> {
    if !raw.contains('&') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut out = Resolved::default();
    let mut rest = raw;
    while let Some(start) = rest.find('&') {
        out.text.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        // `quick_xml` could unescape an attribute, but refuses the pairs of references that some tools write.
        let end = after.find(';').ok_or_else(|| xml_fault("a reference in an attribute has no end"))?;
        out.push_reference(&after[..end])?;
        rest = &after[end + 1..];
    }
    out.text.push_str(rest);
    Ok(Cow::Owned(out.text))
}

#[cfg(test)]
mod tests;
