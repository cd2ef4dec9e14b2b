//! A file that is written beside its place and takes it once it is whole: whatever ends the program before (a full disk, an error, a signal that cannot be
//! caught), no file stands there that looks finished, and one that stood there before is as it was.
//!
//! ```text
//! alerts.jsonl.partial    while it is written
//! alerts.jsonl            once it is whole
//! ```
//!
//! The file is locked while it is written, so that two runs onto one output do not write into each other. This module does not know what is written.

use super::windows_name::{self, WindowsNameError};
use same_file::Handle;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// What the name of a file ends in until it is whole.
const ENDING: &str = ".partial";
/// Most bytes of a name that the ending is put behind; most file systems allow 255 in all.
const MOST_NAME: usize = 200;
/// Most symbolic links that lead from one to the next. The system's own limit is lower, and it refuses what goes in a circle.
const MOST_LINKS: usize = 64;

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PendingFileError {
    /// It is there, and may not be replaced.
    #[error("{} exists; -C replaces it", .0.display())]
    Exists(PathBuf),
    /// Part of it is there, of a run that came to no end.
    #[error("{} is what a run that was ended has left; move it away, or replace it by -C", .0.display())]
    LeftOver(PathBuf),
    /// Somebody writes it at this moment.
    #[error("{} is being written already, by another run or by this one", .0.display())]
    Busy(PathBuf),
    /// What is written to the name would be no file.
    #[error("{} {reason}; choose another name", .path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: WindowsNameError,
    },
    /// The system refuses.
    #[error("cannot write {}", .path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A file that is being written.
#[derive(Debug)]
pub struct PendingFile {
    file: File,
    /// Where it is to stand, as it was named.
    target: PathBuf,
    /// Where that is, once symbolic links are followed.
    place: PathBuf,
    /// Where it stands until then.
    path: PathBuf,
    clobber: bool,
    /// Whether nothing of it is to be left unless all of it is.
    all_or_nothing: bool,
    is_finished: bool,
}

impl PendingFile {
    /// Begins a file that is to stand at `target`, in place of one that is there if `clobber`.
    ///
    /// Where a file may be written and its folder may not, it is written in its place; [`is_in_place`](Self::is_in_place) tells.
    pub fn new(target: &Path, clobber: bool) -> Result<Self, PendingFileError> {
        let place = place_of(target);
        let name = place.file_name().filter(|_| cfg!(windows)).unwrap_or_default();
        windows_name::check(&name.to_string_lossy())
            .map_err(|reason| PendingFileError::NoFile { path: target.to_owned(), reason })?;
        let system = |source| PendingFileError::System { path: target.to_owned(), source };
        let existing = fs::symlink_metadata(&place).ok();
        let existing = match existing {
            Some(_) if !clobber => return Err(PendingFileError::Exists(target.to_owned())),
            // A file that is write-protected is not replaced either, although its folder would allow that.
            Some(data) => Some((OpenOptions::new().write(true).open(&place).map_err(system)?, data)),
            None => None,
        };
        let (file, path) = match (open_beside(target, &place, clobber), existing) {
            (Ok((file, path)), Some((_, data))) => {
                // Before anything is in it: what only its owner could read is never open to others. Where it cannot be done, it is like any new file.
                let _ = file.set_permissions(data.permissions());
                (file, path)
            }
            (Err(PendingFileError::System { source, .. }), Some((file, _))) if is_refused(&source) => {
                if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                    return Err(PendingFileError::Busy(target.to_owned()));
                }
                (file, place.clone())
            }
            (opened, _) => opened?,
        };
        let target = target.to_owned();
        Ok(Self { file, target, place, path, clobber, all_or_nothing: false, is_finished: false })
    }

    /// Has nothing left of it unless it is whole.
    #[must_use]
    pub fn all_or_nothing(mut self) -> Self {
        self.all_or_nothing = true;
        self
    }

    /// Where it is to stand, as it was named.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where it stands until then.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Whether it is written where it is to stand, since nothing can be made beside it: then a part of it cannot be told from the whole.
    pub fn is_in_place(&self) -> bool {
        self.path == self.place
    }

    /// To be called before the first byte: what stood in its place goes now, and not before, if it is written there.
    pub fn begin(&self) -> io::Result<()> {
        if self.is_in_place() { self.file.set_len(0) } else { Ok(()) }
    }

    /// Gives it its place. If that fails, the error says so, and it stays where it is.
    pub fn finish(mut self) -> io::Result<()> {
        // All of it is there, and is not lost for its name.
        self.all_or_nothing = false;
        // A disk that turns out to be full, or a server that refuses, often says so only here.
        match self.file.sync_data() {
            Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
                return Err(error);
            }
            _ => {}
        }
        if !self.is_in_place() {
            self.take_place()?;
        }
        self.is_finished = true;
        Ok(())
    }

    fn take_place(&self) -> io::Result<()> {
        if !self.clobber {
            return rename_new(&self.path, &self.place);
        }
        let Err(error) = fs::rename(&self.path, &self.place) else { return Ok(()) };
        // A file that is mounted by itself, as into a container, can be written and not replaced.
        if !self.place.is_file() || fs::copy(&self.path, &self.place).is_err() {
            return Err(error);
        }
        let _ = fs::remove_file(&self.path); // It is whole where it belongs; a second one is a nuisance at most.
        Ok(())
    }

    /// Gives it up, cut after so many bytes: what is of use of it stays. Says where, if anything does.
    pub fn give_up(self, whole: u64) -> Option<PathBuf> {
        let is_of_use = whole > 0 && !self.all_or_nothing;
        // On a full disk there may be half a line behind the last whole one.
        let _ = self.file.set_len(if is_of_use { whole } else { 0 });
        is_of_use.then(|| self.path.clone())
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        let is_empty = || self.file.metadata().is_ok_and(|data| data.len() == 0);
        if !self.is_finished && !self.is_in_place() && (self.all_or_nothing || is_empty()) {
            let _ = fs::remove_file(&self.path); // Its name says that it is a part; that it stays is a nuisance at most.
        }
    }
}

/// Where a file is written until it is whole.
pub fn partial_path(target: &Path) -> PathBuf {
    beside(&place_of(target))
}

fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or(OsStr::new("output"));
    let mut partial = name.to_owned();
    if name.len() > MOST_NAME {
        // Two outputs with long names may lie in one folder.
        partial = format!("evql-{:08x}", crc32fast::hash(name.as_encoded_bytes())).into();
    }
    partial.push(ENDING);
    place.with_file_name(partial)
}

/// Where a path leads to. Nothing needs to be there.
fn place_of(target: &Path) -> PathBuf {
    let mut place = target.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&place) else { break };
        // A relative link counts from its own folder.
        place = place.parent().map_or_else(|| next.clone(), |folder| folder.join(&next));
    }
    place
}

/// Whether the error is that nothing may be made in the folder.
fn is_refused(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

/// Opens the file beside the place of another, empty and locked.
fn open_beside(target: &Path, place: &Path, clobber: bool) -> Result<(File, PathBuf), PendingFileError> {
    let path = beside(place);
    let system = |source| PendingFileError::System { path: target.to_owned(), source };
    let busy = || PendingFileError::Busy(target.to_owned());
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(&path) {
        Ok(file) => {
            // Not every file system has locks; then a second run finds a file that is there.
            if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                return Err(busy());
            }
            Ok((file, path))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let left_over = || PendingFileError::LeftOver(path.clone());
            // A link could lead anywhere.
            if !fs::symlink_metadata(&path).is_ok_and(|data| data.is_file()) {
                return Err(left_over());
            }
            let file = options.open(&path).map_err(system)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(busy()),
                Err(TryLockError::Error(_)) => return Err(left_over()),
            }
            // The run that held the lock may have given the file its place in the meantime: then it is that run's output.
            let opened = file.try_clone().and_then(Handle::from_file).map_err(system)?;
            if Handle::from_path(&path).ok().as_ref() != Some(&opened) {
                return Err(busy());
            }
            let is_empty = file.metadata().is_ok_and(|data| data.len() == 0);
            if !is_empty && !clobber {
                return Err(left_over());
            }
            file.set_len(0).map_err(system)?;
            Ok((file, path))
        }
        Err(error) => Err(system(error)),
    }
}

/// Renames a file to a name that nothing has.
fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    let temporary = tempfile::TempPath::try_from_path(from)?;
    let Err(refused) = temporary.persist_noclobber(to) else { return Ok(()) };
    let tempfile::PathPersistError { error, path } = refused;
    // Dropped, it would be removed.
    path.keep()?;
    if error.kind() == io::ErrorKind::AlreadyExists || fs::symlink_metadata(to).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file of this name was made during the run"));
    }
    // Some file systems (exFAT) cannot do both in one step.
    fs::rename(from, to)
}

#[cfg(test)]
mod tests;
