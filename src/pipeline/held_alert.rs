//! Alerts with their events in the form in which they are kept beyond a run, and events that are held by their places.
//!
//! This module does not know where they are kept.

use crate::base::Locator;
use crate::base::spool::{SpoolItem, read_bytes, write_bytes};
use crate::detect::{FoundAlert, HostNumber};
use crate::event::Event;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::sync::Arc;

/// An event as it is spooled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldEvent {
    /// Where it was read.
    pub origin: Locator,
    /// The event as [`postcard`] writes it.
    pub bytes: Vec<u8>,
}

/// An alert with its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAlert {
    /// The alert without them.
    pub found: FoundAlert,
    /// Those that could be read, in the order of stages.
    pub events: Vec<HeldEvent>,
    /// The start of its process, if that is none of them.
    pub start: Option<HeldEvent>,
}

impl HeldEvent {
    /// The same event where inputs have other numbers; `None` if the bytes are none of an event.
    fn renumbered(&self, input: impl Fn(u32) -> u32) -> Option<Self> {
        let origin = Locator { input: input(self.origin.input), offset: self.origin.offset };
        let event = Event { origin, ..postcard::from_bytes(&self.bytes).ok()? };
        Some(Self { origin, bytes: postcard::to_stdvec(&event).ok()? })
    }
}

impl HeldAlert {
    /// Where its events, and the start of its process, were read.
    pub fn origins(&self) -> impl Iterator<Item = Locator> {
        let held = self.events.iter().chain(&self.start).map(|event| event.origin);
        self.found.origins().chain(std::iter::once(self.found.last.order.origin())).chain(held)
    }

    /// The same alert where inputs and hosts have other numbers; `None` if the bytes of an event are none.
    pub fn renumbered(
        &self,
        input: impl Fn(u32) -> u32 + Copy,
        host: impl Fn(HostNumber) -> HostNumber,
    ) -> Option<Self> {
        Some(Self {
            found: self.found.renumbered(input, host),
            events: self.events.iter().map(|event| event.renumbered(input)).collect::<Option<_>>()?,
            start: match &self.start {
                Some(start) => Some(start.renumbered(input)?),
                None => None,
            },
        })
    }
}

/// An event that is found by its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredEvent {
    /// Where it was read.
    pub origin: Locator,
    /// The event as [`postcard`] writes it.
    pub bytes: Arc<[u8]>,
}

impl From<HeldEvent> for StoredEvent {
    fn from(HeldEvent { origin, bytes }: HeldEvent) -> Self {
        Self { origin, bytes: bytes.into() }
    }
}

impl SpoolItem for StoredEvent {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.origin.input.to_le_bytes());
        out.extend(self.origin.offset.to_le_bytes());
        write_bytes(&self.bytes, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        let (mut input, mut offset) = ([0; 4], [0; 8]);
        from.read_exact(&mut input)?;
        from.read_exact(&mut offset)?;
        let origin = Locator { input: u32::from_le_bytes(input), offset: u64::from_le_bytes(offset) };
        Ok(Self { origin, bytes: read_bytes(from)? })
    }
}
