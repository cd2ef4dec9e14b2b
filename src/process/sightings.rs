//! Values that events have, counted for each host before anybody knows which of them are sought: as items that are sorted on disk where they are many.
//!
//! What is looked for elsewhere are values of alerts and of all that their processes did, which is known at the end of the pass. So all values are counted in it, each
//! as a digest: 48 bytes for a value of a host, however often it is met.

use super::connection::Connection;
use super::field_reader::{FieldReader, LONGEST_COMMAND, LONGEST_TEXT};
use super::observer::ObservedEvent;
use super::text::CutText;
use super::wanted::ProcessIds;
use crate::base::Ticks;
use crate::base::spool::{SortSpool, SpoolItem, read_item, write_item};
use crate::detect::HostNumber;
use crate::ecs::{self, FieldId};
use crate::eql::Digest;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::sync::Arc;

/// Most values that a thread counts at a time.
const MOST_COUNTED: usize = 1 << 16;
/// Items that are given to a spool together.
const BLOCK: usize = 4096;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
}

impl ValueKind {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 | Self::FileSha256 => "sha256",
            Self::CommandLine => "command_line",
            Self::Destination => "destination",
            Self::Dns => "dns",
        }
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

/// The values that one thread adds to the spools.
#[derive(Debug)]
pub struct SightingWriter {
    values: Arc<SortSpool<SightedValue>>,
    connections: Arc<SortSpool<SightedConnection>>,
    counted: HashMap<(Digest, HostNumber), (Ticks, Ticks, u64)>,
    undecided: Vec<SightedConnection>,
    /// Values and connections of the chunk at hand.
    pending: (Vec<(Digest, HostNumber, Ticks)>, Vec<SightedConnection>),
}

impl SightingWriter {
    /// A writer that has met nothing.
    pub fn new(values: &Arc<SortSpool<SightedValue>>, connections: &Arc<SortSpool<SightedConnection>>) -> Self {
        let (values, connections) = (values.clone(), connections.clone());
        Self { values, connections, counted: HashMap::new(), undecided: Vec::new(), pending: Default::default() }
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
        let value = match kind {
            ValueKind::CommandLine if text.len() > LONGEST_COMMAND => {
                let CutText { text, cut } = CutText::new(text, LONGEST_COMMAND);
                ids.value(kind, &text, cut)
            }
            ValueKind::CommandLine => ids.value(kind, text, 0),
            _ if text.len() <= LONGEST_TEXT => ids.value(kind, text, 0),
            _ => ids.value(kind, &reader.shared(event.fields, field).unwrap_or_default(), 0),
        };
        self.pending.0.push((value, host, event.order.time));
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
        let remote = peer.remote().and_then(|name| connection.end(name).ip.as_deref());
        self.pending.0.extend(remote.map(|ip| (ids.value(ValueKind::Destination, ip, 0), host, time)));
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
        if self.counted.len() >= MOST_COUNTED || self.undecided.len() >= BLOCK {
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
        let item = |((value, host), (first, last, count))| SightedValue { value, host, first, last, count };
        self.values.add(self.counted.drain().map(item).collect());
        self.connections.add(std::mem::take(&mut self.undecided));
    }
}
