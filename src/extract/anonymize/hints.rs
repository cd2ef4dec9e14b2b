//! What rules look at: names, ranges of addresses and addresses that stand in their texts. These are kept, and replacements are none of them.

use crate::base::wildcard::fold;
use crate::rules::Rule;
use ipnet::IpNet;
use regex::Regex;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::LazyLock;

/// An address, or a range of them, in quotes.
static QUOTED_NETWORK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""([0-9A-Fa-f:.]{2,45}(?:/\d{1,3})?)""#).ok());

/// Texts of rules.
#[derive(Clone, Debug, Default)]
pub struct RuleHints {
    /// The texts of all queries, in the letters of `fold`.
    text: String,
    /// Ranges of addresses.
    pub ranges: Vec<IpNet>,
    /// Single addresses.
    pub addresses: BTreeSet<IpAddr>,
}

impl RuleHints {
    /// The names and addresses that these rules look at.
    pub fn new(rules: &[Rule]) -> Self {
        let mut hints = Self::default();
        for rule in rules {
            hints.text.extend(rule.source.chars().map(fold));
            hints.text.push('\n');
            let found = QUOTED_NETWORK.iter().flat_map(|network| network.captures_iter(&rule.source));
            for text in found.filter_map(|found| Some(found.get(1)?.as_str())) {
                hints.addresses.extend(text.parse::<IpAddr>());
                hints.ranges.extend(text.parse::<IpNet>());
            }
        }
        hints.ranges.sort_unstable();
        hints.ranges.dedup();
        hints
    }

    /// Whether a text, in the letters of `fold`, stands anywhere in a rule.
    pub fn contain(&self, folded: &str) -> bool {
        self.text.contains(folded)
    }

    /// Whether a DNS name stands in a rule, and not only as the end of another one.
    pub fn name(&self, folded: &str) -> bool {
        let mut found = self.text.match_indices(folded);
        found.any(|(at, _)| {
            let before = self.text[..at].chars().next_back();
            let after = self.text[at + folded.len()..].chars().next();
            let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
            !is_inside(before) && !is_inside(after)
        })
    }
}
