//! Writes valid EVTX files, as Windows' event log service does: logs of which everything is known, so that a reader can be tested on them, and extracts of
//! real ones.
//!
//! Nothing is shared with the readers in `source`: a mistake in one must not be hidden by the same mistake in the other. Only the writing of
//! GUIDs, times and UTF-16 is `base`'s for both, and there the `evtx` crate, which the tests read forged logs with too, is the judge.
//! This module knows neither rules nor ECS.

mod binxml;
mod chunk;
mod copied;
mod damage;
mod edit;
mod error;
mod file;
mod large;
mod scenario;
mod schema;
mod texts;
mod value;
mod writer;

pub use chunk::{CHUNK_HEADER_SIZE, CHUNK_SIZE, RecordPlace};
pub use copied::{LogRecord, RecordCopier};
pub use damage::Damage;
pub use edit::RecordEditor;
pub use error::{ForgeError, Problem};
pub use file::{FILE_HEADER_SIZE, ForgedEvent, ForgedField, TooLarge, write_file};
pub use large::{CROSSING_QUERY, Large, LargeError, LargeFile, LargeOptions};
pub use scenario::{Expect, ExpectedAlert, ExpectedClock, ExpectedFault, ForgedFile, Scenario};
pub use schema::{CHANNEL, LINUX_PROVIDER, LINUX_PROVIDER_GUID, PROVIDER, PROVIDER_GUID, Schema, kind_of};
pub use texts::RecordTexts;
pub use value::{BinXmlType, ForgedValue};
pub use writer::LogWriter;
