//! The dispositions of records: the terms of the sum that every run must account for.

/// The outcome of a Sysmon record, or of a document, that is not a duplicate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Disposition {
    /// It became an event.
    Mapped,
    /// It lies outside of the window of time.
    OutsideWindow,
    /// It is not among the event IDs and computers that are wanted.
    Filtered,
}
