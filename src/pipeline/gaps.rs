//! Numbers of records that are missing inside a file: Windows numbers the records of a log without a gap.
//!
//! An export of chosen records has gaps by its nature, so that they are no fault; but a log that records were taken out of looks the same, which a reader
//! must know. Numbers are those that records bear (`EventRecordID`); where whole chunks are gone, the file itself tells, and that is a fault. How many are
//! missing follows from what is kept to know duplicates by: the first and the last number of each computer and channel, and how many records there are.

use super::duplicates::{ChunkSeen, LogDigest, RecordFingerprint};
use crate::base::number::{counted, grouped};
use crate::diag::{Notice, NoticeKind};
use crate::source::{Fault, FaultKind, Input};
use hashbrown::HashMap;

/// A record that has no number.
const NO_NUMBER: u64 = u64::MAX;

/// The numbers of one file.
#[derive(Debug, Default)]
struct NumbersOfFile {
    spans: HashMap<LogDigest, (u64, u64)>,
    records: u64,
}

impl NumbersOfFile {
    fn add(&mut self, group: LogDigest, first: u64, last: u64) {
        let span = self.spans.entry(group).or_insert((first, last));
        *span = (span.0.min(first), span.1.max(last));
    }

    /// How many are missing, at least: a number that is there twice hides one.
    fn missing(&self) -> u64 {
        if self.spans.values().any(|(_, last)| *last == NO_NUMBER) {
            return 0;
        }
        // Of each log the numbers from the first to the last should be there once: what is there less than that is missing. No list of numbers is needed.
        let numbers = self.spans.values().map(|(first, last)| last - first + 1).fold(0, u64::saturating_add);
        numbers.saturating_sub(self.records)
    }
}

/// The files in which numbers of Sysmon's records are missing, each with how many.
pub fn missing_numbers(chunks: &[ChunkSeen], seen: &[RecordFingerprint]) -> Vec<(u32, u64)> {
    let mut files: HashMap<u32, NumbersOfFile> = HashMap::new();
    for chunk in chunks {
        let file = files.entry(chunk.origin.input).or_default();
        chunk.ranges().for_each(|range| file.add(range.group, range.first, range.last));
        file.records += chunk.counts().map(|(_, count)| u64::from(count)).sum::<u64>();
    }
    for record in seen {
        let file = files.entry(record.origin.input).or_default();
        file.add(record.group, record.record_id, record.record_id);
        file.records += 1;
    }
    let missing = files.into_iter().map(|(input, file)| (input, file.missing()));
    let mut missing: Vec<(u32, u64)> = missing.filter(|(_, count)| *count > 0).collect();
    missing.sort_unstable();
    missing
}

/// A notice of missing numbers, but for files that a fault says to be incomplete already.
pub fn gaps_notice(missing: &[(u32, u64)], inputs: &[Input], faults: &[Fault]) -> Option<Notice> {
    let is_told = |input: &Input| {
        faults.iter().any(|fault| fault.kind == FaultKind::Incomplete && *fault.input == *input.display)
    };
    let files = missing.iter().filter_map(|(input, count)| Some((inputs.get(*input as usize)?, *count)));
    let files: Vec<(&Input, u64)> = files.filter(|(input, _)| !is_told(input)).collect();
    let all = files.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
    let (worst, most) = files.iter().max_by_key(|(input, count)| (*count, std::cmp::Reverse(&input.display)))?;
    let (numbers, verb) = (counted(all, "record number"), if all == 1 { "is" } else { "are" });
    let place = match files.len() {
        1 => format!("in {}", worst.display),
        many => format!("in {}, {} of them in {}", counted(many as u64, "file"), grouped(*most), worst.display),
    };
    let text = format!(
        "{numbers} {verb} missing {place}: an export of chosen records has gaps, and so has a log that records were taken out of; `evql info` lists them"
    );
    Some(Notice::new(NoticeKind::MissingRecords, text))
}
