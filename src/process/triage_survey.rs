//! The observer of triage: one pass that gathers all activities of wanted processes, the lives of all processes and the values of all events in a few bytes
//! each, and the addresses of hosts.

use super::connection::{Connection, HostAddresses};
use super::details::{self, ActivityObservation, Details};
use super::field_reader::long;
use super::links::{LinkEvent, LinkStart, LinkWriter, ProcessLink};
use super::observe;
use super::observer::{ObservedEvent, Observer, happened};
use super::sightings::{
    SOUGHT, SOUGHT_IN_STARTS, SightedConnection, SightedText, SightedValue, SightingWriter, ValueSpool, service_values,
    start_values,
};
use super::subject::{SubjectProcess, SubjectReader};
use super::wanted::WantedProcesses;
use crate::base::spool::{SortSpool, SortedSpool, SpoolSpace};
use crate::ecs::{self, FieldId};
use crate::sysmon::{ActivityKind, EventIdRow, LifeEvent, event_id_row, life_event};
use std::sync::Arc;

/// The share of memory that each of the spools takes before it is spilled.
const SPOOL_SHARE: u64 = 24;
/// The share of values with their texts.
const TEXT_SHARE: u64 = 12;

/// The spools that all observers of a pass share.
#[derive(Clone, Debug)]
pub struct TriageSpools {
    links: Arc<SortSpool<ProcessLink>>,
    values: ValueSpool,
    connections: Arc<SortSpool<SightedConnection>>,
}

impl TriageSpools {
    /// Empty spools, and a spool for digests of values.
    pub fn with_digests(space: &SpoolSpace) -> (Self, Arc<SortSpool<SightedValue>>) {
        let values = Arc::new(SortSpool::new(space.share(SPOOL_SHARE)));
        (Self::new(space, ValueSpool::Digests(values.clone())), values)
    }

    /// Empty spools, and a spool for values with their texts.
    pub fn with_texts(space: &SpoolSpace) -> (Self, Arc<SortSpool<SightedText>>) {
        let values = Arc::new(SortSpool::new(space.share(TEXT_SHARE)));
        (Self::new(space, ValueSpool::Texts(values.clone())), values)
    }

    fn new(space: &SpoolSpace, values: ValueSpool) -> Self {
        let space = space.share(SPOOL_SHARE);
        Self { links: Arc::new(SortSpool::new(space.clone())), values, connections: Arc::new(SortSpool::new(space)) }
    }
}

/// An observer that gathers what triage needs of all events.
#[derive(Debug)]
pub struct TriageSurvey {
    subjects: SubjectReader,
    wanted: Arc<WantedProcesses>,
    details: Details,
    addresses: HostAddresses,
    links: LinkWriter,
    sightings: SightingWriter,
    connections: Vec<Connection>,
    entries: Vec<ActivityObservation>,
}

/// What a pass has gathered beside values, which are in their spool.
#[derive(Debug)]
pub struct TriageGathered {
    /// The activities of the wanted processes.
    pub details: Details,
    /// The addresses that hosts have shown as their own.
    pub addresses: HostAddresses,
    /// The lives of all processes.
    pub links: SortedSpool<ProcessLink>,
    /// Connections whose ends their records do not tell apart.
    pub connections: SortedSpool<SightedConnection>,
}

impl TriageSurvey {
    /// A survey that has seen nothing.
    pub fn new(wanted: &Arc<WantedProcesses>, spools: &TriageSpools) -> Self {
        Self::of_part(wanted, wanted.len(), spools)
    }

    /// A survey that has seen nothing, for a part of the evidence: only the first so many of the wanted processes are of alerts.
    pub fn of_part(wanted: &Arc<WantedProcesses>, of_alerts: usize, spools: &TriageSpools) -> Self {
        Self {
            subjects: SubjectReader::new(&wanted.ids),
            wanted: wanted.clone(),
            details: Details::of_part(wanted, of_alerts),
            addresses: HostAddresses::default(),
            links: LinkWriter::new(&spools.links),
            sightings: SightingWriter::new(&spools.values, &spools.connections),
            connections: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// All of several surveys, in any order.
    pub fn merge(surveys: Vec<Self>, wanted: &WantedProcesses, spools: &TriageSpools) -> TriageGathered {
        let mut details: Option<Details> = None;
        let mut addresses = HostAddresses::default();
        for mut survey in surveys {
            survey.links.flush();
            survey.sightings.flush();
            match &mut details {
                Some(details) => details.merge(survey.details),
                None => details = Some(survey.details),
            }
            addresses.merge(survey.addresses);
        }
        let details = details.unwrap_or_else(|| Details::new(wanted));
        let (links, connections) = (spools.links.take_sorted(), spools.connections.take_sorted());
        TriageGathered { details, addresses, links, connections }
    }

    /// Adds the values of an event that are counted for all hosts.
    fn sight(&mut self, event: &ObservedEvent<'_>, happened: Option<LifeEvent>) {
        let (_, host) = self.subjects.host(event.fields);
        let SubjectReader { ids, reader, .. } = &mut self.subjects;
        if happened == Some(LifeEvent::Start) {
            self.sightings.add_fields(event, host, SOUGHT_IN_STARTS, reader, ids);
            self.sightings.add_kept(event, host, start_values, reader, ids);
            return;
        }
        if happened == Some(LifeEvent::Did(ActivityKind::Registry)) {
            self.sightings.add_kept(event, host, service_values, reader, ids);
        }
        let is_asked = match happened {
            Some(LifeEvent::Did(ActivityKind::Connection | ActivityKind::Dns)) => true,
            _ => event.id.is_none_or(has_file_hashes),
        };
        if !is_asked {
            return;
        }
        self.sightings.add_fields(event, host, SOUGHT, reader, ids);
        if let Some(connection) = reader.connection(event.fields) {
            let decided = self.sightings.add_connection(connection, host, event.order.time, ids);
            // Only what tells its ends apart shows addresses of its host.
            let is_connection = happened == Some(LifeEvent::Did(ActivityKind::Connection));
            self.connections.extend(decided.filter(|_| is_connection));
        }
    }

    fn follow(&mut self, event: &ObservedEvent<'_>, happened: LifeEvent, subject: &SubjectProcess) {
        let SubjectReader { ids, reader, .. } = &mut self.subjects;
        let link = match happened {
            LifeEvent::Start => LinkEvent::Start(LinkStart {
                parent: subject.parent.as_ref().map(|(link, _)| *link),
                pid: long(event.fields, ecs::PROCESS_PID),
                image: reader.read(event.fields, ecs::PROCESS_EXECUTABLE).map_or(0, |image| ids.image(image)),
            }),
            LifeEvent::Exit => LinkEvent::Exit,
            LifeEvent::Did(kind) => LinkEvent::Did(kind),
        };
        self.links.add(subject.id, subject.key.entity_id().is_some(), event.order, link);
        if let LifeEvent::Did(kind) = happened
            && let Some(number) = self.wanted.find_id(subject.id)
        {
            let entry = reader.entry(event, kind);
            self.entries.push(ActivityObservation { number, order: event.order, entry });
        }
    }
}

fn has_file_hashes(id: u32) -> bool {
    event_id_row(id).is_some_and(EventIdRow::has_file_hashes)
}

impl Observer for TriageSurvey {
    fn fields(&self, id: u32) -> &'static [FieldId] {
        match life_event(id) {
            Some(LifeEvent::Start) => observe::OF_STARTS,
            Some(LifeEvent::Exit | LifeEvent::Did(_)) => &details::FIELDS,
            None if has_file_hashes(id) => &details::FIELDS,
            None => &[],
        }
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        let happened = happened(event);
        self.sight(event, happened);
        if let Some(happened) = happened
            && let Some(subject) = self.subjects.subject(event, happened)
        {
            self.follow(event, happened, &subject);
        }
    }

    fn keep(&mut self) {
        // Only now, at the end of a chunk, do its events count: had the fast reader failed in the middle, `forget` would have dropped them, and the slow one
        // would show all of them anew.
        self.links.keep();
        self.sightings.keep();
        self.entries.drain(..).for_each(|entry| self.details.add(entry));
        self.connections.drain(..).for_each(|connection| self.addresses.learn(&connection));
    }

    fn forget(&mut self) {
        self.links.forget();
        self.sightings.forget();
        self.entries.clear();
        self.connections.clear();
    }
}
