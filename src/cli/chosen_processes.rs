//! From what a person says of processes (`--guid`, `--pid`, `--alert` and the like) to their places in the forest: the same for every command that asks.
//!
//! This module does not know what is done with them.

use super::args::{Look, ProcessArgs};
use anyhow::{Result, bail};
use evql::base::wildcard::{CaseSensitivity, Wildcard};
use evql::detect::{Alert, AlertSource};
use evql::extract::WantedEvents;
use evql::incident::{Incident, Incidents, is_launcher, root_of};
use evql::pipeline::{AlertStore, EventFilter};
use evql::process::{Forest, NodeIndex, ProcessNode, process_of};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// A process: the position of its host in the forest, and its own there.
pub type ProcessPlace = (usize, NodeIndex);

/// The event ID of the start of a process.
const PROCESS_START: u32 = 1;

/// Says that descent is not known, where the events that tell it are left out.
pub fn tell_of_starts(filter: &EventFilter, look: &Look) -> io::Result<()> {
    if look.quiet || filter.wants_id(Some(PROCESS_START)) {
        return Ok(());
    }
    writeln!(
        anstream::stderr().lock(),
        "evql: starts of processes (ID 1) are left out by --include-eid or --exclude-eid: what a process started is not known by them"
    )
}

/// The processes that are asked for by entity id, by number and by image. Each must be there.
pub fn named_processes(args: &ProcessArgs, forest: &Forest) -> Result<Vec<ProcessPlace>> {
    let mut all = Vec::new();
    for guid in &args.guid {
        all.extend(some(forest.with_entity_id(guid), &format!("the entity id {guid}"))?);
    }
    for &pid in &args.pid {
        let of_host = |(at, host): (usize, &evql::process::HostTree)| {
            host.with_pid(pid, args.at).into_iter().map(move |node| (at, node))
        };
        let found = forest.hosts.iter().enumerate().flat_map(of_host).collect();
        let when = args.at.map_or_else(String::new, |at| format!(" at {at}"));
        all.extend(some(found, &format!("the number {pid}{when}"))?);
    }
    for pattern in &args.image {
        let image = Wildcard::new(pattern, CaseSensitivity::Insensitive);
        let is = |node: &ProcessNode| {
            let path = node.facts.image.as_deref();
            path.is_some_and(|path| image.matches(path)) || node.name().is_some_and(|name| image.matches(name))
        };
        let of_host = |(at, host): (usize, &evql::process::HostTree)| {
            let nodes = (0..).zip(&host.nodes).filter(|(_, node)| is(node));
            nodes.map(|(node, _)| (at, node)).collect::<Vec<_>>()
        };
        let found = forest.hosts.iter().enumerate().flat_map(of_host).collect();
        all.extend(some(found, &format!("the image {pattern}"))?);
    }
    Ok(all)
}

/// Processes, unless there are none.
pub fn some(found: Vec<ProcessPlace>, what: &str) -> Result<Vec<ProcessPlace>> {
    if found.is_empty() {
        bail!("no process of this evidence has {what}");
    }
    Ok(found)
}

/// The processes of an alert's events.
pub fn of_alert<'a>(forest: &'a Forest, alert: &'a Alert) -> impl Iterator<Item = ProcessPlace> + 'a {
    let processes = alert.present().filter_map(|event| process_of(&event.document));
    processes.filter_map(|(host, key)| {
        let at = forest.position(&host)?;
        Some((at, forest.hosts[at].find(&key)?))
    })
}

/// The processes of an alert whose descendants belong to what happened; with `from_root`, as an incident has them, everything below the root of their tree.
pub fn subjects_of(alert: &Alert, forest: &Forest, from_root: bool) -> Vec<ProcessPlace> {
    // Whatever runs on a host was started by a launcher: only its events in the alert are meant.
    let places = of_alert(forest, alert).filter(|&(at, node)| !is_launcher(forest.hosts[at].node(node)));
    places.map(|(at, node)| (at, if from_root { root_of(&forest.hosts[at], node) } else { node })).collect()
}

/// The position of an alert, by its number.
pub fn position_of(number: u64, found: usize) -> Result<usize> {
    let position = usize::try_from(number - 1).unwrap_or(usize::MAX);
    if position >= found {
        bail!("there is no alert {number}: the rules found {found}");
    }
    Ok(position)
}

/// The position of an incident, by its number or its id.
pub fn rank_of(asked: &str, incidents: &[Incident]) -> Result<usize> {
    let by_id = incidents.iter().position(|incident| incident.id.eq_ignore_ascii_case(asked));
    let by_number = || asked.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    match by_id.or_else(|| by_number().filter(|rank| *rank < incidents.len())) {
        Some(rank) => Ok(rank),
        None => bail!("there is no incident {asked}: the alerts make {}", incidents.len()),
    }
}

/// Adds the events of alerts and incidents to what is wanted, and gives the processes that belong to them.
pub fn add_alerts(
    wanted: &mut WantedEvents,
    (numbers, ranks): (&[u64], &BTreeSet<usize>),
    (alerts, incidents): (&AlertStore, Option<&Incidents>),
    forest: &Forest,
) -> Result<Vec<ProcessPlace>> {
    let positions = numbers.iter().map(|number| position_of(*number, alerts.len())).collect::<Result<BTreeSet<_>>>()?;
    let mut places = Vec::new();
    if positions.is_empty() && ranks.is_empty() {
        return Ok(places);
    }
    (alerts as &dyn AlertSource).for_each(|at, alert| {
        let incident = incidents.and_then(|incidents| incidents.of_alert(at)).map(|(rank, _)| rank);
        let from_root = incident.is_some_and(|rank| ranks.contains(&rank));
        if from_root || positions.contains(&at) {
            wanted.add_alert(alert);
            places.extend(subjects_of(alert, forest, from_root));
        }
        Ok(())
    })?;
    Ok(places)
}
