//! A rule set meets events: which events are candidates, and which of them together are alerts.
//!
//! Four rooms (`prefilter` is one that `matching` goes through), in the order in which a rule set passes through them:
//!
//! 1. `compile` specialises rules to the records of one shape. What is left is a short list of conditions.
//! 2. `matching` asks these of a record, each once for a value where values repeat; `prefilter` rules most of them out by texts that they cannot do without.
//!    Both look at one event at a time, in any order and on any thread.
//! 3. `correlate` keeps a tuple of each event that some stage takes, sorts them, and runs sequences, samples, thresholds and new terms over them.
//!
//! [`Detector`] is a rule set at the entrance of all of them, and `alert_builder` makes [`Alert`]s of what comes out, once their events are at hand. Events that no stage takes are forgotten at
//! once.
//!
//! Events of different hosts never meet in a sequence that is joined by a process's entity id: such an id means something on its host only, and
//! cloned machines can share one. A rule whose keys cross hosts (a user, an address, or no key at all) sees all hosts together.
//!
//! This module does not know threads or files.

mod alert;
mod alert_builder;
mod alert_source;
mod compile;
mod correlate;
mod detector;
mod findings;
mod hit;
mod matching;
mod prefilter;
mod repeats;
mod tally;

pub use alert::{Alert, ContextEvent, Findings, MAX_SIGNALS, Unanswered};
pub use alert_builder::AlertBuilder;
pub use alert_source::{AlertOutline, AlertSource, AlertWriter, TextTaker, WantedRules};
pub use compile::{
    ConstantFields, Coverage, Explained, Explanation, Inventory, NameWatch, ShapeWatch, SoughtName, coverage, explain,
};
pub use correlate::{
    AlertEvent, AlertsOf, CandidateMark, CandidateTables, CandidateTuple, CandidateWriter, Correlated, Correlator,
    EvidenceBegins, FoundAlert, HostNumber, HostTable, KeptAlerts, MOST_CHAINED_KEYS, PatternHit, PatternNumber,
    RuleReach, Straddling, StraddlingSearch, crosses_hosts, joins_on_one_host, suppressing,
};
pub use detector::Detector;
pub use hit::{CandidateEvent, RuleHit, RuleIndex};
pub use matching::{FieldPlan, MatchContext, MatchState, ShapePlan, ValueCache};
pub use repeats::RepeatFilter;
pub use tally::{AlertTally, RepeatedAlerts};

#[cfg(test)]
mod tests;
