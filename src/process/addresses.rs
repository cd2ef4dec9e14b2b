//! Learns from connections which addresses hosts have: an observer for whoever needs no more of the evidence than that.

use super::connection::{CONNECTION_FIELDS, Connection, HostAddresses};
use super::field_reader::FieldReader;
use super::observer::{ObservedEvent, Observer};
use crate::detect::Alert;
use crate::ecs::FieldId;
use crate::sysmon::is_connection;

/// Connections that show addresses of their hosts, until it is certain that they count.
#[derive(Debug, Default)]
pub struct AddressSurvey {
    known: HostAddresses,
    pending: Vec<Connection>,
    reader: FieldReader,
}

impl AddressSurvey {
    /// Merges the addresses that several observers have learnt. Their order does not matter.
    pub fn merge(surveys: Vec<Self>) -> HostAddresses {
        let mut known = HostAddresses::default();
        for survey in surveys {
            known.merge(survey.known);
        }
        known
    }
}

/// Whether an alert has a connection whose record does not say which end is whose.
pub fn has_undecided_connection(alert: &Alert) -> bool {
    let mut connections = alert
        .present()
        .chain(alert.context.iter().map(|around| &around.event))
        .filter_map(|event| Connection::read(|field| event.document.first(field).map(ToString::to_string)));
    connections.any(|connection| connection.peer_by_itself().is_none())
}

impl Observer for AddressSurvey {
    fn fields(&self, id: u32) -> &'static [FieldId] {
        if is_connection(id) { CONNECTION_FIELDS } else { &[] }
    }

    fn see(&mut self, event: &ObservedEvent<'_>) {
        if event.id.is_none_or(is_connection) {
            let connection = self.reader.connection(event.fields);
            self.pending.extend(connection.filter(Connection::shows_own_address));
        }
    }

    fn keep(&mut self) {
        // Learnt at the end of a chunk only: one that is started over must not count twice.
        self.pending.drain(..).for_each(|connection| self.known.learn(&connection));
    }

    fn forget(&mut self) {
        self.pending.clear();
    }
}
