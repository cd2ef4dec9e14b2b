//! Archives that are read from front to back: tar, whatever gzip packs, and 7z.
//!
//! Each is passed through once, and every file in it is shown as it comes; nobody can go back. What is worth keeping is written to a temporary file without
//! a name by whoever looks ([`super::archive::ArchiveMember::kept`]), but for members of a plain tar, which stand in the file as they are. No name out of an archive
//! is ever used as a path. What the files mean is not known here.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use sevenz_rust2::{ArchiveReader, Error as SevenZipError, Password};

use super::archive::{ArchiveBytes, NEEDS_PASSWORD};

/// Bytes that are kept of an archive for each byte that it has, at most: half-empty logs pack to a hundredth, what fills disks to a thousandth and less.
const MOST_GROWTH: u64 = 256;
/// Bytes that are kept of any archive.
const ALWAYS_ALLOWED: u64 = 64 << 20;

/// Bytes that may still be kept of an archive, and of those inside of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnpackLimit(u64);

impl UnpackLimit {
    /// For an archive of so many bytes.
    pub fn of(packed: u64) -> Self {
        Self(packed.saturating_mul(MOST_GROWTH).max(ALWAYS_ALLOWED))
    }

    /// Keeps what comes, if it is not too much together with what was kept before.
    pub fn keep<T>(
        &mut self,
        bytes: &mut dyn Read,
        keep: impl FnOnce(&mut dyn Read) -> io::Result<(T, u64)>,
    ) -> Result<(T, u64), String> {
        let (kept, length) = keep(&mut bytes.take(self.0.saturating_add(1)))
            .map_err(|error| format!("it cannot be unpacked: {error}"))?;
        self.0 = self.0.checked_sub(length).ok_or_else(|| {
            format!("the archive unpacks to more than {MOST_GROWTH} times its size, as one that is made to fill a disk; unpack it first")
        })?;
        Ok((kept, length))
    }
}

/// A file in an archive, as it comes.
pub(super) struct PackedFile<'f> {
    /// Its name, which may be anything; `None` for what gzip packs without one.
    pub name: String,
    /// Where it stands in the archive and how long it is, if it stands there as it is.
    pub plain: Option<(u64, u64)>,
    /// Its bytes.
    pub bytes: &'f mut dyn Read,
}

/// Shows every file of a tar; `is_plain` if the source is the archive itself, so that places in it are places in the file.
pub(super) fn tar_files(
    source: &mut dyn Read,
    is_plain: bool,
    show: &mut dyn FnMut(PackedFile<'_>),
) -> Result<(), String> {
    let damaged = |error: io::Error| format!("it is damaged or cut short: {error}");
    let mut archive = tar::Archive::new(source);
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let kind = entry.header().entry_type();
        if !kind.is_file() && !kind.is_contiguous() && !kind.is_gnu_sparse() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let plain = (is_plain && !kind.is_gnu_sparse()).then(|| (entry.raw_file_position(), entry.size()));
        show(PackedFile { name, plain, bytes: &mut entry });
    }
    Ok(())
}

/// The text or file that gzip packs, all of its members after one another.
pub(super) fn gzip(bytes: ArchiveBytes) -> impl Read {
    MultiGzDecoder::new(BufReader::with_capacity(1 << 16, bytes))
}

/// Shows every file of a 7z archive.
pub(super) fn seven_zip_files(
    bytes: ArchiveBytes,
    password: Option<&[u8]>,
    show: &mut dyn FnMut(PackedFile<'_>),
) -> Result<(), String> {
    let given = password.map_or_else(Password::empty, |password| Password::new(&String::from_utf8_lossy(password)));
    let reason = |error: SevenZipError| match error {
        SevenZipError::MaybeBadPassword(_) if password.is_some() => {
            "the password that was given for it does not fit".to_owned()
        }
        SevenZipError::PasswordRequired | SevenZipError::MaybeBadPassword(_) => NEEDS_PASSWORD.to_owned(),
        other => format!("it is damaged, or packed in a way that evql does not know: {other}"),
    };
    let mut archive = ArchiveReader::new(bytes, given).map_err(reason)?;
    let each = |entry: &sevenz_rust2::ArchiveEntry, bytes: &mut dyn Read| {
        if !entry.is_directory() {
            show(PackedFile { name: entry.name().to_owned(), plain: None, bytes: &mut *bytes });
        }
        // What nobody has read must be passed over, for the next file comes behind it.
        io::copy(bytes, &mut io::sink())?;
        Ok(true)
    };
    archive.for_each_entries(each).map_err(reason)
}
