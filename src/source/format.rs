//! Sizes and places in an event log file (EVTX), which the readers share.
//!
//! ```text
//! 0                 4096                69632               135168
//! ├─ header block ──┼─ chunk slot 0 ────┼─ chunk slot 1 ────┼─ …
//! │  "ElfFile\0"     │  "ElfChnk\0"       │
//! │                 ├─ header, 512 ─┬─ record ─┬─ record ─┬─ unused ─┤
//! ```
//!
//! Nothing is read here.

/// Bytes before the first chunk of an event log.
pub(super) const HEADER_BLOCK: u64 = 4096;
/// Bytes in one chunk of an event log, as an offset in the file.
pub(super) const CHUNK: u64 = 65_536;
/// Bytes in one chunk of an event log, as a length in memory.
pub(super) const CHUNK_LENGTH: usize = 65_536;
/// Bytes of a chunk before its first record.
pub(super) const CHUNK_HEADER: usize = 512;
/// First bytes of a chunk.
pub(super) const CHUNK_MAGIC: &[u8; 8] = b"ElfChnk\0";
/// Bytes of a record before its binary XML.
pub(super) const RECORD_HEADER: usize = 24;
/// First bytes of a record.
pub(super) const RECORD_MAGIC: &[u8; 4] = b"\x2a\x2a\0\0";
/// First bytes of the binary XML of a record: the token of a fragment header, version 1.1, no flags.
pub(super) const FRAGMENT: &[u8; 4] = b"\x0f\x01\x01\0";
/// Where a chunk slot begins, in bytes from the start of the file.
pub(super) const fn chunk_offset(chunk: u64) -> u64 {
    HEADER_BLOCK.saturating_add(chunk.saturating_mul(CHUNK))
}

/// Where the chunk begins that holds an offset of an event log, both in bytes from the start of the file.
pub const fn chunk_start(offset: u64) -> u64 {
    HEADER_BLOCK + chunk_number(offset) * CHUNK
}

/// Which chunk of its file holds an offset of an event log, counted from 0.
pub const fn chunk_number(offset: u64) -> u64 {
    offset.saturating_sub(HEADER_BLOCK) / CHUNK
}
