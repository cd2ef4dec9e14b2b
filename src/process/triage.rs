//! The context of each alert, as a person would look it up first: its processes with all they did, what started them, what they started, and where else their
//! hashes, command lines and destinations were seen.
//!
//! Alerts of one process share what is known of it. This module does not know how the evidence is read: it says what is wanted, and takes what was found.

use super::connection::{Connection, HostAddresses};
use super::details::{Details, List, OfProcess};
use super::entity::EntityKey;
use super::facts::ProcessRecord;
use super::field_reader::{FieldReader, LONGEST_COMMAND, process_of};
use super::forest::{Forest, NodeIndex};
use super::lineage::{Lineage, LineageLimits};
use super::prevalence::{Prevalence, PrevalenceIndex, Sought};
use super::sightings::{SOUGHT, SightedConnection, SightedText, SightedValue, ValueKind};
use super::table::ProcessTable;
use super::text::CutText;
use super::wanted::{ProcessIds, WantedProcesses};
use crate::base::Locator;
use crate::base::number::{counted, grouped};
use crate::base::spool::{SortSpool, SortedSpool};
use crate::detect::{Alert, AlertSource, HostNumber};
use crate::diag::{Notice, NoticeKind};
use crate::ecs;
use crate::event::Event;
use hashbrown::HashSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

/// Most different processes that are looked at. Alerts of further ones have none.
pub const MOST_PROCESSES: usize = 20_000;
/// Most command lines that were cut and are read again.
const MOST_READ_AGAIN: usize = 1000;
/// Most bytes of them. A text of sixty thousand characters can stand once in a template, and be said by every record of its chunk.
const MOST_BYTES_READ_AGAIN: usize = 16 << 20;
/// How many times as many of them a part keeps: it does not know which ones the alerts of all parts will ask for.
const PART_ROOM: usize = 4;
/// Most ancestors of a process that are listed.
pub const MOST_ANCESTORS: usize = 32;
/// Most children of a process that are listed.
pub const MOST_CHILDREN: usize = 50;
/// Most ancestors and children of all processes of alerts that are looked at.
const MOST_RELATIVES: usize = 50_000;
/// Most values of one kind that are sought for one alert.
pub const MOST_SOUGHT: usize = 20;

/// The relatives of processes of alerts that are shown.
pub const RELATIVES: LineageLimits =
    LineageLimits { ancestors: MOST_ANCESTORS, children: MOST_CHILDREN, relatives: MOST_RELATIVES };

/// The processes and values to be looked up for some alerts.
#[derive(Debug, Default)]
pub struct TriagePlan {
    /// The processes of the alerts.
    pub wanted: Arc<WantedProcesses>,
    /// The processes by number.
    processes: Vec<(Arc<str>, EntityKey)>,
    /// Processes that were too many.
    left_out: usize,
    /// How many of the processes are of alerts, in the plan of a part.
    of_alerts: Option<usize>,
}

/// The context of some alerts.
#[derive(Debug)]
pub struct Triage {
    /// The processes of the alerts, their ancestors and their children.
    pub forest: Forest,
    /// How many relatives of processes were left out, there being too many.
    no_relatives: u64,
    /// How many processes of alerts were left out, there being too many.
    left_out: usize,
    /// How many values of alerts were not sought, there being too many.
    not_sought: usize,
    /// What parts of the evidence have left out.
    pub(super) part_limits: PartLimits,
    /// How many command lines were cut and not read again, there being too many.
    still_cut: usize,
    /// Whether it is their bytes that are too many.
    are_long: bool,
    /// The addresses that hosts have shown as their own.
    pub addresses: Arc<HostAddresses>,
    details: Details,
    wanted: Arc<WantedProcesses>,
    /// Where the wanted processes are in the forest, by number.
    places: Vec<Option<(usize, NodeIndex)>>,
    prevalence: PrevalenceIndex,
    /// That processes appear under the names of several hosts, if that is so.
    pub several_hosts: Option<Notice>,
}

/// What parts of the evidence have left out of what one scan would have looked up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartLimits {
    /// Processes of alerts that no part had looked at.
    pub unknown: u64,
    /// Processes of alerts of whose activities a part has held fewer than there would be room for.
    pub cut: u64,
}

/// The command line of the start of a process, whatever its length. The rest of an event is not held: arguments take many times the bytes that they are
/// cut out of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeCommandLine {
    host: String,
    key: EntityKey,
    text: Arc<str>,
}

impl WholeCommandLine {
    /// The command line of an event, if it is a start that has one.
    pub fn of(start: &Event) -> Option<Self> {
        let (host, key) = process_of(&start.document)?;
        Some(Self { host, key, text: start.document.text(ecs::PROCESS_COMMAND_LINE)?.into() })
    }
}

/// A process of an alert.
#[derive(Clone, Copy, Debug)]
pub struct AlertProcess<'t> {
    /// The position of its host.
    pub host: usize,
    /// Its position there.
    pub node: NodeIndex,
    /// Its activities.
    pub did: &'t OfProcess,
}

impl TriagePlan {
    /// A plan for nothing yet, in which processes have the ids that this key gives them.
    pub fn keyed(key: &[u8]) -> Self {
        Self { wanted: Arc::new(WantedProcesses::new(&Arc::new(ProcessIds::keyed(key)))), ..Self::default() }
    }

    /// Plans for an alert more. Alerts come in their order.
    pub fn add(&mut self, alert: &Alert) {
        alert.present().for_each(|event| self.add_process(event));
    }

    /// Plans for an event that other parts of the evidence may make an alert of. It comes after all alerts.
    pub fn add_candidate(&mut self, event: &Event) {
        self.of_alerts.get_or_insert(self.processes.len());
        self.add_process(event);
    }

    fn add_process(&mut self, event: &Event) {
        let Some((host, key)) = process_of(&event.document) else { return };
        let wanted = Arc::make_mut(&mut self.wanted);
        // The first ones in the order of alerts are looked up: a set that does not depend on threads, and that a reader can predict.
        if wanted.len() >= MOST_PROCESSES && wanted.find(&host, &key).is_none() {
            self.left_out += 1;
            return;
        }
        let known = wanted.len();
        wanted.add(&host, &key);
        if wanted.len() > known {
            self.processes.push((host.into(), key));
        }
    }

    /// How many of the processes are of alerts.
    pub fn of_alerts(&self) -> usize {
        self.of_alerts.unwrap_or(self.processes.len())
    }

    /// How many events have a process that is one too many.
    pub fn left_out(&self) -> usize {
        self.left_out
    }
}

/// The starts of processes whose command lines were too long to be held, in order: as many as triage of all parts may show.
pub fn cut_starts(facts: &ProcessTable) -> Vec<Locator> {
    let cut = |told: &ProcessRecord| {
        let start = told.start.as_ref()?;
        let line = start.facts.command_line.as_ref().filter(|line| line.cut > 0)?;
        Some((start.order.origin(), line.text.len() + line.cut as usize))
    };
    let mut cut: Vec<(Locator, usize)> = facts.records().filter_map(|(.., told)| cut(told)).collect();
    cut.sort_unstable();
    cut.truncate(PART_ROOM * MOST_READ_AGAIN);
    let mut bytes = 0;
    let fits = |(_, length): &(Locator, usize)| {
        bytes += *length;
        bytes <= PART_ROOM * MOST_BYTES_READ_AGAIN
    };
    cut.into_iter().take_while(fits).map(|(place, _)| place).collect()
}

impl Triage {
    /// The context of alerts out of what a pass has gathered, with the facts of the processes that are shown.
    pub fn new(
        plan: TriagePlan,
        mut details: Details,
        addresses: HostAddresses,
        lineage: &Lineage,
        mut facts: ProcessTable,
    ) -> Self {
        let TriagePlan { wanted, processes, left_out, .. } = plan;
        details.settle(&addresses);
        facts.complete(&wanted.ids, |id| lineage.shown.get(&id).map(|shown| shown.outline.life()));
        let mut forest = Forest::new(facts);
        for host in &mut forest.hosts {
            let number = wanted.ids.hosts.number(&host.name);
            // Of all writings in the evidence, and not only in the events of the processes that are shown.
            host.name = wanted.ids.hosts.name(number);
            for node in &mut host.nodes {
                // The forest has the children that are shown; of others it is known that they are there.
                let shown = lineage.shown.get(&wanted.ids.of(number, &node.key));
                node.child_count = shown.map_or(0, |shown| shown.child_count);
            }
        }
        let place = |(host, key): &(Arc<str>, EntityKey)| {
            let at = forest.position(host)?;
            Some((at, forest.hosts[at].find(key)?))
        };
        let places = processes.iter().map(place).collect();
        let prevalence = PrevalenceIndex::new(&wanted.ids);
        Self {
            forest,
            no_relatives: lineage.left_out,
            left_out,
            not_sought: 0,
            part_limits: PartLimits::default(),
            still_cut: 0,
            are_long: false,
            addresses: Arc::new(addresses),
            details,
            wanted,
            places,
            prevalence,
            several_hosts: None,
        }
    }

    /// Counts the values of alerts in the whole evidence.
    pub fn count(
        &mut self,
        alerts: &dyn AlertSource,
        values: &SortSpool<SightedValue>,
        connections: &SortedSpool<SightedConnection>,
    ) -> io::Result<()> {
        self.seek(alerts)?;
        self.prevalence.add_destinations(values, connections, &self.addresses)?;
        self.count_sighted(&values.take_sorted())
    }

    /// Seeks the values of alerts.
    pub fn seek(&mut self, alerts: &dyn AlertSource) -> io::Result<()> {
        let mut prevalence = PrevalenceIndex::new(&self.wanted.ids);
        let mut not_sought = 0;
        alerts.for_each(|_, alert| {
            let (sought, left_out) = self.sought_for(alert);
            for value in &sought {
                prevalence.seek(value);
            }
            not_sought += left_out;
            Ok(())
        })?;
        (self.prevalence, self.not_sought) = (prevalence, not_sought);
        Ok(())
    }

    /// What a value on a host counts for, if it is sought.
    pub fn sighted(&self, value: &SightedText) -> Option<SightedValue> {
        self.prevalence.sighted(value)
    }

    /// Counts values that are sought.
    pub fn count_sighted(&mut self, values: &SortedSpool<SightedValue>) -> io::Result<()> {
        self.prevalence.count(values)
    }

    /// The starts whose command lines were too long to be held of every process, and are to be shown.
    pub fn cut(&mut self) -> Vec<Locator> {
        let mut cut = BTreeMap::new();
        for &(at, node) in self.places.iter().flatten() {
            let host = &self.forest.hosts[at];
            let children = host.node(node).children.iter().copied().take(MOST_CHILDREN);
            let shown = std::iter::once(node).chain(host.ancestors(node).take(MOST_ANCESTORS)).chain(children);
            let cut_of = |node| {
                let node = host.node(node);
                let length = node.facts.command_line.as_ref().map_or(0, |text| text.text.len() + text.cut as usize);
                Some((node.cut_command()?, length))
            };
            cut.extend(shown.filter_map(cut_of));
        }
        // The lowest places are taken: they are read in order, and neighbours share a chunk.
        let mut bytes = 0;
        let fits = |(_, length): &(&Locator, &usize)| {
            bytes += **length;
            bytes <= MOST_BYTES_READ_AGAIN
        };
        let again: Vec<Locator> = cut.iter().take(MOST_READ_AGAIN).take_while(fits).map(|(place, _)| *place).collect();
        self.still_cut = cut.len() - again.len();
        self.are_long = again.len() < cut.len().min(MOST_READ_AGAIN);
        again
    }

    /// Puts whole command lines, out of starts, in place of those that were cut.
    pub fn restore_command_lines(&mut self, starts: Vec<WholeCommandLine>) {
        for WholeCommandLine { host, key, text } in starts {
            let Some(at) = self.forest.position(&host) else { continue };
            let host = &mut self.forest.hosts[at];
            let Some(node) = host.find(&key) else { continue };
            let node = &mut host.nodes[node as usize];
            if node.cut_command().is_some() {
                node.facts.command_line = Some(CutText { text, cut: 0 });
            }
        }
    }

    /// The number of a host, by which values are counted.
    pub fn host_number(&self, name: &str) -> HostNumber {
        self.wanted.ids.hosts.number(name)
    }

    /// How many hosts the evidence has.
    pub fn host_count(&self) -> usize {
        self.wanted.ids.hosts.len()
    }

    /// Notices for the reader: limits that were reached, and processes under the names of several hosts.
    pub fn notices(&self) -> Vec<Notice> {
        let (looked_up, reread) = (grouped(MOST_PROCESSES as u64), grouped(MOST_READ_AGAIN as u64));
        let relatives = grouped(MOST_RELATIVES as u64);
        let limits = [
            (
                self.left_out as u64,
                "event",
                format!("of alerts: nothing was looked up about the process, since alerts have more than {looked_up}"),
            ),
            (
                self.not_sought as u64,
                "value",
                format!("of alerts not looked for elsewhere: of each kind the first {MOST_SOUGHT} of an alert are"),
            ),
            (
                self.part_limits.unknown,
                "process",
                "of alerts that cross hosts: nothing is known of it, since a part had more processes that might come to be of alerts than it looks at"
                    .to_owned(),
            ),
            (
                self.part_limits.cut,
                "process",
                "of alerts that cross hosts: what it did is told in part, since a part had many processes that might come to be of alerts".to_owned(),
            ),
            (
                self.still_cut as u64,
                "command line",
                if self.are_long {
                    let most = MOST_BYTES_READ_AGAIN >> 20;
                    format!(
                        "beside alerts told in part: those longer than {LONGEST_COMMAND} bytes have more than {most} MiB together"
                    )
                } else {
                    format!("beside alerts told in part: more than {reread} are longer than {LONGEST_COMMAND} bytes")
                },
            ),
            (
                self.no_relatives,
                "process",
                format!("above or below those of alerts not shown: there are more than {relatives} in all"),
            ),
        ];
        let limits = limits
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, noun, text)| Notice::new(NoticeKind::Limit, format!("{} {text}", counted(count, noun))));
        limits.chain(self.several_hosts.clone()).collect()
    }

    /// The processes of an alert, in stage order.
    pub fn members(&self, alert: &Alert) -> Vec<AlertProcess<'_>> {
        let mut numbers: Vec<u32> = Vec::new();
        for (host, key) in alert.present().filter_map(|event| process_of(&event.document)) {
            numbers.extend(self.wanted.find(&host, &key).filter(|number| !numbers.contains(number)));
        }
        let member = |number: u32| {
            let (host, node) = self.places[number as usize]?;
            Some(AlertProcess { host, node, did: self.details.of(number)? })
        };
        numbers.into_iter().filter_map(member).collect()
    }

    /// The values of an alert with their prevalence.
    pub fn elsewhere(&self, alert: &Alert) -> Vec<(Sought, &Prevalence)> {
        let (sought, _) = self.sought_for(alert);
        let seen =
            |sought: Sought| self.prevalence.get(&sought).filter(|seen| seen.count > 0).map(|seen| (sought, seen));
        sought.into_iter().filter_map(seen).collect()
    }

    /// The values to seek for an alert (those of its events first, then those of its processes), and how many were too many.
    fn sought_for(&self, alert: &Alert) -> (Vec<Sought>, usize) {
        let (mut all, mut remote, mut reader) = (Vec::<Sought>::new(), Vec::new(), FieldReader::default());
        for event in alert.present() {
            let document = &event.document;
            for (sort, field) in SOUGHT {
                all.extend(reader.shared(document, field).map(|text| (sort, CutText { text, cut: 0 })));
            }
            let end = |connection: Connection| {
                let end = connection.end(connection.peer(&self.addresses).remote()?);
                Some((ValueKind::Destination, CutText { text: end.ip.as_deref()?.into(), cut: 0 }))
            };
            remote.extend(reader.connection(document).and_then(end));
        }
        all.append(&mut remote);
        for AlertProcess { host, node, did } in self.members(alert) {
            let facts = &self.forest.hosts[host].node(node).facts;
            let hash = facts.hashes.as_ref().and_then(|hashes| hashes.sha256.clone());
            all.extend(hash.map(|text| (ValueKind::Sha256, CutText { text, cut: 0 })));
            let command = facts.command_line.as_ref().map(|command| command.clipped(LONGEST_COMMAND));
            all.extend(command.map(|command| (ValueKind::CommandLine, command)));
            for (list, sort) in [(List::Destinations, ValueKind::Destination), (List::Dns, ValueKind::Dns)] {
                let (entries, _) = did.list(list);
                let texts = entries.into_iter().filter_map(|(entry, _)| entry.parts[0].clone());
                all.extend(texts.map(|text| (sort, CutText { text, cut: 0 })));
            }
        }
        let mut chosen: Vec<Sought> = Vec::new();
        let mut left_out: HashSet<Sought> = HashSet::new();
        for sought in all.into_iter().filter(|sought| !is_local(sought)) {
            let alike = chosen.iter().filter(|have| have.0 == sought.0).count();
            if chosen.contains(&sought) {
                continue;
            }
            if alike < MOST_SOUGHT {
                chosen.push(sought);
            } else {
                left_out.insert(sought);
            }
        }
        chosen.sort_by_key(|(sort, _)| *sort);
        (chosen, left_out.len())
    }
}

/// Whether a destination is the host itself, or nobody.
fn is_local((sort, text): &Sought) -> bool {
    let address = (*sort == ValueKind::Destination).then(|| text.text.parse::<IpAddr>().ok()).flatten();
    address.is_some_and(|address| address.is_loopback() || address.is_unspecified())
}
