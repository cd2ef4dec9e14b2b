//! One 64 KiB chunk: header, string table, template table, records and checksums.
//!
//! A chunk stands alone: names and template definitions are written where they are first used and referred to by offset afterwards.
//! This module does not know what records mean, nor how chunks make a file.

use super::binxml::{FRAGMENT_CODE, FRAGMENT_HEADER, ForgedElement, ForgedInstance, ForgedTemplate, NodeContent, Slot};
use crate::base::{Ticks, utf16};
use hashbrown::HashMap;

/// Bytes in a chunk.
pub const CHUNK_SIZE: usize = 0x1_0000;
/// Bytes of the chunk header with both tables; the first record follows.
pub const CHUNK_HEADER_SIZE: usize = 0x200;

const STRING_TABLE: usize = 0x80;
const STRING_BUCKETS: u32 = 64;
const TEMPLATE_TABLE: usize = 0x180;
const TEMPLATE_BUCKETS: u32 = 32;
/// Chunk flag that Windows sets in nearly every chunk it writes.
const FLAG_DIRTY: u32 = 1;

/// The name hash of Windows: multiply by 65599, add the UTF-16 unit. The low half is stored with the name.
fn hash_units(units: impl Iterator<Item = u16>) -> u32 {
    units.fold(0, |hash: u32, unit| hash.wrapping_mul(65_599).wrapping_add(u32::from(unit)))
}

/// Why a record was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusedWrite {
    /// It does not fit into what is left of the chunk.
    Full,
    /// It has a value, or a name, longer than the format can say.
    TooLong,
}

/// Where a record lies in its chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordPlace {
    /// Offset from the start of the chunk.
    pub offset: usize,
    /// Bytes of the whole record.
    pub size: usize,
}

/// A table entry that can be taken back: the head of its bucket before it came.
struct TableEntry<K> {
    key: K,
    bucket: usize,
    previous_head: u32,
}

/// One of the two tables of a chunk: linked lists by bucket, new entries at the head.
struct BucketTable<K, const N: usize> {
    heads: [u32; N],
    offsets: HashMap<K, u32>,
    entries: Vec<TableEntry<K>>,
}

impl<K: Clone + Eq + std::hash::Hash, const N: usize> BucketTable<K, N> {
    fn new() -> Self {
        Self { heads: [0; N], offsets: HashMap::new(), entries: Vec::new() }
    }

    /// Adds an entry at `offset` and gives the offset of the one it now stands before, or 0.
    fn add(&mut self, key: K, bucket: usize, offset: u32) -> u32 {
        let previous_head = std::mem::replace(&mut self.heads[bucket], offset);
        self.offsets.insert(key.clone(), offset);
        self.entries.push(TableEntry { key, bucket, previous_head });
        previous_head
    }

    fn forget_from(&mut self, length: usize) {
        while self.entries.len() > length {
            if let Some(entry) = self.entries.pop() {
                // Newest first: heads are put back in the reverse order of their coming.
                self.heads[entry.bucket] = entry.previous_head;
                self.offsets.remove(&entry.key);
            }
        }
    }
}

/// A chunk being filled.
pub(super) struct ChunkWriter {
    bytes: Vec<u8>,
    names: BucketTable<String, { STRING_BUCKETS as usize }>,
    templates: BucketTable<[u8; 16], { TEMPLATE_BUCKETS as usize }>,
    numbers: Option<(u64, u64)>,
    last_record: usize,
}

impl ChunkWriter {
    pub(super) fn new() -> Self {
        let mut bytes = Vec::with_capacity(CHUNK_SIZE);
        bytes.resize(CHUNK_HEADER_SIZE, 0);
        Self { bytes, names: BucketTable::new(), templates: BucketTable::new(), numbers: None, last_record: 0 }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.numbers.is_none()
    }

    /// Bytes that are written so far.
    pub(super) const fn filled(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a record, or leaves the chunk as it was.
    pub(super) fn push(&mut self, number: u64, at: Ticks, event: &ForgedInstance) -> Result<RecordPlace, RefusedWrite> {
        let (length, names, templates) = (self.bytes.len(), self.names.entries.len(), self.templates.entries.len());
        let written = self.record(number, at, event);
        if written.is_err() {
            // Names and templates of a record that does not fit would be referred to from records that do.
            self.bytes.truncate(length);
            self.names.forget_from(names);
            self.templates.forget_from(templates);
        }
        written
    }

    fn record(&mut self, number: u64, at: Ticks, event: &ForgedInstance) -> Result<RecordPlace, RefusedWrite> {
        let start = self.bytes.len();
        //   0        4        8         16         24 …                     size - 4
        //   ├ magic ─┼ size ──┼ number ─┼ FILETIME ┼ binary XML ─ padding ──┼ size ┤
        //
        // The size is not known before the content is written, which depends on what the chunk has already: a hole is left for it.
        self.bytes.extend([0x2a, 0x2a, 0, 0]);
        let size_at = self.hole();
        self.bytes.extend(number.to_le_bytes());
        self.bytes.extend(at.0.to_le_bytes());
        self.fragment(event)?;
        // The size stands at both ends, and records are aligned to 8 bytes.
        let end = (self.bytes.len() + 4).next_multiple_of(8);
        if end > CHUNK_SIZE {
            return Err(RefusedWrite::Full);
        }
        self.bytes.resize(end - 4, 0);
        let size = u32::try_from(end - start).map_err(|_| RefusedWrite::TooLong)?;
        self.bytes.extend(size.to_le_bytes());
        self.fill(size_at, size);
        self.last_record = start;
        self.numbers = Some((self.numbers.map_or(number, |(first, _)| first), number));
        Ok(RecordPlace { offset: start, size: end - start })
    }

    /// A fragment: header, one template instance, end of stream.
    fn fragment(&mut self, instance: &ForgedInstance) -> Result<(), RefusedWrite> {
        self.bytes.extend(FRAGMENT_HEADER);
        //   0f 01 01 00 | 0c 01 | identifier u32 | definition u32 | [definition] | values | 00
        self.bytes.extend([0x0c, 1]);
        self.template(&instance.template)?;
        self.values(&instance.slots)?;
        self.bytes.push(0x00);
        Ok(())
    }

    /// The template's short id and offset, and its definition where it is used for the first time.
    fn template(&mut self, template: &ForgedTemplate) -> Result<(), RefusedWrite> {
        let guid = template.guid;
        self.bytes.extend_from_slice(&guid[..4]);
        if let Some(&offset) = self.templates.offsets.get(&guid) {
            self.bytes.extend(offset.to_le_bytes());
            return Ok(());
        }
        let offset = self.position_after(4)?;
        self.bytes.extend(offset.to_le_bytes());
        //   next u32 | GUID 16 | size u32 | 0f 01 01 00 | element | 00
        //
        // A bucket of the header begins a list over `next`; as with names, the newest entry is its head.
        let units = utf16::units(&guid);
        let bucket = (hash_units(units) % TEMPLATE_BUCKETS) as usize;
        let next = self.templates.add(guid, bucket, offset);
        self.bytes.extend(next.to_le_bytes());
        self.bytes.extend(guid);
        let size_at = self.hole();
        self.bytes.extend(FRAGMENT_HEADER);
        self.element(&template.root)?;
        self.bytes.push(0x00);
        self.fill_from(size_at)
    }

    fn element(&mut self, element: &ForgedElement) -> Result<(), RefusedWrite> {
        let has_attributes = !element.attributes.is_empty();
        //   01/41 | dependency u16 | size u32 | name | [size u32 | (46/06 | name | content)…] | 03, or 02 … 04
        //
        // 0x46 says that another attribute follows, 0x06 that it is the last one. A dependency of ffff is none.
        self.bytes.push(if has_attributes { 0x41 } else { 0x01 });
        self.bytes.extend(element.dependency.unwrap_or(u16::MAX).to_le_bytes());
        let size_at = self.hole();
        self.name(&element.name)?;
        if has_attributes {
            let list_at = self.hole();
            let last = element.attributes.len() - 1;
            for (at, (name, content)) in element.attributes.iter().enumerate() {
                self.bytes.push(if at == last { 0x06 } else { 0x46 });
                self.name(name)?;
                self.content(content)?;
            }
            self.fill_from(list_at)?;
        }
        if element.children.is_empty() {
            self.bytes.push(0x03);
        } else {
            self.bytes.push(0x02);
            for child in &element.children {
                self.content(child)?;
            }
            self.bytes.push(0x04);
        }
        self.fill_from(size_at)
    }

    fn content(&mut self, content: &NodeContent) -> Result<(), RefusedWrite> {
        match content {
            NodeContent::Text(text) => {
                self.bytes.extend([0x05, 0x01]);
                self.counted(text)
            }
            NodeContent::Substitution { index, code, optional } => {
                self.bytes.push(if *optional { 0x0e } else { 0x0d });
                self.bytes.extend(index.to_le_bytes());
                self.bytes.push(*code);
                Ok(())
            }
            NodeContent::Element(element) => self.element(element),
        }
    }

    /// The offset of a name, and the name itself where it is used for the first time.
    fn name(&mut self, name: &str) -> Result<(), RefusedWrite> {
        // A name stands once in a chunk; later uses are its offset alone.
        if let Some(&offset) = self.names.offsets.get(name) {
            self.bytes.extend(offset.to_le_bytes());
            return Ok(());
        }
        let offset = self.position_after(4)?;
        self.bytes.extend(offset.to_le_bytes());
        //   offset u32 | next u32 | hash u16 | units u16 | UTF-16 … | 0000
        //              └ `offset` points here
        let hash = hash_units(name.encode_utf16());
        let next = self.names.add(name.to_owned(), (hash % STRING_BUCKETS) as usize, offset);
        self.bytes.extend(next.to_le_bytes());
        self.bytes.extend_from_slice(&hash.to_le_bytes()[..2]);
        self.counted(name)?;
        self.bytes.extend([0, 0]);
        Ok(())
    }

    /// UTF-16 text after its length in units.
    fn counted(&mut self, text: &str) -> Result<(), RefusedWrite> {
        let units = u16::try_from(utf16::length(text)).map_err(|_| RefusedWrite::TooLong)?;
        self.bytes.extend(units.to_le_bytes());
        self.bytes.extend(utf16::bytes(text));
        self.room()
    }

    /// Descriptors (size and type) of all values, then the values.
    fn values(&mut self, slots: &[Slot]) -> Result<(), RefusedWrite> {
        //   count u32 | size u16, type u8, 00 | … | value 0 | value 1 | …
        //
        // Sizes are filled in behind each value: that of a fragment depends on which names and templates it is the first to use.
        let count = u32::try_from(slots.len()).map_err(|_| RefusedWrite::TooLong)?;
        self.bytes.extend(count.to_le_bytes());
        let descriptors_at = self.bytes.len();
        for slot in slots {
            let code = match slot {
                Slot::Value(value) => value.kind.code(),
                Slot::Fragment(_) => FRAGMENT_CODE,
                Slot::Copied { code, .. } => *code,
            };
            self.bytes.extend([0, 0, code, 0]);
        }
        for (at, slot) in slots.iter().enumerate() {
            let start = self.bytes.len();
            match slot {
                Slot::Value(value) => self.bytes.extend_from_slice(&value.bytes),
                Slot::Fragment(instance) => self.fragment(instance)?,
                Slot::Copied { bytes, .. } => self.bytes.extend_from_slice(bytes),
            }
            let size = u16::try_from(self.bytes.len() - start).map_err(|_| RefusedWrite::TooLong)?;
            let descriptor = descriptors_at + at * 4;
            self.bytes[descriptor..descriptor + 2].copy_from_slice(&size.to_le_bytes());
        }
        self.room()
    }

    /// Stops early when a record has outgrown the chunk, so that offsets stay small.
    const fn room(&self) -> Result<(), RefusedWrite> {
        if self.bytes.len() > CHUNK_SIZE { Err(RefusedWrite::Full) } else { Ok(()) }
    }

    fn position_after(&self, bytes: usize) -> Result<u32, RefusedWrite> {
        u32::try_from(self.bytes.len() + bytes).map_err(|_| RefusedWrite::Full)
    }

    /// Four bytes to be filled later.
    fn hole(&mut self) -> usize {
        self.bytes.extend([0; 4]);
        self.bytes.len() - 4
    }

    fn fill(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Fills a hole with the number of bytes written since.
    fn fill_from(&mut self, at: usize) -> Result<(), RefusedWrite> {
        let size = u32::try_from(self.bytes.len() - at - 4).map_err(|_| RefusedWrite::Full)?;
        self.fill(at, size);
        Ok(())
    }

    /// The chunk with its header, tables and checksums.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let free = self.bytes.len();
        self.bytes.resize(CHUNK_SIZE, 0);
        let (first, last) = self.numbers.unwrap_or((1, 0));
        self.bytes[..8].copy_from_slice(b"ElfChnk\0");
        //   0 "ElfChnk\0"          40 header size, 128        120 flags
        //   8 first number         44 start of last record   124 CRC-32 of 0..120 and 128..512
        //  16 last number          48 start of free space    128 64 offsets of names
        //  24 first ID             52 CRC-32 of the records  384 32 offsets of templates
        //  32 last ID
        for (at, value) in [(8, first), (16, last), (24, first), (32, last)] {
            self.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        self.fill(40, 128);
        // Both are below 65537.
        self.fill(44, u32::try_from(self.last_record).unwrap_or_default());
        self.fill(48, u32::try_from(free).unwrap_or_default());
        self.fill(120, FLAG_DIRTY);
        for (bucket, offset) in self.names.heads.into_iter().enumerate() {
            self.fill(STRING_TABLE + bucket * 4, offset);
        }
        for (bucket, offset) in self.templates.heads.into_iter().enumerate() {
            self.fill(TEMPLATE_TABLE + bucket * 4, offset);
        }
        refresh_checksums(&mut self.bytes);
        self.bytes
    }
}

/// Computes both checksums of a whole chunk anew. A free-space offset out of range counts as the end of the chunk.
pub(super) fn refresh_checksums(chunk: &mut [u8]) {
    let free = u32::from_le_bytes([chunk[48], chunk[49], chunk[50], chunk[51]]) as usize;
    // Damage may have been done to the offset before; the checksums of damaged bytes are wanted then, not a panic.
    let free = free.clamp(CHUNK_HEADER_SIZE, chunk.len());
    let data = crc32fast::hash(&chunk[CHUNK_HEADER_SIZE..free]);
    chunk[52..56].copy_from_slice(&data.to_le_bytes());
    // The records first: their checksum is part of the header, and of the header's checksum.
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[128..CHUNK_HEADER_SIZE]);
    let header = header.finalize();
    chunk[124..128].copy_from_slice(&header.to_le_bytes());
}

#[cfg(test)]
mod tests;
