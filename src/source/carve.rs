//! Finds the remains of event logs: chunks and single records in bytes that are in no order.
//!
//! A chunk is told by its magic and the checksum of its header, wherever it stands; it ends where the next one begins. A record is told by its magic, by its
//! size, which stands at both of its ends, and by how its content begins. All of that is decided by no more than the bytes of two chunks around a place, so that
//! it does not matter how a file is cut up to be read.
//!
//! Nothing is known here of what records say.

use crate::base::time::YEAR_10000;
use std::io::{self, Read};
use std::ops::Range;

use super::format::{CHUNK_HEADER, CHUNK_LENGTH, CHUNK_MAGIC, FRAGMENT, RECORD_HEADER, RECORD_MAGIC};
use super::hidden::whole_record;

/// Whether bytes begin with a chunk whose header is undamaged.
pub(super) fn is_sound_chunk(bytes: &[u8]) -> bool {
    bytes.starts_with(CHUNK_MAGIC) && header_fits(bytes)
}

/// Whether the checksum of a chunk's header fits; its magic is part of that.
fn header_fits(chunk: &[u8]) -> bool {
    let Some(header) = chunk.get(..CHUNK_HEADER) else { return false };
    let mut hasher = crc32fast::Hasher::new();
    // Offsets 120 to 128 are the flags, which Windows changes without a new checksum, and the checksum.
    hasher.update(&header[..120]);
    hasher.update(&header[128..]);
    u32_at(header, 40) == Some(128) && u32_at(header, 124) == Some(hasher.finalize())
}

/// Whether the checksum of a chunk's records fits.
fn records_fit(chunk: &[u8]) -> bool {
    let records = chunk.get(CHUNK_HEADER..records_end(chunk)).filter(|records| !records.is_empty());
    records.is_some_and(|records| u32_at(chunk, 52) == Some(crc32fast::hash(records)))
}

/// Where the records of a chunk end by its header, within the chunk.
pub(super) fn records_end(chunk: &[u8]) -> usize {
    u32_at(chunk, 48).map_or(0, |end| end as usize).min(chunk.len())
}

/// A chunk with its magic put back, if that is all that is wrong with it: one of its checksums fits then.
pub(super) fn with_magic(chunk: &[u8]) -> Option<Vec<u8>> {
    if chunk.len() < CHUNK_HEADER || chunk.starts_with(CHUNK_MAGIC) {
        return None;
    }
    let mut mended = chunk.to_vec();
    mended[..CHUNK_MAGIC.len()].copy_from_slice(CHUNK_MAGIC);
    (header_fits(&mended) || records_fit(&mended)).then_some(mended)
}

/// Where chunks with an undamaged header begin, in order, of those that begin at `from` or behind.
pub(super) fn chunk_starts(bytes: &[u8], from: usize) -> Vec<usize> {
    let rest = bytes.get(from..).unwrap_or_default();
    let starts = memchr::memmem::find_iter(rest, CHUNK_MAGIC).map(|at| from + at);
    starts.filter(|at| is_sound_chunk(&bytes[*at..])).collect()
}

/// Whether a chunk or record may begin in these bytes: a quick look that spares most bytes of an image a closer one.
pub(super) fn may_have_starts(bytes: &[u8]) -> bool {
    // A magic can begin in the last bytes and go on behind them.
    let tail = &bytes[bytes.len().saturating_sub(CHUNK_MAGIC.len() - 1)..];
    tail.iter().any(|byte| matches!(byte, b'*' | b'E'))
        || memchr::memmem::find(bytes, RECORD_MAGIC).is_some()
        || memchr::memmem::find(bytes, CHUNK_MAGIC).is_some()
}

/// A whole record: where it begins, its size and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WholeRecord {
    pub at: usize,
    pub size: usize,
    pub id: u64,
}

/// The whole records that begin in `region`, but not in any of the ranges of `covered`, which are in order.
pub(super) fn records(bytes: &[u8], region: Range<usize>, covered: &[Range<usize>]) -> Vec<WholeRecord> {
    let mut found: Vec<WholeRecord> = Vec::new();
    let mut at = region.start;
    // A record can begin with the last byte of the region.
    let search_end = (region.end + RECORD_MAGIC.len() - 1).min(bytes.len());
    while let Some(next) = bytes.get(at..search_end).and_then(|rest| memchr::memmem::find(rest, RECORD_MAGIC)) {
        let start = at + next;
        let before = covered.partition_point(|range| range.start <= start);
        match covered[..before].last().filter(|range| range.contains(&start)) {
            Some(range) => at = range.end,
            None => match record_at(bytes, start) {
                Some(record) => {
                    // Its content is not searched: a magic there is part of a value.
                    found.push(record);
                    at = start + record.size;
                }
                None => at = start + 1,
            },
        }
    }
    found
}

fn record_at(bytes: &[u8], at: usize) -> Option<WholeRecord> {
    let (size, id) = whole_record(bytes, at)?;
    let content = bytes.get(at + RECORD_HEADER..)?;
    let written = u64::from_le_bytes(bytes.get(at + 16..at + 24)?.try_into().ok()?);
    // Four bytes of magic turn up by chance in images of gigabytes; equal sizes at both ends, a fragment header and a FILETIME of four digits
    // for its year do not all turn up together.
    let is_record = size < CHUNK_LENGTH && content.starts_with(FRAGMENT) && (1..YEAR_10000).contains(&written);
    is_record.then_some(WholeRecord { at, size, id })
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

/// Whether there is anything of a log in what comes from `source`: a chunk with an undamaged header, or a whole record. Reads no further than it must.
pub(super) fn holds_log(source: &mut dyn Read) -> io::Result<bool> {
    let mut found = false;
    scan(source, &mut |bytes, region| {
        found = chunk_starts(bytes, region.start).iter().any(|start| *start < region.end)
            || !records(bytes, region, &[]).is_empty();
        !found
    })?;
    Ok(found)
}

/// Calls `each` with every chunk that has an undamaged header in what comes from `source`, in order.
pub(super) fn each_chunk(source: &mut dyn Read, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    scan(source, &mut |bytes, region| {
        let starts = chunk_starts(bytes, region.start);
        starts
            .iter()
            .filter(|start| **start < region.end)
            .for_each(|start| each(&bytes[*start..bytes.len().min(start + CHUNK_LENGTH)]));
        true
    })
}

/// Passes through all bytes once. `look` is called with some of them and a region of those: what begins in it lies within the bytes, unless they end before. It
/// says whether to go on.
fn scan(source: &mut dyn Read, look: &mut dyn FnMut(&[u8], Range<usize>) -> bool) -> io::Result<()> {
    let mut window = Vec::new();
    loop {
        let had = window.len();
        // The window keeps the last chunk's length of each piece, so that nothing that begins in the region is cut off by the end of the window:
        //
        //   read 1  ├───────────── region ─────────────┼─ 64 KiB ─┤
        //   read 2                                     ├────────── region ──────────…
        let read = (&mut *source).take(SCANNED_AT_A_TIME as u64).read_to_end(&mut window);
        let is_end = window.len() == had || read.is_err();
        let to = if is_end { window.len() } else { window.len().saturating_sub(CHUNK_LENGTH) };
        if !look(&window, 0..to) || is_end {
            return read.map(drop);
        }
        window.drain(..to);
    }
}

/// Bytes that a scan reads at a time.
const SCANNED_AT_A_TIME: usize = 16 * CHUNK_LENGTH;

#[cfg(test)]
mod tests;
