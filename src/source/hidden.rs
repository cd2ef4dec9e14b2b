//! Records that were hidden in a chunk whose checksums fit: found, and laid open for the reader.
//!
//! A reader of event logs stops where the chunk's header says that the last record is, and steps from record to record by their sizes. Whoever changes
//! these few bytes, and the checksums after them, hides records without removing them:
//!
//! ```text
//! header   last_event_record_id := 101          a reader stops behind record 101
//!          free_space_offset    := end of 101   … or takes the rest for unused
//! records  | 100 | 101 | 102 | 103 |            still there, numbered on
//!
//! records  | 100 | 101 (size grown over 102) | 103 |     102 is stepped over
//! ```
//!
//! Windows numbers the records of a chunk without gaps, so that a whole record with the very next number is one of this chunk and no remains of an older
//! one: those stand behind the free-space mark too, and have other numbers.
//!
//! Nothing is known here of what records say.

use super::format::{CHUNK_HEADER, FRAGMENT, RECORD_HEADER, RECORD_MAGIC};

/// The hidden records of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HiddenRecords {
    /// Where the hidden records start, in bytes from the start of the chunk, and their numbers; ascending.
    pub records: Vec<(usize, u64)>,
    /// The number of the last record of the chunk, hidden ones included.
    pub last_id: u64,
    /// Where the records of the chunk end.
    pub end: usize,
    /// How they were hidden, in words.
    pub how: Vec<&'static str>,
}

/// Finds records that the header and the sizes of a chunk hide, and undoes in `data` the sizes that step over them; `None` if nothing is hidden.
///
/// `last_id` and `free_space` are what the chunk's header says.
pub(super) fn reveal(data: &mut [u8], last_id: u64, free_space: u32) -> Option<HiddenRecords> {
    let free_space = free_space as usize;
    let mut hidden = HiddenRecords::default();
    let mut at = CHUNK_HEADER;
    // Behind a record whose size was grown: what stands before this place was stepped over.
    let mut covered = 0;
    let mut before = None;
    let mut is_past_last = false;
    while let Some((size, id)) = whole_record(data, at) {
        let is_next = before.is_some_and(|before: u64| before.checked_add(1) == Some(id));
        // The next number is asked for only where the header says that records have ended: behind that, a record with another number is left of an
        // older chunk.
        let is_beyond = at >= free_space || is_past_last;
        if is_beyond && !is_next {
            break;
        }
        if is_beyond || at < covered {
            hidden.records.push((at, id));
            hidden.tell(match (at < covered, at >= free_space) {
                (true, _) => "inside of a record whose size was grown over them",
                (false, true) => "behind the end of records that the chunk header gives",
                (false, false) => "behind the record that the chunk header calls the last",
            });
        }
        let mut next = at + size;
        let follows = whole_record(data, next).is_some_and(|(_, number)| id.checked_add(1) == Some(number));
        if !follows && let Some(inner) = swallowed(data, at, next, id) {
            // A record whose size was grown over its neighbours:
            //
            //   at          inner                   next
            //   ├─ record n ┼─ record n+1 ─ … ──────┤      sizes as they were
            //   ├─ record n ────────────────────────┤      size at `at + 4`, and its copy at `next - 4`, grown
            //
            // Both sizes of record n are put back. The copy that the grown one overwrote belongs to the last record covered.
            covered = next;
            let true_size = u32::try_from(inner - at).unwrap_or_default().to_le_bytes();
            data[at + 4..at + 8].copy_from_slice(&true_size);
            data[inner - 4..inner].copy_from_slice(&true_size);
            restore_last_size(data, inner, covered);
            next = inner;
        }
        is_past_last |= id == last_id;
        (before, hidden.last_id, hidden.end, at) = (Some(id), id, next, next);
    }
    (!hidden.records.is_empty()).then_some(hidden)
}

impl HiddenRecords {
    fn tell(&mut self, how: &'static str) {
        if !self.how.contains(&how) {
            self.how.push(how);
        }
    }

    /// Whether the record that starts at this place was hidden.
    pub fn contains(&self, start: usize) -> bool {
        self.records.binary_search_by_key(&start, |(start, _)| *start).is_ok()
    }

    /// The text of the fault: which records were hidden, and how.
    pub fn reason(&self) -> String {
        let ids: Vec<u64> = self.records.iter().map(|(_, id)| *id).collect();
        let (first, last) = (ids.first().copied().unwrap_or_default(), ids.last().copied().unwrap_or_default());
        let which = if first == last {
            format!("record {first}")
        } else {
            format!("{} records from {first} to {last}", ids.len())
        };
        format!("{which} hidden {}: somebody changed the chunk; they were read all the same", self.how.join(" and "))
    }
}

/// The size and the number of the record at a place, if one stands there that is whole: its size stands at both of its ends.
pub(super) fn whole_record(data: &[u8], at: usize) -> Option<(usize, u64)> {
    let (size, id) = record_header(data, at)?;
    let (end, stored) = (at + size, data.get(at + 4..at + 8)?);
    (data.get(end - 4..end)? == stored).then_some((size, id))
}

/// The size and the number that the header of a record gives, if one stands there and the record would end in the chunk.
fn record_header(data: &[u8], at: usize) -> Option<(usize, u64)> {
    let header = data.get(at..at.checked_add(RECORD_HEADER)?)?.strip_prefix(RECORD_MAGIC)?;
    let size = usize::try_from(u32::from_le_bytes(header[..4].try_into().ok()?)).ok()?;
    let id = u64::from_le_bytes(header[4..12].try_into().ok()?);
    let fits = size >= RECORD_HEADER + 8 && at.checked_add(size).is_some_and(|end| end <= data.len());
    fits.then_some((size, id))
}

/// Where the record with the next number starts inside of the record that claims all bytes from `start` to `end`.
fn swallowed(data: &[u8], start: usize, end: usize, id: u64) -> Option<usize> {
    // Nothing as short as a header and two sizes is a record, so that the next one does not begin before that.
    let from = start + RECORD_HEADER + 8;
    let content = data.get(from..end)?;
    memchr::memmem::find_iter(content, RECORD_MAGIC).map(|found| from + found).find(|&inner| {
        let Some((size, number)) = record_header(data, inner) else { return false };
        // The size at the end of the last record that is covered was overwritten by that of the one that covers it.
        let is_whole = inner + size == end || whole_record(data, inner).is_some_and(|_| inner + size < end);
        let is_next = id.checked_add(1) == Some(number);
        is_whole && is_next && data.get(inner + RECORD_HEADER..).is_some_and(|xml| xml.starts_with(FRAGMENT))
    })
}

/// Puts back the size at the end of the last record before `end`, of those that stand one behind the other from `at` on.
fn restore_last_size(data: &mut [u8], mut at: usize, end: usize) {
    while let Some((size, _)) = record_header(data, at) {
        if at + size == end {
            let stored = u32::try_from(size).unwrap_or_default().to_le_bytes();
            data[end - 4..end].copy_from_slice(&stored);
        }
        if at + size >= end || whole_record(data, at).is_none() {
            return;
        }
        at += size;
    }
}

/// Whether records of a chunk that looks undamaged may be hidden, told without a search of all of it: the record behind its end would be the next, or the last
/// record holds one.
pub(super) fn may_hide(chunk: &[u8], last_start: usize, end: usize, last_id: u64) -> bool {
    let is_next = whole_record(chunk, end).is_some_and(|(_, id)| last_id.checked_add(1) == Some(id));
    is_next || swallowed(chunk, last_start, end, last_id).is_some()
}

#[cfg(test)]
mod tests;
