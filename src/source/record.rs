//! The neutral form of one event record: what a log says, as text, before anyone asks what it means.
//!
//! Values are kept exactly as Windows renders them. This module does not know which provider writes which fields.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::base::{Origin, Ticks};

/// One event record.
///
/// Numbers that a record does not have, or that are not numbers, are `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `Provider/@Name`; empty if the record names none.
    pub provider: Arc<str>,
    /// `Provider/@Guid` as rendered, braces and letter case included.
    pub provider_guid: Option<Arc<str>>,
    /// `EventID`, without its qualifiers.
    pub event_id: u32,
    /// `Version` of the event's template.
    pub version: Option<u32>,
    /// `Level`.
    pub level: Option<u32>,
    /// `Task`.
    pub task: Option<u32>,
    /// `Opcode`.
    pub opcode: Option<u32>,
    /// `Keywords` as rendered, such as `0x8000000000000000`.
    pub keywords: Option<Arc<str>>,
    /// `TimeCreated/@SystemTime`: when the record was written.
    pub time_created: Ticks,
    /// `EventRecordID`.
    pub record_id: Option<u64>,
    /// `Correlation/@ActivityID` as rendered.
    pub activity_id: Option<Box<str>>,
    /// `Correlation/@RelatedActivityID` as rendered.
    pub related_activity_id: Option<Box<str>>,
    /// `Execution/@ProcessID`: the process that wrote the record, not the one it tells of.
    pub process_id: Option<u32>,
    /// `Execution/@ThreadID`.
    pub thread_id: Option<u32>,
    /// `Channel`; empty if the record names none.
    pub channel: Arc<str>,
    /// `Computer`; empty if the record names none.
    pub computer: Arc<str>,
    /// `Security/@UserID`.
    pub user_sid: Option<Arc<str>>,
    /// Names and values from `EventData` and `UserData`, in order. Names may repeat; values may be empty.
    ///
    /// A `Data` without a name is called `paramN`, N being its place among the values, from 1, as Elastic's Beats do.
    pub data: Vec<(Arc<str>, Box<str>)>,
    /// Where the record was found.
    pub origin: Origin,
}

impl Record {
    /// The first value of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}

/// Strings that come back again and again, each held once.
#[derive(Debug, Default)]
pub(super) struct Interner {
    known: HashSet<Arc<str>>,
}

impl Interner {
    /// Above this many strings the evidence is playing games: start anew rather than grow.
    const CAPACITY: usize = 8192;
    /// Longer strings hardly repeat.
    const LONGEST: usize = 256;

    /// A shared copy of `text`.
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if text.len() > Self::LONGEST {
            return Arc::from(text);
        }
        if let Some(known) = self.known.get(text) {
            return Arc::clone(known);
        }
        if self.known.len() >= Self::CAPACITY {
            self.known.clear();
        }
        let new: Arc<str> = Arc::from(text);
        self.known.insert(Arc::clone(&new));
        new
    }
}

#[cfg(test)]
mod tests;
