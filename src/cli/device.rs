//! Paths of outputs that are no files: devices, pipes and handles of the shell. They are written as they are.

use evql::base::windows_name;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Named pipes of Windows. To ask whether one is there would take the place of the reader that it waits for.
const PIPES_OF_WINDOWS: &[&str] = &[r"\\.\pipe\", r"\\?\pipe\"];

/// Whether a path is there and is neither a file nor a folder (a device, a pipe, a terminal), or is a handle that this process was given (`/dev/fd/3`).
pub fn is_device(path: &Path) -> bool {
    if cfg!(windows) && is_device_of_windows(path) {
        return true;
    }
    std::fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir()) || is_handle(path)
}

/// Opens one. No file can be lost there, and there is none to compare with others: to open a pipe waits for its other end.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    // What a shell has opened for others too is written behind what they write. To append to a pipe of Windows would be to make another one.
    let options = if cfg!(windows) { options.write(true) } else { options.append(true) };
    options.open(path)
}

fn is_device_of_windows(path: &Path) -> bool {
    let text = path.to_string_lossy();
    let is_pipe = |start: &&str| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    PIPES_OF_WINDOWS.iter().any(is_pipe)
        || path.file_name().is_some_and(|name| windows_name::is_null_device(&name.to_string_lossy()))
}

/// Whether a path is one of the open files of a process, which Linux shows as links: to put another file in the place of such a one would miss its reader.
fn is_handle(path: &Path) -> bool {
    let is_below_proc = |path: &Path| {
        path.parent().and_then(|folder| folder.canonicalize().ok()).is_some_and(|folder| folder.starts_with("/proc"))
    };
    is_below_proc(path) || std::fs::read_link(path).is_ok_and(|to| is_below_proc(&to))
}
