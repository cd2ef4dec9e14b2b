//! The terms on which a step of the mapping is run.

use super::mapping::{EventMapping, Mapping};
use crate::enrichment::GeoLookup;

/// The circumstances of a step beside the event's fields.
#[derive(Clone, Copy, Debug)]
pub struct StepContext {
    /// The event ID.
    pub id: u32,
    /// Whose mapping it is.
    pub mapping: Mapping,
    /// Where addresses are looked up, if they are.
    pub geo: Option<GeoLookup>,
    /// The separator of paths: a backslash on Windows.
    pub separator: char,
}

impl StepContext {
    /// The circumstances of the events of an ID that a mapping makes, with a separator of paths.
    pub fn new(id: u32, EventMapping { documents, geo }: EventMapping, separator: char) -> Self {
        Self { id, mapping: documents, geo, separator }
    }
}

/// The pipeline stops here, as Elastic's does: the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);
