//! The path that means standard output.

use std::path::Path;

/// The names that systems have for standard output. It is written in the one way whatever it is called: opened by its name, it would be written a second time
/// from its beginning where it is a file.
const NAMES: &[&str] = &["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// Whether the path means stdout.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-" || cfg!(unix) && NAMES.iter().any(|name| path.as_os_str() == *name)
}
