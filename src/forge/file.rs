//! A whole EVTX file: the file header, then chunks filled with records in the order given.
//!
//! Knows what an event is made of, but not where the events come from.

use super::binxml::{Instance, Slot, data_template, system_template};
use super::chunk::{CHUNK_SIZE, ChunkWriter, Place, Refused};
use super::value::{Kind, Value};
use crate::base::Ticks;

/// Bytes of the file header block; the first chunk follows.
pub const FILE_HEADER_SIZE: usize = 0x1000;

/// One field of an event's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgedField {
    /// The `Name` of the `Data` element.
    pub name: String,
    /// Its type in the template; a value that is missing from one record does not change it.
    pub kind: Kind,
    /// Its value; `value.text` is what a reader must show.
    pub value: Value,
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
    pub provider_guid: Value,
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
    pub user_id: Value,
    /// `EventData` in its order.
    pub fields: Vec<ForgedField>,
    /// Index of the chunk that holds the record.
    pub chunk: usize,
    /// The record's bytes in that chunk (before any damage).
    pub place: Place,
}

impl ForgedEvent {
    /// The text of a field, if the event has it.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.value.text.as_str())
    }

    fn instance(&self) -> Instance {
        let number = |kind: Kind, bytes: &[u8]| Slot::Value(Value { kind, bytes: bytes.to_vec(), text: String::new() });
        let qualifiers = self.qualifiers.map_or_else(Value::null, |q| Value {
            kind: Kind::UInt16,
            bytes: q.to_le_bytes().to_vec(),
            text: String::new(),
        });
        let mut slots = vec![
            number(Kind::UInt8, &[self.level]),
            number(Kind::UInt8, &[self.opcode]),
            number(Kind::UInt16, &self.task.to_le_bytes()),
            number(Kind::UInt16, &self.event_id.to_le_bytes()),
            Slot::Value(qualifiers),
            number(Kind::HexInt64, &self.keywords.to_le_bytes()),
            Slot::Value(Value::file_time(self.time)),
            Slot::Value(Value::null()),
            number(Kind::UInt32, &self.process_id.to_le_bytes()),
            number(Kind::UInt32, &self.thread_id.to_le_bytes()),
            number(Kind::UInt64, &self.record_id.to_le_bytes()),
            number(Kind::UInt8, &[self.version]),
            Slot::Value(self.user_id.clone()),
            Slot::Value(Value::null()),
            Slot::Value(Value::text(&self.provider)),
            Slot::Value(self.provider_guid.clone()),
            Slot::Value(Value::text(&self.channel)),
        ];
        if !self.fields.is_empty() {
            slots.push(Slot::Fragment(Box::new(self.data_instance())));
        }
        Instance { template: system_template(&self.computer, !self.fields.is_empty()), slots }
    }

    fn data_instance(&self) -> Instance {
        Instance {
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
    let mut chunks = Vec::new();
    let mut current = ChunkWriter::new();
    for (at, event) in events.iter_mut().enumerate() {
        let instance = event.instance();
        let placed = match current.push(event.number, event.time, &instance) {
            Err(Refused::Full) if !current.is_empty() => {
                chunks.push(std::mem::replace(&mut current, ChunkWriter::new()).finish());
                current.push(event.number, event.time, &instance)
            }
            placed => placed,
        };
        event.place = placed.map_err(|_| TooLarge { event: at })?;
        event.chunk = chunks.len();
    }
    chunks.push(current.finish());
    let next_number = events.last().map_or(1, |event| event.number + 1);
    let mut bytes = file_header(minor, chunks.len(), next_number);
    bytes.reserve(chunks.len() * CHUNK_SIZE);
    for chunk in chunks {
        bytes.extend(chunk);
    }
    Ok(bytes)
}

fn file_header(minor: u16, chunks: usize, next_number: u64) -> Vec<u8> {
    let mut header = Vec::with_capacity(FILE_HEADER_SIZE);
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
