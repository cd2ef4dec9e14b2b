//! Whether files stayed as they were found until they were read to their ends.
//!
//! Evidence is read at the size that it had at the start, in no certain order. A log that is still written to, or a file that is replaced meanwhile, gives a
//! mixture of two states without a broken byte. This module compares sizes, times of writing and first bytes; it does not know what files hold.

use super::fault::{Fault, FaultKind};
use super::input::Input;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Bytes from the start of a file that are compared: all of an event log's header that means anything.
const HEAD: u64 = 128;

/// Files as they were when they were found.
#[derive(Debug, Default)]
pub struct FileStates(Vec<(PathBuf, Arc<str>, FileState)>);

/// A file at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FileState {
    size: u64,
    /// `None` where the system does not say.
    written: Option<SystemTime>,
    head: Vec<u8>,
}

impl FileState {
    fn of(path: &PathBuf) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata: Metadata = file.metadata()?;
        let mut head = Vec::new();
        file.take(HEAD).read_to_end(&mut head)?;
        Ok(Self { size: metadata.len(), written: metadata.modified().ok(), head })
    }
}

impl FileStates {
    /// Looks at the files of all inputs, each once. Those that cannot be opened are a matter of whoever reads them.
    pub fn of(inputs: &[Input]) -> Self {
        let mut states: Vec<(PathBuf, Arc<str>, FileState)> = Vec::new();
        for input in inputs.iter().filter(|input| input.path.is_file()) {
            if states.last().is_some_and(|(path, ..)| *path == input.path) {
                continue;
            }
            if let Ok(mut state) = FileState::of(&input.path) {
                let display = if input.member.is_some() {
                    input.path.to_string_lossy().into()
                } else {
                    // It may have changed between the search and now.
                    state.size = input.size;
                    Arc::clone(&input.display)
                };
                states.push((input.path.clone(), display, state));
            }
        }
        Self(states)
    }

    /// A fault for each file that is not as it was.
    pub fn changes(&self) -> Vec<Fault> {
        let change = |(path, display, before): &(PathBuf, Arc<str>, FileState)| {
            let now = match FileState::of(path) {
                Ok(now) => now,
                Err(error) => {
                    let what =
                        if error.kind() == io::ErrorKind::NotFound { "went away" } else { "can no longer be opened" };
                    let reason = format!("the file {what} while it was read: {error}");
                    return Some(Fault::lost(display, FaultKind::Changed, reason));
                }
            };
            let (from, to) = (before.size, now.size);
            if to > from {
                let reason = format!(
                    "the file grew from {from} to {to} bytes while it was read: only the first {from} were looked at"
                );
                return Some(Fault::lost(display, FaultKind::Changed, reason).at(from));
            }
            if to < from {
                let reason = format!("the file shrank from {from} to {to} bytes while it was read");
                return Some(Fault::lost(display, FaultKind::Changed, reason).at(to));
            }
            let what = match (now.head == before.head, now.written == before.written) {
                (true, true) => return None,
                (false, _) => "its first bytes are not those that it began with",
                (true, false) => "its time of writing is not the one that it had",
            };
            let reason = format!(
                "the file was written to or replaced while it was read: {what}, so what was read of it may be of two states"
            );
            Some(Fault::suspect(display, FaultKind::Changed, reason))
        };
        self.0.iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests;
