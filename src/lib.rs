//! evql: Elastic's EQL detection rules over collected Windows event logs, with no server.
//!
//! Evidence is a folder of `.evtx` files, or whatever else `docs/input.md` names: exported XML, JSON documents, archives, disk images.
//! evql reads the records that Sysmon wrote, maps them to the Elastic Common Schema (ECS) as Elastic does, and runs rules over them: single events, and
//! sequences of events that are joined by process, user, host or address.
//!
//! # A worked example
//!
//! [`Scanner`] is the way in. This scans a folder with the built-in rules, shows who did what, and tells what could not be read:
//!
//! ```
//! use evql::{Scanner, ecs};
//!
//! let scanner = Scanner::builder().threads(2).build()?;
//! let results = scanner.scan(["samples"])?;
//!
//! for found in results.alerts() {
//!     println!("{}: {}", found.rule().meta.level.name(), found.rule().meta.name);
//!     for event in found.events() {
//!         let text = |field| event.document.text(field).unwrap_or("-");
//!         println!("  {} {} {}", event.timestamp.rfc3339(), text(ecs::EVENT_ACTION), text(ecs::PROCESS_COMMAND_LINE));
//!     }
//! }
//!
//! // Evidence that is damaged never stops a run: what was lost is said beside what was found.
//! for fault in results.faults() {
//!     eprintln!("{}: {}", fault.input, fault.reason);
//! }
//! assert!(results.stats().adds_up(), "every record is accounted for");
//! # assert!(results.alerts().len() > 0 && !results.faults().is_empty());
//! # Ok::<(), evql::ScannerError>(())
//! ```
//!
//! `docs/examples` has whole programs: `cargo run --example scan_folder -- samples`, `run_query`, `map_to_ecs` and `test_rules`.
//!
//! # Map of the modules
//!
//! The modules stand on floors; a module imports from lower floors only. `docs/ARCHITECTURE.md` has the floors, the way of a record through them, and a
//! glossary; `tests/tidy.rs` holds what of it a test can hold.
//!
//! | to … | see |
//! |---|---|
//! | scan evidence with rules or a query | [`Scanner`], [`ScanResults`] |
//! | read event logs, and nothing more | [`source`]: records and faults, of any provider |
//! | map a Sysmon record to ECS | [`sysmon::map`]; [`event`] has the documents, [`ecs`] the fields |
//! | compile an EQL query and test it on a document | [`eql::compile`] |
//! | load rule files, and tell their authors what is wrong | [`rules`], [`diag`] |
//! | detect in events that come from elsewhere | [`detect::Detector`] |
//! | make process trees, and look up what else a process did | [`process`] |
//! | put alerts together to incidents, the most important first | [`incident`] |
//! | decode what command lines hide, and tell what is odd about an image | [`enrichment`] |
//! | look for a text in all fields of events | [`search`] |
//! | know what the evidence consists of | [`survey`], by [`pipeline::survey`](fn@pipeline::survey) |
//! | write alerts and timelines | [`report`], [`timeline`] |
//! | run all of it on all cores, with every option there is | [`pipeline`] |
//! | scan many hosts in parts, and put the parts together | [`fleet`] |
//! | make event logs for tests | [`forge`] |
//! | cut the evidence of alerts out of logs, with other names if need be | [`extract`] |
//! | test rules like a program, and know how good the tests are | [`testing`] |
//! | work with times, GUIDs, wildcards, and text that is not to be trusted | [`base`] |
//!
//! The version is below 1.0: the modules may change with any minor version, [`Scanner`] changes only where it must. What files hold that evql writes is a
//! contract (`docs/outputs.md`).

pub mod base;
pub mod detect;
pub mod diag;
pub mod ecs;
pub mod enrichment;
pub mod eql;
pub mod event;
pub mod extract;
pub mod fleet;
pub mod forge;
pub mod incident;
pub mod pipeline;
pub mod process;
pub mod report;
pub mod rules;
mod scanner;
pub mod search;
pub mod source;
pub mod survey;
pub mod sysmon;
pub mod testing;
pub mod timeline;

pub use pipeline::{GeoFolderError, geoip_files, read_geoip_folder};

// What the command line needs of a run beside the facade. Not for others: it changes without notice.
pub use scanner::{AlertView, ScanResults, Scanner, ScannerBuilder, ScannerError};
#[doc(hidden)]
pub use scanner::{AskedNames, ChosenRules, NameMistake, ScanRun};
