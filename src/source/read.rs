//! One unit of work from disk to items: positioned reads into buffers that are used again, then the reader for the input's format.
//!
//! Every unit opens its own file handle, so units of one file can be read at the same time. Nothing is mapped into memory: a file that shrinks
//! or a share that goes away is a fault, not a crash. This module knows neither records nor XML from inside.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::AddAssign;

use super::discover::{Format, Input, STDIN};
use super::documents::{self, JsonDocument};
use super::evtx::{ChunkReader, Place};
use super::export;
use super::fast::{FastReader, Read as Outcome, Wanted};
use super::fault::{Fault, FaultKind};
use super::record::Record;
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
    chunk: Vec<u8>,
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
    let Some(input) = usize::try_from(unit.input).ok().and_then(|number| inputs.get(number)) else {
        return UnitStats::default();
    };
    if input.path.as_os_str() == STDIN {
        return documents::read(documents::Source::Stdin, input, unit.input, sink);
    }
    let file = match File::open(&input.path) {
        Ok(file) => file,
        Err(error) => {
            let reason = format!("the file cannot be opened: {error}");
            sink(Item::Fault(Fault::lost(&input.display, FaultKind::Unreadable, reason)));
            return UnitStats::default();
        }
    };
    match input.format {
        Format::Evtx => read_chunks(file, input, unit, scratch, sink),
        Format::Xml { encoding } => export::read(file, encoding, input, unit.input, scratch, sink),
        Format::Json => documents::read(documents::Source::File(file), input, unit.input, sink),
    }
}

fn read_chunks(
    mut file: File,
    input: &Input,
    unit: &Unit,
    scratch: &mut Scratch,
    sink: &mut dyn FnMut(Item),
) -> UnitStats {
    let mut stats = UnitStats::default();
    for chunk in unit.first_chunk..unit.first_chunk.saturating_add(unit.chunks) {
        let offset = HEADER_BLOCK.saturating_add(chunk.saturating_mul(CHUNK));
        let read = read_at(&mut file, offset, &mut scratch.chunk);
        stats.bytes += scratch.chunk.len() as u64;
        if let Err(error) = read {
            let reason = format!("chunk {chunk} cannot be read: {error}");
            sink(Item::Fault(Fault::lost(&input.display, FaultKind::Unreadable, reason).at(offset)));
            continue;
        }
        if scratch.chunk.is_empty() {
            let reason = format!("the file ended at chunk {chunk} while it was read: it was longer before");
            sink(Item::Fault(Fault::lost(&input.display, FaultKind::Truncated, reason).at(offset)));
            break;
        }
        if scratch.chunk.iter().all(|&byte| byte == 0) {
            stats.empty_chunks += 1;
            continue;
        }
        stats.chunks += 1;
        let place = Place { input: &input.display, number: unit.input, offset, chunk };
        if !scratch.slow {
            let wanted = scratch.wanted.unwrap_or(|_, _| true);
            if let Some(fast) = scratch.fast.read(&scratch.chunk, place, wanted) {
                stats.records += fast.len() as u64;
                for read in fast {
                    sink(match read {
                        Outcome::Wanted(record) => Item::Record(*record),
                        Outcome::PassedOver => Item::PassedOver,
                    });
                }
                continue;
            }
        }
        let bytes = std::mem::take(&mut scratch.chunk);
        let (bytes, records) = scratch.reader.read(bytes, place, &mut scratch.converter, sink);
        scratch.chunk = bytes;
        stats.records += records;
    }
    stats
}

/// Fills `buffer` with the bytes from `offset` on: one chunk, or what the file has of it.
fn read_at(file: &mut File, offset: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.clear();
    file.seek(SeekFrom::Start(offset))?;
    Read::by_ref(file).take(CHUNK).read_to_end(buffer)?;
    Ok(())
}

#[cfg(test)]
mod tests;
