//! The path that means standard output.

use std::path::Path;

/// Whether the path means stdout.
pub fn is_stdout(path: &Path) -> bool {
    path.as_os_str() == "-"
}
