//! The rules that come with evql, embedded in the binary.

use super::discover::FileReport;
use super::file::parse_toml;
use super::rule::{Rule, RuleSet};

/// File name and text of each.
const FILES: &[(&str, &str)] = &[(
    "network_connection_via_registration_utility.toml",
    include_str!("builtin/network_connection_via_registration_utility.toml"),
)];

/// The built-in rules. A test holds that every embedded file loads.
pub fn builtin() -> RuleSet {
    let load = |&(name, text): &(&str, &str)| -> Option<Rule> {
        let mut rule = parse_toml(text).rule?;
        rule.origin.file = shown(name).into();
        Some(rule)
    };
    RuleSet { rules: FILES.iter().filter_map(load).collect() }
}

/// The texts of the files that the built-in rules stand in, to show places in them.
pub fn builtin_files() -> Vec<FileReport> {
    let report =
        |&(name, text): &(&str, &str)| FileReport { path: shown(name), text: text.to_owned(), diagnostics: Vec::new() };
    FILES.iter().map(report).collect()
}

/// How a file inside the binary is named.
fn shown(name: &str) -> String {
    format!("builtin/{name}")
}

#[cfg(test)]
mod tests;
