//! From a rule set to what is asked of the records of one shape; and what can be said of rules before any record is seen.
//!
//! A rule is specialised twice. For an *event ID* the constants of the mapping are put in, and fields that such an event never has are empty. For a *shape*
//! the entries that its records really have decide again. Each time conditions fold, and rules that cannot hold drop out:
//!
//! ```text
//! network where host.os.type == "windows" and event.code == "3" and destination.port == 445
//! event ID 1    false: the category of such events is `process`
//! event ID 3    destination.port == 445
//! a shape of event ID 3 without an entry DestinationPort    false
//! ```

mod coverage;
mod explain;
mod plan;
mod shape;
mod watch;

pub use coverage::{Coverage, Inventory, coverage};
pub use explain::{Explained, Explanation, explain};
pub use plan::{ConstantFields, RulePlan};
pub use shape::specialise;
pub use watch::{NameWatch, ShapeWatch, SoughtName};
