//! The terms on which a step of the mapping is run.

use super::mapping::Mapping;

/// The circumstances of a step beside the event's fields.
#[derive(Clone, Copy, Debug)]
pub struct StepContext {
    /// The event ID.
    pub id: u32,
    /// Whose mapping it is.
    pub mapping: Mapping,
    /// The separator of paths: a backslash on Windows.
    pub separator: char,
}

/// The pipeline stops here, as Elastic's does: the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);
