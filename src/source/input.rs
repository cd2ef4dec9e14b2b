//! One file with events, and how they are stored in it.
//!
//! Nothing is opened here.

use std::path::PathBuf;
use std::sync::Arc;

use encoding_rs::Encoding;

use super::archive::ArchiveMember;
use super::remains::Remains;

/// How the events of an input are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InputFormat {
    /// A Windows event log, in 64 KiB chunks.
    Evtx,
    /// Events exported as XML.
    Xml {
        /// The encoding of the text, by its byte order mark, its first bytes or its XML declaration.
        encoding: &'static Encoding,
    },
    /// ECS documents in JSON, one a line or in one array, packed with gzip or not.
    Json,
    /// Rows of EvtxECmd as CSV.
    Csv,
    /// Bytes in no order in which chunks and records of event logs stand: memory, unused space of a disk, the rest of a log that has lost its beginning.
    Image,
}

impl InputFormat {
    /// The format in a word or two, for people.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Evtx => "event log",
            Self::Xml { .. } => "XML",
            Self::Json => "JSON",
            Self::Csv => "CSV",
            Self::Image => "remains of logs",
        }
    }
}

/// One file with events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where to open it.
    pub path: PathBuf,
    /// Name in outputs: the path as the user gave it, or joined to the folder the user gave. Escape it before showing it.
    pub display: Arc<str>,
    /// Bytes it had when it was found.
    pub size: u64,
    /// How its events are stored.
    pub format: InputFormat,
    /// Which part of the file it is, if that is an archive.
    pub member: Option<ArchiveMember>,
    /// Whether remains of older logs are read from it, and the templates known for that.
    pub remains: Remains,
    /// Whether it is a file of JSON documents that stand one below the other, which is read in pieces.
    pub in_lines: bool,
}

impl Input {
    /// A log of which no more is known than where it is, what it is called and its size: it has to be looked up before it can be read.
    pub fn named(path: PathBuf, display: Arc<str>, size: u64) -> Self {
        Self {
            path,
            display,
            size,
            format: InputFormat::Evtx,
            member: None,
            remains: Remains::default(),
            in_lines: false,
        }
    }

    /// Whether it can only be read from its start, so that nothing is gained by reading parts of it on their own.
    pub(super) fn is_sequential(&self) -> bool {
        !matches!(self.format, InputFormat::Evtx | InputFormat::Image)
            || self.member.as_ref().is_some_and(|member| !member.is_plain())
    }
}
