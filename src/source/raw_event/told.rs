//! Results of telling what an object of JSON is.

use super::object::RawObject;
use crate::source::fault::FaultKind;
use crate::source::record::Record;
use crate::source::xml::RecordRefusal;

/// Kind of an object of JSON: a document, or events of another tool.
pub enum JsonKind {
    /// A document, to be taken as it is.
    Document(RawObject),
    /// Events as some tool has kept them, mostly one.
    Events(Vec<EventRead>),
}

/// An event that some tool has kept: its record, or why it gave none.
pub struct EventRead {
    /// The record.
    pub record: Result<Record, RecordRefusal>,
    /// Why it is in doubt, if it is.
    pub doubt: Option<String>,
    /// Whether Sysmon's `UtcTime` stands for the time of logging, which the tool has lost.
    pub is_by_own_time: bool,
}

impl EventRead {
    /// A record with nothing lost.
    pub fn exact(record: Result<Record, RecordRefusal>) -> Self {
        Self { record, doubt: None, is_by_own_time: false }
    }

    /// No record, for some reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::exact(Err(RecordRefusal { kind: FaultKind::Json, record_id: None, reason: reason.into() }))
    }

    /// Adds a doubt if the event was read from a message that has an entry of this name twice.
    #[must_use]
    pub fn doubted(mut self, repeated: Option<String>) -> Self {
        let doubt = |name| {
            format!("its message, from which it was read, has the entry {name} twice: one of them may be made up")
        };
        self.doubt = repeated.map(doubt);
        self
    }
}
