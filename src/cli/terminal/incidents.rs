//! Incidents on a terminal: each with its cards where there are few, and in a few lines where there are many.

use super::alerts::{AlertDetail, print_card};
use super::{BOLD, DIM, counted, grouped, level_style, seconds, shown};
use crate::cli::args::IncidentOrder;
use evql::base::Ticks;
use evql::base::spool::{SortSpool, SpoolItem, SpoolSpace, read_item, write_item};
use evql::detect::RuleIndex;
use evql::incident::{Incident, Incidents, deed};
use evql::report::{Results, shown_score};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::ops::ControlFlow;

/// Most incidents that are listed, unless everything is wanted.
const MOST_INCIDENTS: usize = 10;
/// Most rules that are listed of an incident, unless everything is wanted.
const MOST_RULES: usize = 5;
/// Longest title and deed, in characters, unless everything is wanted.
const MOST: usize = 240;
/// The share of memory that cards take before they are spilled.
const CARD_SHARE: u64 = 16;

/// A card that waits for its turn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct WaitingCard {
    turn: u32,
    position: u32,
    text: String,
}

impl SpoolItem for WaitingCard {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.text.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_item(self, out);
    }

    fn read(from: &mut dyn Read) -> io::Result<Self> {
        read_item(from)
    }
}

/// The positions of incidents by rank, in the order in which they are shown.
fn in_order(incidents: &Incidents, order: IncidentOrder) -> Vec<usize> {
    let mut all: Vec<usize> = (0..incidents.by_rank.len()).collect();
    if order == IncidentOrder::Time {
        all.sort_by_key(|rank| (incidents.by_rank[*rank].first, *rank));
    }
    all
}

/// Prints every card, incident by incident.
pub fn print_cards(
    out: &mut dyn Write,
    (results, incidents): (&Results<'_>, &Incidents),
    (wanted, order): (AlertDetail, IncidentOrder),
    space: &SpoolSpace,
) -> io::Result<()> {
    let order = in_order(incidents, order);
    let mut turns = vec![0_u32; order.len()];
    for (turn, rank) in (0..).zip(&order) {
        turns[*rank] = turn;
    }
    // Alerts come in the order of time: their cards wait in a spool for their incident.
    let cards = SortSpool::new(space.share(CARD_SHARE));
    let make = |position: usize, alert: &evql::detect::Alert, text: &mut Vec<u8>| {
        // Writing to memory cannot fail.
        let _ = print_card(text, results, (position, alert), wanted);
    };
    results.alerts.for_each_text(&|rule| wanted.shows(results, rule), &make, &mut |position, text| {
        if let Some((rank, _)) = incidents.of_alert(position) {
            let text = String::from_utf8_lossy(text).into_owned();
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            cards.add(vec![WaitingCard { turn: turns[rank], position, text }]);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    let mut last = None;
    for card in cards.take_sorted().iter() {
        let WaitingCard { turn, text, .. } = card?;
        let rank = order[turn as usize];
        // A head over the only alert there is would say everything twice.
        if last != Some(turn) && results.alerts.count() > 1 {
            head(out, rank, &incidents.by_rank[rank], !wanted.verbose)?;
            writeln!(out)?;
        }
        last = Some(turn);
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// Prints the incidents that come first, a few lines each, and counts the others.
pub fn print_overview(
    out: &mut dyn Write,
    (results, incidents): (&Results<'_>, &Incidents),
    (wanted, order): (AlertDetail, IncidentOrder),
) -> io::Result<()> {
    let order = in_order(incidents, order);
    let most = if wanted.verbose { order.len() } else { MOST_INCIDENTS };
    let listed: BTreeMap<usize, RuleLines> = order.iter().take(most).map(|rank| (*rank, RuleLines::new())).collect();
    let listed = lines(results, incidents, wanted, listed)?;
    for rank in order.iter().take(most) {
        head(out, *rank, &incidents.by_rank[*rank], !wanted.verbose)?;
        rules(out, results, &listed[rank], wanted)?;
        writeln!(out)?;
    }
    let left = &order[most.min(order.len())..];
    if !left.is_empty() {
        let alerts: u64 = left.iter().map(|rank| u64::from(incidents.by_rank[*rank].alerts)).sum();
        let (incidents, alerts) = (counted(left.len() as u64, "more incident"), counted(alerts, "alert"));
        writeln!(
            out,
            "{DIM}and {incidents} with {alerts}: -v lists them, --all shows every card, -H FILE makes a page{DIM:#}\n"
        )?;
    }
    Ok(())
}

/// The alerts of one rule in an incident.
struct RuleLine {
    alerts: u64,
    /// The position of the first.
    position: usize,
    time: Option<Ticks>,
    deed: Option<String>,
}

type RuleLines = BTreeMap<RuleIndex, RuleLine>;

/// What is told of the rules of the incidents that are listed.
fn lines(
    results: &Results<'_>,
    incidents: &Incidents,
    wanted: AlertDetail,
    mut listed: BTreeMap<usize, RuleLines>,
) -> io::Result<BTreeMap<usize, RuleLines>> {
    results.alerts.for_each(|position, alert| {
        let Some((rank, _)) = incidents.of_alert(position).filter(|_| wanted.shows(results, alert.rule)) else {
            return Ok(());
        };
        let Some(rules) = listed.get_mut(&rank) else { return Ok(()) };
        let line = rules.entry(alert.rule).or_insert_with(|| RuleLine {
            alerts: 0,
            position,
            time: alert.last().map(|event| event.time(results.clock)),
            deed: alert.present().rev().find_map(|event| deed(event, results.addresses)),
        });
        line.alerts += 1;
        Ok(())
    })?;
    Ok(listed)
}

fn head(out: &mut dyn Write, rank: usize, incident: &Incident, is_short: bool) -> io::Result<()> {
    let style = level_style(incident.level);
    let (rank, level) = (grouped(rank as u64 + 1), incident.level.name());
    let hosts: Vec<String> = incident.hosts.iter().map(|host| shown(host, Some(60))).collect();
    let hosts = if hosts.is_empty() { "(no computer name)".to_owned() } else { hosts.join(", ") };
    let score = shown_score(incident.score);
    writeln!(
        out,
        "{style}Incident {rank} {level}{style:#}  {BOLD}{hosts}{BOLD:#}  {DIM}score {score}, id {}{DIM:#}",
        incident.id
    )?;
    writeln!(out, "  {BOLD}{}{BOLD:#}", shown(&incident.title, is_short.then_some(MOST)))?;
    let tactics: Vec<String> = incident.tactics.iter().map(|tactic| shown(tactic, Some(60))).collect();
    let tactics = if tactics.is_empty() { String::new() } else { format!("  {}", tactics.join(", ")) };
    let alerts = counted(u64::from(incident.alerts), "alert");
    let rules = counted(incident.rules.len() as u64, "rule");
    let (first, last) = (seconds(incident.first), seconds(incident.last));
    let to = if first == last { String::new() } else { format!(" to {last}") };
    writeln!(out, "  {DIM}{alerts} of {rules}, {first}{to}{tactics}{DIM:#}")
}

/// A line for each rule: the most severe first, and of those the earliest.
fn rules(out: &mut dyn Write, results: &Results<'_>, lines: &RuleLines, wanted: AlertDetail) -> io::Result<()> {
    let meta = |rule: RuleIndex| &results.detector.rules()[rule].meta;
    let mut all: Vec<(&RuleIndex, &RuleLine)> = lines.iter().collect();
    all.sort_by_key(|(rule, line)| (Reverse(meta(**rule).level), line.position));
    let most = if wanted.verbose { usize::MAX } else { MOST_RULES };
    for (rule, line) in all.iter().take(most) {
        let style = level_style(meta(**rule).level);
        let number = format!("#{}", grouped(line.position as u64 + 1));
        let time = line.time.map_or_else(String::new, seconds);
        let name = shown(&meta(**rule).name, Some(100));
        let times = if line.alerts > 1 { format!(" ({} alerts)", grouped(line.alerts)) } else { String::new() };
        let most = (!wanted.verbose).then_some(MOST);
        let deed = line.deed.as_ref().map_or_else(String::new, |deed| format!(": {}", shown(deed, most)));
        let level = meta(**rule).level.name();
        writeln!(out, "    {DIM}{time}{DIM:#}  {style}{level:<8}{style:#}  {number}  {name}{times}{deed}")?;
    }
    let left = &all[most.min(all.len())..];
    if !left.is_empty() {
        let alerts: u64 = left.iter().map(|(_, line)| line.alerts).sum();
        let (rules, alerts) = (counted(left.len() as u64, "more rule"), counted(alerts, "alert"));
        writeln!(out, "    {DIM}and {alerts} of {rules}; -v lists them{DIM:#}")?;
    }
    Ok(())
}
