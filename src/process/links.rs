//! The life of every process in a few bytes, as items that are sorted on disk where they are many: when it started and who started it, when it ended, and
//! how much it did.
//!
//! A table of all processes with their facts grows with the evidence; what is shown beside alerts are a few of them. Which ones is known when these items have
//! been read in the order of processes, and only then the facts of the few are read, where their starts stand. Items of one process are neighbours:
//!
//! ```text
//! process A   09:00 start, parent B              becomes the outline   A: started 09:00 by B, ended 09:07, 17 activities
//!             09:01 to 09:06 activities: 17
//!             09:07 exit
//! process B   09:00 named by a start             becomes the outline   B: nothing but its name is known
//! ```

use super::facts::{ActivityCounts, Parent, ProcessLife};
use super::wanted::{ProcessId, ProcessIds};
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, read_item, write_item};
use crate::detect::HostNumber;
use crate::eql::Digest;
use crate::event::OrderKey;
use crate::sysmon::ActivityKind;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::sync::Arc;

/// Most processes whose activities a thread counts at a time.
const MOST_COUNTED: usize = 1 << 15;
/// Items that are given to the spool together.
const BLOCK: usize = 4096;

/// The parent that a start names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ParentLink {
    /// The process with this key, by its entity id.
    Entity(Digest),
    /// A process by number and image: the one with this key, unless another process of the number is found that had started by then.
    Loose {
        /// The digest of number and image as they are named.
        key: Digest,
        /// The number.
        pid: Option<i64>,
        /// Stands for the image; 0 if none is named.
        image: u64,
    },
}

impl ParentLink {
    /// The parent as a start names it, if it names one.
    pub fn new(parent: &Parent, ids: &ProcessIds) -> Option<Self> {
        let key = ids.key(&parent.key()?);
        Some(match parent.entity_id {
            Some(_) => Self::Entity(key),
            None => Self::Loose { key, pid: parent.pid, image: parent.image.as_deref().map_or(0, |it| ids.image(it)) },
        })
    }

    /// The digest of the key that it names.
    pub fn key(self) -> Digest {
        match self {
            Self::Entity(key) | Self::Loose { key, .. } => key,
        }
    }
}

/// A start, as far as it tells who started whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LinkStart {
    /// The parent.
    pub parent: Option<ParentLink>,
    /// The number of the process.
    pub pid: Option<i64>,
    /// Stands for its image; 0 if there is none.
    pub image: u64,
}

/// An event in the life of a process.
#[derive(Clone, Copy, Debug)]
pub enum LinkEvent {
    /// It started.
    Start(LinkStart),
    /// It ended.
    Exit,
    /// It did something.
    Did(ActivityKind),
}

/// What an item says of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum LinkNews {
    Start(LinkStart),
    Exit,
    /// Activities, the last of them at a place, counted by kind.
    Activities(OrderKey, ActivityCounts),
    /// A start names it as the parent.
    Named,
}

/// One item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessLink {
    id: ProcessId,
    /// The place of the event in the order of events; of several the first.
    order: OrderKey,
    /// Whether the process has an entity id.
    is_entity: bool,
    news: LinkNews,
}

impl SpoolItem for ProcessLink {
    const PARTITIONS: usize = 256;

    fn partition(&self) -> usize {
        usize::from(self.id.key[0].to_be_bytes()[0])
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// The activities of a process that a thread has counted, and whether it was named.
#[derive(Clone, Copy, Debug, Default)]
struct CountedActivities {
    is_entity: bool,
    span: Option<(OrderKey, OrderKey)>,
    counts: ActivityCounts,
    named: Option<OrderKey>,
}

impl CountedActivities {
    fn links(self, id: ProcessId) -> impl Iterator<Item = ProcessLink> {
        let Self { is_entity, span, counts, named } = self;
        let link = move |order, news| ProcessLink { id, order, is_entity, news };
        let named = named.map(|order| link(order, LinkNews::Named));
        named.into_iter().chain(span.map(|(first, last)| link(first, LinkNews::Activities(last, counts))))
    }
}

/// The items that one thread adds to the spool.
#[derive(Debug)]
pub struct LinkWriter {
    spool: Arc<SortSpool<ProcessLink>>,
    block: Vec<ProcessLink>,
    counted: HashMap<ProcessId, CountedActivities>,
    /// Events of the chunk at hand, each with whether its process has an entity id.
    pending: Vec<(ProcessId, bool, OrderKey, LinkEvent)>,
}

impl LinkWriter {
    /// A writer that has met nothing.
    pub fn new(spool: &Arc<SortSpool<ProcessLink>>) -> Self {
        Self { spool: spool.clone(), block: Vec::new(), counted: HashMap::new(), pending: Vec::new() }
    }

    /// Adds an event of a process, which has an entity id or not.
    pub fn add(&mut self, id: ProcessId, is_entity: bool, order: OrderKey, event: LinkEvent) {
        self.pending.push((id, is_entity, order, event));
    }

    /// Keeps the events since the last call: their chunk was read to its end.
    pub fn keep(&mut self) {
        for (id, is_entity, order, event) in std::mem::take(&mut self.pending) {
            match event {
                LinkEvent::Start(start) => {
                    self.block.push(ProcessLink { id, order, is_entity, news: LinkNews::Start(start) });
                    if let Some(parent) = start.parent {
                        let is_entity = matches!(parent, ParentLink::Entity(_));
                        let named = &mut self.counted(ProcessId { key: parent.key(), ..id }, is_entity).named;
                        *named = Some(named.map_or(order, |first| first.min(order)));
                    }
                }
                LinkEvent::Exit => self.block.push(ProcessLink { id, order, is_entity, news: LinkNews::Exit }),
                LinkEvent::Did(kind) => {
                    let counted = self.counted(id, is_entity);
                    let (first, last) = counted.span.unwrap_or((order, order));
                    counted.span = Some((first.min(order), last.max(order)));
                    counted.counts.add(kind);
                }
            }
        }
        if self.block.len() >= BLOCK {
            self.spool.add(std::mem::take(&mut self.block));
        }
    }

    fn counted(&mut self, id: ProcessId, is_entity: bool) -> &mut CountedActivities {
        // What is forgotten here becomes an item; whoever reads adds the items of a process up.
        if self.counted.len() >= MOST_COUNTED && !self.counted.contains_key(&id) {
            self.block.extend(self.counted.drain().flat_map(|(id, counted)| counted.links(id)));
        }
        self.counted.entry(id).or_insert(CountedActivities { is_entity, ..CountedActivities::default() })
    }

    /// Forgets the events since the last [`keep`](Self::keep).
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    /// Gives everything to the spool.
    pub fn flush(&mut self) {
        self.block.extend(self.counted.drain().flat_map(|(id, counted)| counted.links(id)));
        self.spool.add(std::mem::take(&mut self.block));
    }
}

/// What is known of a process without reading its events again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessOutline {
    /// The process.
    pub id: ProcessId,
    /// Whether it has an entity id.
    pub is_entity: bool,
    /// Its start, if one was logged; the first of several.
    pub start: Option<(OrderKey, LinkStart)>,
    /// How many starts were logged.
    pub starts: u32,
    /// Its last exit.
    pub exit: Option<OrderKey>,
    /// Its first activity or exit.
    pub seen: Option<OrderKey>,
    /// Its last event.
    pub last: Option<OrderKey>,
    /// The first start that names it as the parent.
    pub named: Option<OrderKey>,
    /// The numbers of its activities by kind.
    pub counts: ActivityCounts,
}

impl ProcessOutline {
    fn new(link: ProcessLink) -> Self {
        let ProcessLink { id, is_entity, .. } = link;
        let (start, starts, exit, seen, last, named, counts) = Default::default();
        let mut outline = Self { id, is_entity, start, starts, exit, seen, last, named, counts };
        outline.add(link);
        outline
    }

    /// When it started and ended, and how much it did.
    pub fn life(&self) -> ProcessLife {
        let Self { starts, exit, last, counts, .. } = *self;
        ProcessLife { starts, exit, last, counts }
    }

    /// The same for a process whose host has another number, where inputs have other numbers too.
    #[must_use]
    pub fn renumbered(self, host: HostNumber, input: impl Fn(u32) -> u32 + Copy) -> Self {
        let order = |order: OrderKey| order.renumbered(input);
        Self {
            id: ProcessId { host, ..self.id },
            start: self.start.map(|(at, start)| (order(at), start)),
            exit: self.exit.map(order),
            seen: self.seen.map(order),
            last: self.last.map(order),
            named: self.named.map(order),
            ..self
        }
    }

    fn add(&mut self, ProcessLink { order, news, .. }: ProcessLink) {
        match news {
            LinkNews::Start(start) => {
                self.start.get_or_insert((order, start));
                self.starts = self.starts.saturating_add(1);
                self.last = self.last.max(Some(order));
            }
            LinkNews::Exit => {
                self.exit = self.exit.max(Some(order));
                self.seen.get_or_insert(order);
                self.last = self.last.max(Some(order));
            }
            LinkNews::Activities(last, counts) => {
                self.seen.get_or_insert(order);
                self.last = self.last.max(Some(last));
                self.counts.add_all(&counts);
            }
            LinkNews::Named => drop(self.named.get_or_insert(order)),
        }
    }
}

/// Shows every process of a partition, in the order of their ids.
pub fn for_each_outline(
    links: &SortedSpool<ProcessLink>,
    partition: usize,
    mut each: impl FnMut(ProcessOutline),
) -> io::Result<()> {
    let mut current: Option<ProcessOutline> = None;
    for link in links.partition(partition) {
        let link = link?;
        match &mut current {
            // Items of a process come in the order of events, so that the first of each kind is the first there is.
            Some(outline) if outline.id == link.id => outline.add(link),
            other => other.replace(ProcessOutline::new(link)).into_iter().for_each(&mut each),
        }
    }
    current.into_iter().for_each(each);
    Ok(())
}
