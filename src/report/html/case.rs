//! The case: what was run over which evidence, and what could not be seen. Plain data, filled by whoever ran it.
//!
//! Texts are as they are; the page escapes them.

use crate::base::Ticks;
use crate::event::Clock;

/// The case that a report is for: everything beside the alerts. Facts that are not known are left empty, and the page has no hole for them.
#[derive(Clone, Debug, Default)]
pub struct CaseFacts {
    /// A title for the page; a plain one if empty.
    pub title: String,
    /// The command as it was typed, without secrets.
    pub command: String,
    /// When the report was made.
    pub made: Option<Ticks>,
    /// The clock that ordered the events.
    pub clock: Clock,
    /// Facts for the header, as name and value, in their order.
    pub facts: Vec<(&'static str, String)>,
    /// The first and the last time of logging among the events that were looked at.
    pub range: Option<(Ticks, Ticks)>,
    /// The files of the evidence, in their order.
    pub inputs: Vec<InputFacts>,
    /// Record numbers that are missing, and clocks that ran backwards, by host and channel.
    pub gaps: Vec<GapFacts>,
    /// Records that tell about the logs themselves: cleared, stopped, under a clock that was moved.
    pub notable: Vec<NotableFacts>,
    /// Whether the run is known, so that an empty list of what could not be seen means that all was.
    pub complete: bool,
    /// Evidence that could not be read or is in doubt.
    pub faults: Vec<FaultFacts>,
    /// Rules that could find nothing, or less than they should, by the reason.
    pub silent: Vec<SilentRules>,
    /// Sentences about anything else that keeps findings away: windows of time, filters, limits.
    pub limits: Vec<String>,
}

/// A file of the evidence.
#[derive(Clone, Debug, Default)]
pub struct InputFacts {
    /// Its path as it was given.
    pub path: String,
    /// The kind of the file, for people.
    pub kind: &'static str,
    /// Bytes.
    pub size: u64,
    /// Records in it, readable or not, if they were counted.
    pub records: Option<u64>,
    /// The first and the last time of logging in it.
    pub range: Option<(Ticks, Ticks)>,
    /// SHA-256 of the file on disk in lower-case hex, if it was asked for and could be read.
    pub sha256: Option<String>,
}

/// Something that could not be read or is in doubt.
#[derive(Clone, Debug, Default)]
pub struct FaultFacts {
    /// Where.
    pub file: String,
    /// Where in it: `offset 4096 (0x1000)`, `line 7`; may be empty.
    pub place: String,
    /// `EventRecordID`, if it is known.
    pub record: Option<u64>,
    /// A stable name of the kind.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Whether something was lost; else it was read and is in doubt.
    pub lost: bool,
}

/// Gaps in a channel of a host.
#[derive(Clone, Debug, Default)]
pub struct GapFacts {
    /// The computer's name.
    pub host: String,
    /// The channel.
    pub channel: String,
    /// The gaps, as a sentence.
    pub text: String,
}

/// A record that tells about the logs.
#[derive(Clone, Debug, Default)]
pub struct NotableFacts {
    /// When it was written.
    pub time: Ticks,
    /// The computer's name.
    pub host: String,
    /// The event in a few words, such as "log cleared".
    pub what: String,
    /// Whether it takes evidence away, such as a log that was cleared.
    pub grave: bool,
    /// The event ID, the record and what it says.
    pub facts: String,
}

/// Rules that were silent for one reason.
#[derive(Clone, Debug, Default)]
pub struct SilentRules {
    /// The reason, as the end of a sentence that begins with a number of rules.
    pub reason: String,
    /// Their names, with what more is known of each; may be empty.
    pub rules: Vec<(String, String)>,
}
