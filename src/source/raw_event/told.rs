//! What an object of JSON turned out to be.

use super::object::Object;
use crate::source::record::Record;
use crate::source::xml::Refusal;

/// What an object of JSON turned out to be.
pub enum JsonKind {
    /// A document, to be taken as it is.
    Document(Object),
    /// Events as some tool has kept them, mostly one.
    Events(Vec<EventRead>),
}

/// An event that some tool has kept: its record, or why it gave none.
pub struct EventRead {
    /// The record.
    pub record: Result<Record, Refusal>,
    /// Why it is in doubt, if it is.
    pub doubt: Option<String>,
}

impl EventRead {
    /// A record, and the name of an entry that its message has twice.
    pub fn new(record: Result<Record, Refusal>, repeated: Option<String>) -> Self {
        let doubt = |name| {
            format!("its message, from which it was read, has the entry {name} twice: one of them may be made up")
        };
        Self { record, doubt: repeated.map(doubt) }
    }

    /// No record, for some reason.
    pub fn refused(reason: impl Into<String>) -> Self {
        let refusal = Refusal { kind: crate::source::fault::FaultKind::Json, record_id: None, reason: reason.into() };
        Self { record: Err(refusal), doubt: None }
    }
}
