//! A record as bytes in a row, for formats that show what the log says and not what it was mapped to.
//!
//! An event that was read from a JSON document has no record; its document stands here instead. This module does not know output formats.

use super::bytes::{push_text, take, take_text};
use crate::base::Ticks;
use crate::source::Record;

/// Marks a record.
pub(super) const RECORD: u8 = 0;
/// Marks a JSON document.
pub(super) const DOCUMENT: u8 = 1;

/// A record in a row, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordView<'r> {
    /// A record of a log.
    Record {
        /// Its parts beside the data.
        system: SystemView<'r>,
        /// Names and values of its data.
        data: Data<'r>,
    },
    /// The JSON of a document that was no record.
    Document(&'r [u8]),
}

/// The parts of a record beside its data, as in [`Record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemView<'r> {
    /// `EventID`.
    pub event_id: u64,
    /// `Level`.
    pub level: Option<u64>,
    /// `TimeCreated`.
    pub time_created: Ticks,
    /// `EventRecordID`.
    pub record_id: Option<u64>,
    /// `Execution/@ProcessID`.
    pub process_id: Option<u64>,
    /// `Execution/@ThreadID`.
    pub thread_id: Option<u64>,
    /// Which chunk of its file holds the record, from 0; `None` for records of exported XML.
    pub chunk: Option<u64>,
    /// Whether it was recovered from what is left of a log.
    pub is_recovered: bool,
    /// `Keywords` as rendered; empty for none.
    pub keywords: &'r str,
    /// `Provider/@Name`.
    pub provider: &'r str,
    /// `Channel`.
    pub channel: &'r str,
    /// `Computer`.
    pub computer: &'r str,
    /// `Security/@UserID`; empty for none.
    pub user_sid: &'r str,
    /// The file that holds it.
    pub path: &'r str,
}

/// Names and values of a record's data, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data<'r>(&'r [u8]);

impl<'r> Data<'r> {
    /// Every name with its value, in the order of the record.
    pub fn iter(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        let mut rest = self.0;
        std::iter::from_fn(move || Some((take_text(&mut rest)?, take_text(&mut rest)?)))
    }

    /// The first value of a name.
    pub fn value(self, name: &str) -> Option<&'r str> {
        self.iter().find(|(have, _)| *have == name).map(|(_, value)| value)
    }
}

/// Adds a record.
pub(super) fn write(bytes: &mut Vec<u8>, record: &Record, chunk: Option<u64>, path: &str) {
    //     i64  time of logging
    //     7 ×  u8 whether there is a number, u64 the number: event ID, level, record id, process, thread, chunk, recovered
    //     6 ×  u32 length, text: keywords, provider, channel, computer, user, file
    //     …    u32 length, text: names and values in turn, to the end of the row
    //
    // Every part is there, so that no table is needed: these rows are read once, by formats that show all of it.
    bytes.extend(record.time_created.0.to_le_bytes());
    let numbers = [
        Some(record.event_id.into()),
        record.level.map(u64::from),
        record.record_id,
        record.process_id.map(u64::from),
        record.thread_id.map(u64::from),
        chunk,
        record.is_recovered.then_some(1),
    ];
    for number in numbers {
        bytes.push(u8::from(number.is_some()));
        bytes.extend(number.unwrap_or_default().to_le_bytes());
    }
    let texts = [
        record.keywords.as_deref().unwrap_or_default(),
        &record.provider,
        &record.channel,
        &record.computer,
        record.user_sid.as_deref().unwrap_or_default(),
        path,
    ];
    for text in texts {
        push_text(bytes, text);
    }
    for (name, value) in &record.data {
        push_text(bytes, name);
        push_text(bytes, value);
    }
}

impl<'r> RecordView<'r> {
    /// Reads what [`write()`] has written, or a document.
    pub(super) fn read(bytes: &'r [u8]) -> Option<Self> {
        let (kind, mut rest) = bytes.split_first()?;
        if *kind == DOCUMENT {
            return Some(Self::Document(rest));
        }
        let time_created = Ticks(i64::from_le_bytes(take(&mut rest)?));
        let mut number = || {
            let [there] = take(&mut rest)?;
            let number = u64::from_le_bytes(take(&mut rest)?);
            Some((there != 0).then_some(number))
        };
        let [event_id, level, record_id, process_id, thread_id, chunk, recovered] =
            [number()?, number()?, number()?, number()?, number()?, number()?, number()?];
        let mut text = || take_text(&mut rest);
        let [keywords, provider, channel, computer, user_sid, path] =
            [text()?, text()?, text()?, text()?, text()?, text()?];
        let event_id = event_id?;
        let system = SystemView {
            event_id,
            level,
            time_created,
            record_id,
            process_id,
            thread_id,
            chunk,
            is_recovered: recovered.is_some(),
            keywords,
            provider,
            channel,
            computer,
            user_sid,
            path,
        };
        Some(Self::Record { system, data: Data(rest) })
    }
}
