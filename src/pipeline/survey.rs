//! One pass over all evidence to know what it consists of, on all threads.
//!
//! Units are read side by side and put together in the order of the file, always in the same portions, so that the result does not depend on
//! threads. This module does not know what the result is shown for.

use super::documents;
use super::filter::EventFilter;
use super::options::Roles;
use super::outcome::RunError;
use super::partial_results::FAULTS_PER_UNIT;
use super::progress::Progress;
use super::threads::CHUNKS_PER_UNIT;
use super::window::TimeWindow;
use crate::base::interner::Interner;
use crate::base::{Ticks, host};
use crate::ecs::{self, FieldId};
use crate::source::{
    self, ChunkExtent, Fault, FaultKind, FileStates, Input, Item, Record, RecordRef, Scratch, Search, Stored, Visit,
    Visitor, WorkUnit,
};
use crate::survey::{EvidenceSurvey, FileContents, Notable, NotableKind, StreamKey, SurveyEntry, SurveyedFile};
use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Units that are read before they are put together.
const UNITS_AT_A_TIME: usize = 512;

/// How evidence is surveyed.
#[derive(Clone, Debug, Default)]
pub struct SurveyOptions {
    /// Threads to use; 0 means one per core.
    pub threads: usize,
    /// Whether to read every record the slow, complete way.
    pub slow_reader: bool,
    /// Whether to compute the SHA-256 of every file.
    pub hash: bool,
    /// Records outside of it, by the time of logging, are passed over.
    pub window: TimeWindow,
    /// Records that it does not want are passed over.
    pub filter: EventFilter,
    /// How evidence is searched for.
    pub search: Search,
}

/// Surveys everything under `paths`.
pub fn survey(paths: &[PathBuf], options: &SurveyOptions, progress: &dyn Progress) -> Result<EvidenceSurvey, RunError> {
    survey_inputs(source::discover(paths, &options.search), options, progress)
}

/// Surveys evidence that was found already, as by a scan.
pub fn survey_inputs(
    source::DiscoveredInputs { inputs, faults }: source::DiscoveredInputs,
    options: &SurveyOptions,
    progress: &dyn Progress,
) -> Result<EvidenceSurvey, RunError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.threads).build()?;
    progress.start(inputs.iter().map(|input| input.size).sum());
    let units = source::units(&inputs, CHUNKS_PER_UNIT);
    let states = FileStates::of(&inputs);
    let mut all = SurveyParts { faults, ..SurveyParts::default() };
    let mut parts: Vec<(FileContents, u64)> = Vec::new();
    parts.resize_with(inputs.len(), Default::default);
    let state =
        || SurveyThreadState { scratch: Scratch::default().slow(options.slow_reader), ..SurveyThreadState::default() };
    pool.install(|| {
        // In portions of a fixed size, not as threads come: steps back in time are told between neighbours, so that parts have to be put together in file
        // order, and holding the parts of all units of a large case would take too much memory.
        for units in units.chunks(UNITS_AT_A_TIME) {
            let read = |state: &mut SurveyThreadState, unit: &WorkUnit| read(&inputs, unit, state, options, progress);
            let read: Vec<SurveyPart> = units.par_iter().map_init(state, read).collect();
            for (unit, part) in units.iter().zip(read) {
                let (contents, passed_over) = &mut parts[unit.input as usize];
                contents.merge(part.contents);
                *passed_over += part.passed_over;
                all.faults.extend(part.faults);
                all.unlisted += part.unlisted;
                all.extents.extend(part.extents);
            }
        }
        let hashes = if options.hash { hashes(&inputs, &mut all.faults) } else { HashMap::new() };
        progress.finish();
        all.faults.extend(source::contradictions(&inputs, std::mem::take(&mut all.extents)));
        all.faults.extend(states.changes());
        all.faults.sort();
        let file = |(input, (mut contents, passed_over)): (Input, (FileContents, u64))| {
            contents.settle();
            let header = source::log_header(&input);
            let sha256 = hashes.get(input.path.as_path()).cloned();
            SurveyedFile { input, header, sha256, contents, passed_over }
        };
        let files = inputs.iter().cloned().zip(parts).map(file).collect();
        Ok(EvidenceSurvey { files, faults: all.faults, unlisted_faults: all.unlisted })
    })
}

/// The SHA-256 of every file on disk; one that cannot be read to its end has a fault instead.
fn hashes<'i>(inputs: &'i [Input], faults: &mut Vec<Fault>) -> HashMap<&'i Path, String> {
    let paths: HashSet<&Path> = inputs.iter().map(|input| input.path.as_path()).filter(|path| path.is_file()).collect();
    let paths: Vec<&Path> = paths.into_iter().collect();
    let read: Vec<(&Path, std::io::Result<String>)> =
        paths.par_iter().map(|path| (*path, source::sha256(path))).collect();
    let mut hashes = HashMap::new();
    for (path, result) in read {
        match result {
            Ok(hash) => {
                hashes.insert(path, hash);
            }
            Err(error) => {
                let reason = format!("its SHA-256 cannot be computed: {error}");
                faults.push(Fault::lost(&path.display().to_string().into(), FaultKind::Unreadable, reason));
            }
        }
    }
    hashes
}

#[derive(Default)]
struct SurveyParts {
    faults: Vec<Fault>,
    unlisted: u64,
    extents: Vec<ChunkExtent>,
}

/// The survey of one unit.
#[derive(Default)]
struct SurveyPart {
    contents: FileContents,
    passed_over: u64,
    faults: Vec<Fault>,
    unlisted: u64,
    extents: Vec<ChunkExtent>,
}

/// Most records of a file without chunks that are gathered before they are counted.
const MOST_PENDING: usize = 8192;

/// The state of one thread, reused from unit to unit.
#[derive(Default)]
struct SurveyThreadState {
    scratch: Scratch,
    names: Interner,
}

fn read(
    inputs: &[Input],
    unit: &WorkUnit,
    state: &mut SurveyThreadState,
    options: &SurveyOptions,
    progress: &dyn Progress,
) -> SurveyPart {
    let SurveyThreadState { scratch, names } = state;
    let mut looking = Looking {
        inputs,
        options,
        names,
        part: SurveyPart::default(),
        streams: Vec::new(),
        stream: None,
        provider: None,
        seen: Vec::new(),
        notable: Vec::new(),
        passed_over: 0,
        recovered: 0,
    };
    let totals = source::visit_unit(inputs, unit, scratch, &mut looking);
    looking.keep();
    let mut part = looking.part;
    part.contents.chunks += totals.chunks;
    part.contents.empty_chunks += totals.empty_chunks;
    part.contents.records += totals.records;
    progress.advance(totals.bytes);
    part
}

/// A record of the chunk at hand.
struct SurveyedRecord {
    stream: usize,
    record_id: Option<u64>,
    /// Provider, event ID and time, if it was asked for.
    wanted: Option<(Arc<str>, u32, Ticks)>,
}

/// A unit while it is read. What was seen of a chunk is kept when the chunk has been read to its end.
struct Looking<'l> {
    inputs: &'l [Input],
    options: &'l SurveyOptions,
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

impl Looking<'_> {
    /// Takes notice of a record; whether it was asked for.
    fn see(&mut self, stream: usize, record_id: Option<u64>, event_id: u32, time: Ticks, provider: &str) -> bool {
        let SurveyOptions { window, filter, .. } = self.options;
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
        let event = documents::event(given, &Roles::default())?;
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

impl Visitor for Looking<'_> {
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
