//! The passwords of encrypted archives: one for all, or one for each archive of a collection.

use crate::base::wildcard::{CaseSensitivity, Wildcard};

/// What opens encrypted archives. Passwords are not shown by `{:?}`.
#[derive(Clone, Default)]
pub struct ArchivePasswords {
    by_archive: Vec<(Wildcard, String)>,
    otherwise: Option<String>,
}

impl ArchivePasswords {
    /// One password for all archives.
    pub fn one(password: impl Into<String>) -> Self {
        Self { by_archive: Vec::new(), otherwise: Some(password.into()) }
    }

    /// Reads a list: CSV without a header, with a pattern for the archive's path (`*` and `?` are wildcards, case does not count, `\` is `/`) and its
    /// password. The first pattern that fits decides. The error names the line.
    pub fn read(list: &[u8]) -> Result<Self, String> {
        // Fields are taken as they are: a password may begin or end with a space.
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(list);
        let mut by_archive = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| error.to_string())?;
            let line = row.position().map_or(0, csv::Position::line);
            match row.iter().collect::<Vec<_>>()[..] {
                [pattern, password] if !pattern.is_empty() && !password.is_empty() => {
                    let pattern = Wildcard::new(&pattern.replace('\\', "/"), CaseSensitivity::Insensitive);
                    by_archive.push((pattern, password.to_owned()));
                }
                _ => return Err(format!("line {line} is not an archive and its password, with a comma in between")),
            }
        }
        Ok(Self { by_archive, otherwise: None })
    }

    /// With a password for all archives that no pattern fits.
    #[must_use]
    pub fn otherwise(self, password: Option<String>) -> Self {
        Self { otherwise: password, ..self }
    }

    /// The password of the archive at a path, if there is one.
    pub fn of(&self, path: &str) -> Option<&[u8]> {
        let path = path.replace('\\', "/");
        let listed = self.by_archive.iter().find(|(pattern, _)| pattern.matches(&path));
        listed.map(|(_, password)| password).or(self.otherwise.as_ref()).map(String::as_bytes)
    }
}

impl std::fmt::Debug for ArchivePasswords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.by_archive.len() + usize::from(self.otherwise.is_some());
        write!(f, "ArchivePasswords({count})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_pattern_that_fits_decides() {
        let list = b"*/host-1.zip,one\n\"odd, name?.zip\",\" two \"\n*.7z,three\n*host-1*,never\n";
        let passwords = ArchivePasswords::read(list).unwrap().otherwise(Some("other".to_owned()));
        for (path, password) in [
            ("evidence/host-1.zip", "one"),
            (r"evidence\HOST-1.zip", "one"),
            ("odd, name7.zip", " two "),
            ("a/b.7z", "three"),
            ("host-1.zip", "never"),
            ("else.zip", "other"),
        ] {
            assert_eq!(passwords.of(path), Some(password.as_bytes()), "{path}");
        }
        assert_eq!(format!("{passwords:?}"), "ArchivePasswords(5)");
        assert_eq!(ArchivePasswords::default().of("a.zip"), None);
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (list, line) in [("a.zip,x\nb.zip", 2), ("a.zip,", 1), (",x", 1), ("a.zip,x,y", 1)] {
            let error = ArchivePasswords::read(list.as_bytes()).unwrap_err();
            assert!(error.starts_with(&format!("line {line} ")), "{list}: {error}");
        }
        assert!(ArchivePasswords::read(b"a.zip,\xff").is_err());
    }
}
