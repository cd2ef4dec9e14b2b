//! Notices: what a reader must know to trust an answer, where nothing was found wrong with a rule's text or with a piece of evidence.
//!
//! A cap that was reached, a part of a rule that is not honoured and a field that no event has would each be invisible in a list of findings.
//! Whoever meets one records a [`Notice`]; every summary shows all of them.

/// Which kind of notice. Summaries list notices in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NoticeKind {
    /// From when to when events count, where the evidence decides it.
    Window,
    /// A limit was reached, and the answer may be incomplete for it.
    Limit,
    /// A part of a rule is not honoured, or a rule is left out.
    RulePart,
    /// Numbers that records of a log should have, no record has.
    MissingRecords,
    /// It is not sure which events are of one host.
    Host,
    /// A name that neither the mapping nor any event has is asked for.
    UnknownName,
    /// Nothing was found, and no event has a field or category that is asked for.
    NeverSet,
    /// Rules could find nothing in this evidence, whatever it tells of.
    Unanswered,
    /// A suggestion of what to do next.
    NextStep,
}

impl NoticeKind {
    /// Every kind, in the order of summaries.
    pub const ALL: [Self; 9] = [
        Self::Window,
        Self::Limit,
        Self::RulePart,
        Self::MissingRecords,
        Self::Host,
        Self::UnknownName,
        Self::NeverSet,
        Self::Unanswered,
        Self::NextStep,
    ];

    /// A stable name for machine-readable outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Limit => "limit",
            Self::RulePart => "rule-part",
            Self::MissingRecords => "missing-records",
            Self::Host => "host",
            Self::UnknownName => "unknown-name",
            Self::NeverSet => "never-set",
            Self::Unanswered => "unanswered",
            Self::NextStep => "next-step",
        }
    }
}

/// One notice about a run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Notice {
    /// Its kind.
    pub kind: NoticeKind,
    /// One sentence without a full stop. It may quote evidence: escape it before showing it.
    pub text: String,
}

impl Notice {
    /// A notice of this kind.
    pub fn new(kind: NoticeKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }
}
