//! One unit of work from disk to items: positioned reads into buffers that are used again, then the reader for the input's format.
//!
//! Every unit opens its own file handle, so units of one file can be read at the same time. Nothing is mapped into memory: a file that shrinks
//! or a share that goes away is a fault, not a crash. This module knows neither records nor XML from inside.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::AddAssign;
use std::path::PathBuf;

use super::archive::{self, Member};
use super::buffer::Buffer;
use super::discover::{Format, Input};
use super::documents::{self, JsonDocument};
use super::evtx::{ChunkReader, Place};
use super::export;
use super::extent::ChunkExtent;
use super::fast::{FastReader, Glance, Reading, Verdict, Wanted};
use super::fault::{Fault, FaultKind};
use super::record::Record;
use super::rows;
use super::units::{CHUNK, HEADER_BLOCK, Unit};
use super::xml::Converter;

/// What comes out of a unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A record that was read.
    Record(Record),
    /// A document that was read.
    Document(JsonDocument),
    /// A record that was met, and that nobody wants: see [`Scratch::wanting`].
    PassedOver,
    /// Something that was not, or that is in doubt.
    Fault(Fault),
}

/// What hears of everything in a unit, in the order of the file.
pub trait Visitor {
    /// Whether the chunk that begins at this many bytes from the start of the file is to be read, where others of the unit must be passed on the way to it.
    fn wants_chunk(&mut self, _offset: u64) -> bool {
        true
    }
    /// Whether every record is to be heard of, where nothing is wrong; if not, [`wants_record`](Self::wants_record) is asked of each.
    fn wants_all_records(&self) -> bool {
        true
    }
    /// Whether the record that begins at this many bytes from the start of the file is to be heard of.
    fn wants_record(&self, _offset: u64) -> bool {
        true
    }
    /// A chunk of an event log begins at this many bytes from the start of the file. Called for chunks that are not empty.
    fn begin_chunk(&mut self, offset: u64);
    /// A record of the chunk at a glance. Most need no more than that. Records that show nothing at a glance are items at once.
    fn glance(&mut self, glance: &Glance<'_>) -> Verdict;
    /// A record, document or fault.
    fn item(&mut self, item: Item);
    /// What was heard since the chunk began does not count: it is read again, in another way.
    fn restart_chunk(&mut self);
    /// The chunk has been read; these are all of its bytes that say anything.
    fn end_chunk(&mut self, bytes: &[u8]);
    /// Which of the numbers of its log the chunk has that has just been read.
    fn chunk_extent(&mut self, _extent: ChunkExtent) {}
}

/// Hands on items, one chunk at a time.
struct Collector<'s> {
    sink: &'s mut dyn FnMut(Item),
    items: Vec<Item>,
    in_chunk: bool,
}

impl Visitor for Collector<'_> {
    fn begin_chunk(&mut self, _: u64) {
        self.in_chunk = true;
    }

    fn glance(&mut self, _: &Glance<'_>) -> Verdict {
        Verdict::Wanted
    }

    fn item(&mut self, item: Item) {
        if self.in_chunk {
            self.items.push(item);
        } else {
            (self.sink)(item);
        }
    }

    fn restart_chunk(&mut self) {
        self.items.clear();
    }

    fn end_chunk(&mut self, _: &[u8]) {
        self.in_chunk = false;
        self.items.drain(..).for_each(&mut *self.sink);
    }
}

/// The fast way's words for what a visitor hears.
struct Hearing<'v>(&'v mut dyn Visitor);

impl Reading for Hearing<'_> {
    fn wants_all(&self) -> bool {
        self.0.wants_all_records()
    }

    fn wants_record(&self, offset: u64) -> bool {
        self.0.wants_record(offset)
    }

    fn pass_over(&mut self) {
        self.0.item(Item::PassedOver);
    }

    fn glance(&mut self, glance: &Glance<'_>) -> Verdict {
        self.0.glance(glance)
    }

    fn record(&mut self, record: Record) {
        self.0.item(Item::Record(record));
    }
}

/// What a unit amounted to. Sums of units are sums of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitStats {
    /// Bytes read from disk.
    pub bytes: u64,
    /// Chunk slots that hold something, readable or not; 0 for XML.
    pub chunks: u64,
    /// Chunk slots that were never used: all their bytes are zero.
    pub empty_chunks: u64,
    /// Records met: those handed over as [`Item::Record`] or [`Item::PassedOver`], and those lost with a fault for which [`Fault::is_record`] holds.
    pub records: u64,
}

impl AddAssign for UnitStats {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.chunks += other.chunks;
        self.empty_chunks += other.empty_chunks;
        self.records += other.records;
    }
}

/// Buffers and strings that are used again from unit to unit. Each thread has its own.
#[derive(Default)]
pub struct Scratch {
    pub(super) converter: Converter,
    /// What was last read of an event log: one chunk, or several.
    buffer: Buffer,
    /// The event log that was last read from, by its path: the next unit is often of the same.
    open: Option<(PathBuf, File)>,
    /// A copy of the chunk that goes the slow way, which reads from bytes of its own.
    own: Vec<u8>,
    reader: ChunkReader,
    fast: FastReader,
    wanted: Option<Wanted>,
    slow: bool,
}

impl Scratch {
    /// Buffers for a caller that wants only some records. Others become [`Item::PassedOver`], where that is cheaper than reading them.
    #[must_use]
    pub fn wanting(self, wanted: Wanted) -> Self {
        Self { wanted: Some(wanted), ..self }
    }

    /// The same, reading every record the slow, complete way if `slow`.
    #[must_use]
    pub fn slow(self, slow: bool) -> Self {
        Self { slow, ..self }
    }
}

/// Reads one unit of `inputs` and hands everything in it to `sink`, in the order of the file.
///
/// A unit that does not belong to `inputs` gives nothing. What an item is depends only on the evidence: not on how the file was cut into units,
/// nor on what `scratch` was used for before.
pub fn read_unit(inputs: &[Input], unit: &Unit, scratch: &mut Scratch, sink: &mut dyn FnMut(Item)) -> UnitStats {
    visit_unit(inputs, unit, scratch, &mut Collector { sink, items: Vec::new(), in_chunk: false })
}

/// The same for a visitor, that can do without most of most records.
pub fn visit_unit(inputs: &[Input], unit: &Unit, scratch: &mut Scratch, visitor: &mut dyn Visitor) -> UnitStats {
    let Some(input) = usize::try_from(unit.input).ok().and_then(|number| inputs.get(number)) else {
        return UnitStats::default();
    };
    if let Some(member) = input.member.as_ref().filter(|member| !member.is_plain()) {
        let read = member.stream(|source| visit_stream(source, input, unit, scratch, visitor));
        return read.unwrap_or_else(|reason| {
            visitor.item(Item::Fault(Fault::lost(&input.display, FaultKind::Archive, reason)));
            UnitStats::default()
        });
    }
    if let Some(mut bytes) = input.member.as_ref().and_then(Member::plain) {
        return visit_bytes(&mut bytes, input, unit, scratch, visitor);
    }
    match open(input, scratch) {
        Ok(mut file) => {
            let stats = visit_bytes(&mut file, input, unit, scratch, visitor);
            scratch.open = Some((input.path.clone(), file));
            stats
        }
        Err(error) => {
            let reason = format!("the file cannot be opened: {error}");
            visitor.item(Item::Fault(Fault::lost(&input.display, FaultKind::Unreadable, reason)));
            UnitStats::default()
        }
    }
}

/// Opens a file, unless it is an event log that is still open: parts of those are read from wherever they are.
fn open(input: &Input, scratch: &mut Scratch) -> io::Result<File> {
    match scratch.open.take() {
        Some((path, file)) if input.format == Format::Evtx && path == input.path => Ok(file),
        _ => File::open(&input.path),
    }
}

/// Reads a unit of what can be read at any place.
fn visit_bytes<B: Read + Seek>(
    bytes: &mut B,
    input: &Input,
    unit: &Unit,
    scratch: &mut Scratch,
    visitor: &mut dyn Visitor,
) -> UnitStats {
    if input.format == Format::Evtx {
        let stats = UnitStats::default();
        return Chunks { input, number: unit.input, scratch, visitor, stats }.read(bytes, unit);
    }
    visit_text(bytes, input, unit, scratch, visitor)
}

/// Reads a unit of what is unpacked from its start.
fn visit_stream(
    source: &mut dyn Read,
    input: &Input,
    unit: &Unit,
    scratch: &mut Scratch,
    visitor: &mut dyn Visitor,
) -> UnitStats {
    if input.format == Format::Evtx {
        let stats = UnitStats::default();
        return Chunks { input, number: unit.input, scratch, visitor, stats }.stream(source, unit);
    }
    visit_text(source, input, unit, scratch, visitor)
}

/// Reads a whole text.
fn visit_text(
    source: &mut dyn Read,
    input: &Input,
    unit: &Unit,
    scratch: &mut Scratch,
    visitor: &mut dyn Visitor,
) -> UnitStats {
    let mut sink = |item| visitor.item(item);
    match input.format {
        Format::Xml { encoding } => export::read(source, encoding, input, unit.input, scratch, &mut sink),
        Format::Csv => rows::read(source, input, unit.input, &mut sink),
        Format::Json | Format::Evtx => documents::read(source, input, unit.input, &mut sink),
    }
}

/// Chunks that are read from disk at a time, as long as nothing goes wrong: few enough to stay in the processor's cache.
const CHUNKS_AT_A_TIME: u64 = 8;

const fn chunk_offset(chunk: u64) -> u64 {
    HEADER_BLOCK.saturating_add(chunk.saturating_mul(CHUNK))
}

/// The chunks of one unit while they are read.
struct Chunks<'r> {
    input: &'r Input,
    /// Number of the input.
    number: u32,
    scratch: &'r mut Scratch,
    visitor: &'r mut dyn Visitor,
    stats: UnitStats,
}

impl Chunks<'_> {
    fn read(mut self, file: &mut (impl Read + Seek), unit: &Unit) -> UnitStats {
        let mut buffer = std::mem::take(&mut self.scratch.buffer);
        let end = unit.first_chunk.saturating_add(unit.chunks);
        let mut first = unit.first_chunk;
        let file = &mut Positioned { file, at: None };
        while first < end {
            let wish = CHUNKS_AT_A_TIME.min(end - first);
            let read = file.read(chunk_offset(first), wish * CHUNK, &mut buffer);
            if read.is_ok() && buffer.bytes().len() as u64 == wish * CHUNK {
                self.stats.bytes += buffer.bytes().len() as u64;
                let slots = buffer.bytes().chunks_exact(usize::try_from(CHUNK).unwrap_or(usize::MAX));
                for (chunk, bytes) in (first..).zip(slots) {
                    self.chunk(chunk, bytes);
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
            Ok(()) if bytes.is_empty() => {
                let reason = format!("the file ended at chunk {chunk} while it was read: it was longer before");
                self.visitor.item(lost(FaultKind::Truncated, reason));
                return false;
            }
            Ok(()) => self.chunk(chunk, bytes),
        }
        true
    }

    /// Reads the chunks of the unit out of what comes from the start of the log, one after the other. One more is looked for, for checksums are told at the end.
    fn stream(mut self, source: &mut dyn Read, unit: &Unit) -> UnitStats {
        let mut buffer = std::mem::take(&mut self.scratch.buffer);
        let end = unit.first_chunk.saturating_add(unit.chunks);
        let mut at = 0;
        for slot in 0..=end.saturating_add(1) {
            let length = if slot == 0 { HEADER_BLOCK } else { CHUNK };
            let read = buffer.fill(source, usize::try_from(length).unwrap_or_default());
            let bytes = buffer.bytes();
            self.stats.bytes += bytes.len() as u64;
            let complete = bytes.len() as u64 == length;
            let in_unit = |chunk: &u64| (unit.first_chunk..end).contains(chunk);
            if let Some(chunk) = slot.checked_sub(1).filter(in_unit)
                && !bytes.is_empty()
                && self.visitor.wants_chunk(at)
            {
                self.chunk(chunk, bytes);
            }
            at += bytes.len() as u64;
            if let Err(error) = read {
                self.stopped(&error, at);
                break;
            }
            if !complete {
                if at < self.input.size {
                    let reason = format!("its archive says that it has {} bytes; it ended after {at}", self.input.size);
                    self.visitor
                        .item(Item::Fault(Fault::lost(&self.input.display, FaultKind::Truncated, reason).at(at)));
                }
                break;
            }
        }
        self.scratch.buffer = buffer;
        self.stats
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

    fn chunk(&mut self, chunk: u64, bytes: &[u8]) {
        if bytes.iter().all(|&byte| byte == 0) {
            self.stats.empty_chunks += 1;
            return;
        }
        self.stats.chunks += 1;
        let offset = chunk_offset(chunk);
        let place = Place { input: &self.input.display, number: self.number, offset, chunk };
        let Self { scratch, visitor, .. } = self;
        visitor.begin_chunk(offset);
        let wanted = scratch.wanted.unwrap_or(|_, _| true);
        let fast = if scratch.slow { None } else { scratch.fast.read(bytes, place, wanted, &mut Hearing(*visitor)) };
        if let Some(read) = fast {
            self.stats.records += read.records;
            visitor.end_chunk(&bytes[..read.end]);
            visitor.chunk_extent(ChunkExtent { input: self.number, chunk, numbers: Some(read.numbers) });
            return;
        }
        visitor.restart_chunk();
        let mut own = std::mem::take(&mut scratch.own);
        own.clear();
        own.extend_from_slice(bytes);
        let sink = &mut |item| visitor.item(item);
        let (own, read) = scratch.reader.read(own, place, &mut scratch.converter, sink);
        scratch.own = own;
        self.stats.records += read.records;
        visitor.end_chunk(bytes);
        visitor.chunk_extent(ChunkExtent { input: self.number, chunk, numbers: read.numbers });
    }
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
}

#[cfg(test)]
mod tests;
