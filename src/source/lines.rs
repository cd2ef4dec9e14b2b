//! JSON documents that stand one below the other, read in pieces that threads share.
//!
//! In JSON a line break stands between two values or nowhere: in a text it is written `\n`, and members of a list have a comma between them. So where `}`, a
//! line break and `{` follow each other, a document of the outermost level has ended and another one begins:
//!
//! ```text
//! …"event":{"code":"1"}}⏎{"@timestamp":…
//!                      └─┴ a border, wherever in the text that is
//! ```
//!
//! A file is cut at the first border at or behind each multiple of some megabytes. Where there is none for long, a piece is as long as that; one behind it is
//! empty. What is read from a piece depends on the file alone, and each byte is searched for borders twice at most.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::documents;
use super::fault::{Fault, FaultKind};
use super::format::CHUNK;
use super::input::Input;
use super::units::{WorkUnit, slots_of_piece};
use super::visitor::{Item, UnitStats};

/// Bytes that are searched at a time.
const BLOCK: usize = 64 << 10;

/// Bytes of a border before the document that it begins: `}`, CR and LF.
const BEFORE: usize = 3;

/// Whether a file that begins so, and has so many bytes, is read in pieces.
pub(super) fn is_in_lines(head: &[u8], size: u64) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let begins_with_object = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let Some(first) = (size > slots_of_piece(size) * CHUNK && begins_with_object).then(|| border_in(head, 0)).flatten()
    else {
        return false;
    };
    // What other tools have made of records is read as a whole: when one was logged may follow from the records before it.
    let mut has_records = false;
    documents::read_json(&head[..first], "", &mut |item| has_records |= matches!(item, Item::Record(_)));
    !has_records
}

/// Reads the pieces of a unit, each as if it were a text of its own.
pub(super) fn read<F: Read + Seek>(
    file: &mut F,
    input: &Input,
    unit: &WorkUnit,
    sink: &mut dyn FnMut(Item),
) -> UnitStats {
    let mut stats = UnitStats::default();
    let piece = slots_of_piece(input.size) * CHUNK;
    let (mut start, end) = (unit.first_chunk * CHUNK, (unit.first_chunk + unit.chunks).saturating_mul(CHUNK));
    let result = (|| {
        if unit.reaches_back {
            start = beginning(file, start, piece)?;
        }
        while start < end {
            let next = start.saturating_add(piece);
            if let Some((from, to)) = extent(file, (start, next), input.size)? {
                file.seek(SeekFrom::Start(from))?;
                let mut text = BufReader::with_capacity(2 * BLOCK, file.take(to.saturating_sub(from)));
                stats += documents::read_piece(&mut text, from, input, unit.input, sink);
            }
            stats.bytes += next.min(input.size) - start.min(input.size);
            start = next;
        }
        Ok(())
    })();
    if let Err(error) = result {
        let error: io::Error = error;
        let fault = Fault::lost(&input.display, FaultKind::Unreadable, format!("cannot be read further: {error}"));
        sink(Item::Fault(fault.at(start)));
    }
    stats
}

/// Where the text of a piece begins and ends; `None` if it has none.
fn extent<F: Read + Seek>(file: &mut F, (start, next): (u64, u64), size: u64) -> io::Result<Option<(u64, u64)>> {
    let from = if start == 0 { Some(0) } else { border_from(file, start, next)? };
    let Some(from) = from else { return Ok(None) };
    // The last piece goes on to the end of the file, which may have grown.
    let to = if next >= size { None } else { border_from(file, next, u64::MAX)? };
    Ok(Some((from, to.unwrap_or(u64::MAX))))
}

/// The start of the piece that holds what stands at `start` and before the first border behind it.
fn beginning<F: Read + Seek>(file: &mut F, start: u64, piece: u64) -> io::Result<u64> {
    let mut start = start;
    while start > 0 {
        start -= piece;
        if start == 0 || border_from(file, start, start + piece)?.is_some() {
            break;
        }
    }
    Ok(start)
}

/// The first document that begins behind a border, at `from` or behind it and before `until`.
fn border_from<F: Read + Seek>(file: &mut F, from: u64, until: u64) -> io::Result<Option<u64>> {
    let mut place = from.saturating_sub(BEFORE as u64);
    file.seek(SeekFrom::Start(place))?;
    let mut least = usize::try_from(from - place).unwrap_or_default();
    let mut block = Vec::with_capacity(BLOCK + BEFORE);
    while place < until {
        let read = file.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
        if let Some(at) = border_in(&block, least) {
            let found = place + at as u64;
            return Ok(Some(found).filter(|found| *found < until));
        }
        if read == 0 {
            break;
        }
        // A border may stand across two blocks.
        let passed = block.len().saturating_sub(BEFORE);
        block.drain(..passed);
        (place, least) = (place + passed as u64, least.saturating_sub(passed));
    }
    Ok(None)
}

/// The first document in a text that begins behind a border, at `least` or behind it.
fn border_in(text: &[u8], least: usize) -> Option<usize> {
    let begins = |at: &usize| {
        *at >= least && text.get(*at) == Some(&b'{') && matches!(text[..at - 1], [.., b'}'] | [.., b'}', b'\r'])
    };
    memchr::memchr_iter(b'\n', text).map(|at| at + 1).find(begins)
}

#[cfg(test)]
mod tests;
