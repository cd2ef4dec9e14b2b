//! The folder of a part, as it is read again.

use super::error::FleetError;
use super::manifest::{FORMAT, PartManifest};
use crate::source::sha256;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

/// The file that says what a part is of.
pub const MANIFEST: &str = "part.json";
/// Alerts as JSON lines.
pub const ALERTS: &str = "alerts.jsonl";
/// Alerts with their events, as a merge reads them.
pub const EVENTS: &str = "events.bin";
/// Faults as JSON lines.
pub const FAULTS: &str = "faults.jsonl";
/// What is known of the processes of alerts, if triage was asked for.
pub const TRIAGE: &str = "triage.bin";
/// The values of all events, if triage was asked for.
#[cfg(feature = "parquet")]
pub const VALUES: &str = "values.parquet";
/// Sightings, if a rule may join events of several hosts.
#[cfg(feature = "parquet")]
pub const SIGHTINGS: &str = "sightings.parquet";

/// A part that is there.
#[derive(Clone, Debug, PartialEq)]
pub struct PartFolder {
    /// The folder.
    pub path: PathBuf,
    /// What it is of.
    pub manifest: PartManifest,
}

impl PartFolder {
    /// Reads what a part is of.
    pub fn open(path: &Path) -> Result<Self, FleetError> {
        let no_part = |reason: String| FleetError::NoPart { path: path.to_owned(), reason };
        let text = std::fs::read_to_string(path.join(MANIFEST)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_part(format!("there is no {MANIFEST} in it")),
            _ => no_part(format!("{MANIFEST} cannot be read: {error}")),
        })?;
        let wrong = |error: serde_json::Error| no_part(format!("{MANIFEST}: {error}"));
        let value: serde_json::Value = serde_json::from_str(&text).map_err(wrong)?;
        // Told before its contents, of which another version may have others.
        if value["format"].as_u64() != Some(FORMAT.into()) {
            return Err(no_part(format!("its format is {}, and this evql reads format {FORMAT}", value["format"])));
        }
        let own = env!("CARGO_PKG_VERSION");
        if value["evql"] != own {
            return Err(no_part(format!("it was written by evql {}, and this is evql {own}", value["evql"])));
        }
        Ok(Self { path: path.to_owned(), manifest: serde_json::from_value(value).map_err(wrong)? })
    }

    /// Makes sure that its files are as they were written.
    pub fn verify(&self) -> Result<(), FleetError> {
        for (name, written) in &self.manifest.files {
            let path = self.path.join(name);
            let size = std::fs::metadata(&path).map_err(FleetError::file(&path, "it cannot be read"))?.len();
            let digest = sha256(&path).map_err(FleetError::file(&path, "it cannot be read"))?;
            if (size, &digest) != (written.size, &written.sha256) {
                let reason = format!("{name} is not as it was written");
                return Err(FleetError::NoPart { path: self.path.clone(), reason });
            }
        }
        Ok(())
    }

    /// Opens one of its files.
    pub fn open_file(&self, name: &str) -> Result<File, FleetError> {
        let path = self.path.join(name);
        File::open(&path).map_err(FleetError::file(path, "it cannot be read"))
    }

    /// Opens one of its files, to be read from front to back.
    pub fn read_file(&self, name: &str) -> Result<BufReader<File>, FleetError> {
        self.open_file(name).map(|file| BufReader::with_capacity(1 << 18, file))
    }

    /// The error that a file of it does not hold what it should.
    pub fn broken(&self, name: &str) -> impl FnOnce(io::Error) -> FleetError + use<> {
        FleetError::file(self.path.join(name), "it cannot be understood")
    }
}
