//! The whole way of the data, and the only threads: discover, read, map, look for candidates, remove duplicates, correlate, load what alerts show.
//!
//! # The story of a run
//!
//! [`run()`] finds the files and cuts them into *units* of sixteen chunks (`threads`). The **first pass** (`first_pass`) spreads units over a pool of threads.
//! Each thread has its own buffers and caches (`worker::ThreadState`) and shares the detector and the plans for shapes of records (`shape_plans`). A
//! `unit_visitor` is shown the records of its unit as they stand in their chunks; it
//!
//! - decides the *disposition* of each (`disposition`): mapped, filtered, or outside the window,
//! - matches rules, and keeps *candidates*: not events, but the place of each event with the stages and join keys that it matched,
//! - writes the row of a timeline, if one is wanted, into a spool that spills to disk (`spool`),
//! - and notes what duplicates and gaps are found by: a range of record numbers for each chunk (`duplicates`, `gaps`).
//!
//! The results of units (`partial_results`) are merged in any order. Then
//!
//! 1. duplicates are found, and candidates and counts are freed of them,
//! 2. the detector correlates the candidates, and what it finds goes into a spool of alerts that know where their events stand,
//! 3. the events of the alerts are read again in the order of their places (`reread`), once, into a spool that has them in the order of alerts
//!    (`alert_store`); outputs are shown a batch of alerts at a time,
//! 4. counts (`stats`), notices and faults are put in order, and all of it is the [`Outcome`].
//!
//! An output that asks more of the evidence — process trees, triage, the starts of processes — reads it once more with an observer: the [`EvidencePass`], which
//! knows the duplicates already. So a run makes two passes at most, and reads single records again only by their places. What the evidence consists of, which
//! a report says, is surveyed in the first pass (`surveying_visitor`) or, where nothing else is asked, in a pass of its own ([`survey()`]).
//!
//! # Invariants
//!
//! - All merging sorts by keys that do not depend on which thread was first: the same evidence gives the same result for any number of threads and any order
//!   of files.
//! - Records read = mapped + filtered + outside the window + duplicates + other providers + unreadable ([`Stats::adds_up`]).
//! - This module knows no terminal: progress goes to a trait ([`Progress`]), results are returned.
//! - Its files import each other downwards only: `run` is on top, `disposition` and `counts` are at the bottom.

mod alert_store;
mod alert_summary;
mod begins;
mod computers;
mod copies;
mod counts;
mod disposition;
mod documents;
mod duplicates;
mod evidence_end;
mod evidence_pass;
mod filter;
mod first_pass;
mod gaps;
mod geoip_folder;
mod held_alert;
mod hit_context;
mod join;
mod keywords;
mod options;
mod outcome;
mod part_candidates;
mod partial_results;
mod progress;
mod reread;
mod run;
mod shape_plans;
mod spool;
mod stats;
mod survey;
mod surveyed_files;
mod surveying_visitor;
mod threads;
mod timeline;
mod triage_pass;
mod unit_survey;
mod unit_visitor;
mod window;
mod worker;

pub use crate::base::spool::SpoolLimits;
pub use alert_store::AlertStore;
pub use alert_summary::{AlertSummary, RuleSummary};
pub use computers::ComputerEvents;
pub use counts::UnitTally;
pub use evidence_pass::EvidencePass;
pub use filter::EventFilter;
pub use geoip_folder::{GeoFolderError, geoip_files, read_geoip_folder};
pub use held_alert::{HeldAlert, HeldEvent, StoredEvent};
pub use hit_context::{ContextOrder, HitContext, MOST_CONTEXT, load_context};
pub use join::{InputLookup, JoinedParts};
pub use options::{AlertContents, Roles, RunOptions};
pub use outcome::{Outcome, RunError};
pub use part_candidates::PartCandidates;
pub use progress::{Progress, Silent};
pub use run::run;
pub use stats::Stats;
pub use survey::{SurveyOptions, survey};
pub use surveyed_files::file_digests;
pub use threads::spread;
pub use timeline::{SortedTimeline, TimelineOptions};
pub use window::{LengthError, TimeWindow, WindowError};
