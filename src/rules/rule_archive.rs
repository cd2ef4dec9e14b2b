//! Archives of rules, such as the ZIP of a release: the files in one, as if it were a folder.
//!
//! Members are read into memory, so that all is bounded: what one member and all of them together unpack to, and how many there are. Archives inside of archives
//! are not opened. This file does not know what a rule is.

use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Most bytes that the members of an archive may unpack to together. Elastic's repository has 100 MB, and its package of all versions of its rules 200 MB.
const MOST_BYTES: u64 = 1 << 30;

/// Most bytes of a member that is kept.
const MOST_OF_MEMBER: u64 = 64 << 20;

/// Most members.
const MOST_MEMBERS: usize = 1 << 18;

/// The kinds of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveKind {
    Zip,
    Tar,
    TarGz,
}

/// A member, or why it is not there.
#[derive(Debug)]
pub struct ArchivedRule {
    /// Its path in the archive, with slashes.
    pub path: String,
    pub content: Result<Vec<u8>, String>,
}

/// The members of an archive.
#[derive(Debug, Default)]
pub struct ArchivedRules {
    /// Those that were wanted, in the order in which a folder is gone through.
    pub wanted: Vec<ArchivedRule>,
    /// How many others there are.
    pub others: usize,
    /// Why not all of it was read, if it was not.
    pub stopped: Option<String>,
}

/// The kind of an archive, told by its first bytes; `None` if it is none, or cannot be read.
pub fn kind_of(path: &Path) -> Option<ArchiveKind> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(512).read_to_end(&mut head).ok()?;
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        Some(ArchiveKind::Zip)
    } else if head.starts_with(&[0x1f, 0x8b]) {
        Some(ArchiveKind::TarGz)
    } else {
        head.get(257..262).filter(|mark| *mark == b"ustar").map(|_| ArchiveKind::Tar)
    }
}

/// The members of an archive whose paths are wanted. Fails if it is no archive after all.
pub fn members(path: &Path, kind: ArchiveKind, is_wanted: impl Fn(&Path) -> bool) -> Result<ArchivedRules, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let limits = ArchiveLimits { bytes: MOST_BYTES, member: MOST_OF_MEMBER, members: MOST_MEMBERS };
    let mut found = match kind {
        ArchiveKind::Zip => zipped(file, &limits, is_wanted),
        ArchiveKind::Tar => tarred(file, &limits, is_wanted),
        ArchiveKind::TarGz => tarred(MultiGzDecoder::new(io::BufReader::new(file)), &limits, is_wanted),
    }?;
    // As the names in a folder are: one level after the other.
    found.wanted.sort_by(|left, right| left.path.split('/').cmp(right.path.split('/')));
    Ok(found)
}

/// How much is read.
struct ArchiveLimits {
    bytes: u64,
    member: u64,
    members: usize,
}

impl ArchiveLimits {
    fn too_much(&self) -> String {
        format!("it unpacks to more than {} bytes or {} files, and the rest was not read", self.bytes, self.members)
    }

    /// The content of a member of which so many bytes may be read; says too how many were.
    fn content(&self, member: &mut dyn Read, left: u64) -> (Result<Vec<u8>, String>, u64) {
        let most = self.member.min(left);
        let mut content = Vec::new();
        // One more byte than allowed is enough to know that there are more: what a header says of the size is not believed.
        let result = member.take(most.saturating_add(1)).read_to_end(&mut content);
        let read = content.len() as u64;
        let content = match result {
            Err(error) => Err(error.to_string()),
            Ok(_) if read > most => Err(format!("more than {most} bytes are too many for rules")),
            Ok(_) => Ok(content),
        };
        (content, read)
    }
}

fn zipped(file: File, limits: &ArchiveLimits, is_wanted: impl Fn(&Path) -> bool) -> Result<ArchivedRules, String> {
    let mut archive = zip::ZipArchive::new(io::BufReader::new(file)).map_err(|error| error.to_string())?;
    let (mut found, mut left) = (ArchivedRules::default(), limits.bytes);
    for at in 0..archive.len() {
        let name = archive.name_for_index(at).and_then(Result::ok).unwrap_or_default().replace('\\', "/");
        if name.ends_with('/') {
            continue;
        }
        if !is_wanted(Path::new(&name)) {
            found.others += 1;
            continue;
        }
        if left == 0 || found.wanted.len() >= limits.members {
            found.stopped = Some(limits.too_much());
            break;
        }
        let content = match archive.by_index(at) {
            Ok(mut member) => {
                let (content, read) = limits.content(&mut member, left);
                left = left.saturating_sub(read);
                content
            }
            Err(error) => Err(error.to_string()),
        };
        found.wanted.push(ArchivedRule { path: name, content });
    }
    Ok(found)
}

fn tarred(file: impl Read, limits: &ArchiveLimits, is_wanted: impl Fn(&Path) -> bool) -> Result<ArchivedRules, String> {
    // What is passed over is unpacked too, so that the limit is one of all that comes out.
    let mut archive = tar::Archive::new(file.take(limits.bytes));
    let mut found = ArchivedRules::default();
    for (at, entry) in archive.entries().map_err(|error| error.to_string())?.enumerate() {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) if at == 0 => return Err(format!("it is no archive: {error}")),
            Err(error) => {
                found.stopped = Some(error.to_string());
                break;
            }
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).replace('\\', "/");
        if !is_wanted(Path::new(&name)) {
            found.others += 1;
            continue;
        }
        if found.wanted.len() >= limits.members {
            found.stopped = Some(limits.too_much());
            break;
        }
        let (content, read) = limits.content(&mut entry, limits.bytes);
        // Where the archive ends too early, a member ends there too, without an error.
        let content = content.and_then(|content| {
            if read == entry.size() { Ok(content) } else { Err("the archive ends within it".to_owned()) }
        });
        found.wanted.push(ArchivedRule { path: name, content });
    }
    if archive.into_inner().limit() == 0 {
        found.stopped = Some(limits.too_much());
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
