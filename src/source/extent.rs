//! Compares the contents of whole event logs with what they say of themselves: the counts of its header, and the numbers that it gave its records.
//!
//! A file of which whole chunks are gone has no broken byte in it. But Windows numbers the records of a log without a gap, and the header of a log that was
//! closed in order counts the chunks and knows the next number: 799 of 799 such logs of real machines agree with themselves in both, and none that was
//! copied while in use promises more than it has. So whatever disagrees was cut, wiped or put together by somebody else.
//! This module does not read chunks.

use super::chunk_extent::ChunkExtent;
use super::fault::{Fault, FaultKind};
use super::format::chunk_offset;
use super::header::{LogHeader, log_header};
use super::input::{Input, InputFormat};

/// Most gaps of one log that are told one by one; each costs a line.
const MOST_GAPS: usize = 100;

/// Compares every event log with what it says of itself.
pub fn contradictions(inputs: &[Input], mut extents: Vec<ChunkExtent>) -> Vec<Fault> {
    extents.sort_unstable();
    let mut faults = Vec::new();
    let mut rest = extents.as_slice();
    for (number, input) in (0_u32..).zip(inputs) {
        let own = rest.partition_point(|extent| extent.input <= number);
        let (here, after) = rest.split_at(own);
        rest = after;
        if input.format == InputFormat::Evtx {
            faults.extend(log_header(input).and_then(|header| broken_promise(input, &header, here)));
            gaps(input, here, &mut faults);
        }
    }
    faults
}

/// Where a header and the chunks behind it disagree.
fn broken_promise(input: &Input, header: &LogHeader, chunks: &[ChunkExtent]) -> Option<Fault> {
    // The counts of a log that was not closed are behind, but never ahead. A header that is damaged has a fault of its own.
    if !header.is_dirty && !header.is_sound {
        return None;
    }
    let have = chunks.len() as u64;
    let counted = u64::from(header.chunks);
    // Windows counts in 16 bits.
    let is_counted = header.chunks < u16::MAX;
    let last = chunks.iter().filter_map(|chunk| chunk.numbers).map(|(_, last)| last).max();
    let (next, promised) = (last.map_or(1, |last| last.saturating_add(1)), header.next_record_id);
    let reached = last.map_or_else(|| "no record is there".to_owned(), |last| format!("the last one there is {last}"));
    if (is_counted && counted > have) || promised > next {
        let chunks = if is_counted && counted > have {
            format!("the file header counts {counted} chunks, but {have} are there")
        } else {
            format!("all {have} chunks are there")
        };
        let records = match (promised.saturating_sub(1), promised.saturating_sub(next)) {
            (_, 0) => "no record behind the last one is missing".to_owned(),
            (promised, missing) => {
                format!("it names records up to {promised}, but {reached}: {missing} are missing at its end")
            }
        };
        let fault = Fault::lost(&input.display, FaultKind::Incomplete, format!("{chunks}; {records}"));
        return Some(fault.at(input.size));
    }
    if header.is_dirty {
        return None;
    }
    let too_many = is_counted && counted < have;
    (too_many || promised < next).then(|| {
        let next = next - 1;
        let reason = format!(
            "the file header is sound and counts {counted} chunks with records up to {}, but there are {have} chunks with records up to {next}: \
             chunks were added, or the header is not the one of this log",
            promised.saturating_sub(1),
        );
        Fault::suspect(&input.display, FaultKind::FileHeader, reason).at(0)
    })
}

/// Numbers that no chunk has, between those of two that are there. A log that is full goes on in its first chunk, so that the order of chunks says nothing.
fn gaps(input: &Input, chunks: &[ChunkExtent], faults: &mut Vec<Fault>) {
    let mut runs: Vec<(u64, u64, u64)> =
        chunks.iter().filter_map(|extent| extent.numbers.map(|(first, last)| (first, last, extent.chunk))).collect();
    // By number, not by place: a full log wraps, and continues in its first chunk.
    runs.sort_unstable();
    let Some(&(_, mut last, mut before)) = runs.first() else { return };
    let mut found = 0;
    for &(first, to, chunk) in &runs[1..] {
        if first > last.saturating_add(1) {
            found += 1;
            if found <= MOST_GAPS {
                let missing = first - last - 1;
                let reason = format!(
                    "records {} to {} are not there: {missing} between those of chunk {before} and those of chunk {chunk}",
                    last + 1,
                    first - 1,
                );
                let offset = chunk_offset(chunk);
                faults.push(Fault::lost(&input.display, FaultKind::Incomplete, reason).at(offset));
            }
        }
        if to >= last {
            (last, before) = (to, chunk);
        }
    }
    if found > MOST_GAPS {
        let reason = format!("{} more gaps between the numbers of its records", found - MOST_GAPS);
        faults.push(Fault::lost(&input.display, FaultKind::Incomplete, reason));
    }
}

#[cfg(test)]
mod tests;
