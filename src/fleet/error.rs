//! Why a part cannot be written, or parts cannot be merged.

use crate::pipeline::RunError;
use std::io;
use std::path::PathBuf;

/// Why there is no part, or no merge.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FleetError {
    /// A file or folder cannot be read or written.
    #[error("{}: {what}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// A folder is no part.
    #[error("{} is no part: {reason}", path.display())]
    NoPart {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The folder of a part that was to be written holds something else.
    #[error("{} holds {holds}; name another folder, or remove it", path.display())]
    Taken {
        /// The folder.
        path: PathBuf,
        /// What.
        holds: String,
    },
    /// Parts that do not belong together.
    #[error("{} and {} do not belong together: {reason}", one.display(), other.display())]
    Apart {
        /// A part.
        one: PathBuf,
        /// Another one.
        other: PathBuf,
        /// What differs.
        reason: String,
    },
    /// The rules, options or key of a merge are not those of its parts.
    #[error("{0}")]
    Unlike(String),
    /// Evidence that cannot be named in a part.
    #[error("{}: a part names its evidence in UTF-8, and this name cannot be written so", .0.display())]
    Unnamed(PathBuf),
    /// Evidence that came in on standard input.
    #[error("standard input cannot be the evidence of a part: a merge reads some events of it again; name files")]
    StandardInput,
    /// Sightings are Parquet, and this evql cannot read or write it.
    #[error(
        "'{0}' may join events of several hosts, and sightings for it are kept as Parquet, which this evql was built without (cargo feature parquet)"
    )]
    SightingsWithoutParquet(String),
    /// This program cannot keep values, which triage counts.
    #[error(
        "values that are counted for triage (leave it out by --no-triage) are kept as Parquet, which this evql was built without (cargo feature parquet)"
    )]
    ValuesWithoutParquet,
    /// The run failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Something could not be kept or read again meanwhile.
    #[error("the merge cannot go on: {0}")]
    Kept(#[from] io::Error),
}

impl FleetError {
    /// The error of a file or folder.
    pub(super) fn file(path: impl Into<PathBuf>, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, what, source }
    }
}
