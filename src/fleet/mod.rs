//! Evidence of many hosts, scanned in parts: by other processes, on other machines, whenever they have time. `docs/fleet.md` is the contract.
//!
//! A *part* is the scan of all there is of some hosts, kept in a folder. What one host answers is answered there: its alerts are in the folder, with their
//! events. Rules whose join keys are of no host are not: of them the part has its *sightings*, which are the candidates for their stages, each with a digest
//! of its join key and the place of its event. Documents do not travel.
//!
//! ```text
//! host A ── scan --part ──┐  alerts of rules that one host answers ──────────────┐
//! host B ── scan --part ──┤                                                     ├─ order, number, cut ── alerts
//! host C ── scan --part ──┘  sightings of the others ── sort by key ── correlate ┘
//! ```
//!
//! A *merge* sorts the sightings of all parts by their keys and runs them through the machines that a scan has ([`crate::pipeline::JoinedParts`]); what it finds
//! is put in order with the alerts of the parts, and then pipes, `--max-signals` and exceptions have their say. So the alerts of the parts of any split by
//! hosts are those of one scan of everything, to the byte: a test holds that.
//!
//! What people look up beside alerts crosses hosts too: on how many hosts a hash or an address was met. A part has the values of all its events, and what it
//! knows of the processes of its alerts; a merge adds up the former, for the values that are asked for, and puts the latter beside the alerts.
//!
//! This module knows files and formats of parts; it does not know the command line.

mod error;
mod input_numbers;
mod manifest;
mod merge;
#[cfg(feature = "parquet")]
mod parquet_columns;
mod part_folder;
mod part_writer;
mod records;
mod rules_digest;
#[cfg(feature = "parquet")]
mod sighting;
#[cfg(feature = "parquet")]
mod sightings_parquet;
mod triage_file;
mod triage_merge;
#[cfg(feature = "parquet")]
mod values_parquet;

pub use error::FleetError;
pub use manifest::{PartComputer, PartFile, PartInput, PartManifest, PartOptions, PartStatus};
pub use merge::PartSet;
pub use part_folder::PartFolder;
pub use part_writer::{NewPart, PartRequest};
pub use records::read_faults;
pub use rules_digest::rules_digest;

/// A job for Apache Spark, in Python: it finds evidence, scans it in parts on all executors, and merges them.
pub const SPARK_JOB: &str = include_str!("job.py");
