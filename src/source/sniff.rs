//! Formats of files, told by their first bytes: the name of a file proves nothing.
//!
//! This module sees a few kilobytes and no path; it does not open anything.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::read::GzDecoder;
use std::io::Read;

use evtx::{EvtxFileHeader, HeaderFlags};

use super::export::between::is_tool_line as is_line_between_events;
use super::export::relay::is_log_line;
use super::format::{CHUNK_MAGIC, HEADER_BLOCK};
use super::input::InputFormat;
use super::json_cutter::is_tool_line;

/// How many bytes from the start of a file are needed to tell it.
pub(super) const HEAD: usize = 16 * 1024;

/// Result of looking at the start of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FileVerdict {
    /// Evidence; the reason, if there is one, is a doubt about the file header: its checksum, or all of it.
    Evidence(InputFormat, Option<HeaderDoubt>),
    /// An event log that ends inside its header block: it has no chunks.
    HeaderOnly,
    /// An archive, which may have evidence in it.
    Archive(Container),
    /// Not evidence; what it looks like.
    Foreign(&'static str),
}

/// Formats of archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Zip,
    Tar,
    SevenZip,
    /// One file, packed by gzip; JSON is unpacked where it is read.
    Gzip,
}

/// Defects of the file header of an event log whose chunks can be read all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderDoubt {
    /// It is not a header at all.
    Damaged,
    /// Its checksum does not fit.
    Checksum,
    /// It says that it has no checksum.
    NoChecksum,
}

/// Tells a file by `head`, its first [`HEAD`] bytes or all of it if it is shorter.
///
/// JSON counts as documents if a person `named` the file, or if it looks like documents with a time.
pub(super) fn tell(head: &[u8], named: bool) -> FileVerdict {
    let block = usize::try_from(HEADER_BLOCK).unwrap_or(usize::MAX);
    let has_chunk = head.get(block..).is_some_and(|rest| rest.starts_with(CHUNK_MAGIC));
    if head.starts_with(b"ElfFile\0") {
        return if head.len() <= block {
            FileVerdict::HeaderOnly
        } else {
            FileVerdict::Evidence(InputFormat::Evtx, doubt(head))
        };
    }
    if has_chunk {
        return FileVerdict::Evidence(InputFormat::Evtx, Some(HeaderDoubt::Damaged));
    }
    if head.starts_with(b"PK\x03\x04") {
        return FileVerdict::Archive(Container::Zip);
    }
    if head.starts_with(b"7z\xbc\xaf\x27\x1c") {
        return FileVerdict::Archive(Container::SevenZip);
    }
    if head.get(257..).is_some_and(|rest| rest.starts_with(b"ustar")) {
        return FileVerdict::Archive(Container::Tar);
    }
    if head.starts_with(b"\x1f\x8b") {
        return tell_packed(head, named);
    }
    match encoding_of(head) {
        Some(encoding) if starts_with_documents(&encoding.decode(without_zeros(head)).0, named) => {
            FileVerdict::Evidence(InputFormat::Json, None)
        }
        Some(encoding) if starts_with_events(&encoding.decode(without_zeros(head)).0, named) => {
            FileVerdict::Evidence(InputFormat::Xml { encoding }, None)
        }
        Some(encoding) if starts_with_rows(&encoding.decode(without_zeros(head)).0, named) => {
            FileVerdict::Evidence(InputFormat::Csv, None)
        }
        // Text with zeros in it: a hole in a file.
        None if starts_with_events(&String::from_utf8_lossy(without_zeros(head)), named) => {
            FileVerdict::Evidence(InputFormat::Xml { encoding: UTF_8 }, None)
        }
        encoding => FileVerdict::Foreign(looks_like(head, encoding)),
    }
}

/// Tells a gzip file by the first bytes of what is packed in it.
fn tell_packed(head: &[u8], named: bool) -> FileVerdict {
    let mut inner = Vec::new();
    // The packed start of a file ends somewhere: what could be unpacked until there counts.
    let _ = GzDecoder::new(head).take(HEAD as u64).read_to_end(&mut inner);
    if inner.starts_with(b"\x1f\x8b") {
        return FileVerdict::Archive(Container::Gzip);
    }
    match tell(&inner, named) {
        FileVerdict::Evidence(InputFormat::Json, doubt) => FileVerdict::Evidence(InputFormat::Json, doubt),
        FileVerdict::Evidence(..) | FileVerdict::Archive(_) => FileVerdict::Archive(Container::Gzip),
        FileVerdict::HeaderOnly | FileVerdict::Foreign(_) => FileVerdict::Foreign(looks_like(head, None)),
    }
}

/// Whether a text starts as documents do: an object whose first kilobytes name a time, alone or in an array, or what wraps documents in an export.
///
/// Other JSON in a folder, such as settings or the output of other tools, is no evidence; nor are the alerts and rows that evql itself writes.
fn starts_with_documents(text: &str, named: bool) -> bool {
    let start = without_tool_lines(text.trim_start_matches('\u{feff}').trim_start());
    if !looks_like_json(start) {
        return false;
    }
    let first = start.lines().next().unwrap_or_default();
    // Alerts in a list do not begin on its first line.
    let of_evql = start.contains("\"evql\":{\"alert\":") || first.replace("\"evql.logged\"", "").contains("\"evql.");
    !of_evql && (named || MARKS.iter().any(|mark| start.contains(mark)))
}

/// Names of which documents and raw events have one, with what begins them.
const MARKS: &[&str] = &[
    "\"@timestamp\"",
    "\"timestamp\"",
    "\"_source\"",
    "\"event\"",
    "\"event.",
    "\"create\":",
    "\"index\":",
    "\"EventID\"",
    "\"EventId\"",
    "\"EventCode\"",
    "\"ProviderName\"",
    "\"RuleTitle\"",
    "\"EventData\"",
    "\"event_data\"",
    "\"winlog\"",
    "\"winlog.",
    "\"_raw\"",
    "\"winlogbeat_",
    "\"_winlogbeat_",
    "\"<Event",
    "\"\\u003cEvent",
];

/// The text without the lines that tools write before the first document.
fn without_tool_lines(text: &str) -> &str {
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n')
        && is_tool_line(line.trim())
    {
        rest = after.trim_start();
    }
    rest
}

/// Whether a text starts with the names of columns; behind other words if a person `named` the file.
fn starts_with_rows(text: &str, named: bool) -> bool {
    let mut lines = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\0')).lines();
    if named { lines.any(is_head_of_rows) } else { lines.next().is_some_and(is_head_of_rows) }
}

/// Whether a line has the names of the columns that rows of EvtxECmd have.
pub(super) fn is_head_of_rows(line: &str) -> bool {
    let has = |wanted: &str| line.split(',').any(|name| name.trim().trim_matches(['"', '\u{feff}']) == wanted);
    line.len() < 4096 && ["EventRecordId", "TimeCreated", "EventId", "Channel", "Payload"].into_iter().all(has)
}

/// The bytes without the zeros around them, which come with copies of whole blocks of a disk.
fn without_zeros(head: &[u8]) -> &[u8] {
    let from = head.iter().position(|&byte| byte != 0).unwrap_or(head.len());
    let to = head.iter().rposition(|&byte| byte != 0).map_or(from, |last| last + 1);
    // One zero belongs to the first or last character of UTF-16.
    if from > 1 || head.len() - to > 1 { &head[from..to] } else { head }
}

/// The defect of a header that has the right magic, if any.
fn doubt(head: &[u8]) -> Option<HeaderDoubt> {
    let Ok(header) = EvtxFileHeader::from_bytes(head) else {
        return Some(HeaderDoubt::Damaged);
    };
    // The header of a log that was not closed is behind its contents, so its checksum says nothing.
    let dirty = header.flags.contains(HeaderFlags::DIRTY);
    if header.flags.contains(HeaderFlags::NO_CRC32) {
        return Some(HeaderDoubt::NoChecksum);
    }
    (!dirty && !header.validate_checksum()).then_some(HeaderDoubt::Checksum)
}

/// The encoding of what seems to be text: by its byte order mark, else by its first bytes, else by its XML declaration, else UTF-8.
fn encoding_of(head: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Some(encoding);
    }
    let is_first = |byte: u8| matches!(byte, b'<' | b'{' | b'[') || byte.is_ascii_whitespace();
    match without_zeros(head) {
        [first, 0, ..] if is_first(*first) => Some(UTF_16LE),
        [0, first, ..] if is_first(*first) => Some(UTF_16BE),
        bytes if bytes.is_empty() || bytes.contains(&0) => None,
        bytes => Some(declared(bytes).unwrap_or(UTF_8)),
    }
}

/// The encoding that an XML declaration in single bytes names. One of two bytes a unit is a lie there.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let end = head.strip_prefix(b"<?xml").and_then(|rest| memchr::memmem::find(rest, b"?>"))?;
    let declaration = &head[..end + 5];
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let mut parts = declaration[at..].split(|&byte| byte == b'"' || byte == b'\'');
    let label = parts.nth(1)?;
    Encoding::for_label(label).filter(|&encoding| encoding != UTF_16LE && encoding != UTF_16BE)
}

/// Whether a text has events: its first element is one or a list of them, behind what tools write before it, or it is a system log that carries some. A file that a
/// person `named` may begin with anything, such as the words of a tool that has failed, if there is an event in its first kilobytes.
fn starts_with_events(text: &str, named: bool) -> bool {
    begins_with_element(text) || carries_events(text) || (named && has_whole_start(text))
}

/// Whether lines of a system log carry events.
fn carries_events(text: &str) -> bool {
    text.lines()
        .any(|line| line.find("<Event").is_some_and(|at| at > 0 && is_log_line(line) && has_whole_start(&line[at..])))
}

/// Whether there is an event that goes on as those of Windows do, with `System`.
fn has_whole_start(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let tag = &text[at + 1..];
        let inner =
            || tag.find('>').map(|end| tag[end + 1..].trim_start_matches(|c: char| c.is_whitespace() || c == '\0'));
        local_name(tag) == "Event"
            && inner().and_then(|inner| inner.strip_prefix('<')).is_some_and(|inner| local_name(inner) == "System")
    })
}

/// Characters of a name that are looked at.
const LONGEST_NAME: usize = 64;

/// The name at the start of a tag, without its prefix.
fn local_name(tag: &str) -> &str {
    let short = tag.char_indices().nth(LONGEST_NAME).map_or(tag, |(cut, _)| &tag[..cut]);
    let name = short.split(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').next().unwrap_or_default();
    name.rsplit(':').next().unwrap_or_default()
}

/// Whether the first element of an XML text is an event or a list of them; what may stand before it is skipped.
fn begins_with_element(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\0' | '\u{feff}'));
        if let Some((line, after)) = rest.split_once('\n')
            && is_line_between_events(line.trim())
        {
            rest = after;
            continue;
        }
        let (open, close) = if rest.starts_with("<?") {
            ("<?", "?>")
        } else if rest.starts_with("<!--") {
            ("<!--", "-->")
        } else if rest.starts_with("<!DOCTYPE") {
            let subset = rest.find(['[', '>']).is_some_and(|at| rest[at..].starts_with('['));
            ("<!DOCTYPE", if subset { "]>" } else { ">" })
        } else {
            break;
        };
        let after = &rest[open.len()..];
        match after.find(close) {
            Some(end) => rest = &after[end + close.len()..],
            None => return false,
        }
    }
    let Some(tag) = rest.strip_prefix('<') else {
        return false;
    };
    matches!(local_name(tag), "Event" | "Events")
}

/// Formats that turn up among collected evidence, by their first bytes.
const KNOWN: &[(usize, &[u8], &str)] = &[
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", "something packed by gzip that is neither an event log nor an archive"),
    (0, b"Rar!\x1a\x07", "a RAR archive; unpack it first"),
    (0, b"\xfd7zXZ\0", "an xz archive; unpack it first"),
    (0, b"BZh", "a bzip2 archive; unpack it first"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive; unpack it first"),
    (
        4,
        b"LfLe",
        "an event log of Windows XP or 2003 (.evt), a format of its own; Sysmon writes none, LogParser opens it",
    ),
    (0, b"ElfChnk\0", "a chunk carved from an event log, without the header block that places it"),
    (0, b"regf", "a registry hive"),
    (0, b"MZ", "a Windows program (PE)"),
    (0, b"\x7fELF", "a Linux program (ELF)"),
    (0, b"SQLite format 3\0", "an SQLite database"),
    (4, b"\xef\xcd\xab\x89", "an ESE database"),
    (4, b"SCCA", "a prefetch file"),
    (0, b"MAM\x04", "a compressed prefetch file"),
    (0, b"FILE0", "a master file table"),
    (0, b"\xd4\xc3\xb2\xa1", "a network capture (pcap)"),
    (0, b"\x0a\x0d\x0d\x0a", "a network capture (pcapng)"),
    (0, b"%PDF-", "a PDF document"),
    (0, b"\x89PNG", "a picture"),
    (
        0,
        b"EVF\x09\x0d\x0a\xff\0",
        "a disk image (E01); mount it with ewfmount or Arsenal Image Mounter, and give the mounted folder",
    ),
    (
        0,
        b"EVF2\x0d\x0a\x81\0",
        "a disk image (Ex01); mount it with ewfmount or Arsenal Image Mounter, and give the mounted folder",
    ),
    (
        0,
        b"KDMV",
        "a virtual disk (VMDK); mount it with guestmount or Arsenal Image Mounter, and give the mounted folder",
    ),
    (
        0,
        b"# Disk DescriptorFile",
        "the descriptor of a virtual disk (VMDK); mount the disk with guestmount, and give the mounted folder",
    ),
    (
        0,
        b"vhdxfile",
        "a virtual disk (VHDX); attach it in Windows or mount it with guestmount, and give the mounted folder",
    ),
    (
        0,
        b"conectix",
        "a virtual disk (VHD); attach it in Windows or mount it with guestmount, and give the mounted folder",
    ),
    (0, b"QFI\xfb", "a virtual disk (QCOW2); mount it with guestmount, and give the mounted folder"),
    (
        0,
        b"version https://git-lfs.github.com/spec/",
        "a pointer of git-lfs, without the file itself; fetch it with `git lfs pull`",
    ),
    (0, b"PAGEDU64", "a crash dump of Windows; --carve reads what is left of event logs in it"),
    (0, b"PAGEDUMP", "a crash dump of Windows; --carve reads what is left of event logs in it"),
    (0, b"hibr", "a hibernation file; decompress it with Volatility first"),
    (0, b"HIBR", "a hibernation file; decompress it with Volatility first"),
];

/// Description of a file that is no evidence, for its fault.
fn looks_like(head: &[u8], encoding: Option<&'static Encoding>) -> &'static str {
    let known = KNOWN.iter().find(|(at, magic, _)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)));
    if let Some((_, _, name)) = known {
        return name;
    }
    // A trace has no magic of its own; its first buffer holds the header of a system trace event (SYSTEM_TRACE_HEADER, for 32 or 64 bits) behind the 72 bytes
    // of the buffer's own.
    if matches!(head.get(0x48..0x4c), Some([2, 0, 1 | 2, 0xc0])) {
        return "a trace of Event Tracing for Windows (ETL); convert it with `tracerpt FILE.etl -o FILE.evtx -of EVTX`";
    }
    if head.iter().all(|&byte| byte == 0) {
        return "nothing but zeros at its start";
    }
    let Some(encoding) = encoding else {
        return "binary data of an unknown format";
    };
    let text = encoding.decode(head).0;
    let start = text.trim_start();
    if looks_like_json(start) {
        "JSON text, but not documents with a time"
    } else if start.starts_with('<') {
        "XML or HTML whose first element is not Event or Events"
    } else if text.chars().take(512).any(|c| c.is_control() && !c.is_whitespace()) {
        "binary data of an unknown format"
    } else {
        "text, not events exported as XML"
    }
}

/// Whether text starts as a JSON object, or an array of something: `[section]` of a settings file is neither.
fn looks_like_json(start: &str) -> bool {
    let mut marks = start.chars().filter(|c| !c.is_whitespace());
    match (marks.next(), marks.next()) {
        (Some('{'), second) => second.is_none_or(|c| matches!(c, '"' | '}')),
        (Some('['), second) => second.is_none_or(|c| matches!(c, '{' | '[' | ']' | '"' | '-') || c.is_ascii_digit()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
