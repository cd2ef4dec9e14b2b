//! Harm done to a finished file on purpose, as disks, interrupted copies and attackers do it.
//!
//! Each kind does one thing and repairs nothing: checksums go stale unless `refresh` follows.

use super::chunk::{CHUNK_HEADER_SIZE, CHUNK_SIZE, refresh_checksums};
use super::file::{FILE_HEADER_SIZE, ForgedEvent, refresh_checksum};

/// One piece of damage to one file. Chunks count from 0; records are named by their `EventRecordID`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The magic at the start of a chunk is overwritten.
    ChunkMagic {
        /// Which chunk.
        chunk: usize,
    },
    /// A region of a chunk reads as zeros, as after a lost disk write.
    Zero {
        /// Which chunk.
        chunk: usize,
        /// Where in the chunk.
        offset: usize,
        /// How many bytes.
        length: usize,
    },
    /// All bits of some bytes of a record are inverted.
    Flip {
        /// Which record.
        record: u64,
        /// Where in the record.
        offset: usize,
        /// How many bytes.
        length: usize,
    },
    /// The checksum of a chunk's records is wrong, the records are not.
    DataChecksum {
        /// Which chunk.
        chunk: usize,
    },
    /// The checksum of a chunk's header is wrong, the header is not.
    HeaderChecksum {
        /// Which chunk.
        chunk: usize,
    },
    /// The checksum of the file header is wrong.
    FileChecksum,
    /// The size at the start of a record lies.
    RecordSize {
        /// Which record.
        record: u64,
        /// The size it claims.
        size: u32,
    },
    /// The copy of the size at the end of a record lies.
    RecordSizeCopy {
        /// Which record.
        record: u64,
        /// The size it claims.
        size: u32,
    },
    /// The file ends early.
    Truncate {
        /// Bytes that are left.
        at: usize,
    },
    /// The file has no bytes at all.
    Empty,
    /// The file header is that of a log in use: flagged dirty, its counts those of a new file.
    Dirty,
    /// The checksums of a chunk are computed anew, so that they do not tell of the damage before.
    Refresh {
        /// Which chunk.
        chunk: usize,
    },
}

impl Damage {
    /// Does the damage. The error says what is not there to be damaged.
    pub(super) fn apply(self, file: &mut Vec<u8>, events: &[ForgedEvent]) -> Result<(), String> {
        match self {
            Self::ChunkMagic { chunk } => chunk_of(file, chunk)?[..8].copy_from_slice(b"BadChnk\0"),
            Self::Zero { chunk, offset, length } => part(chunk_of(file, chunk)?, offset, length)?.fill(0),
            Self::Flip { record, offset, length } => {
                for byte in part(record_of(file, events, record)?, offset, length)? {
                    *byte = !*byte;
                }
            }
            // 52 and 124 are the checksums of the records and of the header. Inverted, they are wrong whatever they were.
            Self::DataChecksum { chunk } => invert(&mut chunk_of(file, chunk)?[52..56]),
            Self::HeaderChecksum { chunk } => invert(&mut chunk_of(file, chunk)?[124..128]),
            Self::FileChecksum => invert(part(file, 124, 4)?),
            Self::RecordSize { record, size } => {
                part(record_of(file, events, record)?, 4, 4)?.copy_from_slice(&size.to_le_bytes());
            }
            Self::RecordSizeCopy { record, size } => {
                let bytes = record_of(file, events, record)?;
                let at = bytes.len() - 4;
                part(bytes, at, 4)?.copy_from_slice(&size.to_le_bytes());
            }
            Self::Truncate { at } if at > file.len() => {
                return Err(format!("the file has only {} bytes", file.len()));
            }
            Self::Truncate { at } => file.truncate(at),
            Self::Empty => file.clear(),
            Self::Dirty => dirty(file)?,
            Self::Refresh { chunk } => refresh_checksums(chunk_of(file, chunk)?),
        }
        Ok(())
    }
}

fn invert(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = !*byte;
    }
}

/// The service writes the counts of the file header only when it closes the log.
fn dirty(file: &mut [u8]) -> Result<(), String> {
    // 16 last chunk, 24 next record number, 42 chunks, 120 flags: as in a new log, with the dirty bit set.
    part(file, 16, 8)?.fill(0);
    part(file, 24, 8)?.copy_from_slice(&1_u64.to_le_bytes());
    part(file, 42, 2)?.copy_from_slice(&1_u16.to_le_bytes());
    part(file, 120, 4)?.copy_from_slice(&1_u32.to_le_bytes());
    refresh_checksum(file);
    Ok(())
}

fn part(bytes: &mut [u8], offset: usize, length: usize) -> Result<&mut [u8], String> {
    let have = bytes.len();
    let end = offset.checked_add(length).filter(|&end| end <= have);
    match end {
        Some(end) => Ok(&mut bytes[offset..end]),
        None => Err(format!("{length} bytes at {offset} lie outside the {have} bytes there are")),
    }
}

fn chunk_of(file: &mut [u8], chunk: usize) -> Result<&mut [u8], String> {
    let chunks = file.len().saturating_sub(FILE_HEADER_SIZE) / CHUNK_SIZE;
    if chunk >= chunks {
        return Err(format!("the file has {chunks} whole chunks, counted from 0"));
    }
    part(file, FILE_HEADER_SIZE + chunk * CHUNK_SIZE, CHUNK_SIZE)
}

fn record_of<'f>(file: &'f mut [u8], events: &[ForgedEvent], record: u64) -> Result<&'f mut [u8], String> {
    let event = events.iter().find(|event| event.record_id == record);
    let event = event.ok_or_else(|| format!("the file has no record {record}"))?;
    debug_assert!(event.place.offset >= CHUNK_HEADER_SIZE);
    part(file, FILE_HEADER_SIZE + event.chunk * CHUNK_SIZE + event.place.offset, event.place.size)
}

#[cfg(test)]
mod tests;
