//! Arguments whose values stand in files: lists of evidence, passwords and keys.

use clap::Args;
use evql::base::{CaseKey, text_file};
use evql::source::{ArchivePasswords, Search};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The paths of a list.
#[derive(Clone, Debug, Default)]
pub struct PathList(pub Vec<PathBuf>);

/// Reads a list of paths; `-` is standard input.
pub fn path_list(file: &str) -> Result<PathList, String> {
    let mut bytes = Vec::new();
    if file == "-" { std::io::stdin().read_to_end(&mut bytes) } else { open(file)?.read_to_end(&mut bytes) }
        .map_err(|error| error.to_string())?;
    Ok(PathList(paths_in(&without_mark(bytes)?)?))
}

/// The bytes of a text in UTF-8: PowerShell puts a mark before it, or writes UTF-16. Without a mark it may be anything, as names of files are.
fn without_mark(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let is_marked = [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| bytes.starts_with(mark));
    if is_marked { text_file::decode(bytes).map(String::into_bytes) } else { Ok(bytes) }
}

/// The paths of a list: ended by NUL if any is, and otherwise one a line.
fn paths_in(list: &[u8]) -> Result<Vec<PathBuf>, String> {
    let end = if list.contains(&0) { 0 } else { b'\n' };
    let paths = list.split(|byte| *byte == end).zip(1..);
    let paths = paths.filter_map(|(path, line)| {
        let path = if end == 0 { path } else { path.strip_suffix(b"\r").unwrap_or(path) };
        (!path.is_empty()).then(|| path_of(path).ok_or_else(|| format!("line {line} is no text in UTF-8")))
    });
    paths.collect()
}

fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    #[cfg(unix)]
    let path = Some(std::os::unix::ffi::OsStrExt::from_bytes(bytes));
    #[cfg(not(unix))]
    let path = std::str::from_utf8(bytes).ok().map(OsStr::new);
    path.map(|path: &OsStr| path.into())
}

/// Reads a list of archives and their passwords.
fn passwords(file: &str) -> Result<ArchivePasswords, String> {
    let mut bytes = Vec::new();
    open(file)?.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    ArchivePasswords::read(&without_mark(bytes)?)
}

/// Reads the key of a case.
pub fn case_key(file: &str) -> Result<CaseKey, String> {
    let text = text_file::read(Path::new(file)).map_err(|error| format!("it cannot be read: {error}"))?;
    text.trim().parse().map_err(|error: evql::base::CaseKeyError| error.to_string())
}

fn open(file: &str) -> Result<std::fs::File, String> {
    std::fs::File::open(file).map_err(|error| format!("it cannot be read: {error}"))
}

/// What opens encrypted archives.
#[derive(Clone, Debug, Default, Args)]
pub struct PasswordArgs {
    /// The password of encrypted ZIP and 7z archives
    #[arg(long, value_name = "PASSWORD", help_heading = "Evidence")]
    pub archive_password: Option<String>,
    /// The passwords of encrypted archives: CSV without a header, in each line a pattern for the archive's path (* and ? are wildcards) and its password;
    /// the first that fits decides, and --archive-password is for all that none fits
    #[arg(long, value_name = "FILE", value_parser = passwords, help_heading = "Evidence")]
    pub archive_password_file: Option<ArchivePasswords>,
}

impl PasswordArgs {
    /// A search with these passwords.
    pub fn search(&self) -> Search {
        let passwords = self.archive_password_file.clone().unwrap_or_default();
        Search { passwords: passwords.otherwise(self.archive_password.clone()), ..Search::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_lines_or_nuls() {
        let read = |list: &str| paths_in(list.as_bytes()).unwrap();
        assert_eq!(read("a b\r\n\nc\n"), [PathBuf::from("a b"), PathBuf::from("c")]);
        assert_eq!(read("a\nb\0c\r\0"), [PathBuf::from("a\nb"), PathBuf::from("c\r")]);
        assert!(read("").is_empty());
    }
}
