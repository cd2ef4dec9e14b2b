//! The facts about one process, and the record of it that is kept while events come in.

use super::entity::{EntityId, EntityKey};
use super::text::CutText;
use crate::event::OrderKey;
use crate::sysmon::ActivityKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How often a process did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActivityCounts([u32; ActivityKind::ALL.len()]);

impl ActivityCounts {
    /// How often it did this.
    pub fn of(&self, kind: ActivityKind) -> u32 {
        self.0[kind as usize]
    }

    /// Counts once more.
    pub fn add(&mut self, kind: ActivityKind) {
        let count = &mut self.0[kind as usize];
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another.
    pub fn add_all(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(other.0) {
            *count = count.saturating_add(more);
        }
    }

    /// The kinds with at least one event, with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (ActivityKind, u32)> {
        ActivityKind::ALL.into_iter().map(|kind| (kind, self.of(kind))).filter(|(_, count)| *count > 0)
    }
}

/// The hashes of an image as its start has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hashes {
    /// MD5.
    pub md5: Option<Arc<str>>,
    /// SHA-1.
    pub sha1: Option<Arc<str>>,
    /// SHA-256.
    pub sha256: Option<Arc<str>>,
    /// The hash of the imports.
    pub imphash: Option<Arc<str>>,
}

/// The facts about a process in one event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessFacts {
    /// Its number.
    pub pid: Option<i64>,
    /// The path of its image.
    pub image: Option<Arc<str>>,
    /// Its command line.
    pub command_line: Option<CutText>,
    /// Its user, as `DOMAIN\name`.
    pub user: Option<Arc<str>>,
    /// Its integrity level.
    pub integrity: Option<Arc<str>>,
    /// The hashes of its image.
    pub hashes: Option<Arc<Hashes>>,
    /// The name of its image's file in the image's version resource.
    pub original_name: Option<Arc<str>>,
    /// Whether the record of its start was recovered from what is left of a log.
    pub is_recovered: bool,
}

/// The last part of the path of an image.
pub fn image_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).unwrap_or(path)
}

/// The start of a process, as it was logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Its place in the order of events.
    pub order: OrderKey,
    /// The facts about the process.
    pub facts: ProcessFacts,
    /// Its parent.
    pub parent: Parent,
}

/// The parent that a start names: by entity id, and by number and image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// Its entity id.
    pub entity_id: Option<EntityId>,
    /// Its number.
    pub pid: Option<i64>,
    /// The path of its image.
    pub image: Option<Arc<str>>,
}

impl Parent {
    /// Its key, as its child names it.
    pub fn key(&self) -> Option<EntityKey> {
        EntityKey::new(self.entity_id.clone(), self.pid, self.image.clone())
    }
}

/// When a process started and ended, and how much it did.
#[derive(Clone, Copy, Debug)]
pub struct ProcessLife {
    /// How many starts there were.
    pub starts: u32,
    /// Its last exit.
    pub exit: Option<OrderKey>,
    /// The last of its own events.
    pub last: Option<OrderKey>,
    /// The numbers of its activities by kind.
    pub counts: ActivityCounts,
}

/// A process while events come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRecord {
    /// Its start; the first, if its entity id was used again.
    pub start: Option<Box<Start>>,
    /// How many starts there were.
    pub starts: u32,
    /// Its exit; the last, if there were several.
    pub exit: Option<OrderKey>,
    /// The first of its own events beside its start, and what it tells.
    pub seen: Option<Box<(OrderKey, ProcessFacts)>>,
    /// The last of its own events.
    pub last: Option<OrderKey>,
    /// The facts about it in the start of the first of its children.
    pub named: Option<Box<(OrderKey, ProcessFacts)>>,
    /// The numbers of its activities by kind.
    pub counts: ActivityCounts,
}

impl ProcessRecord {
    /// The same where inputs have other numbers.
    #[must_use]
    pub fn renumbered(self, input: impl Fn(u32) -> u32 + Copy) -> Self {
        let order = |order: OrderKey| order.renumbered(input);
        let told = |told: Box<(OrderKey, ProcessFacts)>| Box::new((order(told.0), told.1));
        let start = |start: Box<Start>| Box::new(Start { order: order(start.order), ..*start });
        Self {
            start: self.start.map(start),
            exit: self.exit.map(order),
            seen: self.seen.map(told),
            last: self.last.map(order),
            named: self.named.map(told),
            ..self
        }
    }
}
