//! Records that were read twice: from an archived copy of a log, or a shadow copy.
//!
//! A record is the same as another if it is of the same computer and channel, has the same number, and says the same. To know that for every record would
//! take memory for every record. So while logs are read only the range of numbers of each chunk is kept, by computer and channel, with a digest of the
//! chunk's header, in which its checksums are. Chunks with the same header are read once more: those of the same bytes are copies. Where the ranges of others
//! overlap, and only there, the numbers are read once more, and records with the same one are compared, some thousand chunks at a time.
//! This module does not know rules.

use super::copies::{self, SeenDocument};
use super::counts::{RecordCategory, RecordCounts};
use super::disposition::Disposition;
use crate::base::{Locator, Ticks};
use crate::source::{self, Record, RecordRef, Stored};
use crate::sysmon;
use foldhash::fast::FixedState;
use hashbrown::HashSet;
use sha1::{Digest, Sha1};
use std::hash::{BuildHasher, Hasher};

/// Bytes of the header of a chunk before its tables.
const HEADER: usize = 128;
/// Most chunks that are compared at a time.
const CHUNKS_AT_A_TIME: usize = 4096;

/// A record as far as duplicates are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordFingerprint {
    /// A hash of all that it says.
    pub fingerprint: [u8; 16],
    /// Whether it was recovered from what is left of a log: of copies, one that is not stays.
    pub is_recovered: bool,
    /// Whether another tool has kept it, and may have lost parts: of copies, one that is whole stays.
    pub is_partial: bool,
    /// A hash of the parts that every tool keeps: see [`identity`].
    pub identity: u64,
    /// Where it was read. Of equal ones the one with the lowest place stays.
    pub origin: Locator,
    /// Its computer and channel.
    pub group: LogDigest,
    /// Its number in its log.
    pub record_id: u64,
    /// Sysmon's event ID.
    pub event_id: u32,
    /// Mapped, and inside the window of time.
    pub disposition: Disposition,
}

/// A computer and channel, as a hash. Two with the same hash are only compared more than they need to be.
pub type LogDigest = u64;

/// The group of a computer and channel.
fn group_of(computer: &str, channel: &str) -> LogDigest {
    let mut hasher = FixedState::default().build_hasher();
    // A host's name changes its letters' case between one record and another.
    hasher.write(computer.to_lowercase().as_bytes());
    hasher.write_u8(0xff);
    hasher.write(channel.as_bytes());
    hasher.finish() | 1
}

/// The group of a record, and its number in its log.
pub fn number_of(record: &Record) -> (LogDigest, u64) {
    (group_of(&record.computer, &record.channel), record.record_id.unwrap_or(u64::MAX))
}

/// Numbers of records of one group, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub group: LogDigest,
    pub first: u64,
    pub last: u64,
}

/// The digest of one chunk for the search for duplicates; there is one for every chunk of the evidence, so that it is small.
#[derive(Debug)]
pub struct ChunkSeen {
    /// Where it begins.
    pub origin: Locator,
    /// A digest of its header.
    header: u64,
    /// Sysmon's records in it: mostly of one computer and channel.
    range: Range,
    /// How many of which kind, packed: there are as many of these as there are chunks. Unused ones count none.
    counts: [PackedCount; FEW],
    /// Further ranges and counts, and the number of recovered records, of the few chunks that have them.
    more: Option<Box<More>>,
    /// Whether numbers rise from record to record, so that none is in it twice.
    rising: bool,
}

/// How many kinds of records the chunks of most logs have.
const FEW: usize = 10;

/// The parts of a [`ChunkSeen`] that few chunks need.
#[derive(Debug)]
struct More {
    ranges: Box<[Range]>,
    counts: Box<[(RecordCategory, u32)]>,
    /// Records that became events and were recovered.
    recovered: u32,
}

/// An event ID times the number of dispositions, plus the disposition's, and a count.
type PackedCount = (u16, u16);

/// How many dispositions there are.
const DISPOSITION_COUNT: u16 = 3;

/// Every disposition, in the order of their numbers.
const DISPOSITIONS: [Disposition; DISPOSITION_COUNT as usize] =
    [Disposition::Mapped, Disposition::OutsideWindow, Disposition::Filtered];

fn pack(((event_id, disposition), count): (RecordCategory, u32)) -> Option<PackedCount> {
    let key = event_id?.checked_mul(DISPOSITION_COUNT.into())?.checked_add(disposition as u32)?;
    Some((key.try_into().ok()?, count.try_into().ok()?))
}

fn unpack((key, count): PackedCount) -> (RecordCategory, u32) {
    ((Some(u32::from(key / DISPOSITION_COUNT)), DISPOSITIONS[usize::from(key % DISPOSITION_COUNT)]), count.into())
}

impl ChunkSeen {
    /// How many records there are of which kind.
    pub fn counts(&self) -> impl Iterator<Item = (RecordCategory, u32)> {
        let more = self.more.iter().flat_map(|more| more.counts.iter().copied());
        self.counts.iter().filter(|(_, count)| *count > 0).copied().map(unpack).chain(more)
    }

    /// How many of those that became events were recovered.
    fn recovered(&self) -> u32 {
        self.more.as_ref().map_or(0, |more| more.recovered)
    }

    /// The numbers of each computer and channel.
    pub fn ranges(&self) -> impl Iterator<Item = Range> {
        std::iter::once(self.range).chain(self.more.iter().flat_map(|more| more.ranges.iter().copied()))
    }
}

/// A chunk while it is read.
#[derive(Debug, Default)]
pub struct Building {
    origin: Option<Locator>,
    ranges: Vec<Range>,
    /// Records that became events, by event ID, as long as those are small.
    mapped: [u32; SMALL_IDS],
    /// All others.
    counts: Vec<(RecordCategory, u32)>,
    not_rising: bool,
    recovered: u32,
    /// The range that was last added to.
    latest: usize,
    /// The number of the sender that it was added to for, if that is known.
    sender: Option<u64>,
    /// Computer and channel as they were last stored, the number of the sender that they were last seen with, and their group.
    known: Option<(Stored, Stored, u64, LogDigest)>,
}

/// Event IDs below this are counted in one step; Sysmon has none above it but that of its own errors.
const SMALL_IDS: usize = 32;

impl Building {
    /// Begins a chunk, or begins it anew.
    pub fn begin(&mut self, origin: Locator) {
        self.origin = Some(origin);
        self.ranges.clear();
        self.mapped.fill(0);
        self.counts.clear();
        self.not_rising = false;
        self.recovered = 0;
        self.latest = 0;
        self.sender = None;
    }

    /// The chunk that is being read, if one is.
    pub fn origin(&self) -> Option<Locator> {
        self.origin
    }

    /// Adds a record that need not be read in full.
    #[inline]
    pub fn add_record_ref(&mut self, record: &RecordRef<'_>, disposition: Disposition) {
        // Nearly every record is the next one of the same log.
        if disposition == Disposition::Mapped
            && self.sender == Some(record.sender())
            && let Some(count) = self.mapped.get_mut(record.event_id() as usize)
            && let Some(range) = self.ranges.get_mut(self.latest)
            && range.last < record.record_id()
        {
            *count += 1;
            range.last = record.record_id();
            return;
        }
        self.add_other_record_ref(record, disposition);
    }

    #[inline(never)]
    fn add_other_record_ref(&mut self, record: &RecordRef<'_>, disposition: Disposition) {
        let group = self.group(record);
        self.add(group, record.record_id(), (Some(record.event_id()), disposition));
        self.sender = Some(record.sender());
    }

    /// The group of a record.
    #[inline]
    pub fn group(&mut self, record: &RecordRef<'_>) -> LogDigest {
        if let Some((_, _, sender, group)) = &self.known
            && *sender == record.sender()
        {
            return *group;
        }
        self.new_group(record)
    }

    #[inline(never)]
    fn new_group(&mut self, record: &RecordRef<'_>) -> LogDigest {
        let (computer, channel) = (record.computer(), record.channel());
        if let Some((known_computer, known_channel, sender, group)) = &mut self.known
            && *known_computer == computer
            && *known_channel == channel
        {
            *sender = record.sender();
            return *group;
        }
        let group = group_of(computer.text().trim(), channel.text().trim());
        self.known = Some((computer.into(), channel.into(), record.sender(), group));
        group
    }

    /// Counts a record that became an event and was recovered.
    pub fn add_recovered(&mut self) {
        self.recovered += 1;
    }

    /// Adds a record.
    pub fn add(&mut self, group: LogDigest, id: u64, counted: RecordCategory) {
        self.sender = None;
        let small = match counted {
            (Some(id), Disposition::Mapped) => self.mapped.get_mut(id as usize),
            _ => None,
        };
        match small {
            Some(count) => *count += 1,
            None => match self.counts.iter_mut().find(|(have, _)| *have == counted) {
                Some((_, count)) => *count += 1,
                None => self.counts.push((counted, 1)),
            },
        }
        if self.ranges.get(self.latest).is_none_or(|range| range.group != group) {
            self.latest = self.ranges.iter().position(|range| range.group == group).unwrap_or(self.ranges.len());
        }
        match self.ranges.get_mut(self.latest) {
            Some(range) => {
                self.not_rising |= id <= range.last;
                range.first = range.first.min(id);
                range.last = range.last.max(id);
            }
            None => self.ranges.push(Range { group, first: id, last: id }),
        }
    }

    /// Ends the chunk. `None` if there was nothing of Sysmon in it.
    pub fn end(&mut self, header: u64) -> Option<ChunkSeen> {
        let origin = self.origin.take()?;
        let (&range, ranges) = self.ranges.split_first()?;
        let mapped = (0..).zip(self.mapped).filter(|(_, count)| *count > 0);
        let mapped = mapped.map(|(id, count)| ((Some(id), Disposition::Mapped), count));
        // Ten counts of four bytes are enough for the event IDs of nearly every chunk, and stand in the struct: a heap allocation for each of a million
        // chunks would cost more than all that is in it.
        let mut counts = [PackedCount::default(); FEW];
        let mut places = counts.iter_mut();
        let mut rest = Vec::new();
        for counted in mapped.chain(self.counts.iter().copied()) {
            match pack(counted).and_then(|packed| Some((packed, places.next()?))) {
                Some((packed, place)) => *place = packed,
                None => rest.push(counted),
            }
        }
        let recovered = self.recovered;
        let is_more = !ranges.is_empty() || !rest.is_empty() || recovered > 0;
        let more = is_more.then(|| Box::new(More { ranges: ranges.into(), counts: rest.into(), recovered }));
        Some(ChunkSeen { origin, header, range, counts, more, rising: !self.not_rising })
    }
}

/// Everything that is in the evidence twice, by the places of the copies.
#[derive(Debug, Default)]
pub struct Duplicates {
    /// Chunks that are copies as a whole, by input and offset.
    chunks: HashSet<Locator>,
    /// Single records and documents.
    records: HashSet<Locator>,
    /// How many there are of which kind.
    pub counts: RecordCounts,
    /// How many of those that became events were recovered.
    pub recovered: u64,
}

impl Duplicates {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty() && self.records.is_empty()
    }

    /// The places of copies: of chunks, and of single records and documents; sorted.
    pub fn places(&self) -> (Vec<Locator>, Vec<Locator>) {
        let sorted = |places: &HashSet<Locator>| {
            let mut places: Vec<Locator> = places.iter().copied().collect();
            places.sort_unstable();
            places
        };
        (sorted(&self.chunks), sorted(&self.records))
    }

    /// Adds copies that another run has found: of chunks, and of single records and documents.
    pub fn add_places(
        &mut self,
        chunks: impl IntoIterator<Item = Locator>,
        records: impl IntoIterator<Item = Locator>,
    ) {
        self.chunks.extend(chunks);
        self.records.extend(records);
    }

    /// Whether what was read there is a duplicate.
    pub fn contains(&self, origin: Locator) -> bool {
        let chunk = || Locator { input: origin.input, offset: source::chunk_start(origin.offset) };
        self.records.contains(&origin) || (!self.chunks.is_empty() && self.chunks.contains(&chunk()))
    }

    /// Adds the copies among documents, which are compared with each other only.
    pub fn add_documents(&mut self, seen: Vec<SeenDocument<Disposition>>) {
        for copy in copies::copies(seen) {
            self.records.insert(copy.origin());
            self.counts.add(copy.counted(), 1);
        }
    }

    fn add_all(&mut self, mut seen: Vec<RecordFingerprint>) {
        // The order of fields in `RecordFingerprint` decides which copy stays: of equal ones first whoever was not recovered, then the lowest place. That
        // does not depend on threads.
        seen.sort_unstable();
        for pair in seen.windows(2) {
            if pair[0].fingerprint == pair[1].fingerprint && self.records.insert(pair[1].origin) {
                self.counts.add((Some(pair[1].event_id), pair[1].disposition), 1);
                self.recovered += u64::from(pair[1].is_recovered && pair[1].disposition == Disposition::Mapped);
            }
        }
        self.add_partial(&seen);
    }

    /// Finds the copies that other tools have kept, and lost parts of. They are told by what no tool loses.
    fn add_partial(&mut self, seen: &[RecordFingerprint]) {
        if !seen.iter().any(|seen| seen.is_partial) {
            return;
        }
        let (mut partial, whole): (Vec<&RecordFingerprint>, Vec<&RecordFingerprint>) =
            seen.iter().partition(|seen| seen.is_partial);
        let mut known: HashSet<u64> = whole.iter().map(|seen| seen.identity).collect();
        partial.sort_unstable_by_key(|seen| seen.origin);
        for seen in partial {
            if !self.records.contains(&seen.origin) && !known.insert(seen.identity) {
                self.records.insert(seen.origin);
                self.counts.add((Some(seen.event_id), seen.disposition), 1);
            }
        }
    }
}

/// Part of the evidence to compare: ranges of numbers, and the chunks that may have records in them.
#[derive(Debug, Default)]
struct ComparisonBatch {
    ranges: Vec<Range>,
    chunks: HashSet<Locator>,
}

impl ComparisonBatch {
    fn includes(&self, group: LogDigest, id: u64) -> bool {
        let before = self.ranges.partition_point(|range| (range.group, range.first) <= (group, id));
        let last = before.checked_sub(1).map(|at| self.ranges[at]);
        last.is_some_and(|range| range.group == group && id <= range.last)
    }
}

/// A record of Sysmon by its group and number, and where it is.
pub type NumberedRecord = (LogDigest, u64, Locator);

/// Reads logs once more.
pub trait Rereader {
    /// Digests of all bytes of some chunks, given in the order of their places.
    fn digests(&self, chunks: &[Locator]) -> Vec<(Locator, u64)>;
    /// The records of Sysmon in some chunks.
    fn numbers(&self, chunks: &[Locator]) -> Vec<NumberedRecord>;
    /// Some records, given in the order of their places.
    fn seen(&self, records: &[Locator]) -> Vec<RecordFingerprint>;
}

/// Finds the duplicates among chunks, and among records of other files.
pub fn find(mut chunks: Vec<ChunkSeen>, others: &[RecordFingerprint], reader: &dyn Rereader) -> Duplicates {
    let mut found = Duplicates::default();
    // A worked example. Three chunks of one computer and channel, each with its range of numbers and the digest of its header:
    //
    //     A: log.evtx       1..=900     header h1
    //     B: copy.evtx      1..=900     header h1
    //     C: archive.evtx   850..=1700  header h2
    //
    // 1. A and B have the same header, so that their bytes are hashed, in full: they are equal, and B is a copy of A as a whole.
    // 2. The ranges of A and C overlap in 850..=900. Only the numbers of these two chunks are read again, and only of records whose number is
    //    there twice a fingerprint is made. Those with the same fingerprint are copies of the one with the lowest place.
    //
    // Most evidence ends here with nothing read again, having held about a hundred bytes for each 64 KiB. The alternative, a hash set of the fingerprints of
    // all records, would take gigabytes for a large case, and a Bloom filter of them would still have to hash every record.
    // Mostly they are in order already, or in few runs that are; and this sort makes use of it.
    chunks.sort_by_key(|chunk| chunk.origin);
    found.chunks = copies(&chunks, reader);
    chunks.retain(|chunk| {
        let is_copy = found.chunks.contains(&chunk.origin);
        if is_copy {
            for (counted, count) in chunk.counts() {
                found.counts.add(counted, u64::from(count));
            }
            found.recovered += u64::from(chunk.recovered());
        }
        !is_copy
    });
    for batch in batches(&chunks, others) {
        let mut origins: Vec<Locator> = batch.chunks.iter().copied().collect();
        origins.sort_unstable();
        let others: Vec<&RecordFingerprint> =
            others.iter().filter(|seen| batch.includes(seen.group, seen.record_id)).collect();
        // Numbers first, and contents only of those that are there twice: overlapping ranges are mostly those of two logs that were exported at different
        // times, but can be those of a log that was cleared, whose numbers began anew and say something else.
        let mut numbers = reader.numbers(&origins);
        numbers.retain(|(group, id, _)| batch.includes(*group, *id));
        let in_logs: HashSet<Locator> = numbers.iter().map(|(_, _, origin)| *origin).collect();
        numbers.extend(others.iter().map(|seen| (seen.group, seen.record_id, seen.origin)));
        numbers.sort_unstable();
        let same = |left: &NumberedRecord, right: &NumberedRecord| (left.0, left.1) == (right.0, right.1);
        let alike = numbers.chunk_by(same).filter(|alike| alike.len() > 1).flatten();
        let mut alike: Vec<Locator> = alike.map(|(_, _, origin)| *origin).filter(|at| in_logs.contains(at)).collect();
        alike.sort_unstable();
        let mut seen = reader.seen(&alike);
        seen.extend(others);
        found.add_all(seen);
    }
    found
}

/// The chunks, which are in order, that have the same bytes as one before.
fn copies(chunks: &[ChunkSeen], reader: &dyn Rereader) -> HashSet<Locator> {
    // Sorted digests instead of a map from digest to chunks: eight bytes a chunk, and mostly no digest is there twice.
    let mut headers: Vec<u64> = chunks.iter().map(|chunk| chunk.header).collect();
    headers.sort_unstable();
    let mut twice: Vec<u64> = headers.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    if twice.is_empty() {
        return HashSet::new();
    }
    drop(headers);
    twice.dedup();
    let alike = chunks.iter().filter(|chunk| twice.binary_search(&chunk.header).is_ok());
    let alike: Vec<Locator> = alike.map(|chunk| chunk.origin).collect();
    // An equal header is no proof: its checksums are of 32 bits, and whoever forges evidence can choose them. All bytes are.
    let mut digests = reader.digests(&alike);
    digests.sort_unstable();
    let mut known = HashSet::new();
    digests.into_iter().filter(|(_, digest)| !known.insert(*digest)).map(|(origin, _)| origin).collect()
}

/// The ranges in which a record could be there twice, cut so that each batch has not too many chunks.
fn batches(chunks: &[ChunkSeen], others: &[RecordFingerprint]) -> Vec<ComparisonBatch> {
    // A sweep over ranges sorted by their first number, as for overlapping intervals: what begins before the end of all ranges so far hangs together with
    // them. A chunk in which numbers do not rise overlaps with itself.
    let times = |chunk: &ChunkSeen| if chunk.rising { 1 } else { 2 };
    let count = chunks.iter().map(|chunk| chunk.ranges().count() * times(chunk)).sum::<usize>() + others.len();
    let mut all: Vec<(Range, Option<Locator>)> = Vec::with_capacity(count);
    for chunk in chunks {
        for range in chunk.ranges() {
            all.extend(std::iter::repeat_n((range, Some(chunk.origin)), times(chunk)));
        }
    }
    let of_other =
        |seen: &RecordFingerprint| (Range { group: seen.group, first: seen.record_id, last: seen.record_id }, None);
    all.extend(others.iter().map(of_other));
    // Equal ones are one and the same; no room is needed to keep their order.
    all.sort_unstable_by_key(|(range, origin)| (range.group, range.first, *origin));
    let mut batches: Vec<ComparisonBatch> = Vec::new();
    let mut current = ComparisonBatch::default();
    let mut start = 0;
    while start < all.len() {
        // All that hangs together by overlaps.
        let group = all[start].0.group;
        let mut last = all[start].0.last;
        let mut end = start + 1;
        while end < all.len() && all[end].0.group == group && all[end].0.first <= last {
            last = last.max(all[end].0.last);
            end += 1;
        }
        if end - start > 1 {
            add_overlap(&all[start..end], last, &mut current, &mut batches);
        }
        start = end;
    }
    if !current.ranges.is_empty() {
        batches.push(current);
    }
    batches
}

/// Adds what hangs together to the current batch, or in parts to several.
fn add_overlap(
    members: &[(Range, Option<Locator>)],
    last: u64,
    current: &mut ComparisonBatch,
    batches: &mut Vec<ComparisonBatch>,
) {
    let group = members[0].0.group;
    let mut from = members[0].0.first;
    for (at, (range, origin)) in members.iter().enumerate() {
        current.chunks.extend(origin);
        let next = members.get(at + 1).map(|(next, _)| next.first);
        // A cut is only made where a number begins, so that all chunks with one number are in one batch and no pair is missed.
        let full = current.chunks.len() >= CHUNKS_AT_A_TIME && next.is_some_and(|next| next > range.first);
        if let Some(next) = next.filter(|_| full) {
            current.ranges.push(Range { group, first: from, last: next - 1 });
            batches.push(std::mem::take(current));
            from = next;
            // Chunks that began before go on into the next part.
            let still = members[..=at].iter().filter(|(range, _)| range.last >= next);
            current.chunks.extend(still.filter_map(|(_, origin)| *origin));
        }
    }
    current.ranges.push(Range { group, first: from, last });
}

/// A hash of computer, channel, record id, time and content. Two records with the same one are the same record, copied.
///
/// Tools that export a record cut its time of logging, to microseconds or less, put its entries in an order of their own, and leave out those that say
/// nothing. So entries are taken by their names, and where Sysmon's own time is one of them it counts instead.
pub fn fingerprint(record: &Record) -> [u8; 16] {
    let mut hash = Sha1::new();
    // Each text stands behind its length: otherwise (`ab`, `c`) and (`a`, `bc`) would be hashed alike.
    let mut text = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    text(&record.computer.to_lowercase());
    text(&record.channel);
    text(&record.provider);
    text(record.user_sid.as_deref().unwrap_or_default());
    let mut entries: Vec<(&str, &str)> = record.data.iter().map(|(name, value)| (&**name, &**value)).collect();
    entries.retain(|(_, value)| sysmon::says(value));
    entries.sort_by_key(|(name, _)| *name);
    let has_own_time = entries.iter().any(|(name, _)| *name == "UtcTime");
    for (name, value) in entries {
        text(name);
        text(value);
    }
    hash.update(record.event_id.to_le_bytes());
    hash.update(record.version.unwrap_or_default().to_le_bytes());
    hash.update(record.record_id.unwrap_or(u64::MAX).to_le_bytes());
    if !has_own_time {
        hash.update(record.time_created.0.to_le_bytes());
    }
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&hash.finalize()[..16]);
    fingerprint
}

/// A hash of what every tool keeps of a record: computer, channel, number, event ID, process and time. Of the time it takes what Sysmon itself has written,
/// where it has, because tools cut the time of logging.
pub fn identity(record: &Record) -> u64 {
    let (group, number) = number_of(record);
    let mut hasher = FixedState::default().build_hasher();
    hasher.write_u64(group);
    hasher.write_u64(number);
    hasher.write_u32(record.event_id);
    let entry = |name| record.value(name).filter(|value| sysmon::says(value));
    hasher.write(entry("ProcessGuid").unwrap_or_default().as_bytes());
    match entry("UtcTime") {
        Some(time) => hasher.write(time.as_bytes()),
        None => hasher.write_i64(record.time_created.0.div_euclid(Ticks::PER_SECOND)),
    }
    hasher.finish()
}

/// Digests of chunks: of a kind that nobody can foresee, so that no evidence can be made to look like other evidence.
#[derive(Debug, Default)]
pub struct Digests(foldhash::quality::RandomState);

impl Digests {
    /// The digest of some bytes, the same for the same bytes during one run.
    pub fn of(&self, bytes: &[u8]) -> u64 {
        self.0.hash_one(bytes)
    }

    /// The digest of the header of a chunk without what is in its tables; its checksums and numbers are in it.
    pub fn of_header(&self, chunk: &[u8]) -> u64 {
        self.of(&chunk[..chunk.len().min(HEADER)])
    }
}

#[cfg(test)]
mod tests;
