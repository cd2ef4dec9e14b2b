//! The prevalence of values in the evidence: on how many hosts, how often, first and last.
//!
//! Hashes and command lines are those of starts, which a [`Forest`] has. The other ends of connections and names that were asked for are counted in a pass of
//! their own, with the values in a set, so that memory follows what is sought. This module does not know why a value is.

use super::connection::{CONNECTION_FIELDS, HostAddresses, with_connection};
use super::field_reader::FieldReader;
use super::forest::Forest;
use super::observer::{ObservedEvent, Observer};
use super::text::CutText;
use crate::base::host::{folded, show};
use crate::ecs::{self, FieldId};
use crate::event::OrderKey;
use crate::sysmon::{ActivityKind, EventIdRow, LifeEvent, event_id_row, life_event};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// A value of a kind.
pub type Sought = (ValueKind, CutText);

/// The hosts, number and span of the events that have a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prevalence {
    /// On which hosts: the writing of each name that comes first by its letters, by the letters that names are compared in.
    pub hosts: BTreeMap<Arc<str>, Arc<str>>,
    /// How often.
    pub count: u64,
    /// The first and the last time.
    pub span: Option<(OrderKey, OrderKey)>,
}

impl Prevalence {
    fn meet(&mut self, host: &Arc<str>) {
        match self.hosts.get_mut(&*folded(host)) {
            Some(shown) => show(shown, host),
            None => drop(self.hosts.insert(folded(host).into(), host.clone())),
        }
    }

    fn add(&mut self, host: &Arc<str>, order: OrderKey, count: u64) {
        self.meet(host);
        self.count += count;
        let (first, last) = self.span.unwrap_or((order, order));
        self.span = Some((first.min(order), last.max(order)));
    }

    fn merge(&mut self, other: Self) {
        for host in other.hosts.into_values() {
            self.meet(&host);
        }
        self.count += other.count;
        if let Some((first, last)) = other.span {
            let (mine_first, mine_last) = self.span.unwrap_or((first, last));
            self.span = Some((mine_first.min(first), mine_last.max(last)));
        }
    }
}

/// The values that are sought, each with its prevalence.
#[derive(Clone, Debug, Default)]
pub struct PrevalenceIndex {
    found: HashMap<Sought, Prevalence>,
}

impl PrevalenceIndex {
    /// Seeks a value.
    pub fn seek(&mut self, sought: Sought) {
        self.found.entry(sought).or_default();
    }

    /// The prevalence of a value.
    pub fn get(&self, sought: &Sought) -> Option<&Prevalence> {
        self.found.get(sought)
    }

    /// Whether any value is sought that stands in no start.
    pub fn needs_pass(&self) -> bool {
        self.found
            .keys()
            .any(|(sort, _)| matches!(sort, ValueKind::Destination | ValueKind::Dns | ValueKind::FileSha256))
    }

    fn seeks_files(&self) -> bool {
        self.found.keys().any(|(sort, _)| *sort == ValueKind::FileSha256)
    }

    /// Counts the starts of a forest.
    pub fn count_starts(&mut self, forest: &Forest) {
        let start = |sort, text: Option<&CutText>| text.map(|text| (sort, text.clone()));
        for host in &forest.hosts {
            for node in &host.nodes {
                let Some(order) = node.started else { continue };
                let hash = node.facts.hashes.as_ref().and_then(|hashes| hashes.sha256.clone());
                let hash = hash.map(|text| CutText { text, cut: 0 });
                let values = [
                    start(ValueKind::Sha256, hash.as_ref()),
                    start(ValueKind::CommandLine, node.facts.command_line.as_ref()),
                ];
                // Starts are in the forest already, with their hashes and command lines: no pass is made for them.
                for value in values.into_iter().flatten() {
                    if let Some(seen) = self.found.get_mut(&value) {
                        seen.add(&host.name, order, node.starts.into());
                    }
                }
            }
        }
    }

    /// Adds what others have seen of the same values, in any order.
    pub fn merge(&mut self, other: Self) {
        for (sought, seen) in other.found {
            self.found.entry(sought).or_default().merge(seen);
        }
    }
}

/// Counts connections and DNS queries of all processes, and the files that they loaded or wrote.
#[derive(Debug)]
pub struct Watch {
    sought: Arc<PrevalenceIndex>,
    known: Arc<HostAddresses>,
    seeks_files: bool,
    found: PrevalenceIndex,
    pending: Vec<(Sought, Arc<str>, OrderKey)>,
    reader: FieldReader,
}

impl Watch {
    /// Nothing seen yet of what is sought. `known` tells which end of a connection is the other host's.
    pub fn new(sought: &Arc<PrevalenceIndex>, known: &Arc<HostAddresses>) -> Self {
        // Worked out once: whether an observer wants an event ID at all is asked for every record.
        let (seeks_files, found) = (sought.seeks_files(), PrevalenceIndex::default());
        let (sought, known) = (sought.clone(), known.clone());
        Self { sought, known, seeks_files, found, pending: Vec::new(), reader: FieldReader::default() }
    }

    /// Ends the watch with the prevalence that it has counted.
    pub fn finish(self) -> PrevalenceIndex {
        self.found
    }
}

/// The fields that are asked of connections, DNS queries and files: of each kind of event all of them, because a record may have any entry, whatever its ID.
const FIELDS: [FieldId; CONNECTION_FIELDS.len() + 2] = with_connection([ecs::DNS_QUESTION_NAME, ecs::FILE_HASH_SHA256]);

/// The fields whose values are sought, beside the other ends of connections.
pub const SOUGHT: [(ValueKind, FieldId); 2] =
    [(ValueKind::Dns, ecs::DNS_QUESTION_NAME), (ValueKind::FileSha256, ecs::FILE_HASH_SHA256)];

impl Watch {
    /// The value of a field, if it is one that is sought.
    fn sought(&mut self, sort: ValueKind, field: FieldId, event: &ObservedEvent<'_>) -> Option<Sought> {
        let sought = (sort, CutText { text: self.reader.shared(event.fields, field)?, cut: 0 });
        self.sought.found.contains_key(&sought).then_some(sought)
    }

    fn meet(&mut self, sort: ValueKind, field: FieldId, event: &ObservedEvent<'_>) {
        if let Some(sought) = self.sought(sort, field, event) {
            self.note(sought, event);
        }
    }

    /// The address of the other end, if it is one that is sought. Few connections have one at any end: only of these it is asked which end is whose.
    fn meet_destination(&mut self, event: &ObservedEvent<'_>) {
        // To read a whole connection makes seven texts; to look up two addresses in a set makes none that is new.
        let ends = [ecs::SOURCE_IP, ecs::DESTINATION_IP];
        if !ends.into_iter().any(|field| self.sought(ValueKind::Destination, field, event).is_some()) {
            return;
        }
        let Some(connection) = self.reader.connection(event.fields) else { return };
        let remote = connection.peer(&self.known).remote().and_then(|name| connection.end(name).ip.as_deref());
        let sought = remote.map(|ip| (ValueKind::Destination, CutText { text: ip.into(), cut: 0 }));
        if let Some(sought) = sought.filter(|sought| self.sought.found.contains_key(sought)) {
            self.note(sought, event);
        }
    }

    fn note(&mut self, sought: Sought, event: &ObservedEvent<'_>) {
        let host = self.reader.shared(event.fields, ecs::HOST_NAME).unwrap_or_else(|| Arc::from(""));
        self.pending.push((sought, host, event.order));
    }
}

impl Observer for Watch {
    fn fields(&self, id: u32) -> &'static [FieldId] {
        let has_files = || self.seeks_files && event_id_row(id).is_some_and(EventIdRow::has_file_hashes);
        // Of other events nothing is read at all, which is most of a log.
        match life_event(id) {
            Some(LifeEvent::Did(ActivityKind::Connection | ActivityKind::Dns)) => &FIELDS,
            _ if has_files() => &FIELDS,
            _ => &[],
        }
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        if event.id.is_some_and(|id| self.fields(id).is_empty()) {
            return;
        }
        for (sort, field) in SOUGHT {
            self.meet(sort, field, event);
        }
        self.meet_destination(event);
    }

    fn keep(&mut self) {
        for (sought, host, order) in self.pending.drain(..) {
            self.found.found.entry(sought).or_default().add(&host, order, 1);
        }
    }

    fn forget(&mut self) {
        self.pending.clear();
    }
}
