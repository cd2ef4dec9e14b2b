//! What triage knows of the processes of a part of the evidence, in pieces that can be kept and put together with those of other parts.
//!
//! Ids of processes are made with the key of the case, so that they are the same in all parts; numbers of hosts and inputs are those of the part.

use super::connection::HostAddresses;
use super::details::{ActivityRecord, Details};
use super::entity::EntityKey;
use super::facts::ProcessRecord;
use super::lineage::{Lineage, ShownProcess};
use super::links::ProcessOutline;
use super::sightings::SightedText;
use super::table::ProcessTable;
use super::triage::WholeCommandLine;
use super::wanted::{ProcessId, ProcessIds, WantedProcesses};
use crate::base::Locator;
use crate::base::spool::SortedSpool;
use crate::detect::HostNumber;
use crate::event::OrderKey;
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a pass over a part of the evidence has gathered for the alerts of all parts.
#[derive(Debug)]
pub struct TriagePart {
    /// The processes of alerts, and of events that may come to be some.
    pub wanted: Arc<WantedProcesses>,
    /// What they did.
    pub details: Details,
    /// The addresses that hosts have shown as their own.
    pub addresses: HostAddresses,
    /// The processes that are shown beside alerts.
    pub lineage: Lineage,
    /// What is known of these.
    pub facts: ProcessTable,
    /// Command lines that are longer than what is held of every process, by the places of the starts.
    pub lines: Vec<(Locator, WholeCommandLine)>,
    /// The values of all events.
    pub values: SortedSpool<SightedText>,
    /// How many events may come to be of alerts, and have a process that was one too many.
    pub left_out: u64,
}

/// A piece of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TriageRecord {
    /// A process that is shown.
    Shown(Box<ShownRecord>),
    /// What a process did.
    Activities(ProcessId, Box<ActivityRecord>),
    /// A command line that is longer than what is held of every process, by the place of the start.
    CommandLine(Locator, Box<WholeCommandLine>),
}

/// A process that is shown beside alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownRecord {
    /// Its key on its host.
    pub key: EntityKey,
    /// What is known of its life.
    pub outline: ProcessOutline,
    /// How many processes it started.
    pub child_count: u32,
    /// When it started and its parent, if its start was logged and names one.
    pub parent: Option<(OrderKey, ProcessId)>,
    /// What events tell of it.
    pub told: ProcessRecord,
}

impl TriagePart {
    /// What ids of processes are made by.
    pub fn ids(&self) -> &Arc<ProcessIds> {
        &self.wanted.ids
    }

    /// All pieces, in an order that does not depend on threads.
    pub fn records(&self) -> impl Iterator<Item = TriageRecord> {
        let ids = &self.wanted.ids;
        let mut numbers: HashMap<&Arc<str>, HostNumber> = HashMap::new();
        let mut shown: Vec<_> = Vec::new();
        for (host, key, told) in self.facts.records() {
            let number = *numbers.entry(host).or_insert_with(|| ids.hosts.number(host));
            shown.extend(self.lineage.shown.get(&ids.of(number, key)).map(|process| (host, key, told, *process)));
        }
        shown.sort_unstable_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
        let shown = shown.into_iter().map(|(_, key, told, ShownProcess { outline, child_count, parent })| {
            let (key, told) = (key.clone(), told.clone());
            TriageRecord::Shown(Box::new(ShownRecord { key, outline, child_count, parent, told }))
        });
        // In the order in which they were wanted, which is that of alerts.
        let mut wanted: Vec<(u32, ProcessId)> = self.wanted.iter().map(|(id, number)| (number, id)).collect();
        wanted.sort_unstable();
        let activities = wanted
            .into_iter()
            .filter_map(|(number, id)| Some(TriageRecord::Activities(id, Box::new(self.details.record(number)?))));
        let lines = self.lines.iter().map(|(place, line)| TriageRecord::CommandLine(*place, Box::new(line.clone())));
        shown.chain(activities).chain(lines)
    }
}

impl TriageRecord {
    /// The same where hosts and inputs have other numbers.
    #[must_use]
    pub fn renumbered(self, input: impl Fn(u32) -> u32 + Copy, host: impl Fn(HostNumber) -> HostNumber) -> Self {
        let id = |id: ProcessId| ProcessId { host: host(id.host), ..id };
        match self {
            Self::Shown(shown) => {
                let ShownRecord { key, outline, child_count, parent, told } = *shown;
                let parent = parent.map(|(order, parent)| (order.renumbered(input), id(parent)));
                let (outline, told) = (outline.renumbered(host(outline.id.host), input), told.renumbered(input));
                Self::Shown(Box::new(ShownRecord { key, outline, child_count, parent, told }))
            }
            Self::Activities(process, did) => Self::Activities(id(process), Box::new(did.renumbered(input))),
            Self::CommandLine(place, line) => Self::CommandLine(Locator { input: input(place.input), ..place }, line),
        }
    }
}
