//! How evidence is cut into pieces of work of about the same size, so that one huge log and many small ones spread over cores alike.
//!
//! Sizes come from the file system alone. The chunk count in the header of a log is not asked: it is stale in logs that were copied from a
//! running system, and too small a number for logs above 4 GiB.

use super::format::{CHUNK, HEADER_BLOCK, chunk_number, chunk_start};
use super::input::{Input, InputFormat};
use crate::base::Locator;

/// At most this many units are made of one file: a sparse file can claim any size at no cost.
const MOST_UNITS: u64 = 1 << 20;

/// How many times 64 KiB a piece of a file of JSON lines has, about.
const SLOTS_OF_PIECE: u64 = 128;

/// How many times 64 KiB each piece of a file of JSON lines has, whose size is given.
pub(super) fn slots_of_piece(size: u64) -> u64 {
    SLOTS_OF_PIECE.max(size.div_ceil(CHUNK).div_ceil(MOST_UNITS))
}

/// One piece of work: a run of chunk slots of one event log, a piece of a file of JSON lines, or another file as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkUnit {
    /// Number of the input, counted from 0.
    pub input: u32,
    /// The first chunk slot, or the first 64 KiB of JSON lines, counted from 0; 0 for a whole file.
    pub first_chunk: u64,
    /// How many of these, the last of which may be cut short by the end of the file; 0 for a whole file.
    pub chunks: u64,
    /// Whether chunks and documents that begin before the first slot and reach into it are read too: for what is read again by its place.
    pub reaches_back: bool,
}

impl WorkUnit {
    /// How many bytes of its input it has.
    pub fn bytes(&self, inputs: &[Input]) -> u64 {
        let size = inputs.get(self.input as usize).map_or(0, |input| input.size);
        if self.chunks == 0 { size } else { (self.chunks * CHUNK).min(size) }
    }
}

/// Cuts all inputs into units, in order; `chunks_per_unit` (at least 1) is how many 64 KiB chunks a unit of an event log has.
///
/// Only files of more than 2^20 units get larger ones, and logs that are packed in an archive, which are one unit each.
pub fn units(inputs: &[Input], chunks_per_unit: u32) -> Vec<WorkUnit> {
    let mut units = Vec::new();
    for (number, input) in (0_u32..).zip(inputs) {
        match input.format {
            InputFormat::Json if input.in_lines => {
                let (slots, per_unit) = (input.size.div_ceil(CHUNK), slots_of_piece(input.size));
                units.extend((0..slots).step_by(usize::try_from(per_unit).unwrap_or(usize::MAX)).map(|first_chunk| {
                    let chunks = per_unit.min(slots - first_chunk);
                    WorkUnit { input: number, first_chunk, chunks, reaches_back: false }
                }));
            }
            InputFormat::Xml { .. } | InputFormat::Json | InputFormat::Csv => {
                units.push(WorkUnit { input: number, first_chunk: 0, chunks: 0, reaches_back: false });
            }
            InputFormat::Evtx | InputFormat::Image => {
                let slots = slots(input);
                let wanted = if input.is_sequential() { slots } else { u64::from(chunks_per_unit) };
                // More chunks to a unit rather than more units: a sparse file of exabytes must not fill memory with units.
                let per_unit = wanted.max(1).max(slots.div_ceil(MOST_UNITS));
                let mut first_chunk = 0;
                while first_chunk < slots {
                    let chunks = per_unit.min(slots - first_chunk);
                    units.push(WorkUnit { input: number, first_chunk, chunks, reaches_back: false });
                    first_chunk += chunks;
                }
            }
        }
    }
    units
}

/// Chunk slots in an event log, one that is cut short included. In an image the bytes that a log has its header in belong to the first slot.
fn slots(input: &Input) -> u64 {
    let slots = input.size.saturating_sub(HEADER_BLOCK).div_ceil(CHUNK);
    if input.format == InputFormat::Image { slots.max(u64::from(input.size > 0)) } else { slots }
}

/// Most chunks that are read again as one unit.
const CHUNKS_AGAIN: u64 = 16;

/// The units that must be read to come to `origins` (sorted), each with those that lie in it: one for a few chunks that follow each other, or for each input
/// that cannot be read from the middle.
pub fn units_again<'o>(inputs: &[Input], origins: &'o [Locator]) -> Vec<(WorkUnit, &'o [Locator])> {
    let sequential = |input: u32| inputs.get(input as usize).is_some_and(Input::is_sequential);
    let chunk = |origin: &Locator| chunk_number(origin.offset);
    // Aligned to sixteen rather than counted from the first chunk: `chunk_by` compares neighbours, and does not know where a run began.
    let near = |left: u64, right: u64| left.abs_diff(right) <= 1 && left / CHUNKS_AGAIN == right / CHUNKS_AGAIN;
    let together = |left: &Locator, right: &Locator| {
        left.input == right.input && (sequential(left.input) || near(chunk(left), chunk(right)))
    };
    let unit = |part: &'o [Locator]| {
        let (first, last) = (part.first()?, part.last()?);
        if let Some(input) = inputs.get(first.input as usize).filter(|input| input.in_lines) {
            // All pieces that have some, as one unit: which piece a document belongs to is only known where it is read.
            let per_unit = slots_of_piece(input.size);
            let slot = |origin: &Locator| origin.offset / CHUNK / per_unit * per_unit;
            let chunks = slot(last) + per_unit - slot(first);
            let unit = WorkUnit { input: first.input, first_chunk: slot(first), chunks, reaches_back: true };
            return Some((unit, part));
        }
        let chunks = chunk(last) - chunk(first) + 1;
        Some((WorkUnit { input: first.input, first_chunk: chunk(first), chunks, reaches_back: true }, part))
    };
    origins.chunk_by(together).filter_map(unit).collect()
}

/// The places that a unit of [`units_again`] is read for: sorted, and all of one input. It answers a visitor's questions about what it wants.
#[derive(Clone, Copy, Debug)]
pub struct PlacesInUnit<'o>(pub &'o [Locator]);

impl PlacesInUnit<'_> {
    /// Whether some of them lie in the chunk that begins at an offset.
    pub fn has_some_in_chunk(self, offset: u64) -> bool {
        let next = self.0.partition_point(|origin| origin.offset < offset);
        self.0.get(next).is_some_and(|origin| chunk_start(origin.offset) == offset)
    }

    /// Whether one of them is at an offset.
    pub fn has_offset(self, offset: u64) -> bool {
        self.0.binary_search_by_key(&offset, |origin| origin.offset).is_ok()
    }

    /// Whether it is one of them.
    pub fn contains(self, origin: Locator) -> bool {
        self.0.binary_search(&origin).is_ok()
    }
}

#[cfg(test)]
mod tests;
