//! The chunks of an event log, slot by slot: from disk, or out of what is unpacked from its start.
//!
//! Windows writes chunks of 64 KiB one behind the other. A slot that does not hold one was overwritten, or the log was put together anew, or it is no log at all
//! but an image of a disk or of memory. There, chunks are read from wherever they stand, and records that stand alone; and where a person asks for it, the
//! unused space of sound chunks is searched for the records that stood there before. What is found in this way is marked as recovered.
//!
//! The items of a slot depend on its own bytes and those of its neighbours, and on nothing else.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::archive::{self, ArchiveMember};
use super::buffer::Buffer;
use super::carve;
use super::chunk_extent::ChunkExtent;
use super::chunk_place::ChunkPlace;
use super::fast::{KnownTemplates, LooseRecord, ReadAlone, Unreadable};
use super::fault::{Fault, FaultKind};
use super::format::{CHUNK, CHUNK_HEADER, CHUNK_LENGTH, CHUNK_MAGIC, HEADER_BLOCK, chunk_offset};
use super::input::{Input, InputFormat};
use super::record::Record;
use super::scratch::Scratch;
use super::units::WorkUnit;
use super::visitor::{Collector, Hearing, Item, UnitStats, Visitor};
use crate::base::Locator;

/// Chunks that are read from disk at a time, as long as nothing goes wrong: few enough to stay in the processor's cache.
const CHUNKS_AT_A_TIME: u64 = 8;

/// The chunks of one unit while they are read.
pub(super) struct Chunks<'r> {
    /// All files of the run.
    inputs: &'r [Input],
    input: &'r Input,
    /// Number of the input.
    number: u32,
    scratch: &'r mut Scratch,
    visitor: &'r mut dyn Visitor,
    stats: UnitStats,
    /// The first slot of a unit that reaches back.
    reaches_back: Option<u64>,
}

/// A slot with what stands around it.
struct Surroundings {
    bytes: Vec<u8>,
    /// Where the bytes begin in the file.
    start: u64,
}

impl<'r> Chunks<'r> {
    /// The chunks of the input of this number among all.
    pub fn new(
        (inputs, input): (&'r [Input], &'r Input),
        number: u32,
        scratch: &'r mut Scratch,
        visitor: &'r mut dyn Visitor,
    ) -> Self {
        Self { inputs, input, number, scratch, visitor, stats: UnitStats::default(), reaches_back: None }
    }

    /// Reads the chunks of a unit from where they stand.
    pub fn read(mut self, file: &mut (impl Read + Seek), unit: &WorkUnit) -> UnitStats {
        self.reaches_back = unit.reaches_back.then_some(unit.first_chunk);
        let mut buffer = std::mem::take(&mut self.scratch.buffer);
        let end = unit.first_chunk.saturating_add(unit.chunks);
        let mut first = unit.first_chunk;
        let file = &mut Positioned { file, at: None };
        while first < end {
            let wish = CHUNKS_AT_A_TIME.min(end - first);
            let read = file.read(chunk_offset(first), wish * CHUNK, &mut buffer);
            if read.is_ok() && buffer.bytes().len() as u64 == wish * CHUNK {
                // Slots behind each other in one read: what is around a slot is read from disk again only if it turns out to be damaged.
                self.stats.bytes += buffer.bytes().len() as u64;
                let slots = buffer.bytes().chunks_exact(CHUNK_LENGTH);
                for (chunk, bytes) in (first..).zip(slots) {
                    self.chunk(chunk, bytes, &mut || file.around(chunk));
                }
            } else if !(first..first + wish).all(|chunk| self.single(file, chunk, &mut buffer)) {
                break;
            }
            first += wish;
        }
        self.scratch.buffer = buffer;
        self.stats
    }

    /// Reads one chunk from disk, where it is not known which of several cannot be read; false if the file ended before it.
    fn single<F: Read + Seek>(&mut self, file: &mut Positioned<'_, F>, chunk: u64, buffer: &mut Buffer) -> bool {
        let offset = chunk_offset(chunk);
        let read = file.read(offset, CHUNK, buffer);
        let bytes = buffer.bytes();
        self.stats.bytes += bytes.len() as u64;
        let lost = |kind, reason| Item::Fault(Fault::lost(&self.input.display, kind, reason).at(offset));
        match read {
            Err(error) => {
                self.visitor.item(lost(FaultKind::Unreadable, format!("chunk {chunk} cannot be read: {error}")));
            }
            // All of a small image is in the bytes before the first slot.
            Ok(()) if bytes.is_empty() && !(chunk == 0 && self.input.format == InputFormat::Image) => {
                let reason = format!("the file ended at chunk {chunk} while it was read: it was longer before");
                self.visitor.item(lost(FaultKind::Truncated, reason));
                return false;
            }
            Ok(()) => self.chunk(chunk, bytes, &mut || file.around(chunk)),
        }
        true
    }

    /// Reads the chunks of the unit out of what comes from the start of the log, one after the other. One more is looked for, for checksums are told at the end.
    pub fn stream(mut self, source: &mut dyn Read, unit: &WorkUnit) -> UnitStats {
        self.reaches_back = unit.reaches_back.then_some(unit.first_chunk);
        let (mut before, mut here, mut after) =
            (Buffer::default(), Buffer::default(), std::mem::take(&mut self.scratch.buffer));
        let end = unit.first_chunk.saturating_add(unit.chunks);
        let mut at = 0;
        let mut read = Ok(());
        // The slot behind the one that is read is there already, because a chunk out of its slot can reach into it.
        for slot in 0..=end.saturating_add(2) {
            std::mem::swap(&mut before, &mut here);
            std::mem::swap(&mut here, &mut after);
            let length = if slot == 0 { HEADER_BLOCK } else { CHUNK };
            let has_ended = read.is_err() || (slot > 1 && here.bytes().len() as u64 != CHUNK);
            if has_ended {
                after.clear();
            } else {
                read = after.fill(source, usize::try_from(length).unwrap_or_default());
                self.stats.bytes += after.bytes().len() as u64;
            }
            let in_unit = |chunk: &u64| (unit.first_chunk..end).contains(chunk);
            // Three buffers go round as the stream passes: `after` holds chunk n + 1 when chunk n is read.
            //
            //   slot   0 (file header)  1 (chunk 0)  2 (chunk 1)  3 …
            //   read   before           here         after              -> chunk 0
            if let Some(chunk) = slot.checked_sub(2).filter(in_unit) {
                self.streamed(chunk, [before.bytes(), here.bytes(), after.bytes()]);
            }
            at += after.bytes().len() as u64;
            if has_ended && slot > 1 {
                break;
            }
        }
        if let Err(error) = read {
            self.stopped(&error, at);
        } else if at < self.input.size && at < chunk_offset(end) {
            let reason = format!("its archive says that it has {} bytes; it ended after {at}", self.input.size);
            self.visitor.item(Item::Fault(Fault::lost(&self.input.display, FaultKind::Truncated, reason).at(at)));
        }
        self.scratch.buffer = after;
        self.stats
    }

    /// Reads a slot, given with what stands before and behind it.
    fn streamed(&mut self, chunk: u64, [before, here, after]: [&[u8]; 3]) {
        let is_small_image = chunk == 0 && self.input.format == InputFormat::Image && !before.is_empty();
        let has_remains = self.visitor.wants_remains()
            && (self.input.format == InputFormat::Image
                || self.input.remains.in_unused_space
                || !here.starts_with(CHUNK_MAGIC));
        if (here.is_empty() && !is_small_image) || !(has_remains || self.visitor.wants_chunk(chunk_offset(chunk))) {
            return;
        }
        let start = chunk_offset(chunk).saturating_sub(before.len() as u64);
        self.chunk(chunk, here, &mut || Ok(Surroundings { bytes: [before, here, after].concat(), start }));
    }

    /// Tells that a stream cannot be read further than `offset`, or that all of it was read and its checksum is wrong.
    fn stopped(&mut self, error: &io::Error, offset: u64) {
        let input = &self.input.display;
        let fault = if archive::is_checksum(error) {
            Fault::suspect(input, FaultKind::Checksum, "the checksum in its archive does not fit").at(0)
        } else {
            let reason = format!("it cannot be unpacked further: {error}");
            Fault::lost(input, FaultKind::Archive, reason).at(offset)
        };
        self.visitor.item(Item::Fault(fault));
    }

    fn chunk(&mut self, chunk: u64, bytes: &[u8], around: &mut dyn FnMut() -> io::Result<Surroundings>) {
        let is_image = self.input.format == InputFormat::Image;
        if is_image {
            if chunk == 0 || carve::may_have_starts(bytes) || self.reaches_back == Some(chunk) {
                self.search(chunk, bytes.len(), around);
            }
            return;
        }
        if bytes.iter().all(|&byte| byte == 0) {
            self.stats.empty_chunks += 1;
            return;
        }
        self.stats.chunks += 1;
        if !bytes.starts_with(CHUNK_MAGIC) {
            return self.broken(chunk, bytes, around);
        }
        let place = self.place(chunk_offset(chunk), chunk);
        let (covered, end) = self.sound(place, bytes, None);
        self.rest(place, bytes, &covered, end);
    }

    /// Reads the records that a chunk has beside those that were read: up to `end` because it is broken, or all that is left there if that is wanted.
    fn rest(&mut self, place: ChunkPlace<'_>, bytes: &[u8], covered: &[Range<usize>], end: usize) {
        let unused = if self.input.remains.in_unused_space { bytes.len() } else { end };
        let remains = CHUNK_HEADER..unused;
        if self.visitor.wants_remains() && remains.start < remains.end {
            let remains = Loose { bytes, start: place.offset, region: remains, covered };
            self.loose(&remains, vec![0], place.chunk);
        }
    }

    fn place(&self, offset: u64, chunk: u64) -> ChunkPlace<'r> {
        ChunkPlace { input: &self.input.display, number: self.number, offset, chunk }
    }

    /// Reads the chunk of a slot. `mended` is the same with its magic put back, if it had none. Says where records were read, in order, and how far it is to be searched
    /// for more because it is broken.
    fn sound(&mut self, place: ChunkPlace<'_>, bytes: &[u8], mended: Option<Vec<u8>>) -> (Vec<Range<usize>>, usize) {
        let Self { scratch, visitor, .. } = self;
        visitor.begin_chunk(place.offset);
        let wanted = scratch.wanted.unwrap_or(|_, _| true);
        let is_fast = !scratch.slow && mended.is_none();
        let fast = is_fast.then(|| scratch.fast.read(bytes, place, wanted, &mut Hearing(*visitor))).flatten();
        if let Some(read) = fast {
            self.stats.records += read.records;
            visitor.end_chunk(&bytes[..read.end]);
            let extent = ChunkExtent { input: self.number, chunk: place.chunk, numbers: Some(read.numbers) };
            visitor.chunk_extent(extent);
            let records = CHUNK_HEADER..read.end;
            return (vec![records], 0);
        }
        visitor.restart_chunk();
        let is_mended = mended.is_some();
        // The `evtx` crate takes its bytes by value and changes them (stand-ins, revealed records), but the buffer has the neighbours too: a copy
        // into memory that is used again is cheaper than to read the slot twice.
        let own = mended.unwrap_or_else(|| {
            let mut own = std::mem::take(&mut scratch.own);
            own.clear();
            own.extend_from_slice(bytes);
            own
        });
        let sink = &mut |item| match item {
            Item::Record(record) if is_mended => {
                visitor.item(Item::Record(Record { is_recovered: true, ..record }));
            }
            item => visitor.item(item),
        };
        let (own, read) = scratch.reader.read(own, place, &mut scratch.converter, sink);
        let search_end = match (read.is_broken, carve::is_sound_chunk(&own)) {
            (false, _) => 0,
            // What is behind the end that a sound header gives was left there before.
            (true, true) => carve::records_end(&own),
            (true, false) => own.len(),
        };
        scratch.own = own;
        self.stats.records += read.records;
        visitor.end_chunk(bytes);
        visitor.chunk_extent(ChunkExtent { input: self.number, chunk: place.chunk, numbers: read.numbers });
        (read.spans, search_end)
    }

    /// Reads what there is of a slot of a log that does not begin as a chunk.
    fn broken(&mut self, chunk: u64, bytes: &[u8], around: &mut dyn FnMut() -> io::Result<Surroundings>) {
        let place = self.place(chunk_offset(chunk), chunk);
        let magic = bytes.get(..8).unwrap_or_default().escape_ascii();
        // An overwritten magic alone makes readers pass over the chunk, and takes an attacker eight bytes. Checksums tell that the rest is whole.
        if let Some(mended) = carve::with_magic(bytes) {
            let reason = format!(
                "chunk {chunk} does not start with 'ElfChnk' but with '{magic}'; its checksum fits, and it was read"
            );
            let fault = Fault::suspect(place.input, FaultKind::Chunk, reason).at(place.offset);
            let (covered, end) = self.sound(place, bytes, Some(mended));
            self.visitor.item(Item::Fault(fault));
            return self.rest(place, bytes, &covered, end);
        }
        let found = if self.visitor.wants_remains() { self.search(chunk, bytes.len(), around) } else { 0 };
        let what = if (bytes.len() as u64) < CHUNK {
            let reason = format!("the file ends {} bytes into chunk {chunk}", bytes.len());
            (FaultKind::Truncated, reason)
        } else {
            (FaultKind::Chunk, format!("chunk {chunk} does not start with 'ElfChnk' but with '{magic}'"))
        };
        let reason = match found {
            0 => what.1,
            found => format!("{}; {found} records were recovered from there", what.1),
        };
        self.visitor.chunk_extent(ChunkExtent { input: self.number, chunk, numbers: None });
        self.visitor.item(Item::Fault(Fault::lost(place.input, what.0, reason).at(place.offset)));
    }

    /// Looks for chunks and records that begin in a slot, wherever in it. Says how many records were read.
    fn search(&mut self, chunk: u64, length: usize, around: &mut dyn FnMut() -> io::Result<Surroundings>) -> u64 {
        let Surroundings { bytes, start } = match around() {
            Ok(around) => around,
            Err(error) => {
                let reason = format!("what stands around chunk {chunk} cannot be read: {error}");
                let fault = Fault::lost(&self.input.display, FaultKind::Unreadable, reason).at(chunk_offset(chunk));
                self.visitor.item(Item::Fault(fault));
                return 0;
            }
        };
        let is_image = self.input.format == InputFormat::Image;
        let inside = |offset: u64| usize::try_from(offset.saturating_sub(start)).unwrap_or(usize::MAX).min(bytes.len());
        let slot = inside(chunk_offset(chunk));
        let to = slot + length;
        let from = if self.reaches_back == Some(chunk) { slot.saturating_sub(CHUNK_LENGTH) } else { slot };
        let from = if chunk == 0 && is_image { 0 } else { from };
        let starts = carve::chunk_starts(&bytes, 0);
        let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
        let chunks = starts.iter().copied().zip(ends).map(|(start, end)| start..end.min(start + CHUNK_LENGTH));
        let chunks: Vec<Range<usize>> = chunks.collect();
        let mut found = 0;
        // The slots before and behind are read for themselves.
        let is_slot = |start: usize| !is_image && start != slot && start.abs_diff(slot).is_multiple_of(CHUNK_LENGTH);
        for range in chunks.iter().filter(|range| (from..to).contains(&range.start) && !is_slot(range.start)) {
            found += self.displaced(&bytes[range.clone()], start + range.start as u64, chunk);
        }
        // A record can lie in a chunk whose header is not sound: its slot, where the file is a log.
        let homes = if is_image { Vec::new() } else { vec![slot] };
        let remains = Loose { bytes: &bytes, start, region: from..to, covered: &chunks };
        found + self.loose(&remains, homes, chunk)
    }

    /// Reads a chunk that stands out of its slot, or in an image. Its records count as those of no chunk. Says how many there are.
    fn displaced(&mut self, bytes: &[u8], offset: u64, chunk: u64) -> u64 {
        let place = self.place(offset, chunk);
        let mut whole = bytes.to_vec();
        // Where the next one begins, or the file ends, this one was overwritten: if it had records there, their checksum does not fit.
        whole.resize(CHUNK_LENGTH, 0);
        let mut items = Vec::new();
        let sink = &mut |item| items.push(item);
        let Self { scratch, .. } = self;
        let wanted = scratch.wanted.unwrap_or(|_, _| true);
        let mut collector = Collector::new(sink);
        collector.begin_chunk(offset);
        let is_fast = !scratch.slow;
        let fast = is_fast.then(|| scratch.fast.read(&whole, place, wanted, &mut Hearing(&mut collector))).flatten();
        let (records, numbers, covered, search_end) = if let Some(read) = fast {
            let records = CHUNK_HEADER..read.end;
            (read.records, Some(read.numbers), vec![records], 0)
        } else {
            collector.restart_chunk();
            let own = whole.clone();
            let (_, read) = scratch.reader.read(own, place, &mut scratch.converter, &mut |item| collector.item(item));
            let end = if read.is_broken { carve::records_end(&whole) } else { 0 };
            (read.records, read.numbers, read.spans, end)
        };
        collector.end_chunk(&[]);
        self.stats.records += records;
        self.stats.chunks += u64::from(self.input.format == InputFormat::Image);
        for item in items {
            self.visitor.item(match item {
                Item::Record(record) => Item::Record(Record { is_recovered: true, ..record }),
                item => item,
            });
        }
        if self.input.format == InputFormat::Evtx {
            self.visitor.chunk_extent(ChunkExtent { input: self.number, chunk, numbers });
        }
        let end = if self.input.remains.in_unused_space { whole.len() } else { search_end };
        let remains = Loose { bytes: &whole, start: offset, region: CHUNK_HEADER..end, covered: &covered };
        let more = if CHUNK_HEADER < end { self.loose(&remains, vec![0], chunk) } else { 0 };
        records + more
    }

    /// Reads records that stand alone, and says how many. `homes` are places where their chunk may begin.
    fn loose(&mut self, remains: &Loose<'_>, mut homes: Vec<usize>, chunk: u64) -> u64 {
        let Loose { bytes, start, region, covered } = remains;
        let whole = carve::records(bytes, region.clone(), covered);
        if whole.is_empty() {
            return 0;
        }
        let Self { scratch, visitor, input, number, .. } = self;
        let wanted = scratch.wanted.unwrap_or(|_, _| true);
        let inputs = self.inputs;
        // Both sets are read only when a record without its template is met: most files never need them.
        let known = &mut |id| {
            let of_file = input.remains.templates(|| known_templates([*input])).get(id);
            // The identifier of a template comes from what is in it: that of another log is the same one. Who asks for all that is left waits for it.
            let is_thorough = input.remains.in_unused_space;
            let everywhere = || input.remains.templates_everywhere(|| known_templates(inputs)).get(id);
            of_file.or_else(|| if is_thorough { everywhere() } else { None })
        };
        let mut remains = RemainsTally::default();
        scratch.loose.begin();
        for record in whole {
            let offset = start + record.at as u64;
            let origin = Locator { input: *number, offset };
            let loose = LooseRecord { at: record.at, size: record.size, id: record.id, origin };
            match scratch.loose.read(bytes, loose, &mut homes, known) {
                Ok(ReadAlone { record: read, is_borrowed }) => {
                    remains.read += 1;
                    if is_borrowed {
                        remains.in_doubt.add(offset, record.id);
                    }
                    let is_wanted = wanted(&read.provider, read.provider_guid.as_deref());
                    visitor.item(if is_wanted { Item::Record(read) } else { Item::Skipped });
                }
                Err(Unreadable::NoTemplate) => remains.without_template.add(offset, record.id),
                Err(Unreadable::Misfit) => remains.misfits.add(offset, record.id),
            }
        }
        self.stats.records += remains.read;
        for (noted, what) in [
            (remains.in_doubt, "read with templates of other chunks: what they say is in doubt"),
            (remains.without_template, "left of which no other chunk has the template: not read"),
            (remains.misfits, "left that do not fit their templates: not read"),
        ] {
            if let Some((offset, which)) = noted.text() {
                let reason = format!("chunk {chunk}: {which} {what}");
                let fault = Fault::suspect(&self.input.display, FaultKind::Remains, reason).at(offset);
                self.visitor.item(Item::Fault(fault));
            }
        }
        remains.read
    }
}

/// Where records that stand alone are looked for.
struct Loose<'b> {
    bytes: &'b [u8],
    /// Where the bytes begin in the file.
    start: u64,
    /// Where in the bytes they begin.
    region: Range<usize>,
    /// Where none begins, in order.
    covered: &'b [Range<usize>],
}

/// Counts of records that stand alone, by outcome.
#[derive(Default)]
struct RemainsTally {
    read: u64,
    in_doubt: Noted,
    without_template: Noted,
    misfits: Noted,
}

/// Records of which something must be said.
#[derive(Default)]
struct Noted {
    count: u64,
    /// Where the first one stands in the file.
    first: Option<u64>,
    /// The lowest and the highest number.
    numbers: Option<(u64, u64)>,
}

impl Noted {
    fn add(&mut self, offset: u64, id: u64) {
        self.count += 1;
        self.first.get_or_insert(offset);
        let (first, last) = self.numbers.unwrap_or((id, id));
        self.numbers = Some((first.min(id), last.max(id)));
    }

    /// Where the first one stands, and which ones they are.
    fn text(&self) -> Option<(u64, String)> {
        let (first, last) = self.numbers?;
        let which = match self.count {
            1 => format!("record {first} was"),
            count => format!("{count} records, from {first} to {last}, were"),
        };
        Some((self.first?, which))
    }
}

/// The templates of all sound chunks of some files. What cannot be read of it has been said, or will be, by whoever reads its slots.
fn known_templates<'i>(inputs: impl IntoIterator<Item = &'i Input>) -> KnownTemplates {
    let mut known = KnownTemplates::default();
    for input in inputs.into_iter().filter(|input| matches!(input.format, InputFormat::Evtx | InputFormat::Image)) {
        let mut learn = |source: &mut dyn Read| drop(carve::each_chunk(source, &mut |chunk| known.learn(chunk)));
        match &input.member {
            None => File::open(&input.path).map_or((), |mut file| learn(&mut file)),
            Some(member) => match member.plain() {
                Some(mut bytes) => learn(&mut bytes),
                None => ArchiveMember::stream(member, learn).unwrap_or_default(),
            },
        }
    }
    known
}

/// A file that is read at places that mostly follow each other.
struct Positioned<'f, F> {
    file: &'f mut F,
    /// Where it stands, if that is known.
    at: Option<u64>,
}

impl<F: Read + Seek> Positioned<'_, F> {
    /// Fills `buffer` with as many bytes from `offset` on, or what the file has of them.
    fn read(&mut self, offset: u64, length: u64, buffer: &mut Buffer) -> io::Result<()> {
        buffer.clear();
        if self.at.take() != Some(offset) {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        buffer.fill(self.file, usize::try_from(length).unwrap_or_default())?;
        self.at = Some(offset + buffer.bytes().len() as u64);
        Ok(())
    }

    /// A slot with those before and behind it; the first one with the header of the file.
    fn around(&mut self, chunk: u64) -> io::Result<Surroundings> {
        let start = chunk.checked_sub(1).map_or(0, chunk_offset);
        let end = chunk_offset(chunk.saturating_add(2));
        // The position is lost with the next line, and `read` must seek.
        self.at = None;
        self.file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        self.file.take(end - start).read_to_end(&mut bytes)?;
        Ok(Surroundings { bytes, start })
    }
}
