//! One event of a timeline with what stands beside it: the start of its process, and its parts in alerts.

use super::fields::CARRIED_COLUMNS;
use super::row::{Cell, TimelineRow};
use crate::base::Locator;
use crate::detect::{AlertOutline, AlertSource, RuleIndex};
use std::io;

/// An event's part in an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertPart {
    /// Where the event was read.
    pub origin: Locator,
    /// Position of the alert in the list of alerts.
    pub alert: usize,
    /// Stage of the rule's sequence, from 0.
    pub stage: usize,
    /// How many stages there are.
    pub stages: usize,
    /// Which rule.
    pub rule: RuleIndex,
}

/// One event of a timeline, ready to be written.
#[derive(Clone, Copy, Debug)]
pub struct TimelineEntry<'t> {
    /// The event.
    pub row: TimelineRow<'t>,
    /// The start of the event's process, if it was logged and the event is no start itself.
    pub start: Option<TimelineRow<'t>>,
    /// The alerts that the event is part of.
    pub parts: &'t [AlertPart],
}

/// The values of an entry by the position of their field in [`FIELDS`](super::FIELDS): convenient where [`TimelineRow::cells`] is quick.
#[derive(Clone, Debug)]
pub struct EntryColumns<'t> {
    event: ByColumn<'t>,
    start: Option<ByColumn<'t>>,
    start_record: Option<&'t str>,
}

impl<'t> TimelineEntry<'t> {
    /// The values of the entry.
    pub fn columns(&self) -> EntryColumns<'t> {
        let start = self.start.map(ByColumn::new);
        EntryColumns { event: ByColumn::new(self.row), start, start_record: self.start_record() }
    }

    /// The record id of the start whose facts are carried onto this event.
    pub fn start_record(&self) -> Option<&'t str> {
        self.start?.record_id
    }
}

impl<'t> EntryColumns<'t> {
    /// All values of a field: the event's own or, for the facts in [`CARRIED`](super::CARRIED), the first of its process's start.
    pub fn values(&self, field: usize) -> impl Iterator<Item = Cell<'t>> + use<'t, '_> {
        let event = self.event.values(field);
        // A fact that is carried over is the first value of the start's only: several would look as if the event had them itself.
        let (cells, most) = if event.is_empty() { (self.carried(field), 1) } else { (event, usize::MAX) };
        cells.iter().take(most).map(|(_, cell)| *cell)
    }

    /// Whether a field has no value.
    pub fn is_empty(&self, field: usize) -> bool {
        self.event.values(field).is_empty() && self.carried(field).is_empty()
    }

    fn carried(&self, field: usize) -> &[(usize, Cell<'t>)] {
        self.start.as_ref().filter(|_| CARRIED_COLUMNS.contains(&field)).map_or(&[], |start| start.values(field))
    }

    /// The record id of the start whose facts are carried onto this event.
    pub fn start_record(&self) -> Option<&'t str> {
        self.start_record
    }
}

/// The values of a row, found by column.
#[derive(Clone, Debug)]
struct ByColumn<'t>(Vec<(usize, Cell<'t>)>);

impl<'t> ByColumn<'t> {
    fn new(row: TimelineRow<'t>) -> Self {
        Self(row.cells().collect())
    }

    fn values(&self, column: usize) -> &[(usize, Cell<'t>)] {
        let from = self.0.partition_point(|(have, _)| *have < column);
        let length = self.0[from..].iter().take_while(|(have, _)| *have == column).count();
        &self.0[from..from + length]
    }
}

/// The parts of all events in alerts, by where the events were read.
#[derive(Debug, Default)]
pub struct AlertParts(Vec<AlertPart>);

impl AlertParts {
    /// The parts in some alerts.
    pub fn new(alerts: &dyn AlertSource) -> io::Result<Self> {
        let (mut parts, mut alert) = (Vec::new(), 0);
        alerts.for_each_outline(&mut |AlertOutline { rule, places }| {
            let part = |(stage, place): (usize, &Option<Locator>)| {
                Some(AlertPart { origin: (*place)?, alert, rule: *rule, stage, stages: places.len() })
            };
            parts.extend(places.iter().enumerate().filter_map(part));
            alert += 1;
        })?;
        parts.sort_unstable();
        Ok(Self(parts))
    }

    /// The parts of the event that was read at a place.
    pub fn of(&self, origin: Locator) -> &[AlertPart] {
        let from = self.0.partition_point(|part| part.origin < origin);
        let length = self.0[from..].iter().take_while(|part| part.origin == origin).count();
        &self.0[from..from + length]
    }
}
