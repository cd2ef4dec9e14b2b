//! A rule set meets events: which events are candidates, and which of them together are alerts.
//!
//! It runs in two steps. [`Detector::hits`] looks at one event at a time, in any order and on any thread, and says which stages of which
//! rules it could be. [`Detector::findings`] takes all candidates, puts them in order and runs the sequences. Everything that is no candidate
//! can be forgotten between the steps, so memory follows the number of candidates.
//!
//! Events of different hosts never meet in a sequence that is joined by a process's entity id: such an id means something on its host only, and
//! cloned machines can share one. A rule whose keys cross hosts (a user, an address, or no key at all) sees all hosts together.
//!
//! This module does not know threads or files.

mod alert;
mod candidates;
mod coverage;
mod detector;
mod explain;
mod findings;
mod hit;
mod hit_template;
mod index;
mod literals;
mod plan;
mod predicate_cache;
mod rule_activity;
mod shape;
mod suppress;
mod watch;

pub use alert::{Alert, Detail, Findings, Loader, MAX_SIGNALS, Unanswered};
pub use candidates::{CandidateMark, Candidates, KeyBuffer, Pattern, Straddling};
pub use coverage::{Coverage, Inventory, coverage};
pub use detector::Detector;
pub use explain::{Explained, Explanation, explain};
pub use hit::{CandidateEvent, RuleHit, RuleIndex};
pub use plan::ConstantFields;
pub use predicate_cache::ValueCache as Memo;
pub use rule_activity::{DormantRules as Asleep, RuleActivity};
pub use shape::{FieldPlan, MatchResult, ShapePlan};
pub use watch::{NameWatch, ShapeWatch, SoughtName};

#[cfg(test)]
mod tests;
