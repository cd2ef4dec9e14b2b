//! Faults: evidence that could not be read or cannot be trusted, with its place.
//!
//! A fault is data for a report, not an error that stops anything. It does not know how it will be shown: reasons may quote short pieces of
//! evidence, and whoever displays them escapes them (`base::escape`).

use std::error::Error;
use std::sync::Arc;

/// Effect of a fault on the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultSeverity {
    /// Evidence was not read: something may be missing from the findings.
    Lost,
    /// Evidence was read, but there is a reason to doubt it.
    Suspect,
    /// Something was not read that is no evidence: a file of another kind, an empty one, a device. Nothing is missing from the findings for it.
    PassedOver,
}

impl FaultSeverity {
    /// Every severity.
    pub const ALL: [Self; 3] = [Self::Lost, Self::Suspect, Self::PassedOver];

    /// A stable name for machine-readable outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Suspect => "suspect",
            Self::PassedOver => "passed-over",
        }
    }
}

/// The kinds of trouble. Their order is the order of faults at the same place of the same input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// There is nothing at the path.
    Missing,
    /// A file or folder exists but the system does not let it be read.
    Unreadable,
    /// A pipe, device or socket: never opened.
    Special,
    /// A symbolic link inside a given folder that leads outside of everything given: not followed.
    OutsideLink,
    /// A file of zero bytes.
    EmptyFile,
    /// A file that is neither an event log nor exported events.
    Foreign,
    /// A ZIP archive, or a member of one, that cannot be unpacked.
    Archive,
    /// An encrypted member of an archive, without a password that opens it.
    Encrypted,
    /// The file header of an event log is damaged.
    FileHeader,
    /// The input ends inside something that should have gone on.
    Truncated,
    /// A stored checksum does not fit the bytes.
    Checksum,
    /// A file was written to, replaced or removed while it was read.
    Changed,
    /// An event log says of itself that there is more of it: chunks or records are missing from the file.
    Incomplete,
    /// Records were hidden by a change of the log.
    Tampering,
    /// A 64 KiB chunk cannot be read, or contradicts itself.
    Chunk,
    /// Records that stand in no chunk that can be believed: what is left of broken chunks, and of older records in unused space.
    Remains,
    /// One record cannot be read.
    Record,
    /// One record has no usable time.
    Time,
    /// XML text that cannot be read.
    Xml,
    /// JSON text that cannot be read.
    Json,
    /// A temporary file that cannot be written, so that evidence was not read.
    Temporary,
}

impl FaultKind {
    /// Every kind, in order.
    pub const ALL: [Self; 21] = [
        Self::Missing,
        Self::Unreadable,
        Self::Special,
        Self::OutsideLink,
        Self::EmptyFile,
        Self::Foreign,
        Self::Archive,
        Self::Encrypted,
        Self::FileHeader,
        Self::Truncated,
        Self::Checksum,
        Self::Changed,
        Self::Incomplete,
        Self::Tampering,
        Self::Chunk,
        Self::Remains,
        Self::Record,
        Self::Time,
        Self::Xml,
        Self::Json,
        Self::Temporary,
    ];

    /// A stable name for machine-readable outputs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing-path",
            Self::Unreadable => "unreadable",
            Self::Special => "special-file",
            Self::OutsideLink => "outside-link",
            Self::EmptyFile => "empty-file",
            Self::Foreign => "foreign-file",
            Self::Archive => "archive",
            Self::Encrypted => "encrypted",
            Self::FileHeader => "file-header",
            Self::Truncated => "truncated",
            Self::Checksum => "checksum",
            Self::Changed => "changed-file",
            Self::Incomplete => "incomplete-log",
            Self::Tampering => "tampering",
            Self::Chunk => "chunk",
            Self::Remains => "remains",
            Self::Record => "record",
            Self::Time => "time",
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Temporary => "temporary-file",
        }
    }
}

/// One trouble with the evidence. Faults sort by input, offset and kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fault {
    /// The input as displayed: the path as the user gave it, or joined to a folder the user gave.
    pub input: Arc<str>,
    /// Where in the input, in bytes from its start; for XML that is not UTF-8, in bytes of its text as UTF-8.
    pub offset: Option<u64>,
    /// Kind of fault.
    pub kind: FaultKind,
    /// `EventRecordID` of the record concerned, if known.
    pub record_id: Option<u64>,
    /// Whether evidence was lost or is only in doubt.
    pub severity: FaultSeverity,
    /// Reason, in one line. May quote evidence: escape it before showing it.
    pub reason: String,
}

impl Fault {
    /// A loss somewhere in `input`.
    pub fn lost(input: &Arc<str>, kind: FaultKind, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { input: Arc::clone(input), offset: None, kind, record_id: None, severity: FaultSeverity::Lost, reason }
    }

    /// Something in the place of `input` that is no evidence.
    pub(super) fn passed_over(input: &Arc<str>, kind: FaultKind, reason: impl Into<String>) -> Self {
        Self { severity: FaultSeverity::PassedOver, ..Self::lost(input, kind, reason) }
    }

    /// A doubt about something in `input`.
    pub(super) fn suspect(input: &Arc<str>, kind: FaultKind, reason: impl Into<String>) -> Self {
        Self { severity: FaultSeverity::Suspect, ..Self::lost(input, kind, reason) }
    }

    /// Adds the place: bytes from the start of the file.
    #[must_use]
    pub fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Adds the number of the record that it concerns.
    #[must_use]
    pub(super) fn of_record(mut self, record_id: Option<u64>) -> Self {
        self.record_id = record_id;
        self
    }

    /// Whether this fault stands for exactly one record that was met and lost.
    pub fn is_record(&self) -> bool {
        self.severity == FaultSeverity::Lost
            && matches!(self.kind, FaultKind::Record | FaultKind::Time | FaultKind::Xml | FaultKind::Json)
    }
}

/// An error and all its causes in one line of at most 300 characters: errors can quote evidence at any length.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        // Transparent errors repeat the text of their cause.
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    if let Some((cut, _)) = line.char_indices().nth(LONGEST_CHAIN) {
        line.truncate(cut);
        line.push('…');
    }
    line.replace(['\r', '\n'], " ")
}

/// Characters of an error that are kept.
const LONGEST_CHAIN: usize = 300;

/// The start of a piece of evidence, short enough to quote.
pub(super) fn snippet(text: &str) -> String {
    const CHARS: usize = 40;
    match text.char_indices().nth(CHARS) {
        Some((cut, _)) => format!("'{}…'", &text[..cut]),
        None => format!("'{text}'"),
    }
}

#[cfg(test)]
mod tests;
