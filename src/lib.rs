//! evql: Elastic's EQL detection rules over collected Windows event logs, with no server.
//!
//! The modules stand on floors; a module imports from lower floors only (`docs/ARCHITECTURE.md` has the table, `tests/tidy.rs` holds it).

pub mod base;
pub mod detect;
pub mod diag;
pub mod ecs;
pub mod eql;
pub mod event;
pub mod forge;
pub mod pipeline;
pub mod process;
pub mod report;
pub mod rules;
pub mod source;
pub mod survey;
pub mod sysmon;
pub mod timeline;
