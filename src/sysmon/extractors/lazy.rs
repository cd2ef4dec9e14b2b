//! The values of one event, worked out when they are asked for.
//!
//! An extractor is read in one place, [`LazyEvent::write_at`], which adds the text of a field to bytes or gives its number, flag or time. Whoever wants
//! something else of it asks there: a row of a timeline takes the bytes as they are, a digest of a join key the text, and a condition the value:
//!
//! ```text
//! write_at(user.name, row)      Text, and `ann` behind what the row has already
//! write_text(user.name, key)    write_at into the key
//! values(user.name)             write_at into a scratch buffer, and of that [Value::Text("ann")], which is kept until the next event
//! ```
//!
//! Only fields that several steps decide are documents first, made by the slice of the pipeline that they depend on.

use super::plan::{Extractor, Extractors, StepGroup};
use crate::base::guid::Guid;
use crate::base::{Ticks, json};
use crate::ecs::Field;
use crate::event::{Document, FieldValues, Fields, IpValue, Value, WrittenText};
use crate::source::{Raw, RecordRef, Stored};
use crate::sysmon::raw::{EventData, is_nothing};
use crate::sysmon::record_fields::{RecordPart, synthetic_host_id};
use crate::sysmon::steps::STEPS;
use crate::sysmon::transform::{TextTransform, Transformed};
use std::cell::{Cell, OnceCell, RefCell};

/// The result of [`LazyEvent::write_at`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extracted {
    /// The only value is a text, which was added.
    Text,
    /// The only value is an address, whose text was added.
    Address,
    /// The only value is an integer.
    Long(i64),
    /// The only value is true or false.
    Boolean(bool),
    /// The only value is an instant.
    Date(Ticks),
    /// The field has no value.
    Nothing,
    /// The values must be asked for: there may be several.
    Several,
}

/// A cache for the values of one event, reused from event to event so that nothing is allocated for it.
#[derive(Debug, Default)]
pub struct ExtractCache {
    /// The places that hold something, and whether any group does.
    used: RefCell<Vec<usize>>,
    used_group: Cell<bool>,
    values: Vec<OnceCell<Option<FieldValues>>>,
    groups: Vec<OnceCell<Document>>,
    /// The computer that `host.id` was last made for.
    host: RefCell<(String, String)>,
    /// Where the text of a value is written first.
    text: RefCell<Vec<u8>>,
    computer: RefCell<LastText>,
    channel: RefCell<LastText>,
}

/// A text that hardly ever changes from record to record.
#[derive(Debug, Default)]
struct LastText {
    stored: Option<Stored>,
    text: String,
}

impl LastText {
    /// The text of a part of `System`, which spaces around it do not belong to.
    fn of(&mut self, raw: Raw<'_>) -> &str {
        // Compared as it is stored: nothing is decoded while the text stays the same, and computer and channel do for a whole log.
        if self.stored.as_ref().is_none_or(|stored| *stored != raw) {
            raw.text().trim().clone_into(&mut self.text);
            self.stored = Some(raw.into());
        }
        &self.text
    }
}

impl ExtractCache {
    fn clear(&mut self, extractors: &Extractors) {
        // Only what the last event used is cleared: mostly that is nothing, since rules reject most events by their bytes.
        for at in self.used.get_mut().drain(..) {
            self.values[at].take();
        }
        if self.used_group.replace(false) {
            self.groups.iter_mut().for_each(|cell| drop(cell.take()));
        }
        if self.values.len() < extractors.learned.len() {
            self.values.resize_with(extractors.learned.len(), OnceCell::new);
        }
        if self.groups.len() < extractors.groups.len() {
            self.groups.resize_with(extractors.groups.len(), OnceCell::new);
        }
    }
}

/// An event whose fields are extracted when they are asked for. Fields that its extractors have not learned have no values.
#[derive(Debug)]
pub struct LazyEvent<'a> {
    pub(super) extractors: &'a Extractors,
    record: &'a RecordRef<'a>,
    cache: &'a ExtractCache,
    path: &'a str,
}

impl<'a> LazyEvent<'a> {
    /// The event of a record of the shape that the extractors are for. `path` becomes `log.file.path`.
    pub fn new(
        extractors: &'a Extractors,
        record: &'a RecordRef<'a>,
        cache: &'a mut ExtractCache,
        path: &'a str,
    ) -> Self {
        cache.clear(extractors);
        Self { extractors, record, cache, path }
    }

    /// All values of the field at a [`Extractors::position`].
    pub fn values_at(&self, at: usize) -> &[Value] {
        match self.extractors.learned[at] {
            Extractor::Never => &[],
            Extractor::Constant => self.extractors.constants.values(&self.extractors.fields[at]),
            // A document keeps what a group of steps has set for all fields of it, so that its steps run once per event.
            Extractor::Steps(group) => self.group(group).values(&self.extractors.fields[at]),
            _ => {
                let make = || {
                    self.cache.used.borrow_mut().push(at);
                    self.make_values(at)
                };
                self.cache.values[at].get_or_init(make).as_ref().map_or(&[], FieldValues::as_slice)
            }
        }
    }

    fn make_values(&self, at: usize) -> Option<FieldValues> {
        let mut scratch = self.cache.text.borrow_mut();
        scratch.clear();
        let found = self.write_at(at, &mut scratch);
        let text = || str::from_utf8(&scratch).unwrap_or_default();
        Some(FieldValues::One(match found {
            Extracted::Text => text().into(),
            Extracted::Address => IpValue::parse(text())?.into(),
            Extracted::Long(number) => number.into(),
            Extracted::Boolean(flag) => flag.into(),
            Extracted::Date(time) => time.into(),
            Extracted::Nothing => return None,
            Extracted::Several if matches!(self.extractors.learned[at], Extractor::AllLogged) => {
                return self.all_logged();
            }
            Extracted::Several => {
                let Extractor::Entry(entry, made) = self.extractors.learned[at] else { return None };
                let text = self.entry(entry)?;
                return made.of(&text, self.extractors.shape.context.separator).into_values(&text);
            }
        }))
    }

    fn entry(&self, at: usize) -> Option<String> {
        let mut text = String::new();
        self.record.entry(at).write(&mut text);
        (!is_nothing(&text)).then_some(text)
    }

    /// The only value of the field at a [`Extractors::position`]. A text is added to `out` as UTF-8; nothing else is left there.
    pub fn write_at(&self, at: usize, out: &mut Vec<u8>) -> Extracted {
        let text_if = |says| if says { Extracted::Text } else { Extracted::Nothing };
        match self.extractors.learned[at] {
            Extractor::Never => Extracted::Nothing,
            Extractor::Fixed(text) => {
                out.extend_from_slice(text.as_bytes());
                Extracted::Text
            }
            Extractor::Guarded(..) if self.fails() => Extracted::Nothing,
            Extractor::Entry(entry, made) | Extractor::Guarded(entry, made) => self.write_made(entry, made, out),
            Extractor::Either(first, second) => text_if(self.write_entry(first, out) || self.write_entry(second, out)),
            Extractor::Join(join) => text_if(self.write_join(join, out)),
            Extractor::Record(part) => self.write_part(part, out),
            Extractor::Logged(entry) => text_if(self.write_logged(entry, out)),
            Extractor::Constant | Extractor::Steps(_) | Extractor::AllLogged => Extracted::Several,
        }
    }

    /// Adds the text of an entry. False, and nothing is added, if it says nothing.
    pub(super) fn write_entry(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let begin = out.len();
        self.record.entry(at).push(out);
        let says = !is_nothing(&out[begin..]);
        if !says {
            out.truncate(begin);
        }
        says
    }

    /// Adds the text of an entry as it was logged. False, and nothing is added, if the record has no such entry.
    fn write_logged(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let raw = self.record.entry(at);
        raw.push(out);
        !matches!(raw, Raw::Nothing)
    }

    /// The texts of all entries as they were logged.
    fn all_logged(&self) -> Option<FieldValues> {
        let mut texts = Vec::new();
        for at in 0..self.record.names().len() {
            let mut text = Vec::new();
            if self.write_logged(at, &mut text) {
                texts.push(str::from_utf8(&text).unwrap_or_default().into());
            }
        }
        (!texts.is_empty()).then_some(FieldValues::Many(texts))
    }

    /// Adds what is made of the text of an entry.
    fn write_made(&self, entry: usize, made: TextTransform, out: &mut Vec<u8>) -> Extracted {
        match made {
            TextTransform::Text if self.write_entry(entry, out) => return Extracted::Text,
            TextTransform::Text => return Extracted::Nothing,
            TextTransform::Arguments => return Extracted::Several,
            // Sysmon stores numbers as numbers: they count without being printed and parsed again.
            TextTransform::Long => {
                if let Some(number) = self.record.entry(entry).number() {
                    return i64::try_from(number).map_or(Extracted::Nothing, Extracted::Long);
                }
            }
            _ => {}
        }
        let begin = out.len();
        if !self.write_entry(entry, out) {
            return Extracted::Nothing;
        }
        let text = str::from_utf8(&out[begin..]).unwrap_or_default();
        let other = match made.of(text, self.extractors.shape.context.separator) {
            Transformed::Address => return Extracted::Address,
            Transformed::Part(range) => {
                // The part moves to the front within the buffer: no second one is needed.
                out.copy_within(begin + range.start..begin + range.end, begin);
                out.truncate(begin + range.len());
                return Extracted::Text;
            }
            Transformed::Lower(range) => text[range].to_lowercase().into(),
            Transformed::Other(text) => text,
            not_text => {
                out.truncate(begin);
                return match not_text {
                    Transformed::Flag(flag) => Extracted::Boolean(flag),
                    Transformed::Long(number) => Extracted::Long(number),
                    Transformed::Several(_) => Extracted::Several,
                    _ => Extracted::Nothing,
                };
            }
        };
        out.truncate(begin);
        out.extend_from_slice(other.as_bytes());
        Extracted::Text
    }

    /// Adds what is made of several entries, all of which must say something.
    fn write_join(&self, join: usize, out: &mut Vec<u8>) -> bool {
        let join = &self.extractors.joins[join];
        let begin = out.len();
        // The texts stand one after another behind what the buffer holds already: no string is made for a connection, of which logs have millions.
        let mut ends = Vec::with_capacity(join.entries.len());
        for entry in &join.entries {
            if !self.write_entry(*entry, out) {
                out.truncate(begin);
                return false;
            }
            ends.push(out.len() - begin);
        }
        let text = str::from_utf8(&out[begin..]).unwrap_or_default();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let texts: Vec<&str> = starts.zip(&ends).map(|(start, end)| &text[start..*end]).collect();
        let joined = (join.of)(&texts);
        out.truncate(begin);
        out.extend_from_slice(joined.as_deref().unwrap_or_default().as_bytes());
        joined.is_some()
    }

    /// Adds a part of the record outside of its data.
    fn write_part(&self, part: RecordPart, out: &mut Vec<u8>) -> Extracted {
        let begin = out.len();
        let mut push = |text: &str| out.extend_from_slice(text.as_bytes());
        match part {
            RecordPart::Timestamp => return Extracted::Date(self.timestamp_with(out)),
            RecordPart::Logged => return Extracted::Date(self.record.time_created()),
            RecordPart::Path => push(self.path),
            RecordPart::Computer => push(self.cache.computer.borrow_mut().of(self.record.computer())),
            RecordPart::HostId => self.with_host_id(push),
            RecordPart::Provider => push(self.record.provider()),
            RecordPart::ProviderGuid => push(self.record.provider_guid().unwrap_or_default()),
            RecordPart::Channel => push(self.cache.channel.borrow_mut().of(self.record.channel())),
            RecordPart::User => self.record.user().push(out),
            RecordPart::RecordId => match i64::try_from(self.record.record_id()) {
                Ok(number) => json::push_long(out, number),
                Err(_) => push(&self.record.record_id().to_string()),
            },
            // No extractors are made for these.
            RecordPart::Recovered | RecordPart::Owned(_) => {}
        }
        if out.len() > begin { Extracted::Text } else { Extracted::Nothing }
    }

    /// Whether the pipeline fails.
    fn fails(&self) -> bool {
        let Some(guard) = &self.extractors.guard else { return false };
        let text = self.entry(guard.entry);
        text.is_some_and(|text| (guard.fails)(&text, guard.needed.and_then(|at| self.entry(at)).is_some()))
    }

    /// Shows `host.id`; not at all where the record names no computer.
    fn with_host_id(&self, show: impl FnOnce(&str)) {
        let mut computer = self.cache.computer.borrow_mut();
        let computer = computer.of(self.record.computer());
        let mut host = self.cache.host.borrow_mut();
        if host.0 != computer {
            *host = (computer.to_owned(), synthetic_host_id(computer));
        }
        show(&host.1);
    }

    fn group(&self, at: usize) -> &Document {
        self.cache.used_group.set(true);
        self.cache.groups[at].get_or_init(|| {
            let (StepGroup { steps, entries, rest }, shape) = (&self.extractors.groups[at], &self.extractors.shape);
            let texts: Vec<(&str, String)> =
                entries.iter().filter_map(|&at| Some((&*shape.names[at], self.entry(at)?))).collect();
            let mut data = EventData::new(&texts);
            let mut document = Document::new();
            // As in `map`: where a step fails, those behind it are not done, and what they would have taken stays.
            let _ = steps.iter().try_for_each(|&step| STEPS[step].apply(&mut data, &mut document, shape.context));
            if *rest {
                data.leave(&mut document);
            }
            document
        })
    }

    /// `@timestamp` of the event.
    pub fn timestamp(&self) -> Ticks {
        self.timestamp_with(&mut Vec::new())
    }

    /// `@timestamp` of the event. `text` is used as a buffer, and left as it was.
    fn timestamp_with(&self, text: &mut Vec<u8>) -> Ticks {
        let begin = text.len();
        if let Some(at) = self.extractors.utc_time {
            self.record.entry(at).push(text);
        }
        let utc = Ticks::parse_sysmon_utc(&text[begin..]);
        text.truncate(begin);
        utc.unwrap_or(self.record.time_created())
    }
}

impl Fields for LazyEvent<'_> {
    fn values(&self, field: &Field) -> &[Value] {
        self.extractors.position(field).map_or(&[], |at| self.values_at(at))
    }

    fn long(&self, field: &Field) -> Option<i64> {
        let at = self.extractors.position(field)?;
        let Extractor::Entry(_, TextTransform::Long | TextTransform::ArgumentCount) = self.extractors.learned[at]
        else {
            return None;
        };
        let mut scratch = self.cache.text.borrow_mut();
        scratch.clear();
        match self.write_at(at, &mut scratch) {
            Extracted::Long(number) => Some(number),
            _ => None,
        }
    }

    fn guid(&self, field: &Field) -> Option<&Guid> {
        let Some(Extractor::Entry(entry, TextTransform::Text)) = self.extractors.extractor(field) else { return None };
        // One of zeros says nothing.
        self.record.entry(entry).guid().filter(|guid| **guid != Guid::default())
    }

    fn write_text(&self, field: &Field, out: &mut String) -> WrittenText {
        let Some(at) = self.extractors.position(field) else { return WrittenText::Nothing };
        let begin = out.len();
        // One writer is enough for both kinds of buffer: to check again that the bytes are UTF-8 costs little beside decoding them.
        let mut bytes = std::mem::take(out).into_bytes();
        let found = self.write_at(at, &mut bytes);
        *out = String::from_utf8(bytes).unwrap_or_default();
        match found {
            Extracted::Text => WrittenText::Text,
            Extracted::Nothing => WrittenText::Nothing,
            _ => {
                out.truncate(begin);
                WrittenText::NotText
            }
        }
    }
}
