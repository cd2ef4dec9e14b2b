//! References to records in their chunk: provider, event ID, time and values where they stand, nothing rendered.
//!
//! A [`RecordLayout`] is worked out once for a pair of templates, that of the record and the one that fills its data: which value is the event ID, which the time,
//! and which the entry of each name. With it a record is a [`RecordRef`]. A record gets one only if the slow way would surely have read it; all others are
//! built in full instead. This module does not know what an entry means, nor which records somebody wants.

use super::build::{MOST_VALUES, is_data};
use super::table::{Noticed, ValueTable};
use super::template::{CachedTemplate, TemplateElement, TemplateNode};
use super::value;
use crate::base::guid::Guid;
use crate::base::same_bytes::same_bytes;
use crate::base::{Locator, Ticks};
use crate::source::record::{is_boolean_entry, is_guid_entry, normal_form, normal_guid};
use std::sync::Arc;

/// Where a text of a record comes from.
#[derive(Clone, Debug)]
enum LayoutSource {
    /// The record has none.
    Nothing,
    /// The template says it.
    Text(Arc<str>),
    /// A value.
    Slot(u16),
}

/// A text, and the value without which it is left out.
#[derive(Clone, Debug)]
struct OptionalText {
    source: LayoutSource,
    dependency: Option<u16>,
}

impl OptionalText {
    const NONE: Self = Self { source: LayoutSource::Nothing, dependency: None };
}

/// Where everything is in the records of a pair of templates.
#[derive(Debug)]
pub struct RecordLayout {
    provider: OptionalText,
    provider_guid: OptionalText,
    event_id: u16,
    time: u16,
    record_id: Option<u16>,
    computer: OptionalText,
    channel: OptionalText,
    user: OptionalText,
    names: Vec<Arc<str>>,
    places: Vec<OptionalText>,
    /// Positions of the entries that have a normal form: GUIDs and booleans.
    normal: Vec<usize>,
    /// Whether the entries are values of the template that fills the record, not of the record itself.
    filled: bool,
    /// Texts that the templates say themselves, which stand in no value.
    texts: Vec<Arc<str>>,
}

impl RecordLayout {
    /// The layout of records of a template, whose data another one fills or not; `None` if they are not as simple as that.
    pub fn new(outer: &CachedTemplate, inner: Option<&CachedTemplate>) -> Option<Self> {
        let root = &outer.root;
        if &*root.name != "Event" || inner.is_some_and(|inner| !is_data(&inner.root.name)) {
            return None;
        }
        let mut system = None;
        let mut data = inner.map(|inner| &inner.root);
        for node in &root.children {
            match node {
                // Whether it is there would depend on the record, and a layout is for all records of the templates.
                TemplateNode::Element(element) if element.dependency.is_some() => return None,
                TemplateNode::Element(element) if &*element.name == "System" => {
                    system = system.is_none().then_some(Some(element))?;
                }
                TemplateNode::Element(element) if is_data(&element.name) => {
                    data = data.is_none().then_some(Some(element))?;
                }
                TemplateNode::Slot { .. } => {}
                TemplateNode::Element(_) | TemplateNode::Text(_) => return None,
            }
        }
        let mut layout = Self {
            provider: OptionalText::NONE,
            provider_guid: OptionalText::NONE,
            event_id: u16::MAX,
            time: u16::MAX,
            record_id: None,
            computer: OptionalText::NONE,
            channel: OptionalText::NONE,
            user: OptionalText::NONE,
            names: Vec::new(),
            places: Vec::new(),
            normal: Vec::new(),
            filled: inner.is_some(),
            texts: Vec::new(),
        };
        layout.system(system?)?;
        if let Some(data) = data {
            layout.data(data)?;
        }
        (layout.event_id != u16::MAX && layout.time != u16::MAX).then_some(layout)
    }

    fn system(&mut self, system: &TemplateElement) -> Option<()> {
        let mut seen: Vec<&str> = Vec::new();
        for element in system.elements() {
            // Which of two elements of a name counts can depend on their values, and so on the record.
            if seen.contains(&&*element.name) || element.elements().next().is_some() {
                return None;
            }
            seen.push(&element.name);
            self.texts
                .extend(element.attributes.iter().map(|(_, node)| node).chain(&element.children).filter_map(text_of));
            let dependency = element.dependency;
            let attribute = |wanted: &str| {
                let mut found = element.attributes.iter().filter(|(key, _)| &**key == wanted);
                match (found.next(), found.next()) {
                    (None, _) => Some(OptionalText::NONE),
                    (Some((_, node)), None) => Some(OptionalText { source: source(node)?, dependency }),
                    _ => None,
                }
            };
            match &*element.name {
                "Provider" => (self.provider, self.provider_guid) = (attribute("Name")?, attribute("Guid")?),
                "TimeCreated" => self.time = slot_of(&attribute("SystemTime")?)?,
                "Security" => self.user = attribute("UserID")?,
                "EventID" => self.event_id = slot_of(&only(element)?)?,
                "EventRecordID" => self.record_id = Some(slot_of(&only(element)?)?),
                "Channel" => self.channel = only(element)?,
                "Computer" => self.computer = only(element)?,
                _ => {}
            }
        }
        Some(())
    }

    fn data(&mut self, data: &TemplateElement) -> Option<()> {
        for node in &data.children {
            let TemplateNode::Element(element) = node else { return None };
            let given = element.attributes.iter().find(|(key, _)| &**key == "Name");
            let name = match given {
                Some((_, TemplateNode::Text(text))) if !text.is_empty() => text,
                Some((_, TemplateNode::Text(_))) | None => &element.name,
                Some(_) => return None,
            };
            // A value without a name is called by its place among those there are.
            if &**name == "Data" || self.names.contains(name) || self.names.len() >= MOST_VALUES {
                return None;
            }
            if is_guid_entry(name) || is_boolean_entry(name) {
                self.normal.push(self.names.len());
            }
            self.names.push(name.clone());
            self.texts.extend(element.children.iter().filter_map(text_of));
            self.places.push(only(element)?);
        }
        Some(())
    }
}

impl RecordLayout {
    /// The values that say who wrote a record, on which computer and in which channel.
    pub fn senders(&self) -> Vec<u16> {
        let slot = |place: &OptionalText| match place.source {
            LayoutSource::Slot(index) => Some(index),
            LayoutSource::Nothing | LayoutSource::Text(_) => None,
        };
        let places = [&self.provider, &self.provider_guid, &self.computer, &self.channel];
        places.into_iter().flat_map(|place| [slot(place), place.dependency]).flatten().collect()
    }

    /// Where the values are that everybody asks for; `None` if some are not of the types that they should have.
    pub fn places(&self, table: ValueTable<'_>) -> Option<SystemPlaces> {
        let start_of = |index: usize| table.span(index).and_then(|(start, _)| u16::try_from(start).ok());
        let start = |index: u16, kind: u8| start_of(index.into()).filter(|_| table.kind(index.into()) == Some(kind));
        Some(SystemPlaces {
            event_id: start(self.event_id, value::U16)?,
            time: start(self.time, value::FILETIME)?,
            record_id: match self.record_id {
                Some(index) => Some(start(index, value::U64)?),
                None => None,
            },
            // Sums of sizes up to the last value: with them known, no record of the same envelope adds up its descriptors again.
            last: start_of(table.count().checked_sub(1)?)?,
        })
    }
}

/// Where some values of a record's own table are, in bytes from the first one.
#[derive(Clone, Copy, Debug)]
pub struct SystemPlaces {
    event_id: u16,
    time: u16,
    record_id: Option<u16>,
    last: u16,
}

impl SystemPlaces {
    /// The last value, which is the data of most records.
    pub fn data(self) -> usize {
        self.last.into()
    }
}

/// The one text in an element.
fn only(element: &TemplateElement) -> Option<OptionalText> {
    let source = match element.children.as_slice() {
        [] => LayoutSource::Nothing,
        [node] => source(node)?,
        _ => return None,
    };
    Some(OptionalText { source, dependency: element.dependency })
}

/// The text that a template says at a place.
fn text_of(node: &TemplateNode) -> Option<Arc<str>> {
    match node {
        TemplateNode::Text(text) => Some(text.clone()),
        TemplateNode::Element(_) | TemplateNode::Slot { .. } => None,
    }
}

fn source(node: &TemplateNode) -> Option<LayoutSource> {
    match node {
        TemplateNode::Element(_) => None,
        TemplateNode::Text(text) => Some(LayoutSource::Text(text.clone())),
        TemplateNode::Slot { index } => Some(LayoutSource::Slot(*index)),
    }
}

/// The value that a text always is.
fn slot_of(place: &OptionalText) -> Option<u16> {
    match place {
        OptionalText { source: LayoutSource::Slot(index), dependency: None } => Some(*index),
        OptionalText { source: LayoutSource::Slot(index), dependency: Some(dependency) } if index == dependency => {
            Some(*index)
        }
        _ => None,
    }
}

/// A text of a record, not rendered yet.
#[derive(Clone, Copy, Debug)]
pub enum Raw<'c> {
    /// There is none: the record lacks the element.
    Nothing,
    /// A text of the template, or one without characters in an element that is there.
    Text(&'c str),
    /// A value of a type, by its bytes.
    Value(u8, &'c [u8]),
}

impl<'c> Raw<'c> {
    /// Adds the text.
    pub fn write(self, out: &mut String) {
        match self {
            Self::Nothing => {}
            Self::Text(text) => out.push_str(text),
            // There is no reference to a record with values that cannot be rendered.
            Self::Value(kind, raw) => value::write_raw(kind, raw, out).unwrap_or_default(),
        }
    }

    /// Adds the text as bytes, which are UTF-8.
    pub fn push(self, out: &mut Vec<u8>) {
        match self {
            Self::Nothing => {}
            Self::Text(text) => out.extend_from_slice(text.as_bytes()),
            Self::Value(kind, raw) => value::push_raw(kind, raw, out).unwrap_or_default(),
        }
    }

    /// The units of the text in UTF-16, low byte first, if that is how it is stored; its end may be with them.
    pub fn utf16(self) -> Option<&'c [u8]> {
        match self {
            Self::Value(value::TEXT, raw) => Some(raw),
            _ => None,
        }
    }

    /// Whether the text may have more than so many characters: it has no more than it is stored in bytes.
    #[inline]
    pub fn may_exceed(self, characters: usize) -> bool {
        match self {
            Self::Nothing => false,
            Self::Text(text) => text.len() > characters,
            Self::Value(_, raw) => raw.len() > characters,
        }
    }

    /// The number, if it is stored as an unsigned one; its text is its digits.
    pub fn number(self) -> Option<u64> {
        match self {
            Self::Value(kind, raw) => value::unsigned(kind, raw),
            _ => None,
        }
    }

    /// The GUID, if it is stored as one; its text is what [`crate::base::guid::text`] makes of it.
    pub fn guid(self) -> Option<&'c Guid> {
        match self {
            Self::Value(value::GUID, raw) => raw.try_into().ok(),
            _ => None,
        }
    }

    /// The text.
    pub fn text(self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// Type and bytes of the stored form: where both are equal, so are the texts.
    pub fn bytes(self) -> (u8, &'c [u8]) {
        match self {
            Self::Nothing => (0, b""),
            Self::Text(text) => (u8::MAX, text.as_bytes()),
            Self::Value(kind, raw) => (kind, raw),
        }
    }
}

/// A text as it was stored, to know it again by without rendering it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored(u8, Vec<u8>);

impl From<Raw<'_>> for Stored {
    fn from(raw: Raw<'_>) -> Self {
        let (kind, bytes) = raw.bytes();
        Self(kind, bytes.to_vec())
    }
}

impl PartialEq<Raw<'_>> for Stored {
    fn eq(&self, raw: &Raw<'_>) -> bool {
        let (kind, bytes) = raw.bytes();
        kind == self.0 && same_bytes(bytes, &self.1)
    }
}

/// Decides by the name and the GUID of its provider whether a record is wanted.
pub type ProviderFilter = fn(&str, Option<&str>) -> bool;

/// A record as it stands in its chunk: its system values are read, those of its entries only when asked for.
#[derive(Clone, Copy, Debug)]
pub struct RecordRef<'c> {
    layout: &'c RecordLayout,
    outer: &'c ValueTable<'c>,
    inner: &'c ValueTable<'c>,
    provider: &'c Provider,
    shape: u32,
    sender: u64,
    event_id: u32,
    record_id: u64,
    time: Ticks,
    bytes: &'c [u8],
    origin: Locator,
}

/// Who wrote a record, as text; and as it was stored, to know it again by.
#[derive(Debug, Default)]
pub struct Provider {
    name: String,
    guid: Option<String>,
    wanted: bool,
    stored: Option<(Stored, Stored)>,
    /// The sender that was last seen to be this one.
    sender: u64,
}

impl Provider {
    /// Makes this the provider of a record, and notes whether somebody wants it.
    fn update(&mut self, sender: u64, name: Raw<'_>, guid: Raw<'_>, wanted: ProviderFilter) {
        self.sender = sender;
        if self.stored.as_ref().is_some_and(|stored| stored.0 == name && stored.1 == guid) {
            return;
        }
        self.name = name.text();
        self.guid = Some(guid.text()).filter(|text| !text.is_empty()).map(|text| normal_guid(&text).into_owned());
        self.stored = Some((name.into(), guid.into()));
        self.wanted = wanted(&self.name, self.guid.as_deref());
    }
}

/// Everything that a [`RecordRef`] is made from.
#[derive(Clone, Copy)]
pub struct RecordParts<'c> {
    pub outer: &'c ValueTable<'c>,
    pub inner: &'c ValueTable<'c>,
    /// Counts and doubts of both tables together.
    pub noticed: Noticed,
    /// If they are known already.
    pub places: Option<SystemPlaces>,
    pub shape: u32,
    pub sender: u64,
    pub header_id: u64,
    /// The record as it is stored, behind its header.
    pub bytes: &'c [u8],
    pub origin: Locator,
}

impl<'c> RecordRef<'c> {
    /// A reference, if nothing about the record is unusual; `None` if it must be built in full to know more.
    #[inline]
    pub fn new(
        parts: RecordParts<'c>,
        layout: &'c RecordLayout,
        provider: &'c mut Provider,
        wanted: ProviderFilter,
    ) -> Option<Self> {
        let RecordParts { outer, inner, noticed, places, shape, sender, header_id, bytes, origin } = parts;
        let usual = !noticed.doubtful && noticed.times == 1 && noticed.fragments == u32::from(layout.filled);
        if !usual {
            return None;
        }
        let places = match places {
            Some(places) => places,
            None => layout.places(*outer)?,
        };
        let values = outer.bytes();
        let event_id = values.u16(places.event_id.into())?.into();
        let time = Ticks::from_filetime(values.u64(places.time.into())?)?;
        let record_id = match places.record_id {
            Some(at) => values.u64(at.into())?,
            None => header_id,
        };
        // Rendering names and asking for them is done once per sender, not once per record.
        if provider.sender != sender {
            provider.update(sender, read(outer, &layout.provider), read(outer, &layout.provider_guid), wanted);
        }
        let record = Self { layout, outer, inner, provider, shape, sender, event_id, record_id, time, bytes, origin };
        // Of records that nobody wants, nobody reads values: their writing does not matter.
        (!record.is_wanted() || record.is_normal()).then_some(record)
    }

    /// Whether GUIDs and booleans stand in their normal form already. A value that is stored as one always does; only text can be in another writing, as in
    /// logs of forwarded events, and such a record is built in full, where values are normalised.
    fn is_normal(&self) -> bool {
        self.layout.normal.iter().all(|&at| match self.entry(at) {
            Raw::Nothing | Raw::Value(value::GUID | value::BOOLEAN, _) => true,
            raw => {
                let name = &self.layout.names[at];
                // `true` and `false`, which nearly every record has as texts, are told by their first letter; a whole text is rendered only where it
                // may be in another writing.
                let is_usual = matches!(raw, Raw::Value(value::TEXT, [b't' | b'f', 0, ..])) && is_boolean_entry(name);
                is_usual || {
                    let text = raw.text();
                    normal_form(name, &text) == text
                }
            }
        })
    }

    /// Whether a text of it may have more than so many characters: each takes two bytes of the record.
    #[inline]
    pub fn may_exceed(&self, characters: usize) -> bool {
        self.bytes.len() / 2 > characters
    }

    /// The record as it is stored, behind its header: all of its texts are in it as UTF-16, but for those in [`template_texts`](Self::template_texts).
    pub fn bytes(&self) -> &'c [u8] {
        self.bytes
    }

    /// Texts that its templates say, which need not be in [`bytes`](Self::bytes). They are the same for all records of a shape.
    pub fn template_texts(&self) -> &'c [Arc<str>] {
        &self.layout.texts
    }

    /// Adds the texts of all values that are not stored as text, a line each: numbers, GUIDs, security identifiers, flags.
    pub fn push_unwritten(&self, out: &mut Vec<u8>) {
        self.outer.push_unwritten(out);
        if self.layout.filled {
            self.inner.push_unwritten(out);
        }
    }

    /// Whether records of this provider are wanted.
    pub(super) fn is_wanted(&self) -> bool {
        self.provider.wanted
    }

    /// The name of the provider.
    pub fn provider(&self) -> &str {
        &self.provider.name
    }

    /// The GUID of the provider in normal form.
    pub fn provider_guid(&self) -> Option<&str> {
        self.provider.guid.as_deref()
    }

    /// A number that all records with the same templates share, as one thread sees them.
    pub fn shape(&self) -> u32 {
        self.shape
    }

    /// A number that records share only if they name the same provider, computer and channel, stored alike, as one thread sees them.
    pub fn sender(&self) -> u64 {
        self.sender
    }

    /// `EventID`.
    pub fn event_id(&self) -> u32 {
        self.event_id
    }

    /// `EventRecordID`.
    pub fn record_id(&self) -> u64 {
        self.record_id
    }

    /// When the record was written.
    pub fn time_created(&self) -> Ticks {
        self.time
    }

    /// Where the record is.
    pub fn origin(&self) -> Locator {
        self.origin
    }

    /// `Computer`; spaces around it do not belong to it.
    pub fn computer(&self) -> Raw<'c> {
        read(self.outer, &self.layout.computer)
    }

    /// `Channel`; spaces around it do not belong to it.
    pub fn channel(&self) -> Raw<'c> {
        read(self.outer, &self.layout.channel)
    }

    /// `Security/@UserID`.
    pub fn user(&self) -> Raw<'c> {
        read(self.outer, &self.layout.user)
    }

    /// The names of the entries, each once: the same for all records of a shape.
    pub fn names(&self) -> &'c [Arc<str>] {
        &self.layout.names
    }

    /// The entry of the name at that position.
    #[inline]
    pub fn entry(&self, at: usize) -> Raw<'c> {
        let table = if self.layout.filled { self.inner } else { self.outer };
        self.layout.places.get(at).map_or(Raw::Nothing, |place| read(table, place))
    }
}

#[inline]
fn read<'c>(table: &ValueTable<'c>, place: &'c OptionalText) -> Raw<'c> {
    match &place.source {
        // Nearly all entries: the value decides by itself whether the element is there.
        LayoutSource::Slot(index) if place.dependency == Some(*index) => match filled(*table, *index) {
            Raw::Text(_) if table.lacks(place.dependency) => Raw::Nothing,
            filled => filled,
        },
        _ if table.lacks(place.dependency) => Raw::Nothing,
        LayoutSource::Nothing => Raw::Text(""),
        LayoutSource::Text(text) => Raw::Text(text),
        LayoutSource::Slot(index) => filled(*table, *index),
    }
}

/// What a slot of an element that is there holds: an empty text, if it has no value.
#[inline]
fn filled(table: ValueTable<'_>, index: u16) -> Raw<'_> {
    match table.get(index) {
        Some(value) if !value.is_empty() => Raw::Value(value.kind, value.raw),
        _ => Raw::Text(""),
    }
}
