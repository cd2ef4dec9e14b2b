//! The activities of some processes, each once with how often and when: the second half of a targeted pass.
//!
//! A process can do a million different things. Of each list only so many are held, those with the lowest hash of what they are: a choice that is the same
//! whatever the order of events and the number of threads, and under which the counts of what is held are exact. This module does not know why a process is
//! wanted.

use super::connection::{CONNECTION_FIELDS, Connection, ConnectionEnd, EndName, HostAddresses, with_connection};
use super::field_reader::{FieldReader, LONGEST_TEXT};
use super::observer::ObservedEvent;
use super::wanted::WantedProcesses;
use crate::ecs::{self, FieldId};
use crate::event::OrderKey;
use crate::sysmon::ActivityKind;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use std::sync::Arc;

/// The fields that are asked of an event that is no start.
pub const FIELDS: [FieldId; CONNECTION_FIELDS.len() + 24] = with_connection([
    ecs::PROCESS_ENTITY_ID,
    ecs::PROCESS_PID,
    ecs::PROCESS_EXECUTABLE,
    ecs::USER_DOMAIN,
    ecs::USER_NAME,
    ecs::EVENT_ACTION,
    ecs::NETWORK_TRANSPORT,
    ecs::DNS_QUESTION_NAME,
    ecs::SYSMON_DNS_STATUS,
    ecs::DNS_RESOLVED_IP,
    ecs::DNS_ANSWERS_DATA,
    ecs::FILE_PATH,
    ecs::FILE_NAME,
    ecs::FILE_HASH_SHA256,
    ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME,
    ecs::FILE_CODE_SIGNATURE_STATUS,
    ecs::FILE_CODE_SIGNATURE_TRUSTED,
    ecs::DATA_SIGNED,
    ecs::REGISTRY_PATH,
    ecs::REGISTRY_DATA_STRINGS,
    ecs::DATA_EVENT_TYPE,
    ecs::DATA_TARGET_IMAGE,
    ecs::DATA_GRANTED_ACCESS,
    ecs::MESSAGE,
]);

/// Most different things of one list of one process that are held, if few processes are wanted.
const MOST_ENTRIES: usize = 4096;
/// Most different entries of one list of one process that are held, if many processes are wanted.
const FEWEST_ENTRIES: usize = 64;
/// Most entries that all lists together may have, by the number of processes and lists.
const ENTRIES_IN_ALL: usize = 1_000_000;
/// Most answers or data that are held of one thing.
const MOST_VALUES: usize = 32;

/// Stands for the values beyond those.
const MORE_VALUES: &str = "… (and more)";

/// The lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum List {
    /// Address, port, transport, domain, direction.
    Destinations,
    /// Name, status.
    Dns,
    /// Path, action.
    Files,
    /// Path, action.
    Registry,
    /// Path, signer, status, whether it is trusted, SHA-256.
    Images,
    /// Action, target.
    Other,
}

impl List {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Destinations, Self::Dns, Self::Files, Self::Registry, Self::Images, Self::Other];

    /// The list that a kind of activity is in.
    pub fn of(kind: ActivityKind) -> Self {
        match kind {
            ActivityKind::Connection => Self::Destinations,
            ActivityKind::Dns => Self::Dns,
            ActivityKind::File => Self::Files,
            ActivityKind::Registry => Self::Registry,
            ActivityKind::Image => Self::Images,
            ActivityKind::ProcessAccess | ActivityKind::RemoteThread | ActivityKind::Pipe | ActivityKind::Other => {
                Self::Other
            }
        }
    }
}

/// One thing that a process did: the parts that a [`List`] names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ActivityEntry {
    /// Which list it is in.
    pub list: List,
    /// Its parts, in the order that the list says.
    pub parts: [Option<Arc<str>>; 5],
    /// The connection whose end it is, while it is not known which end is the host's.
    undecided: Option<Arc<Connection>>,
}

impl ActivityEntry {
    /// The entry, decided by what is known of the addresses of hosts.
    fn settled(mut self, known: &HostAddresses) -> Self {
        if let Some(connection) = self.undecided.take()
            && let Some(name) = connection.peer(known).remote()
        {
            let ConnectionEnd { ip, port, domain } = connection.end(name);
            for (part, text) in [(0, ip), (1, port), (3, domain)] {
                self.parts[part] = text.as_deref().map(Arc::from);
            }
        }
        self
    }
}

/// How often, when, and with what result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// How often.
    pub count: u64,
    /// The first event.
    pub first: OrderKey,
    /// The last one.
    pub last: OrderKey,
    /// Answers to a DNS query, or data that was written to the registry: the first ones in the order of texts.
    pub values: BTreeSet<Arc<str>>,
}

/// The activity of a wanted process in one event.
#[derive(Clone, Debug)]
pub(super) struct ActivityObservation {
    pub number: u32,
    pub order: OrderKey,
    pub entry: (ActivityEntry, Vec<Arc<str>>),
}

/// The activities of the wanted processes.
#[derive(Debug, Default)]
pub struct Details {
    of: Vec<OfProcess>,
}

/// The activities of one process.
#[derive(Debug, Default)]
pub struct OfProcess {
    /// By list.
    lists: [Entries; List::ALL.len()],
    /// Most entries of a list that are held.
    most: usize,
}

/// The activities of one process, as a part of the evidence has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRecord {
    /// Most entries of a list that are held.
    most: usize,
    /// By list the number of events, and the entries in order.
    lists: Vec<(u64, Vec<(ActivityEntry, Times)>)>,
}

/// One list.
#[derive(Debug, Default)]
struct Entries {
    by_entry: HashMap<ActivityEntry, Times>,
    /// The hashes of all entries, ordered, once there are as many as may be.
    hashes: BTreeSet<(u64, ActivityEntry)>,
    /// Events, held or not.
    events: u64,
}

impl Details {
    /// Nothing seen yet.
    pub fn new(wanted: &WantedProcesses) -> Self {
        Self::of_part(wanted, wanted.len())
    }

    /// Nothing seen yet. Only the first so many of the wanted processes are of alerts; the others share room of their own.
    pub fn of_part(wanted: &WantedProcesses, of_alerts: usize) -> Self {
        let of_alerts = of_alerts.min(wanted.len());
        let process = |most| OfProcess { most, ..OfProcess::default() };
        let group = |count: usize| {
            let most = (ENTRIES_IN_ALL / (count.max(1) * List::ALL.len())).clamp(FEWEST_ENTRIES, MOST_ENTRIES);
            (0..count).map(move |_| process(most))
        };
        Self { of: group(of_alerts).chain(group(wanted.len() - of_alerts)).collect() }
    }

    /// The activities of a process, to be kept.
    pub(super) fn record(&self, number: u32) -> Option<ActivityRecord> {
        let OfProcess { lists, most } = self.of.get(number as usize)?;
        let list = |list: &Entries| {
            let mut entries: Vec<_> =
                list.by_entry.iter().map(|(entry, times)| (entry.clone(), times.clone())).collect();
            entries.sort_unstable_by(|one, other| one.0.cmp(&other.0));
            (list.events, entries)
        };
        Some(ActivityRecord { most: *most, lists: lists.iter().map(list).collect() })
    }

    /// Adds the activities of a process that a part of the evidence has. Returns whether the part has left out what there would be room for here.
    pub(super) fn add_record(&mut self, number: u32, record: ActivityRecord) -> bool {
        let Some(OfProcess { lists, most }) = self.of.get_mut(number as usize) else { return false };
        let mut is_cut = false;
        for (mine, (events, entries)) in lists.iter_mut().zip(record.lists) {
            let held: u64 = entries.iter().map(|(_, times)| times.count).sum();
            is_cut |= record.most < *most && held < events;
            mine.events += events;
            for (entry, times) in entries {
                mine.add(entry, times, *most);
            }
        }
        is_cut
    }

    pub(super) fn add(&mut self, observation: ActivityObservation) {
        let ActivityObservation { number, order, entry: (entry, values) } = observation;
        if let Some(of) = self.of.get_mut(number as usize) {
            let times = Times { count: 1, first: order, last: order, values: values.into_iter().collect() };
            let list = &mut of.lists[entry.list as usize];
            list.events += 1;
            list.add(entry, times, of.most);
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.of.iter_mut().zip(other.of) {
            let most = mine.most;
            for (mine, theirs) in mine.lists.iter_mut().zip(theirs.lists) {
                mine.events += theirs.events;
                for (entry, times) in theirs.by_entry {
                    mine.add(entry, times, most);
                }
            }
        }
    }

    /// Decides which end of connections is the other host's, where the records alone did not.
    pub(super) fn settle(&mut self, known: &HostAddresses) {
        for of in &mut self.of {
            of.lists[List::Destinations as usize].settle(known, of.most);
        }
    }

    /// The activities of a wanted process, by its number.
    pub fn of(&self, number: u32) -> Option<&OfProcess> {
        self.of.get(number as usize)
    }
}

impl ActivityRecord {
    /// The same where inputs have other numbers.
    #[must_use]
    pub fn renumbered(mut self, input: impl Fn(u32) -> u32 + Copy) -> Self {
        for (_, times) in self.lists.iter_mut().flat_map(|(_, entries)| entries) {
            (times.first, times.last) = (times.first.renumbered(input), times.last.renumbered(input));
        }
        self
    }
}

impl OfProcess {
    /// One list in the order of first events, and how many events are of things that were not held.
    pub fn list(&self, list: List) -> (Vec<(&ActivityEntry, &Times)>, u64) {
        let entries = &self.lists[list as usize];
        let mut all: Vec<_> = entries.by_entry.iter().collect();
        all.sort_unstable_by(|left, right| (left.1.first, left.0).cmp(&(right.1.first, right.0)));
        let held: u64 = all.iter().map(|(_, times)| times.count).sum();
        (all, entries.events - held)
    }
}

impl Entries {
    fn settle(&mut self, known: &HostAddresses, most: usize) {
        if self.by_entry.keys().any(|entry| entry.undecided.is_some()) {
            // There are no more of them afterwards, so that none is left out now.
            self.hashes.clear();
            for (entry, times) in std::mem::take(&mut self.by_entry) {
                self.add(entry.settled(known), times, most);
            }
        }
    }

    fn add(&mut self, entry: ActivityEntry, times: Times, most: usize) {
        if let Some(known) = self.by_entry.get_mut(&entry) {
            known.add(times);
            return;
        }
        if self.by_entry.len() < most {
            self.by_entry.insert(entry, times);
            return;
        }
        // The list is full. Kept are the entries with the lowest hashes, as in a bottom-k sketch: which ones these are depends on the set of entries alone,
        // not on the order in which threads meet them, where "the first ones" would. An entry that is pushed out never comes back, as the bar only sinks;
        // one that stays was never out, so that its count is exact. The ordered set of hashes is only made for lists that are full, which few are.
        if self.hashes.is_empty() {
            self.hashes = self.by_entry.keys().map(|entry| (hash(entry), entry.clone())).collect();
        }
        let new = (hash(&entry), entry);
        let Some(highest) = self.hashes.last().filter(|highest| new < **highest).cloned() else { return };
        self.by_entry.remove(&highest.1);
        self.hashes.remove(&highest);
        self.by_entry.insert(new.1.clone(), times);
        self.hashes.insert(new);
    }
}

fn hash(entry: &ActivityEntry) -> u64 {
    FixedState::default().hash_one(entry)
}

impl Times {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.values.extend(other.values);
        let mut more = self.values.remove(MORE_VALUES);
        // The marker sorts among the values, so that it is taken out before they are counted and put back after.
        while self.values.len() > MOST_VALUES {
            self.values.pop_last();
            more = true;
        }
        if more {
            self.values.insert(MORE_VALUES.into());
        }
    }
}

impl FieldReader {
    /// The activity of its process in an event, with the values that go with it.
    pub(super) fn entry(&mut self, event: &ObservedEvent<'_>, kind: ActivityKind) -> (ActivityEntry, Vec<Arc<str>>) {
        let fields = event.fields;
        let list = List::of(kind);
        let mut parts = [const { None }; 5];
        let connection = (list == List::Destinations).then(|| self.connection(fields)).flatten();
        let remote = connection.as_ref().and_then(|connection| connection.peer(&HostAddresses::default()).remote());
        let wanted: &[FieldId] = match list {
            List::Destinations if remote == Some(EndName::Source) => {
                &[ecs::SOURCE_IP, ecs::SOURCE_PORT, ecs::NETWORK_TRANSPORT, ecs::SOURCE_DOMAIN, ecs::NETWORK_DIRECTION]
            }
            List::Destinations => &[
                ecs::DESTINATION_IP,
                ecs::DESTINATION_PORT,
                ecs::NETWORK_TRANSPORT,
                ecs::DESTINATION_DOMAIN,
                ecs::NETWORK_DIRECTION,
            ],
            List::Dns => &[ecs::DNS_QUESTION_NAME, ecs::SYSMON_DNS_STATUS],
            List::Files => &[ecs::FILE_PATH, ecs::EVENT_ACTION],
            List::Registry => &[ecs::REGISTRY_PATH, ecs::EVENT_ACTION],
            List::Images => &[
                ecs::FILE_PATH,
                ecs::FILE_CODE_SIGNATURE_SUBJECT_NAME,
                ecs::FILE_CODE_SIGNATURE_STATUS,
                ecs::DATA_SIGNED,
                ecs::FILE_HASH_SHA256,
            ],
            List::Other => &[ecs::EVENT_ACTION],
        };
        // The parts of an entry are by position what the list's columns are.
        for (part, field) in parts.iter_mut().zip(wanted) {
            *part = self.shared(fields, *field);
        }
        let values = match list {
            List::Dns => self.all(event, &[ecs::DNS_ANSWERS_DATA, ecs::DNS_RESOLVED_IP]),
            List::Registry => {
                // Sysmon says more exactly what happened than the name of the event does.
                parts[1] = self.shared(fields, ecs::DATA_EVENT_TYPE).or(parts[1].take());
                self.all(event, &[ecs::REGISTRY_DATA_STRINGS])
            }
            List::Images if parts[3].is_none() => {
                parts[3] = self.shared(fields, ecs::FILE_CODE_SIGNATURE_TRUSTED);
                Vec::new()
            }
            List::Other => {
                parts[1] = self.target(event);
                Vec::new()
            }
            _ => Vec::new(),
        };
        // All addresses are known at the end only.
        let undecided = connection.filter(|connection| connection.peer_by_itself().is_none()).map(Arc::new);
        (ActivityEntry { list, parts, undecided }, values)
    }

    /// The target of an activity: another process, a pipe or device, or the event's message.
    fn target(&mut self, event: &ObservedEvent<'_>) -> Option<Arc<str>> {
        let fields = event.fields;
        if let Some(image) = self.shared(fields, ecs::DATA_TARGET_IMAGE) {
            let access = self.read(fields, ecs::DATA_GRANTED_ACCESS).map(str::to_owned);
            return Some(access.map_or(image.clone(), |access| self.pool.share(&format!("{image} (access {access})"))));
        }
        let others = [ecs::FILE_PATH, ecs::FILE_NAME, ecs::MESSAGE];
        others.into_iter().find_map(|field| self.shared(fields, field))
    }

    fn all(&mut self, event: &ObservedEvent<'_>, fields: &[FieldId]) -> Vec<Arc<str>> {
        let values = fields.iter().flat_map(|field| event.fields.values(&(*field).into()));
        let mut texts: Vec<String> = values.map(ToString::to_string).collect();
        texts.sort_unstable();
        texts.dedup();
        let more = (texts.len() > MOST_VALUES).then(|| self.pool.share(MORE_VALUES));
        texts.iter().take(MOST_VALUES).map(|text| self.pool.share_cut(text, LONGEST_TEXT)).chain(more).collect()
    }
}
