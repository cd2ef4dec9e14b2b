//! The values of one event, worked out when they are asked for.

use super::plan::{Extractor, Extractors, Flow, OfRecord, StepGroup};
use crate::base::Ticks;
use crate::base::guid::Guid;
use crate::ecs::Field;
use crate::event::{Document, FieldValues, Fields, IpValue, Value, WrittenText};
use crate::source::{Raw, RecordRef, Stored};
use crate::sysmon::direct::{Made, Transformed};
use crate::sysmon::raw::{EventData, is_nothing};
use crate::sysmon::steps::STEPS;
use crate::sysmon::{common, derive};
use std::cell::{Cell, OnceCell, RefCell};
use std::net::IpAddr;

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
    /// A text that is only looked at.
    text: RefCell<Vec<u8>>,
    pub(super) computer: RefCell<LastText>,
    pub(super) channel: RefCell<LastText>,
}

/// A text that hardly ever changes from record to record.
#[derive(Debug, Default)]
pub struct LastText {
    stored: Option<Stored>,
    text: String,
}

impl LastText {
    /// The text of a part of `System`, which spaces around it do not belong to.
    pub fn of(&mut self, raw: Raw<'_>) -> &str {
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
    pub(super) record: &'a RecordRef<'a>,
    pub(super) cache: &'a ExtractCache,
    pub(super) path: &'a str,
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
            extractor => {
                let work_out = || {
                    self.cache.used.borrow_mut().push(at);
                    self.work_out(extractor)
                };
                self.cache.values[at].get_or_init(work_out).as_ref().map_or(&[], FieldValues::as_slice)
            }
        }
    }

    fn entry(&self, at: usize) -> Option<String> {
        let mut text = String::new();
        self.record.entry(at).write(&mut text);
        (!is_nothing(&text)).then_some(text)
    }

    fn work_out(&self, extractor: Extractor) -> Option<FieldValues> {
        match extractor {
            Extractor::Never | Extractor::Constant | Extractor::Steps(_) => None,
            Extractor::Text(entry) => Some(one(self.entry(entry)?)),
            Extractor::Either(first, second) => Some(one(self.entry(first).or_else(|| self.entry(second))?)),
            Extractor::Long(entry) => self.long(entry).map(|number| FieldValues::One(Value::Long(number))),
            Extractor::MadeAfterAnswers(..) if self.answers_fail() => None,
            Extractor::Made(entry, made) | Extractor::MadeAfterAnswers(entry, made) => {
                let text = self.entry(entry)?;
                Some(match made.of(&text, self.extractors.context.separator) {
                    Transformed::Nothing => return None,
                    Transformed::Part(_) if made == Made::Address => {
                        FieldValues::One(Value::Ip(IpValue::parse(&text)?))
                    }
                    Transformed::Part(range) => one(text[range].to_owned()),
                    Transformed::Lower(range) => one(text[range].to_lowercase()),
                    Transformed::Other(text) => one(text.into_owned()),
                    Transformed::Flag(flag) => FieldValues::One(Value::Boolean(flag)),
                })
            }
            Extractor::Fixed(text) => Some(one(text.to_owned())),
            Extractor::Flow(flow) => self.community_id(flow, &mut Vec::new()).map(one),
            Extractor::Args(entry) => {
                let mut all = derive::split_command_line(&self.entry(entry)?);
                match all.len() {
                    0 => None,
                    1 => all.pop().map(one),
                    _ => Some(FieldValues::Many(all.into_iter().map(Value::from).collect())),
                }
            }
            Extractor::ArgsCount(entry) => {
                self.count_arguments(entry).map(|count| FieldValues::One(Value::Long(count)))
            }
            Extractor::Record(what) => self.of_record(what),
        }
    }

    fn count_arguments(&self, entry: usize) -> Option<i64> {
        let mut line = self.cache.text.borrow_mut();
        line.clear();
        if !self.write_entry(entry, &mut line) {
            return None;
        }
        let count = derive::count_arguments(str::from_utf8(&line).unwrap_or_default());
        Some(i64::try_from(count).unwrap_or(i64::MAX))
    }

    pub(super) fn long(&self, entry: usize) -> Option<i64> {
        // Sysmon stores numbers as numbers: they count without being printed and parsed again.
        let raw = self.record.entry(entry);
        match raw.number() {
            Some(number) => i64::try_from(number).ok(),
            None => derive::long(&self.entry(entry)?),
        }
    }

    /// The Community ID of a flow; `scratch` is a place for texts, and left as it was.
    pub(super) fn community_id(&self, flow: Flow, scratch: &mut Vec<u8>) -> Option<String> {
        let begin = scratch.len();
        // Texts are parsed in the caller's buffer, behind what it holds already: no string is made for a connection, of which logs have millions.
        let mut end = |(ip, port)| {
            scratch.truncate(begin);
            self.write_entry(ip, scratch);
            let address: IpAddr = str::from_utf8(&scratch[begin..]).ok()?.parse().ok()?;
            Some((address.to_canonical(), u16::try_from(self.long(port)?).ok()?))
        };
        let ends = end(flow.ends[0]).zip(end(flow.ends[1]));
        scratch.truncate(begin);
        self.write_entry(flow.transport, scratch);
        let transport = str::from_utf8(&scratch[begin..]).unwrap_or_default();
        let id = ends.and_then(|(source, destination)| derive::community_id(transport, source, destination));
        scratch.truncate(begin);
        id
    }

    /// Whether the pipeline fails over the answers of a query.
    pub(super) fn answers_fail(&self) -> bool {
        let says = |at: Option<usize>| at.and_then(|at| self.entry(at));
        let Some(answers) = says(self.extractors.answers) else { return false };
        says(self.extractors.question).is_none() || derive::dns_answers_fail(&answers)
    }

    fn of_record(&self, what: OfRecord) -> Option<FieldValues> {
        let text = |text: String| (!text.is_empty()).then(|| one(text));
        match what {
            OfRecord::Provider => text(self.record.provider().to_owned()),
            OfRecord::ProviderGuid => self.record.provider_guid().map(|guid| one(guid.to_owned())),
            OfRecord::Channel => text(self.cache.channel.borrow_mut().of(self.record.channel()).to_owned()),
            OfRecord::Computer => text(self.cache.computer.borrow_mut().of(self.record.computer()).to_owned()),
            OfRecord::HostId => text(self.host_id()),
            OfRecord::User => text(self.record.user().text()),
            OfRecord::RecordId => text(self.record.record_id().to_string()),
            OfRecord::Logged => Some(FieldValues::One(Value::Date(self.record.time_created()))),
            OfRecord::Kind => Some(one("event".to_owned())),
            OfRecord::Timestamp => Some(FieldValues::One(Value::Date(self.timestamp()))),
            OfRecord::Path => text(self.path.to_owned()),
        }
    }

    /// `host.id`; empty where the record names no computer.
    pub(super) fn host_id(&self) -> String {
        self.with_host_id(str::to_owned)
    }

    fn with_host_id<T>(&self, take: impl FnOnce(&str) -> T) -> T {
        let mut computer = self.cache.computer.borrow_mut();
        let computer = computer.of(self.record.computer());
        let mut host = self.cache.host.borrow_mut();
        if host.0 != computer {
            *host = (computer.to_owned(), common::synthetic_host_id(computer));
        }
        take(&host.1)
    }

    fn group(&self, at: usize) -> &Document {
        self.cache.used_group.set(true);
        self.cache.groups[at].get_or_init(|| {
            let StepGroup { steps, entries, rest } = &self.extractors.groups[at];
            let texts: Vec<(&str, String)> =
                entries.iter().filter_map(|&at| Some((&*self.extractors.names[at], self.entry(at)?))).collect();
            let mut data = EventData::new(&texts);
            let mut document = Document::new();
            // Where the pipeline stops, everything that is left stays as it is.
            let failed =
                steps.iter().any(|&step| STEPS[step].apply(&mut data, &mut document, self.extractors.context).is_err());
            match (*rest, failed) {
                (true, true) => data.leave_all(&mut document),
                (true, false) => data.leave_rest(&mut document),
                (false, _) => {}
            }
            document
        })
    }

    /// `@timestamp` of the event.
    pub fn timestamp(&self) -> Ticks {
        self.timestamp_with(&mut Vec::new())
    }

    /// `@timestamp` of the event. `text` is used as a buffer, and left as it was.
    pub(super) fn timestamp_with(&self, text: &mut Vec<u8>) -> Ticks {
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
        match self.extractors.learned[self.extractors.position(field)?] {
            Extractor::Long(entry) => self.record.entry(entry).number().and_then(|number| i64::try_from(number).ok()),
            Extractor::ArgsCount(entry) => self.count_arguments(entry),
            _ => None,
        }
    }

    fn guid(&self, field: &Field) -> Option<&Guid> {
        let Extractor::Text(entry) = self.extractors.learned[self.extractors.position(field)?] else { return None };
        // One of zeros says nothing.
        self.record.entry(entry).guid().filter(|guid| **guid != Guid::default())
    }

    fn write_text(&self, field: &Field, out: &mut String) -> WrittenText {
        let Some(extractor) = self.extractors.position(field).map(|at| self.extractors.learned[at]) else {
            return WrittenText::Nothing;
        };
        let begin = out.len();
        match extractor {
            Extractor::Text(entry) => self.record.entry(entry).write(out),
            Extractor::Made(entry, Made::BaseName) => {
                self.record.entry(entry).write(out);
                // The whole path is written and its front taken away again: to find the last separator in UTF-16 would need a decoder that runs backwards.
                match Made::BaseName.of(&out[begin..], self.extractors.context.separator) {
                    Transformed::Part(part) if !is_nothing(&out[begin..]) => drop(out.drain(begin..begin + part.start)),
                    _ => out.truncate(begin),
                }
                // A path that ends in a separator has a name of no characters: `values_at` says what becomes of that.
                return if out.len() > begin { WrittenText::Text } else { WrittenText::NotText };
            }
            Extractor::Record(OfRecord::Computer) => {
                out.push_str(self.cache.computer.borrow_mut().of(self.record.computer()));
            }
            Extractor::Record(OfRecord::Channel) => {
                out.push_str(self.cache.channel.borrow_mut().of(self.record.channel()));
            }
            Extractor::Record(OfRecord::Path) => out.push_str(self.path),
            Extractor::Record(OfRecord::HostId) => self.with_host_id(|id| out.push_str(id)),
            Extractor::Record(OfRecord::User) => self.record.user().write(out),
            Extractor::Never => return WrittenText::Nothing,
            _ => return WrittenText::NotText,
        }
        let is_entry = matches!(extractor, Extractor::Text(_));
        if out.len() == begin || (is_entry && is_nothing(&out[begin..])) {
            out.truncate(begin);
            return WrittenText::Nothing;
        }
        WrittenText::Text
    }
}

fn one(text: String) -> FieldValues {
    FieldValues::One(Value::from(text))
}
