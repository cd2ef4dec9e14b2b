//! The survey of one unit: every record counts, whoever wrote it.
//!
//! It is a pass of its own where nothing but a survey is wanted, and goes along with the first pass of a run that is to end in a report.

use super::documents;
use super::filter::EventFilter;
use super::options::Roles;
use super::partial_results::FAULTS_PER_UNIT;
use super::window::TimeWindow;
use crate::base::interner::Interner;
use crate::base::{Ticks, host};
use crate::ecs::{self, FieldId};
use crate::source::{
    self, ChunkExtent, Fault, FaultKind, Input, Item, Record, RecordRef, Stored, UnitStats, Visit, Visitor,
};
use crate::survey::{FileContents, Notable, NotableKind, StreamKey, SurveyEntry};
use std::sync::Arc;

/// The survey of one unit.
#[derive(Default)]
pub struct SurveyPart {
    pub contents: FileContents,
    pub passed_over: u64,
    pub faults: Vec<Fault>,
    pub unlisted: u64,
    pub extents: Vec<ChunkExtent>,
}

/// Most records of a file without chunks that are gathered before they are counted.
const MOST_PENDING: usize = 8192;

/// A record of the chunk at hand.
struct SurveyedRecord {
    stream: usize,
    record_id: Option<u64>,
    /// Provider, event ID and time, if it was asked for.
    wanted: Option<(Arc<str>, u32, Ticks)>,
}

/// A unit while it is read. What was seen of a chunk is kept when the chunk has been read to its end.
pub struct UnitSurvey<'l> {
    inputs: &'l [Input],
    window: &'l TimeWindow,
    filter: &'l EventFilter,
    names: &'l mut Interner,
    part: SurveyPart,
    /// The streams that were met, by the number that [`SurveyedRecord`] has, each with the name of the computer as it was written.
    streams: Vec<(StreamKey, Arc<str>)>,
    /// The stream that was met last, to know it again by.
    stream: Option<(Stored, Stored, usize)>,
    /// The provider that was met last.
    provider: Option<Arc<str>>,
    seen: Vec<SurveyedRecord>,
    notable: Vec<Notable>,
    /// Records passed over when the chunk began.
    passed_over: u64,
    /// Records that were recovered, since the chunk began.
    recovered: u64,
}

impl<'l> UnitSurvey<'l> {
    /// A survey that has seen nothing.
    pub fn new(inputs: &'l [Input], window: &'l TimeWindow, filter: &'l EventFilter, names: &'l mut Interner) -> Self {
        Self {
            inputs,
            window,
            filter,
            names,
            part: SurveyPart::default(),
            streams: Vec::new(),
            stream: None,
            provider: None,
            seen: Vec::new(),
            notable: Vec::new(),
            passed_over: 0,
            recovered: 0,
        }
    }

    /// Ends the survey of a unit that had so many chunks and records.
    pub fn finish(mut self, totals: &UnitStats) -> SurveyPart {
        self.keep();
        self.part.contents.chunks += totals.chunks;
        self.part.contents.empty_chunks += totals.empty_chunks;
        self.part.contents.records += totals.records;
        self.part
    }

    /// Takes notice of a record; whether it was asked for.
    fn see(&mut self, stream: usize, record_id: Option<u64>, event_id: u32, time: Ticks, provider: &str) -> bool {
        let Self { window, filter, .. } = *self;
        let computer = || std::borrow::Cow::Borrowed(&*self.streams[stream].1);
        let is_wanted = window.contains(time) && (!filter.is_active() || filter.wants(Some(event_id), computer));
        let wanted = is_wanted.then(|| (self.provider_of(provider), event_id, time));
        self.part.passed_over += u64::from(!is_wanted);
        self.seen.push(SurveyedRecord { stream, record_id, wanted });
        is_wanted
    }

    fn number_of(&mut self, computer: &str, channel: &str) -> usize {
        let is = |(key, written): &(StreamKey, Arc<str>)| &**written == computer && &*key.channel == channel;
        if let Some(at) = self.streams.iter().position(is) {
            return at;
        }
        let folded = self.names.share(&host::folded(computer));
        let key = StreamKey { computer: folded, channel: self.names.share(channel) };
        self.streams.push((key, self.names.share(computer)));
        self.streams.len() - 1
    }

    fn stream_of(&mut self, record: &RecordRef<'_>) -> usize {
        let (computer, channel) = (record.computer(), record.channel());
        if let Some((known_computer, known_channel, at)) = &self.stream
            && *known_computer == computer
            && *known_channel == channel
        {
            return *at;
        }
        let at = self.number_of(computer.text().trim(), channel.text().trim());
        self.stream = Some((computer.into(), channel.into(), at));
        at
    }

    fn provider_of(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.provider.as_ref().filter(|known| &***known == name) {
            return Arc::clone(known);
        }
        let provider = self.names.share(name);
        self.provider = Some(Arc::clone(&provider));
        provider
    }

    fn take(&mut self, record: &Record) {
        let Record { event_id, record_id, time_created: time, .. } = *record;
        self.recovered += u64::from(record.is_recovered);
        let stream = self.number_of(&record.computer, &record.channel);
        if self.see(stream, record_id, event_id, time, &record.provider) {
            self.notable.extend(Notable::of(record));
        }
    }

    fn take_document(&mut self, given: source::JsonDocument) -> Result<(), String> {
        let event = documents::event(given, &Roles::default(), None)?;
        let document = &event.document;
        let text = |field: FieldId| document.text(field).unwrap_or_default();
        let event_id = text(ecs::EVENT_CODE).parse().unwrap_or_default();
        let stream = self.number_of(text(ecs::HOST_NAME), text(ecs::WINLOG_CHANNEL));
        let provider =
            [ecs::EVENT_PROVIDER, ecs::WINLOG_PROVIDER_NAME].into_iter().find_map(|field| document.text(field));
        let record_id = text(ecs::WINLOG_RECORD_ID).parse().ok();
        self.see(stream, record_id, event_id, event.logged, provider.unwrap_or_default());
        Ok(())
    }

    fn fault(&mut self, fault: Fault) {
        self.part.contents.unreadable += u64::from(fault.is_record());
        if self.part.faults.len() < FAULTS_PER_UNIT {
            self.part.faults.push(fault);
        } else {
            self.part.unlisted += 1;
        }
    }

    /// Takes what was seen since the chunk began for good.
    fn keep(&mut self) {
        for SurveyedRecord { stream, record_id, wanted } in self.seen.drain(..) {
            let (key, written) = &self.streams[stream];
            let stream = self.part.contents.stream(key);
            host::show(&mut stream.computer, written);
            match wanted {
                Some((provider, event_id, time)) => {
                    stream.add(SurveyEntry { provider: &provider, event_id, record_id, time });
                }
                None => stream.pass_over(record_id),
            }
        }
        self.part.contents.recovered += std::mem::take(&mut self.recovered);
        self.notable.drain(..).for_each(|notable| self.part.contents.note(notable));
    }
}

impl Visitor for UnitSurvey<'_> {
    fn begin_chunk(&mut self, _: u64) {
        self.keep();
        self.passed_over = self.part.passed_over;
    }

    fn record_ref(&mut self, record: &RecordRef<'_>) -> Visit {
        if NotableKind::of(record.provider(), record.provider_guid(), record.event_id()).is_some() {
            return Visit::NeedRecord;
        }
        let stream = self.stream_of(record);
        let (number, time) = (Some(record.record_id()), record.time_created());
        self.see(stream, number, record.event_id(), time, record.provider());
        Visit::Skip
    }

    fn item(&mut self, item: Item) {
        match item {
            Item::Record(record) => self.take(&record),
            Item::Document(document) => {
                let origin = document.origin;
                if let Err(reason) = self.take_document(document) {
                    let input = Arc::clone(&self.inputs[origin.input as usize].display);
                    self.fault(Fault::lost(&input, FaultKind::Json, reason).at(origin.offset));
                }
            }
            Item::Skipped => self.part.passed_over += 1,
            Item::Fault(fault) => self.fault(fault),
        }
        if self.seen.len() >= MOST_PENDING {
            // Files that are not cut into chunks.
            self.keep();
        }
    }

    fn restart_chunk(&mut self) {
        // There are no faults to take back: the way that did not work out raises none.
        self.seen.clear();
        self.recovered = 0;
        self.notable.clear();
        self.part.passed_over = self.passed_over;
    }

    fn end_chunk(&mut self, _: &[u8]) {
        self.keep();
    }

    fn chunk_extent(&mut self, extent: ChunkExtent) {
        self.part.extents.push(extent);
    }
}
