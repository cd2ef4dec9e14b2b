//! `triage.bin`: what a part knows of the processes of its alerts, and of those that may come to be of alerts.

use super::records::HeldWriter;
use crate::base::spool::read_item;
use crate::detect::HostNumber;
use crate::process::{TriagePart, TriageRecord};
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};

/// What a merge must know before it reads the pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageHead {
    /// The names of hosts, by number.
    pub hosts: Vec<String>,
    /// How many events may come to be of alerts, and have a process that the part has not looked at.
    pub left_out: u64,
}

/// Writes what a part knows.
pub fn write_triage(part: &TriagePart, out: impl Write) -> io::Result<()> {
    let names = &part.ids().hosts;
    let number = |at: usize| HostNumber(u32::try_from(at).unwrap_or(u32::MAX));
    let hosts = (0..names.len()).map(|at| names.name(number(at)).to_string()).collect();
    let head = TriageHead { hosts, left_out: part.left_out };
    let mut writer = HeldWriter::new(out, &head)?;
    part.records().try_for_each(|record| writer.item(&record))
}

/// Reads it: the head, and an iterator over the pieces, which ends at an error.
pub fn read_triage<R: BufRead>(
    mut from: R,
) -> io::Result<(TriageHead, impl Iterator<Item = io::Result<TriageRecord>>)> {
    let head: TriageHead = read_item(&mut from)?;
    let mut has_failed = false;
    // The manifest has the digest of the file: where it ends is the end of the pieces.
    let records = std::iter::from_fn(move || {
        let is_end = has_failed || from.fill_buf().is_ok_and(<[u8]>::is_empty);
        let record: Option<io::Result<TriageRecord>> = (!is_end).then(|| read_item(&mut from));
        has_failed = record.as_ref().is_some_and(Result::is_err);
        record
    });
    Ok((head, records))
}
