//! Values that events have, counted for each host before anybody knows which of them are sought: as items that are sorted on disk where they are many.
//!
//! What is looked for elsewhere are values of alerts and of all that their processes did, which is known at the end of the pass. So all values are counted in it, each
//! as a digest: 48 bytes for a value of a host, however often it is met.

use super::connection::{Connection, HostAddresses};
use super::facts::image_name;
use super::field_reader::{FieldReader, LONGEST_COMMAND, LONGEST_TEXT};
use super::observer::ObservedEvent;
use super::service::service_of;
use super::text::CutText;
use super::wanted::ProcessIds;
use crate::base::Ticks;
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, read_item, write_item};
use crate::detect::HostNumber;
use crate::ecs::{self, FieldId};
use crate::eql::Digest;
use crate::event::Fields;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::sync::Arc;

/// Most values that a thread counts at a time.
const MOST_COUNTED: usize = 1 << 16;
/// Most bytes of texts that a thread holds before it gives them away.
const MOST_TEXT_BYTES: usize = 8 << 20;
/// Items that are given to a spool together.
const BLOCK: usize = 4096;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ValueKind {
    /// The SHA-256 of the image of a process that started.
    Sha256,
    /// The SHA-256 of a file or library.
    FileSha256,
    /// The command line of a process that started.
    CommandLine,
    /// The address of the other host's end of a connection.
    Destination,
    /// A name that was asked for.
    Dns,
    /// The path of the image of a process that started.
    Image,
    /// The names of the images of a process that started and of its parent: `winword.exe > cmd.exe`.
    ParentChild,
    /// A service and what it runs, out of the registry: `NAME = path`.
    Service,
}

impl ValueKind {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 | Self::FileSha256 => "sha256",
            Self::CommandLine => "command_line",
            Self::Destination => "destination",
            Self::Dns => "dns",
            Self::Image => "image",
            Self::ParentChild => "parent_child",
            Self::Service => "service",
        }
    }

    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Sha256,
        Self::FileSha256,
        Self::CommandLine,
        Self::Destination,
        Self::Dns,
        Self::Image,
        Self::ParentChild,
        Self::Service,
    ];

    /// Its name in a table of values, where each kind has its own.
    pub fn column_name(self) -> &'static str {
        match self {
            Self::Sha256 => "process_sha256",
            Self::FileSha256 => "file_sha256",
            other => other.name(),
        }
    }

    /// Whether upper and lower case make two values of it.
    pub fn keeps_case(self) -> bool {
        matches!(self, Self::CommandLine | Self::Service)
    }
}

/// The fields whose values are sought in any event that is no start, beside the other ends of connections.
pub const SOUGHT: [(ValueKind, FieldId); 2] =
    [(ValueKind::Dns, ecs::DNS_QUESTION_NAME), (ValueKind::FileSha256, ecs::FILE_HASH_SHA256)];

/// The fields whose values are sought in starts.
pub const SOUGHT_IN_STARTS: [(ValueKind, FieldId); 2] =
    [(ValueKind::Sha256, ecs::PROCESS_HASH_SHA256), (ValueKind::CommandLine, ecs::PROCESS_COMMAND_LINE)];

/// A value on a host: how often it was met, first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SightedValue {
    /// Stands for kind and value.
    pub value: Digest,
    /// The host.
    pub host: HostNumber,
    /// The first time.
    pub first: Ticks,
    /// The last time.
    pub last: Ticks,
    /// How often.
    pub count: u64,
}

impl SpoolItem for SightedValue {
    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// A value on a host with its text, for other runs: how often it was met, first and last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SightedText {
    /// Its kind.
    pub kind: ValueKind,
    /// The value.
    pub value: CutText,
    /// The host.
    pub host: HostNumber,
    /// The first time.
    pub first: Ticks,
    /// The last time.
    pub last: Ticks,
    /// How often.
    pub count: u64,
}

impl SpoolItem for SightedText {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.value.text.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// Where values are put: as digests, for the alerts of this run, or with their texts, for those of others.
#[derive(Clone, Debug)]
pub enum ValueSpool {
    /// As digests.
    Digests(Arc<SortSpool<SightedValue>>),
    /// With their texts.
    Texts(Arc<SortSpool<SightedText>>),
}

/// A connection whose ends can be told apart only when the addresses of hosts are known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SightedConnection {
    /// The connection.
    pub connection: Connection,
    /// The host that recorded it.
    pub host: HostNumber,
    /// When.
    pub time: Ticks,
}

impl SpoolItem for SightedConnection {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.connection.text_bytes()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

impl ProcessIds {
    /// Stands for a value of a kind.
    pub fn value(&self, kind: ValueKind, value: &str, cut: u32) -> Digest {
        self.digest((kind, value, cut))
    }
}

/// The addresses of the other ends of connections, with host and time, as far as they are known.
pub fn destinations(
    connections: &SortedSpool<SightedConnection>,
    known: &HostAddresses,
) -> impl Iterator<Item = io::Result<(String, HostNumber, Ticks)>> {
    connections.iter().filter_map(|sighted| {
        let SightedConnection { connection, host, time } = match sighted {
            Ok(sighted) => sighted,
            Err(error) => return Some(Err(error)),
        };
        let remote = connection.peer(known).remote()?;
        Some(Ok((connection.end(remote).ip.clone()?, host, time)))
    })
}

/// The image of a process that started, and the names of its parent's image and its own.
pub fn start_values(start: &dyn Fields, reader: &mut FieldReader) -> Vec<(ValueKind, CutText)> {
    let Some(image) = reader.shared(start, ecs::PROCESS_EXECUTABLE) else { return Vec::new() };
    let pair = reader
        .shared(start, ecs::PROCESS_PARENT_EXECUTABLE)
        .map(|parent| format!("{} > {}", image_name(&parent), image_name(&image)).into());
    let pair = pair.map(|text| (ValueKind::ParentChild, CutText { text, cut: 0 }));
    std::iter::once((ValueKind::Image, CutText { text: image, cut: 0 })).chain(pair).collect()
}

/// What a service is to run, if a change of the registry says so.
pub fn service_values(change: &dyn Fields, reader: &mut FieldReader) -> Vec<(ValueKind, CutText)> {
    let service = |reader: &mut FieldReader| {
        let (name, value) = service_of(reader.read(change, ecs::REGISTRY_PATH)?)?;
        let name = value.eq_ignore_ascii_case("ImagePath").then(|| name.to_owned())?;
        let runs = reader.shared(change, ecs::REGISTRY_DATA_STRINGS)?;
        Some((ValueKind::Service, CutText::new(&format!("{name} = {runs}"), LONGEST_TEXT)))
    };
    service(reader).into_iter().collect()
}

/// The values that one thread adds to the spools.
#[derive(Debug)]
pub struct SightingWriter {
    values: ValueSpool,
    connections: Arc<SortSpool<SightedConnection>>,
    /// The texts of the digests in `counted`, where they are kept.
    texts: HashMap<Digest, (ValueKind, CutText)>,
    text_bytes: usize,
    counted: HashMap<(Digest, HostNumber), (Ticks, Ticks, u64)>,
    undecided: Vec<SightedConnection>,
    /// Values and connections of the chunk at hand.
    pending: (Vec<(Digest, HostNumber, Ticks)>, Vec<SightedConnection>),
}

impl SightingWriter {
    /// A writer that has met nothing.
    pub fn new(values: &ValueSpool, connections: &Arc<SortSpool<SightedConnection>>) -> Self {
        Self {
            values: values.clone(),
            connections: connections.clone(),
            texts: HashMap::new(),
            text_bytes: 0,
            counted: HashMap::new(),
            undecided: Vec::new(),
            pending: Default::default(),
        }
    }

    /// Whether texts are kept.
    fn keeps_texts(&self) -> bool {
        matches!(self.values, ValueSpool::Texts(_))
    }

    /// Adds a value that an event has.
    fn add(&mut self, kind: ValueKind, (text, cut): (&str, u32), host: HostNumber, time: Ticks, ids: &ProcessIds) {
        let value = ids.value(kind, text, cut);
        if self.keeps_texts() && !self.texts.contains_key(&value) {
            self.text_bytes += text.len();
            self.texts.insert(value, (kind, CutText { text: text.into(), cut }));
        }
        self.pending.0.push((value, host, time));
    }

    /// Adds the values that an event has in some fields.
    pub fn add_fields(
        &mut self,
        event: &ObservedEvent<'_>,
        host: HostNumber,
        fields: [(ValueKind, FieldId); 2],
        reader: &mut FieldReader,
        ids: &ProcessIds,
    ) {
        for field in fields {
            self.add_field(event, host, field, reader, ids);
        }
    }

    fn add_field(
        &mut self,
        event: &ObservedEvent<'_>,
        host: HostNumber,
        (kind, field): (ValueKind, FieldId),
        reader: &mut FieldReader,
        ids: &ProcessIds,
    ) {
        let Some(text) = reader.read(event.fields, field) else { return };
        // As it is held where it was found: of a long command line the beginning, of other long texts the beginning with a word about the rest.
        let time = event.order.time;
        match kind {
            ValueKind::CommandLine if text.len() > LONGEST_COMMAND => {
                let CutText { text, cut } = CutText::new(text, LONGEST_COMMAND);
                self.add(kind, (&text, cut), host, time, ids);
            }
            ValueKind::CommandLine => self.add(kind, (text, 0), host, time, ids),
            _ if text.len() <= LONGEST_TEXT => self.add(kind, (text, 0), host, time, ids),
            _ => self.add(kind, (&reader.shared(event.fields, field).unwrap_or_default(), 0), host, time, ids),
        }
    }

    /// Adds values that are sought for no alert, if texts are kept: for whoever looks for rare ones.
    pub fn add_kept(
        &mut self,
        event: &ObservedEvent<'_>,
        host: HostNumber,
        values_of: fn(&dyn Fields, &mut FieldReader) -> Vec<(ValueKind, CutText)>,
        reader: &mut FieldReader,
        ids: &ProcessIds,
    ) {
        if self.keeps_texts() {
            for (kind, CutText { text, cut }) in values_of(event.fields, reader) {
                self.add(kind, (&text, cut), host, event.order.time, ids);
            }
        }
    }

    /// Adds the address of the other end of a connection. Gives the connection back if its record tells its ends apart; else it waits for the addresses of
    /// hosts.
    pub fn add_connection(
        &mut self,
        connection: Connection,
        host: HostNumber,
        time: Ticks,
        ids: &ProcessIds,
    ) -> Option<Connection> {
        let Some(peer) = connection.peer_by_itself() else {
            self.pending.1.push(SightedConnection { connection, host, time });
            return None;
        };
        if let Some(ip) = peer.remote().and_then(|name| connection.end(name).ip.as_deref()) {
            self.add(ValueKind::Destination, (ip, 0), host, time, ids);
        }
        Some(connection)
    }

    /// Keeps what was added since the last call: its chunk was read to its end.
    pub fn keep(&mut self) {
        let (values, connections) = &mut self.pending;
        for (value, host, time) in values.drain(..) {
            let (first, last, count) = self.counted.entry((value, host)).or_insert((time, time, 0));
            (*first, *last, *count) = ((*first).min(time), (*last).max(time), *count + 1);
        }
        self.undecided.append(connections);
        let is_full = self.counted.len() >= MOST_COUNTED || self.text_bytes >= MOST_TEXT_BYTES;
        if is_full || self.undecided.len() >= BLOCK {
            self.flush();
        }
    }

    /// Forgets it.
    pub fn forget(&mut self) {
        self.pending.0.clear();
        self.pending.1.clear();
    }

    /// Gives everything to the spools.
    pub fn flush(&mut self) {
        let counted = self.counted.drain();
        match &self.values {
            ValueSpool::Digests(values) => {
                let item = |((value, host), (first, last, count))| SightedValue { value, host, first, last, count };
                values.add(counted.map(item).collect());
            }
            ValueSpool::Texts(values) => {
                let item = |((value, host), (first, last, count))| {
                    let (kind, value) = self.texts.get(&value)?.clone();
                    Some(SightedText { kind, value, host, first, last, count })
                };
                values.add(counted.filter_map(item).collect());
                // Those of the chunk at hand were added before it is kept.
                self.texts.clear();
                self.text_bytes = 0;
            }
        }
        self.connections.add(std::mem::take(&mut self.undecided));
    }
}
