//! Ctrl-C, and the signals by which a system ends programs (SIGTERM, SIGHUP): the run ends at once, what was written ends with a complete line, and a file that nothing was written to is not left behind.
//!
//! An empty file of findings would say that nothing was found. Most temporary files have no names and go away with the process;
//! the others are removed.
//! This module does not know what is written.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The exit code that scripts expect of an interrupted program.
const EXIT_CODE: i32 = 130;
/// How long an active writer has to end its line. One whose output nobody reads may never do so.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often the removal of a folder is tried that somebody still writes to.
const MOST_TRIES: u32 = 100;
/// Bytes that are gathered before they are written.
const BLOCK: usize = 1 << 18;
/// Bytes that are gathered where a person may be waiting.
const BLOCK_FOR_PEOPLE: usize = 1 << 13;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Files under names of their own that are to go away if the run is interrupted.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
static OUTPUTS: Mutex<Vec<OpenOutput>> = Mutex::new(Vec::new());

/// An output that is open.
struct OpenOutput {
    place: OutputPlace,
    has_begun: bool,
}

/// Where an output goes.
#[derive(Clone, PartialEq, Eq)]
enum OutputPlace {
    Stdout,
    /// A device, or another thing that stays where it is.
    Device(PathBuf),
    /// A file, which stands at `part` until it is whole.
    File {
        part: PathBuf,
        target: PathBuf,
    },
}

impl OutputPlace {
    /// What a person calls it.
    fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Stdout => "the output".into(),
            Self::Device(path) | Self::File { target: path, .. } => path.to_string_lossy(),
        }
    }
}

fn outputs() -> MutexGuard<'static, Vec<OpenOutput>> {
    OUTPUTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes Ctrl-C over, and what a shutdown, a time limit or a closed terminal sends. Without a handler each still ends the run, by the signal itself.
///
/// Who starts a long run by `nohup` wants it to outlive the terminal, and a handler for all of these signals would end it with the terminal: then none is
/// taken over.
pub fn install() {
    if ctrlc::try_set_handler(end_run).is_err() && !is_hangup_ignored() {
        // Only Ctrl-C is ignored, as by a shell for what it starts in the background.
        let _ = ctrlc::set_handler(end_run);
    }
}

/// Whether the end of the terminal is nothing to this process. Where the system does not say, it may be so.
fn is_hangup_ignored() -> bool {
    const HANGUP: u64 = 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & HANGUP != 0)
}

/// Ends the run, or has the writer that is active end it.
fn end_run() {
    // A second Ctrl-C does not wait for the writer.
    let again = INTERRUPTED.swap(true, Ordering::SeqCst);
    // Nothing can begin to be written while this is held, and if nothing is being written it is held until the end.
    let outputs = outputs();
    if !again && outputs.iter().any(|output| output.has_begun) {
        // The writer sees the flag at its next write and ends the process itself, at the end of a line. It needs the lock for that.
        drop(outputs);
        std::thread::sleep(PATIENCE);
    } else {
        remove_untouched(&outputs);
        if !again {
            let waiting: Vec<_> = outputs.iter().map(|output| output.place.name()).collect();
            let none = if waiting.is_empty() {
                String::new()
            } else {
                format!("; nothing was written of {}", waiting.join(" and "))
            };
            say_before_end(format!("interrupted{none}"));
        }
    }
    std::process::exit(EXIT_CODE);
}

/// Says something, unless nobody takes it: a full pipe must not keep the run from ending.
fn say_before_end(text: String) {
    let said = std::thread::spawn(move || say(&text));
    let begin = Instant::now();
    while !said.is_finished() && begin.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn say(text: &str) {
    let _ = writeln!(anstream::stderr(), "evql: {}", evql::base::escape::terminal(text));
}

/// Makes a file, or a folder with what is written to it, that is removed if the run is interrupted; `path` says which it is, if any.
pub fn make_temporary<T, E>(
    begin: impl FnOnce() -> Result<T, E>,
    path: impl FnOnce(&T) -> Option<PathBuf>,
) -> Result<T, E> {
    // Held while it is made, so that no signal comes between: whoever removes these files waits.
    let mut temporaries = temporaries();
    let made = begin()?;
    temporaries.extend(path(&made));
    Ok(made)
}

fn temporaries() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets a file stay, however the run ends.
pub fn let_stay(path: &Path) {
    temporaries().retain(|other| other != path);
}

/// Removes the files that nothing was written to, and those that were to be complete under another name.
fn remove_untouched(outputs: &[OpenOutput]) {
    for path in temporaries().drain(..) {
        // A thread that still writes may put a file into a folder while it is removed. What is left even so has a name that nobody knows.
        let mut tries = 0..MOST_TRIES;
        while path.symlink_metadata().is_ok() && tries.next().is_some() {
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }
    for output in outputs.iter().filter(|output| !output.has_begun) {
        let OutputPlace::File { part, target } = &output.place else { continue };
        let is_empty_file = std::fs::symlink_metadata(part).is_ok_and(|data| data.is_file() && data.len() == 0);
        // Where it is written in its place, the file was there before.
        if is_empty_file && part != target {
            let _ = std::fs::remove_file(part); // It is empty; that it stays is a nuisance at most.
        }
    }
}

/// Forgets an output that is complete, or will never be.
fn forget(place: &OutputPlace) {
    outputs().retain(|output| output.place != *place);
}

/// Writes to a file or to stdout in large blocks, and ends with a complete line if the run is interrupted.
pub struct LineWriter {
    out: Box<dyn Write + Send>,
    place: OutputPlace,
    pending: Vec<u8>,
    has_begun: bool,
    /// Whether a part of it is of no use to anybody.
    all_or_nothing: bool,
    /// Bytes that are gathered before they are written.
    block: usize,
    /// Bytes that were written and end with a complete line.
    whole: u64,
}

impl LineWriter {
    fn new(out: Box<dyn Write + Send>, place: OutputPlace) -> Self {
        outputs().push(OpenOutput { place: place.clone(), has_begun: false });
        Self { out, place, pending: Vec::new(), has_begun: false, all_or_nothing: false, block: BLOCK, whole: 0 }
    }

    /// Writes to stdout.
    pub fn to_stdout() -> Self {
        Self::new(Box::new(io::stdout()), OutputPlace::Stdout)
    }

    /// Writes for people to stdout, in colours if these are wanted there.
    pub fn to_people() -> Self {
        let mut writer = Self::new(Box::new(anstream::stdout()), OutputPlace::Stdout);
        writer.block = BLOCK_FOR_PEOPLE;
        writer
    }

    /// Writes to a device or a pipe.
    pub fn to_device(device: File, path: &Path) -> Self {
        Self::new(Box::new(device), OutputPlace::Device(path.to_owned()))
    }

    /// Writes to a file that stands at `part` and is to stand at `target`.
    pub fn to_file(file: File, part: &Path, target: &Path) -> Self {
        Self::new(Box::new(file), OutputPlace::File { part: part.to_owned(), target: target.to_owned() })
    }

    /// Marks a file that has no lines and is useless without its end: if the run is interrupted, it is removed.
    pub fn all_or_nothing(mut self) -> Self {
        self.all_or_nothing = true;
        self
    }

    /// How many bytes were written up to the end of a line, whatever came behind it.
    pub fn whole(&self) -> u64 {
        self.whole
    }

    /// Notes that something is written from now on.
    fn begin(&mut self) {
        if !self.has_begun {
            self.has_begun = true;
            outputs().iter_mut().filter(|output| output.place == self.place).for_each(|output| output.has_begun = true);
        }
    }

    /// Writes what has been gathered, and bytes behind it; together they end with a complete line.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.out.write_all(&pending)?;
        self.out.write_all(bytes)?;
        self.whole += (pending.len() + bytes.len()) as u64;
        // The same memory is gathered into again.
        self.pending = pending;
        self.pending.clear();
        Ok(())
    }

    /// Ends the last complete line, and the process.
    fn end(&mut self) -> ! {
        if let (true, OutputPlace::File { part, .. }) = (self.all_or_nothing, &self.place) {
            let removed = std::fs::remove_file(part).is_ok();
            self.leave(if removed { "was not complete and is removed" } else { "is incomplete" });
        }
        // Half a line of JSON or CSV would be an error in every reader; the whole lines before it are good.
        let complete =
            if self.all_or_nothing { 0 } else { memchr::memrchr(b'\n', &self.pending).map_or(0, |at| at + 1) };
        let written = self.out.write_all(&self.pending[..complete]).and_then(|()| self.out.flush());
        match &self.place {
            OutputPlace::File { part, target } if written.is_ok() && part != target => {
                self.leave(&format!("is incomplete: {} ends with its last complete line", part.display()))
            }
            _ if written.is_ok() && !self.all_or_nothing => self.leave("ends with its last complete line"),
            _ => self.leave("is incomplete"),
        }
    }

    /// Says what state the output is in, and ends the process.
    fn leave(&self, state: &str) -> ! {
        say(&format!("interrupted; {} {state}", self.place.name()));
        remove_untouched(&outputs());
        std::process::exit(EXIT_CODE);
    }
}

impl Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin();
        if INTERRUPTED.load(Ordering::SeqCst) {
            self.end();
        }
        match memchr::memrchr(b'\n', bytes) {
            _ if self.all_or_nothing && self.pending.len() + bytes.len() > self.block => {
                self.put(bytes)?;
            }
            // Only whole lines leave the buffer, so that the file ends in one whenever the process does.
            Some(at) if self.pending.len() + bytes.len() > self.block => {
                self.put(&bytes[..=at])?;
                self.pending.extend_from_slice(&bytes[at + 1..]);
            }
            _ => self.pending.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.begin();
        self.put(&[])?;
        self.out.flush()
    }
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        forget(&self.place);
    }
}
