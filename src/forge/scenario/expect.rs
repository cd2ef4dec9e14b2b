//! Expected findings of a scenario.

use serde::Deserialize;

/// The findings that a scan of a scenario's files must give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Whether it is said that there must be no alert, which makes a scenario without one a test (`evql test`).
    #[serde(default)]
    pub none: bool,
    /// The alerts, in any order.
    #[serde(default, rename = "alert")]
    pub alerts: Vec<ExpectedAlert>,
    /// The faults that must be reported.
    #[serde(default, rename = "fault")]
    pub faults: Vec<ExpectedFault>,
}

/// One alert that must be raised.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAlert {
    /// Name of the rule.
    pub rule: String,
    /// The host the records come from.
    pub host: String,
    /// `EventRecordID`s of the events, in the order of the sequence's stages.
    pub records: Vec<u64>,
    /// The order of events under which it is raised.
    #[serde(default)]
    pub clock: ExpectedClock,
}

/// The order of events under which an alert is expected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExpectedClock {
    /// Under either order.
    #[default]
    Both,
    /// Only by the time and number of logging (the default of a scan).
    Logged,
    /// Only by Sysmon's `UtcTime` (`--clock utc`).
    Utc,
}

/// Damage that must be reported.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFault {
    /// The damaged file.
    pub file: String,
    /// The damaged chunk, counted from 0, if the fault is one chunk's.
    #[serde(default)]
    pub chunk: Option<usize>,
    /// `EventRecordID`s of the records that cannot be read any more.
    #[serde(default)]
    pub lost: Vec<u64>,
}
