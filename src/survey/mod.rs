//! A survey of evidence: computers, channels, providers, event IDs, times, record numbers and what is missing between them, and the
//! records that tell about the logs themselves.
//!
//! Every record counts, whoever wrote it. Parts are put together in the order of the files ([`FileContents::merge`] is associative), so that it does
//! not matter how the work was cut up. Names in hostile evidence are bounded: what comes after the first few thousand is counted together.
//!
//! This module does not know rules, nor how files are read or results are shown.

mod notable;
mod runs;

pub use notable::{Notable, NotableKind};
pub use runs::NumberRuns;

use crate::base::{Ticks, host};
use crate::diag::Notice;
use crate::source::{Fault, Input, LogHeader};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most streams of one file, and most providers and event IDs of one stream, that are told apart.
const MOST_NAMES: usize = 4096;
/// Most notable records that are held of one file.
const MOST_NOTABLE: usize = 10_000;
/// Stands for names above the most that are told apart.
pub const OTHERS: &str = "(others)";

/// A channel of a computer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey {
    /// `Computer`, in the letters that names of hosts are compared in.
    pub computer: Arc<str>,
    /// `Channel`.
    pub channel: Arc<str>,
}

/// The parts of a record that a survey counts by.
#[derive(Clone, Copy, Debug)]
pub struct SurveyEntry<'e> {
    /// `Provider/@Name`.
    pub provider: &'e Arc<str>,
    /// `EventID`; 0 for a document that has none.
    pub event_id: u32,
    /// `EventRecordID`.
    pub record_id: Option<u64>,
    /// When it was written.
    pub time: Ticks,
}

/// The survey of one channel of a computer.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// `Computer` as it was written; of several writings the one that comes first by its letters.
    pub computer: Arc<str>,
    /// Records that could be read and were asked for.
    pub records: u64,
    /// The earliest and the latest time of writing.
    pub span: Option<(Ticks, Ticks)>,
    /// The numbers of all records that could be read, those that were passed over included: what is missing does not depend on what is asked for.
    pub numbers: NumberRuns,
    /// How many records had a number.
    numbered: u64,
    /// Records by provider and event ID.
    pub events: BTreeMap<(Arc<str>, u32), u64>,
    /// How often a record was written before the one whose number comes just before its own.
    pub backwards: u64,
    /// By how much at most, in ticks of 100 ns.
    pub most_backwards: i64,
    /// Number and time of the first and of the last record, in the order of the file.
    ends: Option<[(Option<u64>, Ticks); 2]>,
}

impl Stream {
    /// Adds a record.
    pub fn add(&mut self, entry: SurveyEntry<'_>) {
        let here = (entry.record_id, entry.time);
        self.follow(here);
        let first = self.ends.map_or(here, |[first, _]| first);
        self.ends = Some([first, here]);
        self.records += 1;
        self.widen((entry.time, entry.time));
        self.pass_over(entry.record_id);
        self.count((Arc::clone(entry.provider), entry.event_id), 1);
    }

    /// Notes the number of a record that a filter leaves out, so that it does not count as missing.
    pub fn pass_over(&mut self, record_id: Option<u64>) {
        if let Some(number) = record_id {
            self.numbers.add(number);
            self.numbered += 1;
        }
    }

    /// Adds what comes after it in the same file.
    pub fn merge(&mut self, other: &Self) {
        // Where two parts meet there is one more pair of neighbours: the last record here, and the first one there.
        if let Some([first, last]) = other.ends {
            self.follow(first);
            let first = self.ends.map_or(first, |[first, _]| first);
            self.ends = Some([first, last]);
        }
        self.add_counts(other);
    }

    /// Adds what was seen in another file.
    pub fn add_counts(&mut self, other: &Self) {
        host::show(&mut self.computer, &other.computer);
        self.records += other.records;
        if let Some(span) = other.span {
            self.widen(span);
        }
        self.numbers.merge(&other.numbers);
        self.numbered += other.numbered;
        self.backwards += other.backwards;
        self.most_backwards = self.most_backwards.max(other.most_backwards);
        for (key, count) in &other.events {
            self.count(key.clone(), *count);
        }
    }

    /// Records whose number another one has too: copies, or a log that was cleared and began to count anew.
    pub fn repeated(&self) -> u64 {
        self.numbered.saturating_sub(self.numbers.distinct())
    }

    /// Notes a step back in time from the last record to one that was numbered right after it.
    fn follow(&mut self, (number, time): (Option<u64>, Ticks)) {
        let Some([_, (Some(before), last)]) = self.ends else { return };
        // Only neighbours by number are compared. The file of a circular log begins in the middle, where the newest record stands before the oldest: that is
        // no step back. Whoever sets the clock back, or edits a record, leaves two neighbours in the wrong order.
        if before.checked_add(1) == number && time < last {
            self.backwards += 1;
            self.most_backwards = self.most_backwards.max(last.0.saturating_sub(time.0));
        }
    }

    fn widen(&mut self, (first, last): (Ticks, Ticks)) {
        self.span = Some(self.span.map_or((first, last), |span| (span.0.min(first), span.1.max(last))));
    }

    fn count(&mut self, key: (Arc<str>, u32), count: u64) {
        // Crafted evidence can name a provider in every record. Names that are known go on being counted by themselves.
        let full = self.events.len() >= MOST_NAMES && !self.events.contains_key(&key);
        let key = if full { (OTHERS.into(), 0) } else { key };
        *self.events.entry(key).or_default() += count;
    }
}

/// The survey of a file, or of a part of it.
#[derive(Clone, Debug, Default)]
pub struct FileContents {
    /// Chunks of 64 KiB with content.
    pub chunks: u64,
    /// Chunks that were never used.
    pub empty_chunks: u64,
    /// Records met, readable or not.
    pub records: u64,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Records that were recovered: no ordinary reader of the file shows them.
    pub recovered: u64,
    /// Channels of computers.
    pub streams: BTreeMap<StreamKey, Stream>,
    /// Records that tell about the logs, in the order of the file.
    pub notable: Vec<Notable>,
    /// How many more of them there were.
    pub more_notable: u64,
}

impl FileContents {
    /// The stream of a key.
    pub fn stream(&mut self, key: &StreamKey) -> &mut Stream {
        let full = self.streams.len() >= MOST_NAMES && !self.streams.contains_key(key);
        let key = if full { StreamKey { computer: OTHERS.into(), channel: OTHERS.into() } } else { key.clone() };
        let computer = Arc::clone(&key.computer);
        let stream = self.streams.entry(key).or_default();
        if full {
            stream.computer = computer;
        }
        stream
    }

    /// Notes a record that tells about the logs.
    pub fn note(&mut self, notable: Notable) {
        if self.notable.len() < MOST_NOTABLE {
            self.notable.push(notable);
        } else {
            self.more_notable += 1;
        }
    }

    /// Adds what comes after it in the same file.
    pub fn merge(&mut self, other: Self) {
        self.chunks += other.chunks;
        self.empty_chunks += other.empty_chunks;
        self.records += other.records;
        self.unreadable += other.unreadable;
        self.recovered += other.recovered;
        for (key, stream) in other.streams {
            self.stream(&key).merge(&stream);
        }
        self.more_notable += other.more_notable;
        other.notable.into_iter().for_each(|notable| self.note(notable));
    }

    /// Ends the counting: numbers can be asked for, and channels of which nothing was asked for are gone.
    pub fn settle(&mut self) {
        self.streams.retain(|_, stream| stream.records > 0);
        self.streams.values_mut().for_each(|stream| stream.numbers.settle());
    }

    /// Records that could be read and were asked for.
    pub fn readable(&self) -> u64 {
        self.streams.values().map(|stream| stream.records).sum()
    }

    /// The earliest and the latest time of writing.
    pub fn span(&self) -> Option<(Ticks, Ticks)> {
        span(self.streams.values())
    }
}

/// The earliest and the latest time of writing in some streams.
fn span<'s>(streams: impl Iterator<Item = &'s Stream>) -> Option<(Ticks, Ticks)> {
    streams.filter_map(|stream| stream.span).reduce(|all, span| (all.0.min(span.0), all.1.max(span.1)))
}

/// The survey of one input.
#[derive(Debug)]
pub struct SurveyedFile {
    /// The input.
    pub input: Input,
    /// Its header block, if it is an event log with one.
    pub header: Option<LogHeader>,
    /// The SHA-256 of the file on disk, which is the archive for a member of one; `None` unless it was asked for.
    pub sha256: Option<String>,
    /// Its contents.
    pub contents: FileContents,
    /// Records that were passed over.
    pub passed_over: u64,
}

/// The survey of all inputs.
#[derive(Debug, Default)]
pub struct EvidenceSurvey {
    /// Every input, in order.
    pub files: Vec<SurveyedFile>,
    /// Everything that could not be read or is in doubt, in the order of files and offsets.
    pub faults: Vec<Fault>,
    /// Faults that were counted but are not listed.
    pub unlisted_faults: u64,
    /// From when on records count, if the evidence decides that.
    pub notices: Vec<Notice>,
}

/// The survey of one computer over all files.
#[derive(Clone, Debug, Default)]
pub struct SurveyedHost {
    /// `Computer`.
    pub name: Arc<str>,
    /// The inputs that have records of it, by number.
    pub inputs: Vec<usize>,
    /// Its channels, by name.
    pub channels: BTreeMap<Arc<str>, Stream>,
    /// Records that tell about its logs, in the order of time; each record once, however many files have it.
    pub notable: Vec<Notable>,
}

impl SurveyedHost {
    /// The earliest and the latest time of writing.
    pub fn span(&self) -> Option<(Ticks, Ticks)> {
        span(self.channels.values())
    }

    /// Records that could be read, copies included.
    pub fn records(&self) -> u64 {
        self.channels.values().map(|stream| stream.records).sum()
    }
}

/// Regroups the surveys of files by computer, in the order of names. Names that differ in case are one.
pub fn hosts(files: &[SurveyedFile]) -> Vec<SurveyedHost> {
    let mut hosts: BTreeMap<Arc<str>, SurveyedHost> = BTreeMap::new();
    let named = |name: &Arc<str>| SurveyedHost { name: Arc::clone(name), ..SurveyedHost::default() };
    for (number, SurveyedFile { contents, .. }) in files.iter().enumerate() {
        for (key, stream) in &contents.streams {
            let host = hosts.entry(Arc::clone(&key.computer)).or_insert_with(|| named(&stream.computer));
            host::show(&mut host.name, &stream.computer);
            if host.inputs.last() != Some(&number) {
                host.inputs.push(number);
            }
            host.channels.entry(Arc::clone(&key.channel)).or_default().add_counts(stream);
        }
        for notable in &contents.notable {
            let folded: Arc<str> = host::folded(&notable.computer).into();
            let host = hosts.entry(folded).or_insert_with(|| named(&notable.computer));
            host::show(&mut host.name, &notable.computer);
            host.notable.push(notable.clone());
        }
    }
    let mut hosts: Vec<SurveyedHost> = hosts.into_values().collect();
    for host in &mut hosts {
        host.channels.values_mut().for_each(|stream| stream.numbers.settle());
        host.notable.sort_by(|left, right| {
            let key = |one: &Notable| (one.time, Arc::clone(&one.channel), one.record_id, one.event_id, one.origin);
            key(left).cmp(&key(right))
        });
        host.notable.dedup_by(|next, kept| {
            // A record of a log and its copy in an archive are at different places; what they say, and when, is the same.
            let same = |one: &Notable| (one.time, one.event_id, one.record_id.unwrap_or(one.origin.offset));
            same(next) == same(kept) && next.channel == kept.channel && next.facts == kept.facts
        });
    }
    hosts
}

#[cfg(test)]
mod tests;
