//! Evidence in: from the paths a person names to [`Record`]s, with a [`Fault`] for everything that could not be read.
//!
//! The way of the data: [`discover()`] tells files by their content, [`units()`] cuts them into pieces of work that can be spread over threads,
//! and [`read_unit`] turns one piece into records and faults. A Windows event log (EVTX) is cut into runs of 64 KiB chunks; an XML file
//! exported from one is a single piece, and so is a file of ECS documents in JSON, or a log that is packed in an archive. Logs and XML are rendered to the same XML and go through the same converter, so that the same event gives
//! the same record however it was collected.
//!
//! Evidence is hostile input: no length, offset, name or encoding found in it is trusted, and nothing in it stops the run.
//! Nothing vanishes silently either: `UnitStats::records` is the number of records handed over plus the number of faults for which
//! [`Fault::is_record`] holds.
//!
//! This module deliberately does not know ECS (but for the names by which a mapped document is told from a raw event: `raw_event`) or EQL, what a Sysmon field means
//! (only how Windows would have written it: `normal`), or threads.

mod archive;
mod buffer;
mod carve;
mod chunk_extent;
mod chunk_place;
mod chunks;
mod discover;
mod distinct_keys;
mod documents;
mod evtx;
mod export;
mod extent;
mod fast;
mod fault;
mod format;
mod head;
mod header;
mod hidden;
mod input;
mod json_cutter;
mod json_document;
mod json_mend;
mod lines;
mod normal;
mod packed;
mod passwords;
mod raw_event;
mod read;
mod record;
mod remains;
mod rows;
mod scratch;
mod sniff;
mod stand_in;
mod steady;
mod units;
mod visitor;
mod xml;

pub use archive::ArchiveMember;
pub use chunk_extent::ChunkExtent;
pub use discover::{DiscoveredInputs, Search, discover, discover_beside, is_evidence, is_log_or_archive};
pub use documents::read_json;
pub use extent::contradictions;
pub use fast::{ProviderFilter, Raw, RecordRef, Stored, Visit};
pub use fault::{Fault, FaultKind, FaultSeverity};
pub use format::{chunk_number, chunk_start};
pub use header::{LogHeader, log_header, sha256};
pub use input::{Input, InputFormat};
pub use json_cutter::{JsonCut, JsonCutter, LARGEST as LARGEST_DOCUMENT, Shortfall};
pub use json_document::JsonDocument;
pub use passwords::ArchivePasswords;
pub use read::{read_unit, visit_unit};
pub use record::{Record, is_guid_entry};
pub use remains::Remains;
pub use rows::read_rows;
pub use scratch::Scratch;
pub use steady::FileStates;
pub use units::{PlacesInUnit, WorkUnit, units, units_again};
pub use visitor::{Item, UnitStats, Visitor};
