//! Severities.
//!
//! This file does not know what is severe.

/// How much a finding of a rule matters, in Elastic's four steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    #[default]
    Low,
    /// Worth a look.
    Medium,
    /// Worth a look now.
    High,
    /// Worth an immediate response, at any hour.
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
