//! The rules that come with evql, embedded in the binary.

use super::file::parse_toml;
use super::rule::{Rule, RuleSet};

/// File name and text of each.
const FILES: &[(&str, &str)] = &[(
    "network_connection_via_registration_utility.toml",
    include_str!("builtin/network_connection_via_registration_utility.toml"),
)];

/// The built-in rules. A test holds that every embedded file loads.
pub fn builtin() -> RuleSet {
    let load = |&(_, text): &(&str, &str)| -> Option<Rule> { parse_toml(text).rule };
    RuleSet { rules: FILES.iter().filter_map(load).collect() }
}

#[cfg(test)]
mod tests;
