//! Stacking: how often each value of some fields occurs, on which hosts, first and last.
//!
//! Every event adds one item for each of its values, and items of one value and host are added up: by each thread while it reads, and again when all of them
//! are read in order from a spool. So the memory that it takes does not depend on how many values there are.
//!
//! ```text
//! events     cmd.exe on A   CMD.EXE on B   cmd.exe on A   evil.exe on B
//! items      (cmd.exe, A, 2)   (CMD.EXE, B, 1)   (evil.exe, B, 1)       sorted by value as it is compared, then as it is written
//! rows       evil.exe 1 on 1 host    cmd.exe 3 on 2 hosts               sorted as somebody wants to see them
//! ```
//!
//! Values are compared as Windows compares them: the case of letters does not count, but for command lines and other texts that are data. Of several writings
//! the one is shown that most events have. This module does not know formats.

use super::observer::{ObservedEvent, Observer};
use crate::base::Ticks;
use crate::base::host::folded;
use crate::base::spool::{SortSpool, SortedSpool, SpoolItem, SpoolSpace, read_item, write_item};
use crate::ecs::{self, Field, FieldId};
use crate::eql::Predicate;
use crate::event::OrderKey;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;

/// Most values and hosts that a thread adds up before it gives them away.
const MOST_COUNTED: usize = 1 << 15;
/// Most bytes of texts that a thread holds before it gives them away.
const MOST_BYTES: usize = 8 << 20;
/// Most combinations of values that one event counts for.
const MOST_COMBINATIONS: usize = 64;
/// Most hosts whose names are given.
pub const MOST_HOSTS: usize = 20;
/// The share of memory that items take before they are spilled, and rows too.
const STACK_SHARE: u64 = 4;

/// What is stacked.
#[derive(Clone, Debug)]
pub struct StackOptions {
    /// The fields whose values are counted together.
    pub fields: Vec<Field>,
    /// The condition that events must fulfil, if there is one.
    pub filter: Option<Predicate>,
    /// Whether every host has rows of its own.
    pub per_host: bool,
    /// The order of the rows.
    pub sort: StackSort,
}

/// The order of rows; those that are equal in it stand in the order of their values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StackSort {
    /// The rarest first; of equally rare ones those on fewer hosts.
    #[default]
    Rare,
    /// The most common first.
    Common,
    /// Those on the fewest hosts first; of these the rarest.
    Hosts,
    /// Those that were met first stand first.
    First,
    /// Those that were met last stand first.
    Last,
    /// By values alone.
    Value,
}

/// A value of the fields on a host: how often it was met.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct StackItem {
    /// The values as they are compared.
    folded: Box<[Box<str>]>,
    /// The host as it is compared, and as it is written.
    host: (Arc<str>, Arc<str>),
    /// The values as they are written; `None` if that is the same.
    written: Option<Box<[Box<str>]>>,
    /// The first event that has them.
    first: OrderKey,
    last: Ticks,
    count: u64,
}

impl SpoolItem for StackItem {
    fn bytes(&self) -> usize {
        let texts = self.folded.iter().chain(self.written.iter().flat_map(|written| &**written));
        size_of::<Self>() + texts.map(|text| text.len() + size_of::<Box<str>>()).sum::<usize>()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// A row of a stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackRow {
    /// What the rows are sorted by.
    rank: (u64, u64),
    /// The values as they are compared.
    folded: Box<[Box<str>]>,
    /// The values of the fields, in the writing that most events have.
    pub values: Box<[Box<str>]>,
    /// How many events have them.
    pub count: u64,
    /// On how many hosts.
    pub hosts: u64,
    /// The names of these hosts, at most [`MOST_HOSTS`].
    pub host_names: Box<[Arc<str>]>,
    /// When they were met first and last.
    pub first: Ticks,
    /// When they were met last.
    pub last: Ticks,
    /// The first event that has them.
    pub example: OrderKey,
}

impl SpoolItem for StackRow {
    fn bytes(&self) -> usize {
        let texts = self.folded.iter().chain(&self.values).map(|text| text.len() + size_of::<Box<str>>());
        size_of::<Self>() + texts.sum::<usize>() + self.host_names.len() * (size_of::<Arc<str>>() + 32)
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// What was stacked.
#[derive(Debug)]
pub struct Stack {
    /// The rows, in order.
    pub rows: SortedSpool<StackRow>,
    /// How many rows there are.
    pub count: u64,
    /// What became of events.
    pub events: StackedEvents,
}

/// What became of the events that were shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StackedEvents {
    /// Those that were counted.
    pub counted: u64,
    /// Those that lack one of the fields.
    pub without: u64,
    /// Those that do not fulfil the condition.
    pub others: u64,
    /// Those that have more combinations of values than are counted.
    pub capped: u64,
}

impl StackedEvents {
    fn add(&mut self, other: Self) {
        self.counted += other.counted;
        self.without += other.without;
        self.others += other.others;
        self.capped += other.capped;
    }
}

/// What one thread has counted of a value on a host.
#[derive(Clone, Copy, Debug)]
struct CountedValue {
    first: OrderKey,
    last: Ticks,
    count: u64,
}

/// Values as they are written, and the host.
type CountedKey = (Box<[Box<str>]>, Arc<str>);

/// Counts the values of events, one for each thread.
pub struct StackObserver {
    options: Arc<StackOptions>,
    asked: Arc<[Field]>,
    items: Arc<SortSpool<StackItem>>,
    counted: HashMap<CountedKey, CountedValue>,
    bytes: usize,
    /// Values of the chunk at hand, and what became of its events.
    pending: (Vec<(CountedKey, OrderKey)>, StackedEvents),
    events: StackedEvents,
    /// The host of the event before.
    host: Arc<str>,
}

impl StackOptions {
    /// Everything that is asked of an event.
    fn asked(&self) -> Arc<[Field]> {
        let filter = self.filter.iter().flat_map(Predicate::fields).cloned();
        let mut asked: Vec<Field> = self.fields.iter().cloned().chain(filter).chain([ecs::HOST_NAME.into()]).collect();
        asked.sort();
        asked.dedup();
        asked.into()
    }
}

/// Where the observers of a stack put what they count.
#[derive(Debug)]
pub struct StackSpool {
    options: Arc<StackOptions>,
    asked: Arc<[Field]>,
    items: Arc<SortSpool<StackItem>>,
    space: SpoolSpace,
}

impl StackSpool {
    /// A stack of nothing yet, within a share of the memory.
    pub fn new(options: StackOptions, space: &SpoolSpace) -> Self {
        let space = space.share(STACK_SHARE);
        let asked = options.asked();
        Self { options: Arc::new(options), asked, items: Arc::new(SortSpool::new(space.clone())), space }
    }

    /// An observer for a thread.
    pub fn observer(&self) -> StackObserver {
        StackObserver {
            options: self.options.clone(),
            asked: self.asked.clone(),
            items: self.items.clone(),
            counted: HashMap::new(),
            bytes: 0,
            pending: (Vec::new(), StackedEvents::default()),
            events: StackedEvents::default(),
            host: "".into(),
        }
    }

    /// The rows of what all observers have counted.
    pub fn finish(self, observers: Vec<StackObserver>) -> io::Result<Stack> {
        let mut events = StackedEvents::default();
        for mut observer in observers {
            observer.flush();
            events.add(observer.events);
        }
        let rows = SortSpool::new(self.space.clone());
        let (mut block, mut count) = (Vec::new(), 0);
        let sorted = self.items.take_sorted();
        let mut group: Option<StackGroup> = None;
        let mut end = |group: StackGroup, block: &mut Vec<StackRow>| {
            block.push(group.row(self.options.sort));
            count += 1;
            if block.len() >= 1024 {
                rows.add(std::mem::take(block));
            }
        };
        for item in sorted.iter() {
            let item = item?;
            match &mut group {
                Some(group) if group.takes(&item, self.options.per_host) => group.add(item),
                group => {
                    if let Some(done) = group.replace(StackGroup::new(item)) {
                        end(done, &mut block);
                    }
                }
            }
        }
        if let Some(done) = group {
            end(done, &mut block);
        }
        rows.add(block);
        Ok(Stack { rows: rows.take_sorted(), count, events })
    }
}

impl Observer for StackObserver {
    fn fields(&self, _: u32) -> &'static [FieldId] {
        &[]
    }

    fn more_fields(&self) -> &[Field] {
        &self.asked
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        if self.options.filter.as_ref().is_some_and(|filter| !filter.matches(event.fields)) {
            self.pending.1.others += 1;
            return;
        }
        let mut keys: Vec<Vec<Box<str>>> = vec![Vec::new()];
        let mut is_capped = false;
        for field in &self.options.fields {
            let values = event.fields.values(field);
            if values.is_empty() {
                self.pending.1.without += 1;
                return;
            }
            let texts: Vec<Box<str>> = values.iter().map(|value| value.text_in(field).into()).collect();
            let with = |key: &[Box<str>], text: &str| [key, &[text.into()]].concat();
            keys = keys.iter().flat_map(|key| texts.iter().map(move |text| with(key, text))).collect();
            is_capped |= keys.len() > MOST_COMBINATIONS;
            keys.truncate(MOST_COMBINATIONS);
        }
        // A value that an event has twice is one event's value.
        keys.sort();
        keys.dedup();
        self.pending.1.counted += 1;
        self.pending.1.capped += u64::from(is_capped);
        let host = event.fields.values(&ecs::HOST_NAME.into()).first().map(ToString::to_string).unwrap_or_default();
        if *self.host != *host {
            self.host = host.into();
        }
        let keys = keys.into_iter().map(|key| ((key.into(), self.host.clone()), event.order));
        self.pending.0.extend(keys);
    }

    fn keep(&mut self) {
        for (key, order) in self.pending.0.drain(..) {
            let bytes: usize = key.0.iter().map(|text| text.len() + size_of::<Box<str>>()).sum();
            let counted = self.counted.entry(key).or_insert_with(|| {
                self.bytes += bytes + size_of::<CountedKey>() + size_of::<CountedValue>();
                CountedValue { first: order, last: order.time, count: 0 }
            });
            counted.first = counted.first.min(order);
            counted.last = counted.last.max(order.time);
            counted.count += 1;
        }
        self.events.add(std::mem::take(&mut self.pending.1));
        if self.counted.len() >= MOST_COUNTED || self.bytes >= MOST_BYTES {
            self.flush();
        }
    }

    fn forget(&mut self) {
        self.pending = (Vec::new(), StackedEvents::default());
    }
}

impl StackObserver {
    /// Gives everything to the spool.
    fn flush(&mut self) {
        let fields = &self.options.fields;
        let item = |((written, host), CountedValue { first, last, count }): (CountedKey, CountedValue)| {
            let folded: Box<[Box<str>]> =
                fields.iter().zip(&written).map(|(field, text)| compared(field, text)).collect();
            let written = (folded != written).then_some(written);
            StackItem { folded, host: (compared_host(&host), host), written, first, last, count }
        };
        let items = self.counted.drain().map(item).collect();
        self.bytes = 0;
        self.items.add(items);
    }
}

/// The name of a host as it is compared.
fn compared_host(host: &Arc<str>) -> Arc<str> {
    match folded(host) {
        Cow::Borrowed(_) => host.clone(),
        Cow::Owned(folded) => folded.into(),
    }
}

/// A value as it is compared.
fn compared(field: &Field, text: &str) -> Box<str> {
    if keeps_case(field) { text.into() } else { folded(text).into() }
}

/// Whether the case of letters counts in the values of a field: in what is data to Windows, and not a name of something.
pub fn keeps_case(field: &Field) -> bool {
    const DATA: &[&str] =
        &["command_line", "args", "strings", "message", "CommandLine", "Details", "Contents", "Query", "Description"];
    let name = field.name();
    DATA.iter().any(|data| name.ends_with(data))
}

/// Items of one value, or of one value and host, while they are added up. They come in order: host by host, and for each host writing by writing.
struct StackGroup {
    folded: Box<[Box<str>]>,
    /// How many events have each writing.
    writings: BTreeMap<Box<[Box<str>]>, u64>,
    count: u64,
    host: Arc<str>,
    host_names: Vec<Arc<str>>,
    hosts: u64,
    first: OrderKey,
    last: Ticks,
}

/// Most writings of a value that are counted: it takes somebody who wants it to write a name in so many.
const MOST_WRITINGS: usize = 256;

impl StackGroup {
    fn new(item: StackItem) -> Self {
        let mut group = Self {
            folded: item.folded.clone(),
            writings: BTreeMap::new(),
            count: 0,
            host: item.host.0.clone(),
            host_names: vec![item.host.1.clone()],
            hosts: 1,
            first: item.first,
            last: item.last,
        };
        group.add(item);
        group
    }

    /// Whether an item belongs to the group.
    fn takes(&self, item: &StackItem, per_host: bool) -> bool {
        self.folded == item.folded && (!per_host || self.host == item.host.0)
    }

    fn add(&mut self, item: StackItem) {
        if self.host != item.host.0 {
            self.host = item.host.0;
            self.hosts += 1;
            if self.host_names.len() < MOST_HOSTS {
                self.host_names.push(item.host.1);
            }
        }
        self.count += item.count;
        self.first = self.first.min(item.first);
        self.last = self.last.max(item.last);
        let writing = item.written.unwrap_or(item.folded);
        if self.writings.len() < MOST_WRITINGS || self.writings.contains_key(&writing) {
            *self.writings.entry(writing).or_default() += item.count;
        }
    }

    fn row(self, sort: StackSort) -> StackRow {
        let Self { folded, writings, count, host_names, hosts, first, last, .. } = self;
        let instant = |at: Ticks| at.0.cast_unsigned() ^ (1 << 63);
        let rank = match sort {
            StackSort::Rare => (count, hosts),
            StackSort::Common => (u64::MAX - count, u64::MAX - hosts),
            StackSort::Hosts => (hosts, count),
            StackSort::First => (instant(first.time), count),
            StackSort::Last => (u64::MAX - instant(last), count),
            StackSort::Value => (0, 0),
        };
        // Of writings that are equally common the first by its letters.
        let best = writings.into_iter().rev().max_by_key(|(_, count)| *count);
        let values = best.map_or_else(|| folded.clone(), |(writing, _)| writing);
        StackRow {
            rank,
            folded,
            values,
            count,
            hosts,
            host_names: host_names.into(),
            first: first.time,
            last,
            example: first,
        }
    }
}

#[cfg(test)]
mod tests;
