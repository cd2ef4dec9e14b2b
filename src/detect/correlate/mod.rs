//! Candidates become alerts: an external sort, and a merge that runs sequences, samples, thresholds and new terms over what comes out of it.
//!
//! An event that some stage takes is a *candidate*. Of it a tuple is kept for each of its join keys: the key (as a digest), its host, its place in the order of
//! events and in the evidence, and the number of the *pattern* of stages that take it under this key. Tuples are sorted by key, host and order in a spool,
//! which is on disk where they are many. So the events that can meet in a sequence are neighbours:
//!
//! ```text
//! key   host    order      pattern
//! 17…   WS-01   09:01:07   {rule 3 stage 0, rule 8 stage 0}    one group: the events of one process.
//! 17…   WS-01   09:01:09   {rule 3 stage 1}                    Rule 3 has all of its stages here, and is run; rule 8 has not.
//! 5c…   WS-01   09:00:12   {rule 3 stage 0, rule 8 stage 0}    the next group
//! ```
//!
//! One key is looked at after the other, so that no more is held than the tuples of the key at hand, and the keys are shared among threads by their leading
//! bits. Most groups belong to no rule: which rules have all their stages in a group depends on its set of patterns, and few such sets are met again and again.
//! The keys of rules that join by a process mean something on one host only; what a sequence without keys takes is one group.
//!
//! This module knows neither threads nor evidence: [`Correlator::partition`] is called for each partition by whoever has threads.

mod begins;
mod candidate;
mod chain;
mod correlator;
mod found_alert;
mod group;
mod hit_template;
mod hosts;
mod limits;
mod new_terms;
mod pattern;
mod reach;
mod straddling;
mod suppress;
mod threshold;
mod window_values;
mod writer;

pub use begins::EvidenceBegins;
pub use candidate::CandidateTuple;
pub use chain::MOST_CHAINED_KEYS;
pub use correlator::{Correlated, Correlator};
pub use found_alert::{AlertEvent, FoundAlert};
pub use hit_template::{HitTemplate, joins_on_one_host};
pub use hosts::{HostNumber, HostTable};
pub use limits::{AlertsOf, KeptAlerts, keep_within_limits};
pub use pattern::{CandidateTables, PatternHit, PatternNumber};
pub use reach::{RuleReach, crosses_hosts};
pub use straddling::{Straddling, StraddlingSearch};
pub use suppress::suppressing;
pub use writer::{CandidateMark, CandidateWriter};
