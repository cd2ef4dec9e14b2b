//! From an event to what it says of processes, asking for as few of its fields as will do.

use super::connection::{Connection, HostAddresses};
use super::details::{self, Details, WantedProcesses};
use super::field_reader::FieldReader;
use super::observer::{ObservedEvent, Observer, happened};
use super::table::{ProcessNews, ProcessObservation, ProcessTable};
use crate::base::host::HostName;
use crate::ecs::{self, FieldId};
use crate::event::Fields;
use crate::sysmon::{ActivityKind, LifeEvent, life_event};
use std::sync::Arc;

/// The fields that are asked of the start of a process.
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

/// An observer that gathers a table of all processes, and all activities of wanted ones.
#[derive(Debug)]
pub struct ProcessSurvey {
    /// All processes.
    pub table: ProcessTable,
    /// The activities of the wanted ones.
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

    /// Lets the survey learn addresses of hosts too.
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
        // A start tells far more than other events, and there are few: the rest is not asked for what only a start has.
        match life_event(id) {
            Some(LifeEvent::Start) => OF_STARTS,
            Some(LifeEvent::Exit | LifeEvent::Did(_)) => &details::FIELDS,
            None => &[],
        }
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        let Some(happened) = happened(event) else { return };
        let fields = event.fields;
        if self.addresses.is_some() && matches!(happened, LifeEvent::Did(ActivityKind::Connection)) {
            let connection = self.reader.connection(fields);
            self.connections.extend(connection.filter(Connection::shows_own_address));
        }
        let host = self.host(fields);
        let Some(key) = self.reader.key(fields) else {
            self.nameless += 1;
            return;
        };
        let order = event.order;
        let what = match happened {
            LifeEvent::Start => self.reader.start(fields),
            LifeEvent::Exit => ProcessNews::Exit(self.reader.news(fields, &self.table, &host.folded, &key, order)),
            LifeEvent::Did(kind) => {
                if let Some(number) = self.wanted.find(&host.folded, &key) {
                    self.entries.push(details::ActivityObservation {
                        number,
                        order,
                        entry: self.reader.entry(event, kind),
                    });
                }
                ProcessNews::Activity(kind, self.reader.news(fields, &self.table, &host.folded, &key, order))
            }
        };
        self.observations.push(ProcessObservation { host, key, order, what });
    }

    fn keep(&mut self) {
        // Only now, at the end of a chunk, do its events count: had the fast reader failed in the middle, `forget` would have dropped them, and the slow one
        // would show all of them anew.
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
