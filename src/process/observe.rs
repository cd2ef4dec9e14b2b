//! From an event to what it says of processes, asking for as few of its fields as will do.

use super::details;
use super::observer::{ObservedEvent, Observer, happened};
use super::subject::{SubjectProcess, SubjectReader};
use super::table::{ProcessNews, ProcessObservation, ProcessTable};
use super::wanted::{ProcessId, ProcessIds, WantedProcesses};
use crate::ecs::{self, FieldId};
use crate::sysmon::{LifeEvent, life_event};
use std::sync::Arc;

/// The fields that are asked of the start of a process.
pub const OF_STARTS: &[FieldId] = &[
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
    ecs::PROCESS_PE_ORIGINAL_FILE_NAME,
    ecs::PROCESS_PARENT_ENTITY_ID,
    ecs::PROCESS_PARENT_PID,
    ecs::PROCESS_PARENT_EXECUTABLE,
    ecs::PROCESS_PARENT_COMMAND_LINE,
    ecs::DATA_PARENT_USER,
    ecs::EVQL_RECOVERED,
];

/// An observer that gathers a table of processes: of all, or of those that are wanted.
#[derive(Debug)]
pub struct ProcessSurvey {
    /// The processes.
    table: ProcessTable,
    /// The processes that are wanted; `None` for all.
    wanted: Option<Arc<WantedProcesses>>,
    subjects: SubjectReader,
    observations: Vec<ProcessObservation>,
    nameless: u64,
}

impl ProcessSurvey {
    /// A survey of all processes.
    pub fn all() -> Self {
        Self::new(None, &Arc::default())
    }

    /// A survey of some processes.
    pub fn of(wanted: &Arc<WantedProcesses>) -> Self {
        Self::new(Some(wanted.clone()), &wanted.ids)
    }

    fn new(wanted: Option<Arc<WantedProcesses>>, ids: &Arc<ProcessIds>) -> Self {
        Self {
            table: ProcessTable::default(),
            wanted,
            subjects: SubjectReader::new(ids),
            observations: Vec::new(),
            nameless: 0,
        }
    }

    /// The table of several surveys, in any order.
    pub fn merge(surveys: impl IntoIterator<Item = Self>) -> ProcessTable {
        surveys.into_iter().fold(ProcessTable::default(), |all, survey| all.merge(survey.table))
    }

    fn wants(&self, id: ProcessId) -> bool {
        self.wanted.as_ref().is_none_or(|wanted| wanted.find_id(id).is_some())
    }

    /// Takes what an event tells of its process and, if that started, of its parent.
    fn take(&mut self, event: &ObservedEvent<'_>, happened: LifeEvent, subject: SubjectProcess) {
        let SubjectProcess { host, key, id, parent } = subject;
        let (fields, order, is_wanted) = (event.fields, event.order, self.wants(id));
        if let Some((link, parent)) = parent
            && (is_wanted || self.wants(ProcessId { key: link.key(), ..id }))
            // Asked of the thread's table as it was at the end of the last chunk: within one chunk a fact may be read twice, which changes nothing.
            && self.table.is_named_anew(&host.folded, &parent, order)
        {
            let what = ProcessNews::Named(self.subjects.reader.parent_facts(fields));
            self.observations.push(ProcessObservation { host: host.clone(), key: parent, order, what });
        }
        if !is_wanted {
            return;
        }
        let what = match happened {
            LifeEvent::Start => self.subjects.reader.start(fields),
            LifeEvent::Exit => {
                ProcessNews::Exit(self.subjects.reader.news(fields, &self.table, &host.folded, &key, order))
            }
            LifeEvent::Did(kind) => {
                ProcessNews::Activity(kind, self.subjects.reader.news(fields, &self.table, &host.folded, &key, order))
            }
        };
        self.observations.push(ProcessObservation { host, key, order, what });
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
        match self.subjects.subject(event, happened) {
            Some(subject) => self.take(event, happened, subject),
            None => self.nameless += 1,
        }
    }

    fn keep(&mut self) {
        // Only now, at the end of a chunk, do its events count: had the fast reader failed in the middle, `forget` would have dropped them, and the slow one
        // would show all of them anew.
        self.observations.drain(..).for_each(|observation| self.table.add(observation));
        self.table.nameless += std::mem::take(&mut self.nameless);
    }

    fn forget(&mut self) {
        self.observations.clear();
        self.nameless = 0;
    }
}
