//! The rule that most tests run: it is small, finds what the samples hold, and stays as it is when built-in rules are added.

use evql::rules::{RuleSet, builtin};

/// The built-in rule about registration utilities, by itself.
pub fn rules() -> RuleSet {
    builtin().only("Network Connection via Registration Utility")
}
