//! The process that an event is about.

use super::entity::EntityKey;
use super::field_reader::FieldReader;
use super::links::ParentLink;
use super::observer::ObservedEvent;
use super::wanted::{ProcessId, ProcessIds};
use crate::base::host::HostName;
use crate::detect::HostNumber;
use crate::ecs;
use crate::event::Fields;
use crate::sysmon::LifeEvent;
use std::sync::Arc;

/// The process that an event is about.
#[derive(Clone, Debug)]
pub struct SubjectProcess {
    /// Its host.
    pub host: HostName,
    /// Its key there.
    pub key: EntityKey,
    /// Its id.
    pub id: ProcessId,
    /// If it started, the parent that is named, and its key.
    pub parent: Option<(ParentLink, EntityKey)>,
}

/// Reads from events which processes they are about.
#[derive(Debug)]
pub struct SubjectReader {
    /// What the ids of processes are made by.
    pub ids: Arc<ProcessIds>,
    /// Reads the fields of events.
    pub reader: FieldReader,
    /// The host that was met last.
    host: Option<(HostName, HostNumber)>,
}

impl SubjectReader {
    /// A reader that gives processes these ids.
    pub fn new(ids: &Arc<ProcessIds>) -> Self {
        Self { ids: ids.clone(), reader: FieldReader::default(), host: None }
    }

    /// The host of an event.
    pub fn host(&mut self, fields: &dyn Fields) -> (HostName, HostNumber) {
        let name = self.reader.read(fields, ecs::HOST_NAME).unwrap_or_default();
        match &self.host {
            Some((known, number)) if *known.written == *name => (known.clone(), *number),
            _ => self.host.insert((name.into(), self.ids.hosts.number(name))).clone(),
        }
    }

    /// The process that an event is about; `None` if nothing tells which one that is.
    pub fn subject(&mut self, event: &ObservedEvent<'_>, happened: LifeEvent) -> Option<SubjectProcess> {
        let (host, number) = self.host(event.fields);
        let key = self.reader.key(event.fields)?;
        let id = self.ids.of(number, &key);
        let parent = (happened == LifeEvent::Start).then(|| self.reader.parent(event.fields)).and_then(|parent| {
            let link = ParentLink::new(&parent, &self.ids)?;
            // Crafted evidence can name a process as its own parent.
            (link.key() != id.key).then_some((link, parent.key()?))
        });
        Some(SubjectProcess { host, key, id, parent })
    }
}
