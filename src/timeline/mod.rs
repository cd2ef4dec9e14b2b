//! Events grouped by the process that they belong to, in time order inside each group, with the process's own facts beside its other events.
//!
//! A process is a host and a ProcessGuid. Events without one form a group of their own per host: nothing is dropped. An event is held as a [`TimelineRow`], which is
//! bytes: the values of the columns, or the whole document, and no more, so that a timeline of any size can be sorted. This module does not know
//! output formats, nor where rows wait until they are sorted.

mod bytes;
mod entry;
mod fields;
mod record;
mod row;

pub use entry::{AlertPart, AlertParts, EntryColumns, TimelineEntry};
pub use fields::{CARRIED, CARRIED_COLUMNS, DETAILS, FIELDS, MOST_CHOSEN, RowContents, fields_of};
pub use record::{Data, RecordView, SystemView};
pub use row::{Cell, RowCells, RowHead, RowTemplate, RowWriter, Subject, TimelineRow};

#[cfg(test)]
mod tests;
