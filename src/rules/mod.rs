//! Rule files become a rule set: metadata for people, and a query compiled by [`crate::eql`].
//!
//! A rule with a mistake is returned with its diagnostics, whose lines and columns are those of the rule file; one bad rule does not hide the others.
//! This module does not know evidence.

mod builtin;
mod file;
mod threat;

pub use builtin::builtin;
pub use file::parse_toml;
pub use threat::{Attack, Tactic, Technique, to_ecs as threat_to_ecs};

use crate::eql::Query;

/// How much a finding of a rule matters, in Elastic's four steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look now.
    High,
    /// Worth waking somebody.
    Critical,
}

impl Level {
    /// The name in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// `event.severity`, on the scale that Elastic's own alerts use (21, 47, 73, 99).
    pub const fn severity(self) -> i64 {
        match self {
            Self::Low => 21,
            Self::Medium => 47,
            Self::High => 73,
            Self::Critical => 99,
        }
    }
}

/// A rule that can run.
#[derive(Debug)]
pub struct Rule {
    /// What people are told of it.
    pub meta: Metadata,
    /// The text of the query as it stands in the rule file.
    pub source: String,
    /// The compiled query.
    pub query: Query,
}

/// What a rule says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Stable identifier, usually a UUID.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it finds and why that matters.
    pub description: String,
    /// Severity.
    pub level: Level,
    /// Risk score, 0 to 100.
    pub risk_score: f64,
    /// MITRE ATT&CK tactics and techniques.
    pub threat: Vec<Attack>,
    /// Pages to read.
    pub references: Vec<String>,
    /// Known harmless causes.
    pub false_positives: Vec<String>,
    /// The investigation guide, in Markdown.
    pub note: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Its licence.
    pub license: Option<String>,
}

/// Rules that run together, in the order of their files.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
}
