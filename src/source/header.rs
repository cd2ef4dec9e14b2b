//! The header block of an event log, and the checksum of a whole file: what is asked of a file as a file, not as records.
//!
//! Nothing is judged here: a header that contradicts the chunks behind it is the normal state of a log that was copied from a running system.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use evtx::{EvtxFileHeader, HeaderFlags};
use sha2::{Digest, Sha256};

use super::archive::ArchiveMember;
use super::format::HEADER_BLOCK;
use super::input::{Input, InputFormat};
use crate::base::number::hex;

/// The fields of the header block of an event log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHeader {
    /// Major and minor version of the format.
    pub version: (u16, u16),
    /// Chunks that it counts.
    pub chunks: u16,
    /// The chunk that was written last, counted from 0.
    pub last_chunk: u64,
    /// The number that the next record gets: the log's own, which for forwarded events is not `EventRecordID`.
    pub next_record_id: u64,
    /// Whether the log was not closed before it was copied: the header is then behind its contents.
    pub is_dirty: bool,
    /// Whether it was full when it was last written to.
    pub is_full: bool,
    /// Whether its checksum fits.
    pub is_sound: bool,
}

/// The header of an event log; `None` for other formats, and for a header that cannot be read.
pub fn log_header(input: &Input) -> Option<LogHeader> {
    // The file header, in bytes from its start; all the rest of its 4096 is unused:
    //
    //   0 "ElfFile\0"      24 next record number    40 block size, 4096 (u16)
    //   8 first chunk      32 header size, 128      42 chunks (u16)
    //  16 last chunk       36 minor, major (u16)   120 flags: 1 dirty, 2 full
    //                                              124 CRC-32 of 0..120
    if input.format != InputFormat::Evtx {
        return None;
    }
    let mut block = Vec::new();
    match &input.member {
        None => read_block(&mut File::open(&input.path).ok()?, &mut block).ok()?,
        Some(member) => match member.plain() {
            Some(mut bytes) => read_block(&mut bytes, &mut block).ok()?,
            None => ArchiveMember::stream(member, |source| read_block(source, &mut block)).ok()?.ok()?,
        },
    }
    let header = EvtxFileHeader::from_bytes(&block).ok()?;
    Some(LogHeader {
        version: (header.major_version, header.minor_version),
        chunks: header.chunk_count,
        last_chunk: header.last_chunk_number,
        next_record_id: header.next_record_id,
        is_dirty: header.flags.contains(HeaderFlags::DIRTY),
        is_full: header.flags.contains(HeaderFlags::FULL),
        is_sound: header.validate_checksum(),
    })
}

fn read_block(source: &mut dyn Read, block: &mut Vec<u8>) -> io::Result<()> {
    source.take(HEADER_BLOCK).read_to_end(block).map(drop)
}

/// The SHA-256 of a file as it lies on disk, in lower-case hexadecimal digits.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    Ok(hex(&hash.finalize()))
}
