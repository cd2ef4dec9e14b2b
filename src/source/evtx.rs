//! One 64 KiB chunk of an event log: its records and its damage.
//!
//! The `evtx` crate walks the records and renders each as XML; this module finds out where they stand in the file, checks the checksums, and
//! gives up as little as possible: a record that cannot be read costs that record, not the rest of its chunk.
//! It does no input or output and does not know how chunks are found.

use std::error::Error;
use std::ops::Range;
use std::sync::Arc;

use evtx::err::{ChunkError, EvtxError};
use evtx::{ChunkFlags, EvtxChunk, EvtxChunkData, EvtxChunkHeader, EvtxRecord, ParserSettings};

use super::chunk_place::ChunkPlace;
use super::fault::{Fault, FaultKind, chain};
use super::format::{CHUNK, CHUNK_HEADER, CHUNK_MAGIC, RECORD_HEADER, RECORD_MAGIC};
use super::hidden::{HiddenRecords, reveal, whole_record};
use super::record::Record;
use super::stand_in::StandIns;
use super::visitor::Item;
use super::xml::Converter;
use crate::base::Locator;

/// Bytes of a record after its content: its size once more.
const SIZE_COPY: u64 = 4;
/// Where the chunk header keeps the offsets of its common strings.
const STRING_OFFSETS: Range<usize> = 128..384;

/// Summary of a chunk that was read the slow way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ChunkRead {
    /// Records met.
    pub records: u64,
    /// The first and the last number of a record: of those that were read, and those that a sound header names.
    pub numbers: Option<(u64, u64)>,
    /// Where the records stand that were read, in bytes from the start of the chunk; in order.
    pub spans: Vec<Range<usize>>,
    /// Whether it is broken: a checksum does not fit, or something in it could not be read.
    pub is_broken: bool,
}

impl ChunkRead {
    /// Takes notice of a number.
    fn note(&mut self, number: u64) {
        let (first, last) = self.numbers.unwrap_or((number, number));
        self.numbers = Some((first.min(number), last.max(number)));
    }
}

/// Reads chunks one after another; holds what can be used again.
pub(super) struct ChunkReader {
    settings: Arc<ParserSettings>,
}

impl Default for ChunkReader {
    fn default() -> Self {
        Self { settings: Arc::new(ParserSettings::new().indent(false)) }
    }
}

impl ChunkReader {
    /// Reads one chunk, all of it or what the file has of it, and gives back its buffer and what was met.
    pub(super) fn read(
        &self,
        bytes: Vec<u8>,
        place: ChunkPlace<'_>,
        converter: &mut Converter,
        sink: &mut dyn FnMut(Item),
    ) -> (Vec<u8>, ChunkRead) {
        let mut is_broken = false;
        let mut sink = |fault: Result<_, Fault>| match fault {
            Ok(record) => sink(Item::Record(record)),
            Err(fault) => {
                is_broken = true;
                sink(Item::Fault(fault));
            }
        };
        if !bytes.starts_with(CHUNK_MAGIC) || bytes.len() < CHUNK_HEADER {
            sink(Err(unusable(&bytes, place)));
            return (bytes, ChunkRead::default());
        }
        // The header of a chunk, in bytes from its start; the checksum of the header leaves out the flags and itself:
        //
        //   0 "ElfChnk\0"             40 header size, 128        56 unused
        //   8 first record number     44 start of last record   120 flags
        //  16 last record number      48 start of free space    124 CRC-32 of 0..120 and 128..512
        //  24 first record ID         52 CRC-32 of the records  128 64 offsets of names
        //  32 last record ID                                    384 32 offsets of templates
        //
        // The crate's own validation refuses a chunk whose checksums do not fit: a record that reads well is worth more than that.
        let mut chunk = match EvtxChunkData::new(bytes, false) {
            Ok(chunk) => chunk,
            Err(error) => {
                sink(Err(Fault::lost(place.input, FaultKind::Chunk, chain(&error)).at(place.offset)));
                return (Vec::new(), ChunkRead::default());
            }
        };
        for fault in doubts(&chunk, place) {
            sink(Err(fault));
        }
        // Without checksums nothing of it can be known to be sound.
        let is_sound = !chunk.header.flags.contains(ChunkFlags::NO_CRC32) && chunk.validate_header_checksum();
        let EvtxChunkHeader { last_event_record_id: named_last, free_space_offset, .. } = chunk.header;
        // Before stand-ins are put: `reveal` restores sizes, which bound the walk for texts in each record.
        let hidden = reveal(&mut chunk.data, named_last, free_space_offset);
        if let Some(hidden) = &hidden {
            let reason = format!("chunk {}: {}", place.chunk, hidden.reason());
            let at = hidden.records.first().map_or(0, |(start, _)| *start as u64);
            sink(Err(Fault::suspect(place.input, FaultKind::Tampering, reason).at(place.offset + at)));
            // The crate stops where the header says.
            chunk.header.last_event_record_id = hidden.last_id;
            chunk.header.free_space_offset = u32::try_from(hidden.end).unwrap_or(u32::MAX);
        }
        let hidden = hidden.unwrap_or_default();
        let stand_ins = StandIns::put(&mut chunk.data);
        if stand_ins.is_short() {
            let reason = format!("chunk {}: some characters that cannot be shown were read as '_'", place.chunk);
            sink(Err(Fault::suspect(place.input, FaultKind::Chunk, reason).at(place.offset)));
        }
        // Opening builds the cache of common names. It follows the lists of the header, and gives up all of the chunk for one bad offset.
        let opened = EvtxChunk::new(&chunk.data, &chunk.header, Arc::clone(&self.settings));
        let mut read = match opened {
            Ok(parsed) => Self::records(parsed, place, (&stand_ins, &hidden), converter, &mut sink),
            Err(error @ ChunkError::FailedToBuildStringCache { .. }) => {
                // The table is only a shortcut: every name is also found where it is used.
                let reason = format!("the table of common names is damaged and was not used: {}", chain(&error));
                sink(Err(Fault::suspect(place.input, FaultKind::Chunk, reason).at(place.offset)));
                self.without_strings(&mut chunk, place, (&stand_ins, &hidden), converter, &mut sink)
            }
            Err(error) => {
                sink(Err(Fault::lost(place.input, FaultKind::Chunk, chain(&error)).at(place.offset)));
                ChunkRead::default()
            }
        };
        let EvtxChunkHeader { first_event_record_id: first, last_event_record_id: last, .. } = chunk.header;
        if last != u64::MAX && first <= last && is_sound {
            read.note(first);
            read.note(last);
        }
        stand_ins.take_back(&mut chunk.data);
        read.is_broken = is_broken;
        (chunk.data, read)
    }

    /// Reads a chunk as if its header had no table of common names.
    fn without_strings(
        &self,
        chunk: &mut EvtxChunkData,
        place: ChunkPlace<'_>,
        (stand_ins, hidden): (&StandIns, &HiddenRecords),
        converter: &mut Converter,
        sink: &mut dyn FnMut(Result<Record, Fault>),
    ) -> ChunkRead {
        chunk.data[STRING_OFFSETS].fill(0);
        let mut header = EvtxChunkHeader::from_bytes(&chunk.data).map_err(ChunkError::from);
        if let Ok(header) = &mut header {
            header.last_event_record_id = chunk.header.last_event_record_id;
            header.free_space_offset = chunk.header.free_space_offset;
        }
        let opened = header
            .as_ref()
            .map_err(chain_of)
            .and_then(|header| EvtxChunk::new(&chunk.data, header, Arc::clone(&self.settings)).map_err(|e| chain(&e)));
        match opened {
            Ok(parsed) => Self::records(parsed, place, (stand_ins, hidden), converter, sink),
            Err(reason) => {
                sink(Err(Fault::lost(place.input, FaultKind::Chunk, reason).at(place.offset)));
                ChunkRead::default()
            }
        }
    }

    fn records(
        mut chunk: EvtxChunk<'_>,
        place: ChunkPlace<'_>,
        (stand_ins, hidden): (&StandIns, &HiddenRecords),
        converter: &mut Converter,
        sink: &mut dyn FnMut(Result<Record, Fault>),
    ) -> ChunkRead {
        let data = chunk.data;
        let header = chunk.header;
        let mut read = ChunkRead::default();
        let mut last_id = None;
        // Where the next record starts, as far as known, in bytes from the start of the chunk.
        let mut next = CHUNK_HEADER as u64;
        for record in chunk.iter() {
            read.records += 1;
            match record {
                Ok(record) => {
                    let start = record.binxml_offset.saturating_sub(RECORD_HEADER as u64);
                    next = record.binxml_offset + u64::from(record.binxml_size) + SIZE_COPY;
                    // A record: 0 magic | 4 size | 8 number | 16 FILETIME | 24 binary XML … | size - 4 size again
                    // The crate tells where the XML is, so that the header is before and the second size behind it.
                    last_id = Some(record.event_record_id);
                    read.note(record.event_record_id);
                    if let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(next)) {
                        // One whose size is damaged may reach over others.
                        let is_whole = whole_record(data, start).is_some();
                        read.spans.push(start..if is_whole { end } else { start + RECORD_MAGIC.len() });
                    }
                    let is_recovered = usize::try_from(start).is_ok_and(|start| hidden.contains(start));
                    let outcome = convert(record, place.offset + start, place, stand_ins, converter);
                    sink(outcome.map(|record| Record { is_recovered, ..record }));
                }
                Err(error) => {
                    let (fault, after) = refused(&error, data, next, place);
                    next = after;
                    last_id = fault.record_id.or(last_id);
                    sink(Err(fault));
                }
            }
        }
        if let Some(reason) = unkept_promise(header, data.len(), last_id) {
            sink(Err(Fault::lost(place.input, FaultKind::Chunk, reason).at(place.offset + next)));
        }
        read
    }
}

fn chain_of(error: &ChunkError) -> String {
    chain(error)
}

/// Renders one record and converts it; `offset` is in the file.
fn convert(
    record: EvtxRecord<'_>,
    offset: u64,
    place: ChunkPlace<'_>,
    stand_ins: &StandIns,
    converter: &mut Converter,
) -> Result<Record, Fault> {
    let id = Some(record.event_record_id);
    let lost = |kind, reason| Fault::lost(place.input, kind, reason).at(offset).of_record(id);
    let xml = record.into_xml().map_err(|error| lost(FaultKind::Record, inner_chain(&error)))?;
    let origin = Locator { input: place.number, offset };
    converter
        .convert(&stand_ins.resolve(xml.data), origin, id)
        .map_err(|refusal| lost(refusal.kind, refusal.reason).of_record(refusal.record_id.or(id)))
}

/// The fault for a record that could not be parsed, and where to look for the record after it.
fn refused(error: &EvtxError, data: &[u8], next: u64, place: ChunkPlace<'_>) -> (Fault, u64) {
    let (start, id) = match error {
        EvtxError::FailedToReadRecordAt { offset, .. } => (Some(*offset), stored_id(data, *offset)),
        EvtxError::FailedToParseRecord { record_id, .. } => (find_record(data, next, *record_id), Some(*record_id)),
        _ => (None, None),
    };
    let fault = Fault::lost(place.input, FaultKind::Record, inner_chain(error))
        .at(place.offset + start.unwrap_or(next))
        .of_record(id);
    // Its size cannot be believed: the next record is looked for right behind its first byte.
    (fault, start.map_or(next, |start| start + 1))
}

/// The number in the record header at `start`, if one is there.
fn stored_id(data: &[u8], start: u64) -> Option<u64> {
    let header = data.get(usize::try_from(start).ok()?..)?;
    let bytes = header.strip_prefix(RECORD_MAGIC)?.get(4..12)?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

/// The cause of an error, without the outer layers that only repeat where: a fault has its own offset and record number.
fn inner_chain(error: &EvtxError) -> String {
    let mut inner: &EvtxError = error;
    while let EvtxError::FailedToReadRecordAt { source, .. } | EvtxError::FailedToParseRecord { source, .. } = inner {
        inner = source;
    }
    match inner {
        // These name no cause, only a step of the crate's own.
        EvtxError::DeserializationError(source) => chain(source),
        EvtxError::SerializationError(source) => chain(source),
        EvtxError::IoError(source) => chain(source),
        other => chain(other as &(dyn Error + 'static)),
    }
}

/// Offset in the chunk of the record with that number, at or after `from`.
fn find_record(data: &[u8], from: u64, id: u64) -> Option<u64> {
    let from = usize::try_from(from).ok()?;
    let found = memchr::memmem::find_iter(data.get(from..)?, RECORD_MAGIC)
        .find(|at| stored_id(data, (from + at) as u64) == Some(id))?;
    Some((from + found) as u64)
}

/// The reason of a fault if the records end before the one that the chunk header names as its last.
///
/// The `evtx` crate takes zeros for the end of the records, so it does not complain when records were wiped. A chunk that is cut short has
/// a fault already.
fn unkept_promise(header: &EvtxChunkHeader, length: usize, last_id: Option<u64>) -> Option<String> {
    let promised = header.last_event_record_id;
    let has_records = header.free_space_offset as usize > CHUNK_HEADER && promised != u64::MAX;
    if !has_records || (length as u64) < CHUNK || last_id == Some(promised) {
        return None;
    }
    let last = last_id.map_or_else(|| "none is there".to_owned(), |id| format!("the last one there is {id}"));
    Some(format!("the chunk header names records up to {promised}, but {last}"))
}

/// The fault for bytes that are no chunk, or too few to be one.
fn unusable(bytes: &[u8], place: ChunkPlace<'_>) -> Fault {
    let fault = if (bytes.len() as u64) < CHUNK {
        let reason = format!("the file ends {} bytes into chunk {}", bytes.len(), place.chunk);
        Fault::lost(place.input, FaultKind::Truncated, reason)
    } else {
        let magic = bytes.get(..8).unwrap_or_default().escape_ascii();
        let reason = format!("chunk {} does not start with 'ElfChnk' but with '{magic}'", place.chunk);
        Fault::lost(place.input, FaultKind::Chunk, reason)
    };
    fault.at(place.offset)
}

/// Reasons to doubt a chunk that can be read: it is cut short, or its checksums do not fit.
fn doubts(chunk: &EvtxChunkData, place: ChunkPlace<'_>) -> Vec<Fault> {
    let header = &chunk.header;
    let mut faults = Vec::new();
    let length = chunk.data.len() as u64;
    if length < CHUNK {
        let reason = format!("the file ends {length} bytes into chunk {}", place.chunk);
        let lost = u64::from(header.free_space_offset) > length;
        let fault = if lost { Fault::lost } else { Fault::suspect }(place.input, FaultKind::Truncated, reason);
        faults.push(fault.at(place.offset + length));
    }
    // The dirty flag is no excuse: Windows leaves it on nearly every chunk that it saves, and the checksums of those fit.
    let mut doubt = |reason: &str| {
        let reason = format!("chunk {}: {reason}", place.chunk);
        faults.push(Fault::suspect(place.input, FaultKind::Checksum, reason).at(place.offset));
    };
    if header.flags.contains(ChunkFlags::NO_CRC32) {
        doubt("its header says that it has no checksums, so that no damage to it would show");
        return faults;
    }
    if !chunk.validate_header_checksum() {
        doubt("the checksum of its header does not fit");
    }
    if length == CHUNK && !chunk.validate_data_checksum() {
        doubt("the checksum of its records does not fit");
    }
    faults
}

#[cfg(test)]
mod tests;
