//! From the paths a person names to a list of inputs: every file that holds events, once, in an order that depends on nothing but the names.
//!
//! Folders are searched through all their depths. Whatever is found and not taken is named in a [`Fault`]. Symbolic links that a person names are
//! followed; links inside a folder are not, because a mounted image can have links that lead to the examiner's own disk. A link that leads outside of
//! everything given is named, one that leads inside needs no word, because the search comes to its target anyway.
//!
//! An archive is searched as a folder is; its members are called `archive.zip!/name`.
//!
//! Nothing is known here about what the files hold beyond their first kilobytes.

use std::cmp::Ordering;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hashbrown::HashSet;
use walkdir::WalkDir;

use super::archive::{Archive, ArchiveBytes, ArchiveMember, Listed, NEEDS_PASSWORD};
use super::carve::{self, holds_log};
use super::fault::{Fault, FaultKind};
use super::format::{CHUNK_HEADER, CHUNK_MAGIC, chunk_offset};
use super::head;
use super::input::{Input, InputFormat};
use super::lines;
use super::packed::{PackedFile, UnpackLimit, gzip, seven_zip_files, tar_files};
use super::passwords::ArchivePasswords;
use super::remains::Remains;
use super::sniff::{Container, FileVerdict, HEAD, HeaderDoubt, tell};

/// How to search.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// For encrypted members of archives.
    pub passwords: ArchivePasswords,
    /// Whether to look for what is left of logs: in files of any kind, and in the unused space of logs.
    pub carve: bool,
    /// Files that stand in a list: they are searched for beside the given paths, and treated as if they had been found in a folder.
    pub listed: Vec<PathBuf>,
    /// Whether archives are passed over without a word: what is in them takes long to learn.
    pub skip_archives: bool,
}

/// Result of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiscoveredInputs {
    /// The files with events, sorted by path; each file once, however many paths lead to it.
    pub inputs: Vec<Input>,
    /// Everything that was not taken, and doubts about what was; sorted.
    pub faults: Vec<Fault>,
}

/// The path that means standard input.
pub(super) const STDIN: &str = "-";

/// Finds the files with events at and below `paths`. The path `-` is standard input.
///
/// The result does not depend on the order of `paths`, and naming a path twice changes nothing.
pub fn discover(paths: &[PathBuf], how: &Search) -> DiscoveredInputs {
    discover_beside(paths, how, &[])
}

/// Finds the files with events at and below `paths`, but for those that are written at the same time: `outputs`, in canonical form.
pub fn discover_beside(paths: &[PathBuf], how: &Search, outputs: &[PathBuf]) -> DiscoveredInputs {
    let mut search = FolderWalk::default();
    let mut found_stdin = false;
    let mut roots: Vec<&PathBuf> = paths.iter().collect();
    roots.sort_by(|left, right| by_name(left, right));
    roots.dedup_by(|left, right| left.as_os_str() == right.as_os_str());
    search.roots = roots.iter().filter_map(|root| root.canonicalize().ok()).collect();
    for root in roots {
        if root.as_os_str() == STDIN {
            found_stdin = true;
        } else {
            search.walk(root);
        }
    }
    for path in &how.listed {
        search.see_listed(path);
    }
    // Numbers of inputs follow this order, and the order of events of the same time follows those: it may depend on nothing but the names.
    search.files.sort_by(|left, right| by_name(&left.0, &right.0));
    let mut found = DiscoveredInputs { inputs: Vec::new(), faults: search.faults };
    let mut taken = HashSet::new();
    let mut take = Take {
        passwords: &how.passwords,
        carve: how.carve,
        skip_archives: how.skip_archives,
        remains: Remains::new(how.carve),
        found: &mut found,
    };
    for (path, size, named) in search.files {
        // Several paths may lead to one file: a folder and a file in it, two links. It is read once, under the first of its names.
        let identity = path.canonicalize().unwrap_or_else(|_| path.clone());
        if !outputs.contains(&identity) && taken.insert(identity) {
            take.file(path, size, named);
        }
    }
    if found_stdin {
        take.stdin();
    }
    found.faults.sort();
    found.faults.dedup();
    found
}

/// The order of paths. On Windows, paths with `/` and with `\` are equal to each other; which of them a file is called by must not depend on which came first.
fn by_name(left: &Path, right: &Path) -> Ordering {
    left.cmp(right).then_with(|| left.as_os_str().cmp(right.as_os_str()))
}

/// A search in progress.
#[derive(Default)]
struct FolderWalk {
    /// The given paths, in canonical form.
    roots: Vec<PathBuf>,
    /// Regular files with their sizes, and whether a person named the file itself.
    files: Vec<(PathBuf, u64, bool)>,
    faults: Vec<Fault>,
}

impl FolderWalk {
    fn walk(&mut self, root: &Path) {
        for entry in WalkDir::new(root).sort_by_file_name() {
            match entry {
                // The system follows a link that the user named; others are told apart by their own type.
                Ok(entry) if entry.depth() == 0 => self.see(entry.path(), std::fs::metadata(entry.path()), true),
                Ok(entry) if entry.path_is_symlink() => self.see_link(entry.path()),
                // Asked of the file itself: what Windows keeps of it in the folder is the size at which it was closed last, and a log is open as long as the
                // host runs.
                Ok(entry) => self.see(entry.path(), entry.path().symlink_metadata(), false),
                Err(error) => {
                    let path = error.path().unwrap_or(root).to_owned();
                    let error = io::Error::from(error);
                    self.refuse(&path, &error);
                }
            }
        }
    }

    /// Takes a file that a list names. A folder in a list is searched as any other.
    fn see_listed(&mut self, path: &Path) {
        match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => self.see_link(path),
            Ok(metadata) if metadata.is_dir() => self.walk(path),
            metadata => self.see(path, metadata, false),
        }
    }

    fn see(&mut self, path: &Path, metadata: io::Result<Metadata>, named: bool) {
        match metadata {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(metadata) if metadata.is_file() => self.files.push((path.to_owned(), metadata.len(), named)),
            Ok(_) => {
                let reason = "a pipe, device or socket; only regular files are read";
                self.faults.push(Fault::passed_over(&display(path), FaultKind::Special, reason));
            }
            Err(error) => self.refuse(path, &error),
        }
    }

    fn see_link(&mut self, path: &Path) {
        match path.canonicalize() {
            Ok(target) if self.roots.iter().any(|root| target.starts_with(root)) => {}
            Ok(_) => {
                let reason = "a symbolic link that leads outside of the given paths; name its target to read it";
                self.faults.push(Fault::passed_over(&display(path), FaultKind::OutsideLink, reason));
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

/// The message of the system, without the path that the fault has anyway.
fn cause(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |code| io::Error::from_raw_os_error(code).to_string())
}

/// Takes what holds events.
struct Take<'t> {
    /// For encrypted members of archives.
    passwords: &'t ArchivePasswords,
    /// Whether what is left of logs is wanted.
    carve: bool,
    skip_archives: bool,
    remains: Remains,
    found: &'t mut DiscoveredInputs,
}

impl Take<'_> {
    /// Opens a regular file, and takes it if it holds events.
    fn file(&mut self, path: PathBuf, size: u64, named: bool) {
        let display = display(&path);
        let head = match read_head(&path) {
            Ok(head) => head,
            Err(error) => {
                let reason = format!("the file cannot be read: {}", cause(&error));
                return self.found.faults.push(Fault::lost(&display, FaultKind::Unreadable, reason));
            }
        };
        match self.judge(&head, &display, named) {
            Some(FileContent::Events(format)) => {
                self.input(path, display, size, format, None);
                if let Some(input) = self.found.inputs.last_mut().filter(|_| format == InputFormat::Json) {
                    input.in_lines = lines::is_in_lines(&head, size);
                }
            }
            Some(FileContent::Archive(_)) if self.skip_archives => {}
            Some(FileContent::Archive(container)) => match ArchiveBytes::of_file(&path) {
                Ok(bytes) => Unpacking::new(&path, self, size).open(container, bytes, &display, 1),
                Err(error) => self.found.refuse_archive(&display, &cause(&error)),
            },
            Some(FileContent::Unknown(unknown)) => {
                let holds = File::open(&path).and_then(|mut file| self.holds_log(&unknown, &mut file));
                if self.settle(&unknown, &display, holds) {
                    self.input(path, display, size, InputFormat::Image, None);
                }
            }
            None => {}
        }
    }

    /// Takes standard input, told by its content as a file is. It is kept in a temporary file without a name: logs and archives are read at any place of
    /// them, and most outputs need a second look.
    fn stdin(&mut self) {
        let display: Arc<str> = Arc::from("(standard input)");
        let mut lose = |error: &dyn std::fmt::Display| {
            let reason = format!("it cannot be kept to be read: {error}");
            self.found.faults.push(Fault::lost(&display, FaultKind::Unreadable, reason));
        };
        let (member, size) = match ArchiveMember::kept(&mut io::stdin().lock(), 0) {
            Ok(kept) => kept,
            Err(error) => return lose(&error),
        };
        let Some(bytes) = member.plain() else { return };
        let head = match bytes.head(HEAD) {
            Ok(head) => head,
            Err(error) => return lose(&error),
        };
        let path = PathBuf::from(STDIN);
        match self.judge(&head, &display, true) {
            Some(FileContent::Events(format)) => self.input(path, display, size, format, Some(member)),
            Some(FileContent::Archive(container)) => {
                Unpacking::new(&path, self, size).open(container, bytes, &display, 1);
            }
            Some(FileContent::Unknown(unknown)) => {
                let holds = self.holds_log(&unknown, &mut bytes.clone());
                if self.settle(&unknown, &display, holds) {
                    self.input(path, display, size, InputFormat::Image, Some(member));
                }
            }
            None => {}
        }
    }

    fn input(
        &mut self,
        path: PathBuf,
        display: Arc<str>,
        size: u64,
        format: InputFormat,
        member: Option<ArchiveMember>,
    ) {
        let remains = self.remains.of_next_file();
        self.found.inputs.push(Input { path, display, size, format, member, remains, in_lines: false });
    }

    /// Tells a file by its first bytes, and names what is not taken or in doubt.
    fn judge(&mut self, head: &[u8], display: &Arc<str>, named: bool) -> Option<FileContent> {
        let content = judge(head, display, named, self.found);
        if let Some(FileContent::Unknown(unknown)) = content {
            // `Security.evtx.bak` and `Sysmon.evtx (1)` are meant as logs, whatever their first bytes have become.
            let is_log = unknown.begins_with_chunk || display.to_ascii_lowercase().contains(".evtx");
            return Some(FileContent::Unknown(Unknown { is_log, ..unknown }));
        }
        content
    }

    /// Whether what is left of a log stands in a file of an unknown kind, if it is to be looked for at all.
    fn holds_log<S: Read + Seek>(&self, unknown: &Unknown, source: &mut S) -> io::Result<bool> {
        // Cheapest first: a look at 64 places for each foreign file, and a search through all of it only if it is asked for or called for.
        if !self.carve && !unknown.is_log && !has_chunk_in_slot(source)? {
            return Ok(false);
        }
        source.rewind()?;
        holds_log(source)
    }

    /// Names what is in doubt of a file of an unknown kind, or that it is not taken. Says whether it is.
    fn settle(&mut self, unknown: &Unknown, display: &Arc<str>, holds: io::Result<bool>) -> bool {
        let looks = unknown.looks;
        let fault = match holds {
            Ok(true) if unknown.begins_with_chunk => {
                let reason = "it begins with a chunk and not as an event log: chunks and records were read from wherever they stand";
                Fault::suspect(display, FaultKind::FileHeader, reason).at(0)
            }
            Ok(true) if self.carve && !unknown.is_log => return true,
            Ok(true) => {
                let reason = format!(
                    "it does not begin as an event log but looks like {looks}: its chunks and records were read from wherever they stand"
                );
                Fault::lost(display, FaultKind::FileHeader, reason).at(0)
            }
            Ok(false) => {
                let more =
                    if self.carve || unknown.is_log { "; no chunk and no record of one stands in it" } else { "" };
                Fault::passed_over(display, FaultKind::Foreign, format!("not an event log: looks like {looks}{more}"))
            }
            Err(error) => {
                let reason = format!("the file cannot be read: {}", cause(&error));
                Fault::lost(display, FaultKind::Unreadable, reason)
            }
        };
        let is_taken = fault.kind == FaultKind::FileHeader;
        self.found.faults.push(fault);
        is_taken
    }
}

/// Slots of a file that are asked whether a chunk stands there.
const PROBED_SLOTS: u64 = 64;

/// Whether a chunk begins in one of the first slots that the chunks of a log have, behind what has overwritten the beginning.
fn has_chunk_in_slot<S: Read + Seek>(source: &mut S) -> io::Result<bool> {
    for slot in 1..PROBED_SLOTS {
        let mut head = Vec::new();
        source.seek(SeekFrom::Start(chunk_offset(slot)))?;
        source.take(CHUNK_HEADER as u64).read_to_end(&mut head)?;
        if head.is_empty() || carve::is_sound_chunk(&head) {
            return Ok(!head.is_empty());
        }
    }
    Ok(false)
}

/// How a file is used.
enum FileContent {
    Events(InputFormat),
    Archive(Container),
    Unknown(Unknown),
}

/// A file of a kind that is no evidence, in which something of a log may stand all the same.
struct Unknown {
    /// Description of its content.
    looks: &'static str,
    /// Whether it begins with a chunk of a log.
    begins_with_chunk: bool,
    /// Whether it passes for a log by its name or its beginning.
    is_log: bool,
}

/// Tells a file by its first bytes, and names what is not taken or in doubt.
fn judge(head: &[u8], display: &Arc<str>, named: bool, found: &mut DiscoveredInputs) -> Option<FileContent> {
    if head.is_empty() {
        found.faults.push(Fault::passed_over(display, FaultKind::EmptyFile, "the file has no bytes"));
        return None;
    }
    match tell(head, named) {
        FileVerdict::Evidence(format, doubt) => {
            let reason = match doubt {
                None => None,
                Some(HeaderDoubt::Damaged) => Some((
                    FaultKind::FileHeader,
                    "the file header is damaged; the chunks after it are read all the same",
                )),
                Some(HeaderDoubt::Checksum) => {
                    Some((FaultKind::Checksum, "the checksum of the file header does not fit"))
                }
                Some(HeaderDoubt::NoChecksum) => Some((
                    FaultKind::Checksum,
                    "the file header says that it has no checksum, so that no damage to it would show",
                )),
            };
            if let Some((kind, reason)) = reason {
                found.faults.push(Fault::suspect(display, kind, reason).at(0));
            }
            Some(FileContent::Events(format))
        }
        FileVerdict::Archive(container) => Some(FileContent::Archive(container)),
        FileVerdict::HeaderOnly => {
            let reason = format!("the file ends inside its header, after {} bytes: it holds no events", head.len());
            found.faults.push(Fault::lost(display, FaultKind::Truncated, reason).at(head.len() as u64));
            None
        }
        FileVerdict::Foreign(looks) => {
            let begins_with_chunk = head.starts_with(CHUNK_MAGIC);
            Some(FileContent::Unknown(Unknown { looks, begins_with_chunk, is_log: begins_with_chunk }))
        }
    }
}

impl DiscoveredInputs {
    fn refuse_archive(&mut self, display: &Arc<str>, reason: &str) {
        let reason = format!("the archive cannot be read: {reason}");
        self.faults.push(Fault::lost(display, FaultKind::Archive, reason));
    }
}

/// Archives inside of archives are opened to this depth.
const DEEPEST: u32 = 3;

/// The search through one archive, and through those in it.
struct Unpacking<'u, 't> {
    path: &'u Path,
    /// Bytes that may still be written to temporary files.
    limit: UnpackLimit,
    /// Members that are kept or stand in the file as they are, counted to tell them apart.
    kept: usize,
    take: &'u mut Take<'t>,
}

impl<'u, 't> Unpacking<'u, 't> {
    fn new(path: &'u Path, take: &'u mut Take<'t>, size: u64) -> Self {
        Self { path, limit: UnpackLimit::of(size), kept: 0, take }
    }

    /// The password of the file that all of this stands in.
    fn password(&self) -> Option<&'t [u8]> {
        self.take.passwords.of(&self.path.to_string_lossy())
    }

    /// Takes what holds events out of an archive. One that has nothing of the kind, such as a document of an office program, is foreign as a whole.
    fn open(&mut self, container: Container, bytes: ArchiveBytes, display: &Arc<str>, depth: u32) {
        // Faults are kept or thrown away as one: a `.docx` is a ZIP archive of a dozen XML files, and one line about it is enough.
        let (inputs, faults) = (self.take.found.inputs.len(), self.take.found.faults.len());
        let result = match container {
            Container::Zip => self.zip(bytes, display, depth),
            Container::Tar => self.tar(&bytes, display, depth),
            Container::SevenZip => self.seven_zip(bytes, display, depth),
            Container::Gzip => self.gzip(bytes, display, depth),
        };
        let files = result.unwrap_or_else(|reason| {
            self.take.found.refuse_archive(display, &reason);
            0
        });
        let foreign = |fault: &Fault| matches!(fault.kind, FaultKind::Foreign | FaultKind::EmptyFile);
        if self.take.found.inputs.len() == inputs && self.take.found.faults[faults..].iter().all(foreign) {
            self.take.found.faults.truncate(faults);
            let reason = match files {
                0 => "an archive with nothing in it".to_owned(),
                1 => "an archive whose only file is not an event log".to_owned(),
                count => format!("an archive with {count} files, none of which is an event log"),
            };
            self.take.found.faults.push(Fault::passed_over(display, FaultKind::Foreign, reason));
        }
    }

    /// Takes the members of a ZIP archive, and says how many there are.
    fn zip(&mut self, bytes: ArchiveBytes, display: &Arc<str>, depth: u32) -> Result<usize, String> {
        let archive = Archive::read(bytes, self.password().map(Arc::from))?;
        let members = archive.members();
        for listed in &members {
            self.take_member(&archive, listed, display, depth);
        }
        if archive.has_hidden_members() {
            let reason = "several members have the same name; of each name only the last was read";
            self.lose(display, FaultKind::Archive, reason);
        }
        let mut files = members.len();
        if let Some(before) = archive.before() {
            // Archives that were written one behind the other into one file: each has a directory of its own at its end.
            if depth < DEEPEST {
                let earlier: Arc<str> = format!("{display} (the archive before)").into();
                files += self.zip(before, &earlier, depth + 1).unwrap_or_else(|reason| {
                    self.take.found.refuse_archive(&earlier, &reason);
                    0
                });
            } else {
                self.lose(
                    display,
                    FaultKind::Archive,
                    "more archives stand before this one in the file; only the last ones were read",
                );
            }
        }
        Ok(files)
    }

    fn take_member(&mut self, archive: &Archive, listed: &Listed, outer: &Arc<str>, depth: u32) {
        let display: Arc<str> = format!("{outer}!/{}", listed.name).into();
        if let Err(method) = &listed.method {
            let reason = format!("it is packed in a way that evql does not know ({method}); unpack the archive first");
            return self.lose(&display, FaultKind::Archive, &reason);
        }
        if listed.encrypted && !archive.has_password() {
            return self.lose(&display, FaultKind::Encrypted, NEEDS_PASSWORD);
        }
        let head = match archive.head(listed.index, HEAD) {
            Ok(head) => head,
            Err(reason) => return self.lose(&display, FaultKind::Archive, &reason),
        };
        match self.take.judge(&head, &display, false) {
            Some(FileContent::Events(format)) => {
                let member = Some(archive.member(listed.index));
                self.take.input(self.path.to_owned(), display, listed.size, format, member);
            }
            Some(FileContent::Unknown(unknown)) => {
                let member = archive.member(listed.index);
                let is_wanted = self.take.carve || unknown.is_log;
                let holds = if is_wanted { member.stream(|source| holds_log(source)) } else { Ok(Ok(false)) };
                if self.take.settle(&unknown, &display, holds.unwrap_or_else(|reason| Err(io::Error::other(reason)))) {
                    self.take.input(self.path.to_owned(), display, listed.size, InputFormat::Image, Some(member));
                }
            }
            Some(FileContent::Archive(_)) if depth == DEEPEST => self.too_deep(&display),
            Some(FileContent::Archive(container)) => match archive.inner(listed) {
                Ok(inner) => self.open(container, inner, &display, depth + 1),
                Err(reason) => self.take.found.refuse_archive(&display, &reason),
            },
            None => {}
        }
    }

    fn tar(&mut self, bytes: &ArchiveBytes, display: &Arc<str>, depth: u32) -> Result<usize, String> {
        let mut files = 0;
        let mut source = io::BufReader::with_capacity(1 << 16, bytes.clone());
        tar_files(&mut source, true, &mut |file| {
            files += 1;
            self.take_file(file, Some(bytes), display, depth);
        })?;
        Ok(files)
    }

    fn seven_zip(&mut self, bytes: ArchiveBytes, display: &Arc<str>, depth: u32) -> Result<usize, String> {
        let mut files = 0;
        seven_zip_files(bytes, self.password(), &mut |file| {
            files += 1;
            self.take_file(file, None, display, depth);
        })?;
        Ok(files)
    }

    /// Tells whether gzip packs one file or a tar, and adds what is in it.
    fn gzip(&mut self, bytes: ArchiveBytes, display: &Arc<str>, depth: u32) -> Result<usize, String> {
        let mut head = Vec::new();
        let damaged = |error: io::Error| format!("it is damaged or cut short: {error}");
        gzip(bytes.clone()).take(HEAD as u64).read_to_end(&mut head).map_err(damaged)?;
        let mut source = gzip(bytes);
        if tell(&head, false) == FileVerdict::Archive(Container::Tar) {
            let mut files = 0;
            tar_files(&mut source, false, &mut |file| {
                files += 1;
                self.take_file(file, None, display, depth);
            })?;
            return Ok(files);
        }
        // `log.evtx.gz` holds `log.evtx`, and is called by that alone.
        self.take_file(PackedFile { name: String::new(), plain: None, bytes: &mut source }, None, display, depth);
        Ok(1)
    }

    /// Takes a file of an archive that is passed through, if it holds events or is an archive itself; `whole` is the archive if the file stands in it as it is.
    fn take_file(&mut self, file: PackedFile<'_>, whole: Option<&ArchiveBytes>, outer: &Arc<str>, depth: u32) {
        let PackedFile { name, plain, bytes } = file;
        let display: Arc<str> = if name.is_empty() { Arc::clone(outer) } else { format!("{outer}!/{name}").into() };
        let mut head = Vec::new();
        if let Err(error) = (&mut *bytes).take(HEAD as u64).read_to_end(&mut head) {
            return self.lose(&display, FaultKind::Archive, &format!("it cannot be unpacked: {error}"));
        }
        // Judged by its head before anything is kept: most members of a collection are no evidence, and need not be written to disk.
        let content = match self.take.judge(&head, &display, false) {
            Some(FileContent::Unknown(unknown)) if !self.take.carve && !unknown.is_log => {
                self.take.settle(&unknown, &display, Ok(false));
                return;
            }
            Some(content) => content,
            None => return,
        };
        if depth == DEEPEST && matches!(content, FileContent::Archive(_)) {
            return self.too_deep(&display);
        }
        self.kept += 1;
        let number = self.kept;
        // A member that stands in the file uncompressed is read where it is; any other goes into a temporary file, since logs are read at any place.
        let kept = match (plain, whole) {
            (Some((start, length)), Some(whole)) => {
                Ok((ArchiveMember::part(whole.part(start, length), number), length))
            }
            _ => self.limit.keep(&mut head.as_slice().chain(bytes), |bytes| ArchiveMember::kept(bytes, number)),
        };
        let (member, size) = match kept {
            Ok(kept) => kept,
            Err(reason) => return self.lose(&display, FaultKind::Archive, &reason),
        };
        match (content, member.plain()) {
            (FileContent::Events(format), _) => {
                self.take.input(self.path.to_owned(), display, size, format, Some(member));
            }
            (FileContent::Unknown(unknown), Some(mut bytes)) => {
                let holds = self.take.holds_log(&unknown, &mut bytes);
                if self.take.settle(&unknown, &display, holds) {
                    self.take.input(self.path.to_owned(), display, size, InputFormat::Image, Some(member));
                }
            }
            (FileContent::Archive(container), Some(bytes)) => self.open(container, bytes, &display, depth + 1),
            (FileContent::Archive(_) | FileContent::Unknown(_), None) => {}
        }
    }

    fn too_deep(&mut self, display: &Arc<str>) {
        let reason = format!("an archive in an archive, more than {DEEPEST} deep; unpack it first");
        self.lose(display, FaultKind::Archive, &reason);
    }

    fn lose(&mut self, display: &Arc<str>, kind: FaultKind, reason: &str) {
        self.take.found.faults.push(Fault::lost(display, kind, reason));
    }
}

/// Whether a file is one that would be read if it were found in a folder.
pub fn is_evidence(path: &Path) -> bool {
    told(path).is_some_and(|verdict| !matches!(verdict, FileVerdict::Foreign(_)))
}

/// Whether a file is an event log, whole or damaged, or an archive: nothing that a report or timeline would ever be.
pub fn is_log_or_archive(path: &Path) -> bool {
    told(path).is_some_and(|verdict| {
        matches!(
            verdict,
            FileVerdict::Evidence(InputFormat::Evtx, _) | FileVerdict::HeaderOnly | FileVerdict::Archive(_)
        )
    })
}

fn told(path: &Path) -> Option<FileVerdict> {
    let head = path.is_file().then(|| read_head(path).ok()).flatten()?;
    Some(tell(&head, false))
}

fn read_head(path: &Path) -> io::Result<Vec<u8>> {
    head::read_head(&mut File::open(path)?, HEAD)
}

fn display(path: &Path) -> Arc<str> {
    Arc::from(path.to_string_lossy())
}

#[cfg(test)]
mod tests;
