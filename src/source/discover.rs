//! From the paths a person names to a list of inputs: every file that holds events, once, in an order that depends on nothing but the names.
//!
//! Folders are searched through all their depths. Whatever is found and not taken is named in a [`Fault`]. Symbolic links that a person names are
//! followed; links inside a folder are not, because a mounted image can have links that lead to the examiner's own disk. A link that leads outside of
//! everything given is named, one that leads inside needs no word, because the search comes to its target anyway.
//!
//! Nothing is known here about what the files hold beyond their first kilobytes.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::Encoding;
use hashbrown::HashSet;
use walkdir::WalkDir;

use super::fault::{Fault, FaultKind};
use super::sniff::{HEAD, HeaderDoubt, Verdict, tell};

/// How the events of an input are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A Windows event log, in 64 KiB chunks.
    Evtx,
    /// Events exported as XML.
    Xml {
        /// The encoding of the text, by its byte order mark, its first bytes or its XML declaration.
        encoding: &'static Encoding,
    },
    /// ECS documents in JSON, one a line or in one array, packed with gzip or not.
    Json,
}

/// One file with events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where to open it.
    pub path: PathBuf,
    /// What to call it: the path as the user gave it, or joined to the folder the user gave. Escape it before showing it.
    pub display: Arc<str>,
    /// Bytes it had when it was found.
    pub size: u64,
    /// How its events are stored.
    pub format: Format,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// The files with events, sorted by path; each file once, however many paths lead to it.
    pub inputs: Vec<Input>,
    /// Everything that was not taken, and doubts about what was; sorted.
    pub faults: Vec<Fault>,
}

/// The path that means standard input, which holds ECS documents in JSON.
pub(super) const STDIN: &str = "-";

/// Finds the files with events at and below `paths`. The path `-` is standard input.
///
/// The result does not depend on the order of `paths`, and naming a path twice changes nothing.
pub fn discover(paths: &[PathBuf]) -> Inputs {
    let mut search = Search::default();
    let mut found_stdin = false;
    let mut roots: Vec<&PathBuf> = paths.iter().collect();
    roots.sort();
    roots.dedup();
    search.roots = roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
    for root in roots {
        if root.as_os_str() == STDIN {
            found_stdin = true;
        } else {
            search.walk(root);
        }
    }
    search.files.sort_by(|left, right| left.0.cmp(&right.0));
    let mut found = Inputs { inputs: Vec::new(), faults: search.faults };
    let mut taken = HashSet::new();
    for (path, size, named) in search.files {
        let identity = path.canonicalize().unwrap_or_else(|_| path.clone());
        if taken.insert(identity) {
            take(path, size, named, &mut found);
        }
    }
    if found_stdin {
        let display = Arc::from("(standard input)");
        found.inputs.push(Input { path: PathBuf::from(STDIN), display, size: 0, format: Format::Json });
    }
    found.faults.sort();
    found.faults.dedup();
    found
}

/// A search in progress.
#[derive(Default)]
struct Search {
    /// What was given, as canonical paths.
    roots: Vec<PathBuf>,
    /// Regular files with their sizes, and whether a person named the file itself.
    files: Vec<(PathBuf, u64, bool)>,
    faults: Vec<Fault>,
}

impl Search {
    fn walk(&mut self, root: &Path) {
        for entry in WalkDir::new(root).sort_by_file_name() {
            match entry {
                // The system follows a link that the user named; others are told apart by their own type.
                Ok(entry) if entry.depth() == 0 => self.see(entry.path(), std::fs::metadata(entry.path()), true),
                Ok(entry) if entry.path_is_symlink() => self.see_link(entry.path()),
                Ok(entry) => self.see(entry.path(), entry.metadata().map_err(io::Error::from), false),
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let error = io::Error::from(error);
                    self.refuse(&path, &error);
                }
            }
        }
    }

    fn see(&mut self, path: &Path, metadata: io::Result<Metadata>, named: bool) {
        match metadata {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) if metadata.is_file() => self.files.push((path.to_owned(), metadata.len(), named)),
            Ok(_) => {
                let reason = "a pipe, device or socket; only regular files are read";
                self.faults.push(Fault::lost(&display(path), FaultKind::Special, reason));
            }
            Err(error) => self.refuse(path, &error),
        }
    }

    fn see_link(&mut self, path: &Path) {
        match path.canonicalize() {
            Ok(target) if self.roots.iter().any(|root| target.starts_with(root)) => {}
            Ok(_) => {
                let reason = "a symbolic link that leads outside of the given paths; name its target to read it";
                self.faults.push(Fault::lost(&display(path), FaultKind::OutsideLink, reason));
            }
            Err(error) => self.refuse(path, &error),
        }
    }

    fn refuse(&mut self, path: &Path, error: &io::Error) {
        let fault = if error.kind() == io::ErrorKind::NotFound {
            let reason =
                if path.is_symlink() { "a symbolic link to nothing" } else { "there is no such file or folder" };
            Fault::lost(&display(path), FaultKind::Missing, reason)
        } else {
            Fault::lost(&display(path), FaultKind::Unreadable, cause(error))
        };
        self.faults.push(fault);
    }
}

/// What the system says, without the path that the fault has anyway.
fn cause(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |code| io::Error::from_raw_os_error(code).to_string())
}

/// Opens a regular file, and takes it if it holds events.
fn take(path: PathBuf, size: u64, named: bool, found: &mut Inputs) {
    let display = display(&path);
    let head = match read_head(&path) {
        Ok(head) => head,
        Err(error) => {
            let reason = format!("the file cannot be read: {}", cause(&error));
            found.faults.push(Fault::lost(&display, FaultKind::Unreadable, reason));
            return;
        }
    };
    if head.is_empty() {
        found.faults.push(Fault::lost(&display, FaultKind::EmptyFile, "the file has no bytes"));
        return;
    }
    match tell(&head, named) {
        Verdict::Evidence(format, doubt) => {
            let reason = match doubt {
                None => None,
                Some(HeaderDoubt::Damaged) => Some((
                    FaultKind::FileHeader,
                    "the file header is damaged; the chunks after it are read all the same",
                )),
                Some(HeaderDoubt::Checksum) => {
                    Some((FaultKind::Checksum, "the checksum of the file header does not fit"))
                }
            };
            if let Some((kind, reason)) = reason {
                found.faults.push(Fault::suspect(&display, kind, reason).at(0));
            }
            found.inputs.push(Input { path, display, size, format });
        }
        Verdict::HeaderOnly => {
            let reason = format!("the file ends inside its header, after {} bytes: it holds no events", head.len());
            found.faults.push(Fault::lost(&display, FaultKind::Truncated, reason).at(head.len() as u64));
        }
        Verdict::Foreign(looks) => {
            let reason = format!("not an event log: looks like {looks}");
            found.faults.push(Fault::lost(&display, FaultKind::Foreign, reason));
        }
    }
}

fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn display(path: &Path) -> Arc<str> {
    Arc::from(path.to_string_lossy())
}

#[cfg(test)]
mod tests;
