//! A whole EVTX file: the file header, then chunks filled with records in the order given.
//!
//! Knows what an event is made of, but not where the events come from.

use super::binxml::{ForgedInstance, Slot, data_template, system_template};
use super::chunk::{CHUNK_SIZE, ChunkWriter, RecordPlace, RefusedWrite};
use super::value::{BinXmlType, ForgedValue};
use crate::base::Ticks;
use std::io::{self, Seek, Write};

/// Bytes of the file header block; the first chunk follows.
pub const FILE_HEADER_SIZE: usize = 0x1000;

/// One field of an event's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgedField {
    /// The `Name` of the `Data` element.
    pub name: String,
    /// Its type in the template; a value that is missing from one record does not change it.
    pub kind: BinXmlType,
    /// Its value; `value.text` is what a reader must show.
    pub value: ForgedValue,
}

/// One event: what is written, and so what a correct reader must see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgedEvent {
    /// System/EventRecordID.
    pub record_id: u64,
    /// The number in the record's header; another than `record_id` in exported and forwarded logs.
    pub number: u64,
    /// System/TimeCreated.
    pub time: Ticks,
    /// System/Provider/@Name.
    pub provider: String,
    /// System/Provider/@Guid; null when the provider has none.
    pub provider_guid: ForgedValue,
    /// System/EventID.
    pub event_id: u16,
    /// System/EventID/@Qualifiers, of classic providers only.
    pub qualifiers: Option<u16>,
    /// System/Version.
    pub version: u8,
    /// System/Level.
    pub level: u8,
    /// System/Task.
    pub task: u16,
    /// System/Opcode.
    pub opcode: u8,
    /// System/Keywords.
    pub keywords: u64,
    /// System/Execution/@ProcessID: the process that logged the event.
    pub process_id: u32,
    /// System/Execution/@ThreadID.
    pub thread_id: u32,
    /// System/Channel.
    pub channel: String,
    /// System/Computer.
    pub computer: String,
    /// System/Security/@UserID; null when there is none.
    pub user_id: ForgedValue,
    /// `EventData` in its order.
    pub fields: Vec<ForgedField>,
    /// Index of the chunk that holds the record.
    pub chunk: usize,
    /// The record's bytes in that chunk (before any damage).
    pub place: RecordPlace,
}

impl ForgedEvent {
    /// The text of a field, if the event has it.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.text.as_str())
    }

    fn instance(&self) -> ForgedInstance {
        let number = |kind: BinXmlType, bytes: &[u8]| {
            Slot::Value(ForgedValue { kind, bytes: bytes.to_vec(), text: String::new() })
        };
        let qualifiers = self.qualifiers.map_or_else(ForgedValue::null, |q| ForgedValue {
            kind: BinXmlType::UInt16,
            bytes: q.to_le_bytes().to_vec(),
            text: String::new(),
        });
        // In the order of the indices that `system_template` has; an event without data has no value 17.
        let mut slots = vec![
            number(BinXmlType::UInt8, &[self.level]),
            number(BinXmlType::UInt8, &[self.opcode]),
            number(BinXmlType::UInt16, &self.task.to_le_bytes()),
            number(BinXmlType::UInt16, &self.event_id.to_le_bytes()),
            Slot::Value(qualifiers),
            number(BinXmlType::HexInt64, &self.keywords.to_le_bytes()),
            Slot::Value(ForgedValue::file_time(self.time)),
            Slot::Value(ForgedValue::null()),
            number(BinXmlType::UInt32, &self.process_id.to_le_bytes()),
            number(BinXmlType::UInt32, &self.thread_id.to_le_bytes()),
            number(BinXmlType::UInt64, &self.record_id.to_le_bytes()),
            number(BinXmlType::UInt8, &[self.version]),
            Slot::Value(self.user_id.clone()),
            Slot::Value(ForgedValue::null()),
            Slot::Value(ForgedValue::text(&self.provider)),
            Slot::Value(self.provider_guid.clone()),
            Slot::Value(ForgedValue::text(&self.channel)),
        ];
        if !self.fields.is_empty() {
            slots.push(Slot::Fragment(Box::new(self.data_instance())));
        }
        ForgedInstance { template: system_template(&self.computer, !self.fields.is_empty()), slots }
    }

    fn data_instance(&self) -> ForgedInstance {
        ForgedInstance {
            template: data_template(self.fields.iter().map(|field| (field.name.as_str(), field.kind))),
            slots: self.fields.iter().map(|field| Slot::Value(field.value.clone())).collect(),
        }
    }
}

/// An event that no chunk can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Its index among the events given.
    pub event: usize,
}

/// Writes the file and notes in each event where its record lies.
///
/// `minor` is the minor format version: 1 from Windows Vista on, 2 from Windows 10 2004 on.
pub fn write_file(minor: u16, events: &mut [ForgedEvent]) -> Result<Vec<u8>, TooLarge> {
    let mut packer = Packer::new();
    let mut bytes = vec![0; FILE_HEADER_SIZE];
    for (at, event) in events.iter_mut().enumerate() {
        let went = packer.push(event.number, event.time, &event.instance()).map_err(|_| TooLarge { event: at })?;
        bytes.extend(went.full.into_iter().flatten());
        (event.chunk, event.place) = (went.chunk, went.place);
    }
    let (last, header) = packer.finish(minor);
    bytes.extend(last);
    bytes[..FILE_HEADER_SIZE].copy_from_slice(&header);
    Ok(bytes)
}

/// Packs records into chunks, of which it keeps only the one being filled.
struct Packer {
    current: ChunkWriter,
    chunks: usize,
    next_number: u64,
}

/// Where a record went.
struct PlacedRecord {
    /// The chunk that was full before it, if it began a new one.
    full: Option<Vec<u8>>,
    chunk: usize,
    place: RecordPlace,
}

impl Packer {
    fn new() -> Self {
        Self { current: ChunkWriter::new(), chunks: 0, next_number: 1 }
    }

    fn push(&mut self, number: u64, at: Ticks, event: &ForgedInstance) -> Result<PlacedRecord, RefusedWrite> {
        let mut full = None;
        let place = match self.current.push(number, at, event) {
            // A record that an empty chunk refuses fits into none.
            Err(RefusedWrite::Full) if !self.current.is_empty() => {
                full = self.end_chunk();
                self.current.push(number, at, event)
            }
            placed => placed,
        }?;
        self.next_number = number.saturating_add(1);
        Ok(PlacedRecord { full, chunk: self.chunks, place })
    }

    /// Ends the chunk at hand, if anything is in it.
    fn end_chunk(&mut self) -> Option<Vec<u8>> {
        (!self.current.is_empty()).then(|| {
            self.chunks += 1;
            std::mem::replace(&mut self.current, ChunkWriter::new()).finish()
        })
    }

    /// The last chunk, and the header of the file.
    fn finish(self, minor: u16) -> (Vec<u8>, Vec<u8>) {
        (self.current.finish(), file_header(minor, self.chunks + 1, self.next_number))
    }
}

/// Writes a file record by record. In memory is only the chunk being filled.
pub(super) struct FileWriter<W> {
    out: W,
    minor: u16,
    packer: Packer,
}

impl<W: Write + Seek> FileWriter<W> {
    /// Begins the file. Its header is left blank until all is known that stands there.
    pub(super) fn new(mut out: W, minor: u16) -> io::Result<Self> {
        out.write_all(&[0; FILE_HEADER_SIZE])?;
        Ok(Self { out, minor, packer: Packer::new() })
    }

    /// Appends a record. One that no chunk can hold is an error of the kind `InvalidInput`.
    pub(super) fn push(&mut self, number: u64, at: Ticks, event: &ForgedInstance) -> io::Result<()> {
        let went = self.packer.push(number, at, event).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        went.full.map_or(Ok(()), |chunk| self.out.write_all(&chunk))
    }

    /// Bytes that are taken so far.
    pub(super) const fn filled(&self) -> u64 {
        (FILE_HEADER_SIZE + self.packer.chunks * CHUNK_SIZE + self.packer.current.filled()) as u64
    }

    /// The size of the file if it were finished now.
    pub(super) const fn size(&self) -> u64 {
        (FILE_HEADER_SIZE + (self.packer.chunks + 1) * CHUNK_SIZE) as u64
    }

    /// Writes the last chunk and the header.
    pub(super) fn finish(mut self) -> io::Result<()> {
        let (last, header) = self.packer.finish(self.minor);
        self.out.write_all(&last)?;
        // The header counts chunks and knows the next number: known only now.
        self.out.rewind()?;
        self.out.write_all(&header)?;
        self.out.flush()
    }
}

fn file_header(minor: u16, chunks: usize, next_number: u64) -> Vec<u8> {
    let mut header = Vec::with_capacity(FILE_HEADER_SIZE);
    //   0 "ElfFile\0"      24 next record number    40 block size, 4096 (u16)
    //   8 first chunk      32 header size, 128      42 chunks (u16)
    //  16 last chunk       36 minor, major (u16)   120 flags
    //                                              124 CRC-32 of 0..120
    header.extend(b"ElfFile\0");
    header.extend(0_u64.to_le_bytes());
    header.extend((chunks as u64).saturating_sub(1).to_le_bytes());
    header.extend(next_number.to_le_bytes());
    header.extend(128_u32.to_le_bytes());
    header.extend(minor.to_le_bytes());
    header.extend(3_u16.to_le_bytes());
    header.extend(4096_u16.to_le_bytes());
    // Windows counts in 16 bits here; larger files are told by their size.
    header.extend(u16::try_from(chunks).unwrap_or(u16::MAX).to_le_bytes());
    header.resize(FILE_HEADER_SIZE, 0);
    refresh_checksum(&mut header);
    header
}

/// Computes the checksum of the file header anew.
pub(super) fn refresh_checksum(file: &mut [u8]) {
    let checksum = crc32fast::hash(&file[..120]);
    file[124..128].copy_from_slice(&checksum.to_le_bytes());
}

#[cfg(test)]
mod tests;
