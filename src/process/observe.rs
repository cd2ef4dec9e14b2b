//! From an event to what it says of processes, asking for as few of its fields as will do.

use super::connection::{Connection, HostAddresses};
use super::details::{self, Details, WantedProcesses};
use super::entity::{EntityId, EntityKey};
use super::facts::{ActivityKind, Hashes, Parent, ProcessFacts};
use super::table::{ProcessNews, ProcessObservation, ProcessTable};
use super::text::{CutText, Pool};
use crate::base::host::{self, HostName};
use crate::ecs::{self, FieldId};
use crate::event::{Fields, OrderKey, Value, WrittenText};
use hashbrown::HashSet;
use std::sync::Arc;

/// Longest command line that is held of every process, in bytes.
pub const LONGEST_COMMAND: usize = 8192;
/// Longest path, name or other text that is held.
pub const LONGEST_TEXT: usize = 2048;

/// An event, as an observer is shown it.
#[derive(Clone, Copy)]
pub struct ObservedEvent<'e> {
    /// Its fields.
    pub fields: &'e dyn Fields,
    /// Sysmon's event ID, if it is an event of Sysmon.
    pub id: Option<u32>,
    /// Its place in the order of events.
    pub order: OrderKey,
}

impl ObservedEvent<'_> {
    /// Whether it tells of the start of a process.
    pub fn is_start(&self) -> bool {
        matches!(happened(self), Some(Happened::Start))
    }
}

/// Is shown all events of some evidence. There is one for each thread.
pub trait Observer: Send {
    /// The fields that it may ask of events of Sysmon with this ID; none if it does not need to see them at all.
    fn fields(&self, id: u32) -> &'static [FieldId];
    /// An event.
    fn see(&mut self, sight: &ObservedEvent<'_>);
    /// What was seen since the last [`keep`](Self::keep) counts.
    fn keep(&mut self);
    /// It does not count: it will be shown again.
    fn forget(&mut self);
}

/// What is asked of the start of a process.
const OF_STARTS: &[FieldId] = &[
    ecs::HOST_NAME,
    ecs::EVENT_CATEGORY,
    ecs::EVENT_TYPE,
    ecs::PROCESS_ENTITY_ID,
    ecs::PROCESS_PID,
    ecs::PROCESS_EXECUTABLE,
    ecs::PROCESS_COMMAND_LINE,
    ecs::USER_DOMAIN,
    ecs::USER_NAME,
    ecs::DATA_INTEGRITY_LEVEL,
    ecs::PROCESS_HASH_MD5,
    ecs::PROCESS_HASH_SHA1,
    ecs::PROCESS_HASH_SHA256,
    ecs::PROCESS_PE_IMPHASH,
    ecs::PROCESS_PARENT_ENTITY_ID,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_PARENT_EXECUTABLE,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::DATA_PARENT_USER,
    ecs::EVQL_RECOVERED,
];

/// What a survey gathers: a table of all processes, and everything that wanted ones did.
#[derive(Debug)]
pub struct ProcessSurvey {
    /// All processes.
    pub table: ProcessTable,
    /// What the wanted ones did.
    pub details: Details,
    /// The addresses that hosts have shown as their own, if that is wanted.
    pub addresses: Option<HostAddresses>,
    connections: Vec<Connection>,
    wanted: Arc<WantedProcesses>,
    observations: Vec<ProcessObservation>,
    entries: Vec<details::ActivityObservation>,
    nameless: u64,
    reader: FieldReader,
    /// The host that was met last.
    host: Option<HostName>,
}

impl ProcessSurvey {
    /// Nothing seen yet.
    pub fn new(wanted: &Arc<WantedProcesses>) -> Self {
        Self {
            table: ProcessTable::default(),
            details: Details::new(wanted),
            addresses: None,
            connections: Vec::new(),
            wanted: wanted.clone(),
            observations: Vec::new(),
            entries: Vec::new(),
            nameless: 0,
            reader: FieldReader::default(),
            host: None,
        }
    }

    /// The same, and addresses of hosts are learnt too.
    #[must_use]
    pub fn with_addresses(self) -> Self {
        Self { addresses: Some(HostAddresses::default()), ..self }
    }

    /// All of several surveys, in any order.
    pub fn merge(surveys: Vec<Self>) -> Option<Self> {
        surveys.into_iter().reduce(|mut all, other| {
            all.table = std::mem::take(&mut all.table).merge(other.table);
            all.details.merge(other.details);
            if let (Some(mine), Some(theirs)) = (&mut all.addresses, other.addresses) {
                mine.merge(theirs);
            }
            all
        })
    }

    fn host(&mut self, fields: &dyn Fields) -> HostName {
        let name = self.reader.read(fields, ecs::HOST_NAME).unwrap_or_default();
        match &self.host {
            Some(known) if *known.written == *name => known.clone(),
            _ => self.host.insert(name.into()).clone(),
        }
    }
}

impl Observer for ProcessSurvey {
    fn fields(&self, id: u32) -> &'static [FieldId] {
        match id {
            1 => OF_STARTS,
            // The state of Sysmon, drivers, subscriptions of WMI and errors are nobody's.
            4 | 6 | 16 | 19 | 20 | 21 | 255 => &[],
            _ => details::FIELDS,
        }
    }

    fn see(&mut self, sight: &ObservedEvent<'_>) {
        let Some(happened) = happened(sight) else { return };
        let fields = sight.fields;
        if self.addresses.is_some() && matches!(happened, Happened::Did(ActivityKind::Connection)) {
            let connection = self.reader.connection(fields);
            self.connections.extend(connection.filter(Connection::shows_own_address));
        }
        let host = self.host(fields);
        let Some(key) = self.reader.key(fields) else {
            self.nameless += 1;
            return;
        };
        let order = sight.order;
        let what = match happened {
            Happened::Start => self.reader.start(fields),
            Happened::Exit => ProcessNews::Exit(self.reader.news(fields, &self.table, &host.folded, &key, order)),
            Happened::Did(kind) => {
                if let Some(number) = self.wanted.find(&host.folded, &key) {
                    self.entries.push(details::ActivityObservation {
                        number,
                        order,
                        entry: self.reader.entry(sight, kind),
                    });
                }
                ProcessNews::Activity(kind, self.reader.news(fields, &self.table, &host.folded, &key, order))
            }
        };
        self.observations.push(ProcessObservation { host, key, order, what });
    }

    fn keep(&mut self) {
        self.observations.drain(..).for_each(|observation| self.table.add(observation));
        self.entries.drain(..).for_each(|entry| self.details.add(entry));
        self.table.nameless += std::mem::take(&mut self.nameless);
        if let Some(addresses) = &mut self.addresses {
            self.connections.drain(..).for_each(|connection| addresses.learn(&connection));
        }
    }

    fn forget(&mut self) {
        self.observations.clear();
        self.entries.clear();
        self.connections.clear();
        self.nameless = 0;
    }
}

/// What an event tells of.
enum Happened {
    Start,
    Exit,
    Did(ActivityKind),
}

/// What an event tells of, by its ID or, if it is none of Sysmon's, by its category. `None` if it is about no process.
fn happened(sight: &ObservedEvent<'_>) -> Option<Happened> {
    Some(match sight.id {
        Some(1) => Happened::Start,
        Some(5) => Happened::Exit,
        Some(4 | 6 | 16 | 19 | 20 | 21 | 255) => return None,
        Some(3) => Happened::Did(ActivityKind::Connection),
        Some(22) => Happened::Did(ActivityKind::Dns),
        Some(2 | 11 | 15 | 23 | 26 | 27 | 28 | 29) => Happened::Did(ActivityKind::File),
        Some(12..=14) => Happened::Did(ActivityKind::Registry),
        Some(7) => Happened::Did(ActivityKind::Image),
        Some(8) => Happened::Did(ActivityKind::RemoteThread),
        Some(10) => Happened::Did(ActivityKind::ProcessAccess),
        Some(17 | 18) => Happened::Did(ActivityKind::Pipe),
        Some(_) => Happened::Did(ActivityKind::Other),
        None => return by_category(sight.fields),
    })
}

fn by_category(fields: &dyn Fields) -> Option<Happened> {
    let has = |field: FieldId, text: &str| {
        fields.values(&field.into()).iter().any(|value| value.as_text().is_some_and(|have| have == text))
    };
    let category = |text| has(ecs::EVENT_CATEGORY, text);
    Some(if category("library") {
        Happened::Did(ActivityKind::Image)
    } else if category("process") && has(ecs::EVENT_TYPE, "start") {
        Happened::Start
    } else if category("process") && has(ecs::EVENT_TYPE, "end") {
        Happened::Exit
    } else if category("network") || category("dns") {
        let dns = category("dns") || has(ecs::NETWORK_PROTOCOL, "dns") && has_any(fields, ecs::DNS_QUESTION_NAME);
        Happened::Did(if dns { ActivityKind::Dns } else { ActivityKind::Connection })
    } else if category("file") {
        Happened::Did(ActivityKind::File)
    } else if category("registry") {
        Happened::Did(ActivityKind::Registry)
    } else if category("process") {
        Happened::Did(ActivityKind::Other)
    } else {
        return None;
    })
}

fn has_any(fields: &dyn Fields, field: FieldId) -> bool {
    !fields.values(&field.into()).is_empty()
}

/// The first value of a field, if it is an integer.
pub fn long(fields: &dyn Fields, field: FieldId) -> Option<i64> {
    match fields.values(&field.into()).first()? {
        Value::Long(number) => Some(*number),
        _ => None,
    }
}

/// Reads fields into texts that are shared.
#[derive(Debug, Default)]
pub struct FieldReader {
    text: String,
    pub(super) pool: Pool,
    hashes: HashSet<Arc<Hashes>>,
}

impl FieldReader {
    /// The first value of a field as text.
    pub fn read(&mut self, fields: &dyn Fields, field: FieldId) -> Option<&str> {
        self.text.clear();
        let field = field.into();
        match fields.write_text(&field, &mut self.text) {
            WrittenText::Text => Some(&self.text),
            WrittenText::Nothing => None,
            WrittenText::NotText => {
                let value = fields.values(&field).first()?;
                if let Some(text) = value.as_text() {
                    self.text.push_str(text);
                } else {
                    self.text.push_str(&value.to_string());
                }
                Some(&self.text)
            }
        }
    }

    /// The same, shared, and cut if it is very long.
    pub fn shared(&mut self, fields: &dyn Fields, field: FieldId) -> Option<Arc<str>> {
        self.read(fields, field)?;
        Some(self.pool.share_cut(&self.text, LONGEST_TEXT))
    }

    /// The connection that an event tells of, if it does.
    pub(super) fn connection(&mut self, fields: &dyn Fields) -> Option<Connection> {
        Connection::read(|field| self.shared(fields, field).map(|text| text.to_string()))
    }

    /// What the process of an event is known by.
    pub(super) fn key(&mut self, fields: &dyn Fields) -> Option<EntityKey> {
        if let Some(id) = self.read(fields, ecs::PROCESS_ENTITY_ID) {
            return Some(EntityKey::Entity(EntityId::new(id)));
        }
        let image = self.shared(fields, ecs::PROCESS_EXECUTABLE);
        EntityKey::new(None, long(fields, ecs::PROCESS_PID), image)
    }

    fn user(&mut self, fields: &dyn Fields) -> Option<Arc<str>> {
        let domain = self.read(fields, ecs::USER_DOMAIN).map(str::to_owned);
        let name = self.read(fields, ecs::USER_NAME)?;
        let user = domain.map_or_else(|| name.to_owned(), |domain| format!("{domain}\\{name}"));
        Some(self.pool.share_cut(&user, LONGEST_TEXT))
    }

    /// What an event that is no start tells of its process, if nothing better is known of it.
    fn news(
        &mut self,
        fields: &dyn Fields,
        table: &ProcessTable,
        host: &str,
        key: &EntityKey,
        order: OrderKey,
    ) -> Option<ProcessFacts> {
        table.is_news(host, key, order).then(|| ProcessFacts {
            pid: long(fields, ecs::PROCESS_PID),
            image: self.shared(fields, ecs::PROCESS_EXECUTABLE),
            user: self.user(fields),
            ..ProcessFacts::default()
        })
    }

    fn start(&mut self, fields: &dyn Fields) -> ProcessNews {
        let command_line = self.read(fields, ecs::PROCESS_COMMAND_LINE).map(|text| CutText::new(text, LONGEST_COMMAND));
        let facts = ProcessFacts {
            pid: long(fields, ecs::PROCESS_PID),
            image: self.shared(fields, ecs::PROCESS_EXECUTABLE),
            command_line,
            user: self.user(fields),
            integrity: self.shared(fields, ecs::DATA_INTEGRITY_LEVEL),
            hashes: self.hashes(fields),
            is_recovered: has_any(fields, ecs::EVQL_RECOVERED),
        };
        let parent = Parent {
            entity_id: self.read(fields, ecs::PROCESS_PARENT_ENTITY_ID).map(EntityId::new),
            pid: long(fields, ecs::PROCESS_PARENT_PID),
            image: self.shared(fields, ecs::PROCESS_PARENT_EXECUTABLE),
        };
        // The children of one process all tell its command line: it is held once.
        let command =
            self.read(fields, ecs::PROCESS_PARENT_COMMAND_LINE).map(|text| CutText::new(text, LONGEST_COMMAND));
        let command = command.map(|text| CutText { text: self.pool.share(&text.text), cut: text.cut });
        let parent_facts = ProcessFacts {
            pid: parent.pid,
            image: parent.image.clone(),
            command_line: command,
            user: self.shared(fields, ecs::DATA_PARENT_USER),
            ..ProcessFacts::default()
        };
        ProcessNews::Start { facts, parent, parent_facts }
    }

    fn hashes(&mut self, fields: &dyn Fields) -> Option<Arc<Hashes>> {
        let hashes = Hashes {
            md5: self.shared(fields, ecs::PROCESS_HASH_MD5),
            sha1: self.shared(fields, ecs::PROCESS_HASH_SHA1),
            sha256: self.shared(fields, ecs::PROCESS_HASH_SHA256),
            imphash: self.shared(fields, ecs::PROCESS_PE_IMPHASH),
        };
        if hashes == Hashes::default() {
            return None;
        }
        if let Some(known) = self.hashes.get(&hashes) {
            return Some(known.clone());
        }
        if self.hashes.len() >= 1 << 14 {
            self.hashes.clear();
        }
        let new = Arc::new(hashes);
        self.hashes.insert(new.clone());
        Some(new)
    }
}

/// The process that an event is about, by host, in the letters that hosts are compared in, and key: the one that a [`ProcessSurvey`] counts the event for.
pub fn process_of(fields: &dyn Fields) -> Option<(String, EntityKey)> {
    let mut reader = FieldReader::default();
    let host = host::folded(reader.read(fields, ecs::HOST_NAME).unwrap_or_default()).into_owned();
    let key = reader.key(fields)?;
    Some((host, key))
}
