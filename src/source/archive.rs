//! Collections in ZIP archives: their members are evidence like any other file, and are read without being unpacked.
//!
//! A member that is stored as it is can be read at any place; a packed or encrypted one is a stream, read from its start. Only an archive inside of another
//! one is written anywhere: to a temporary file without a name. No name out of an archive is ever used as a path, and no member is read beyond
//! the size that its archive states. What the members mean is not known here.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zip::read::{ZipFile, ZipReadOptions};
use zip::result::{ZipError, ZipResult};
use zip::{CompressionMethod, ZipArchive};

use super::head::read_head;

/// Bytes that an archive inside of an archive may have for each byte that it takes up there. What is packed already does not shrink when packed again.
const MOST_GROWTH: u64 = 16;
/// Bytes that any archive inside of an archive may have.
const ALWAYS_ALLOWED: u64 = 16 << 20;

/// The bytes of an archive, wherever they are. A clone reads on its own.
pub(super) struct ArchiveBytes {
    origin: Arc<ByteOrigin>,
    /// Where the archive begins in it, and how long it is.
    start: u64,
    length: u64,
    at: u64,
    file: Option<File>,
}

/// The file that an archive's bytes are read from.
#[derive(Debug)]
enum ByteOrigin {
    File(PathBuf),
    /// An archive that was packed in another one, or what came in on standard input. The file has no name and goes away by itself.
    Unpacked(Mutex<File>),
}

impl Clone for ArchiveBytes {
    fn clone(&self) -> Self {
        Self { origin: Arc::clone(&self.origin), start: self.start, length: self.length, at: 0, file: None }
    }
}

impl fmt::Debug for ArchiveBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} from {} on, {} bytes", self.origin, self.start, self.length)
    }
}

impl ArchiveBytes {
    /// All of a file.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let length = std::fs::metadata(path)?.len();
        Ok(Self { origin: Arc::new(ByteOrigin::File(path.to_owned())), start: 0, length, at: 0, file: None })
    }

    /// The first bytes, at most so many.
    pub fn head(&self, most: usize) -> io::Result<Vec<u8>> {
        read_head(&mut self.clone(), most)
    }

    /// A part of these bytes.
    pub fn part(&self, start: u64, length: u64) -> Self {
        let inside = self.length.saturating_sub(start);
        Self { start: self.start.saturating_add(start), length: length.min(inside), ..self.clone() }
    }
}

impl Read for ArchiveBytes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let buffer = &mut buffer[..wanted];
        // Seek and read under one lock: threads share the file, and with it its position.
        let place = SeekFrom::Start(self.start.saturating_add(self.at));
        let read = match &*self.origin {
            ByteOrigin::File(path) => {
                let file = match &mut self.file {
                    Some(file) => file,
                    none => none.insert(File::open(path)?),
                };
                file.seek(place)?;
                file.read(buffer)?
            }
            ByteOrigin::Unpacked(file) => {
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(place)?;
                file.read(buffer)?
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for ArchiveBytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a place before the start"))?;
        Ok(self.at)
    }
}

/// An archive whose directory has been read.
pub(super) struct Archive {
    zip: ZipArchive<ArchiveBytes>,
    bytes: ArchiveBytes,
    password: Option<Arc<[u8]>>,
}

/// A member as the directory of its archive describes it.
pub(super) struct Listed {
    /// Its number in the archive.
    pub index: usize,
    /// Its name, which may be anything.
    pub name: String,
    /// Bytes that it has once unpacked.
    pub size: u64,
    pub encrypted: bool,
    /// How it is packed, if that is a way that can be unpacked.
    pub method: Result<(), String>,
}

impl Archive {
    /// Reads an archive's directory.
    pub fn read(bytes: ArchiveBytes, password: Option<Arc<[u8]>>) -> Result<Self, String> {
        // The directory stands at the end of a ZIP file, and says where each member's own header is:
        //
        //   | header 0 | data 0 | header 1 | data 1 | … | directory | end record |
        let mut zip = ZipArchive::new(bytes.clone()).map_err(|error| reason(&error))?;
        if zip.has_overlapping_files().map_err(|error| reason(&error))? {
            return Err("its members overlap, as in an archive that is made to unpack without end".to_owned());
        }
        Ok(Self { zip, bytes, password })
    }

    /// The archives that stand in the file before this one: only the last of several is found from the end of the file.
    pub fn before(&self) -> Option<ArchiveBytes> {
        let start = self.zip.offset();
        Some(self.bytes.part(0, start))
            .filter(|part| part.length > 0 && part.head(4).is_ok_and(|head| head == b"PK\x03\x04"))
    }

    /// Whether several members have the same name, of which only the last can be read.
    pub fn has_hidden_members(&self) -> bool {
        self.zip.has_duplicate_names()
    }

    /// Its files, sorted by name.
    pub fn members(&self) -> Vec<Listed> {
        let mut members: Vec<Listed> = (0..self.zip.len()).filter_map(|index| self.listed(index)).collect();
        members.sort_by(|left, right| (&left.name, left.index).cmp(&(&right.name, right.index)));
        members
    }

    fn listed(&self, index: usize) -> Option<Listed> {
        let entry = self.zip.by_index_data(index).ok()?;
        if entry.is_dir() {
            return None;
        }
        let name = entry.name().map_or_else(|_| String::from_utf8_lossy(entry.name_raw()).into_owned(), Into::into);
        let method = match entry.compression() {
            CompressionMethod::Stored | CompressionMethod::Deflated | CompressionMethod::Deflate64 => Ok(()),
            other => Err(other.to_string()),
        };
        Some(Listed { index, name, size: entry.size(), encrypted: entry.encrypted(), method })
    }

    /// Whether encrypted members can be tried.
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// The first bytes of a member: at most so many.
    pub fn head(&self, index: usize, most: usize) -> Result<Vec<u8>, String> {
        let mut zip = self.zip.clone();
        let mut member = open(&mut zip, index, self.password.as_deref()).map_err(|error| reason(&error))?;
        read_head(&mut member, most).map_err(|error| error.to_string())
    }

    /// A member to read later.
    pub fn member(&self, index: usize) -> ArchiveMember {
        let plain = self.plain(index);
        ArchiveMember(Arc::new(Inner { zip: Some(self.zip.clone()), index, password: self.password.clone(), plain }))
    }

    /// The bytes of a member that is stored as it is.
    fn plain(&self, index: usize) -> Option<ArchiveBytes> {
        let entry = self.zip.by_index_data(index).ok()?;
        // A stored member is a range of the archive's own bytes. Units of it are then read at any place, by several threads, with nothing unpacked.
        if entry.encrypted() || entry.compression() != CompressionMethod::Stored {
            return None;
        }
        let size = entry.size();
        let mut zip = self.zip.clone();
        let start = zip.by_index_raw(index).ok()?.data_start()?;
        Some(self.bytes.part(start, size)).filter(|part| part.length == size)
    }

    /// The bytes of a member that is an archive itself: where they stand, or in a temporary file.
    pub fn inner(&self, listed: &Listed) -> Result<ArchiveBytes, String> {
        if let Some(bytes) = self.plain(listed.index) {
            return Ok(bytes);
        }
        let entry = self.zip.by_index_data(listed.index).map_err(|error| reason(&error))?;
        // Both sizes are the archive's own words, but no member is read beyond the one that is compared here.
        let most = entry.compressed_size().saturating_mul(MOST_GROWTH).max(ALWAYS_ALLOWED);
        if listed.size > most {
            return Err(format!(
                "it unpacks to {} bytes from {}, as an archive that is made to fill a disk",
                listed.size,
                entry.compressed_size()
            ));
        }
        let mut zip = self.zip.clone();
        let mut member = open(&mut zip, listed.index, self.password.as_deref()).map_err(|error| reason(&error))?;
        let (kept, _) = ArchiveMember::kept(&mut member, listed.index)
            .map_err(|error| format!("it cannot be unpacked: {error}"))?;
        kept.plain().ok_or_else(|| "it cannot be unpacked".to_owned())
    }
}

/// A file inside of an archive.
#[derive(Clone)]
pub struct ArchiveMember(Arc<Inner>);

struct Inner {
    /// `None` if it is in none: see [`ArchiveMember::kept`].
    zip: Option<ZipArchive<ArchiveBytes>>,
    index: usize,
    password: Option<Arc<[u8]>>,
    plain: Option<ArchiveBytes>,
}

impl fmt::Debug for ArchiveMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "member {} of an archive", self.0.index)
    }
}

/// Members are the same if they have the same number: which archive they are of, the name of their input tells.
impl PartialEq for ArchiveMember {
    fn eq(&self, other: &Self) -> bool {
        self.0.index == other.0.index
    }
}

impl Eq for ArchiveMember {}

impl ArchiveMember {
    /// Copies a stream to a temporary file without a name, to be read at any place, and gives its length in bytes. The number tells it apart from
    /// others of its archive.
    pub(super) fn kept(stream: &mut dyn Read, number: usize) -> io::Result<(Self, u64)> {
        let mut file = tempfile::tempfile()
            .map_err(|error| io::Error::other(format!("no temporary file can be made: {error}")))?;
        let length = io::copy(stream, &mut file)?;
        let origin = Arc::new(ByteOrigin::Unpacked(Mutex::new(file)));
        let plain = Some(ArchiveBytes { origin, start: 0, length, at: 0, file: None });
        Ok((Self(Arc::new(Inner { zip: None, index: number, password: None, plain })), length))
    }

    /// A file that stands in another one as it is.
    pub(super) fn part(bytes: ArchiveBytes, number: usize) -> Self {
        Self(Arc::new(Inner { zip: None, index: number, password: None, plain: Some(bytes) }))
    }

    /// The bytes, if they can be read at any place.
    pub(super) fn plain(&self) -> Option<ArchiveBytes> {
        self.0.plain.clone()
    }

    /// Whether the member is stored as it is.
    pub(super) fn is_plain(&self) -> bool {
        self.0.plain.is_some()
    }

    /// Unpacks the member from its start. A checksum that does not fit is an error at the end.
    pub(super) fn stream<T>(&self, read: impl FnOnce(&mut dyn Read) -> T) -> Result<T, String> {
        let Some(mut zip) = self.0.zip.clone() else { return Err("it is in no archive".to_owned()) };
        let mut member = open(&mut zip, self.0.index, self.0.password.as_deref()).map_err(|error| reason(&error))?;
        Ok(read(&mut member))
    }
}

fn open<'z>(
    zip: &'z mut ZipArchive<ArchiveBytes>,
    index: usize,
    password: Option<&[u8]>,
) -> ZipResult<ZipFile<'z, ArchiveBytes>> {
    let encrypted = zip.by_index_data(index)?.encrypted();
    zip.by_index_with_options(index, ZipReadOptions::new().password(password.filter(|_| encrypted)))
}

/// Whether reading failed at the end of a member because its checksum, and nothing else, was wrong.
pub(super) fn is_checksum(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData && error.to_string() == "Invalid checksum"
}

/// The cause of an error, worded to follow the name of the archive.
fn reason(error: &ZipError) -> String {
    match error {
        ZipError::InvalidPassword => "the password that was given for it does not fit".to_owned(),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => NEEDS_PASSWORD.to_owned(),
        ZipError::InvalidArchive(what) => format!("it is damaged or cut short: {what}"),
        ZipError::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// Reason for passing over an encrypted member, with its remedy.
pub(super) const NEEDS_PASSWORD: &str =
    "it is encrypted; give the password by --archive-password or --archive-password-file";
