//! Alert suppression, as a rule wants it.
//!
//! This file does not know how it is written.

use crate::base::Ticks;

/// How alerts of a rule are grouped, of which the first may stand for the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertSuppression {
    /// The fields whose values they share; none means the groups of a threshold, or all alerts of the rule.
    pub group_by: Vec<String>,
    /// How long the first of a group stands for others.
    pub duration: Ticks,
    /// Whether alerts without a field are a group too; if not, they are in none.
    pub groups_missing: bool,
}
