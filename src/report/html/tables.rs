//! The counts of a report: alerts by severity, tactic and host, and rules against hosts. They count all alerts, also those whose cards were left out.

use super::finding::{AlertSeverity, Finding};
use super::text::{Attribute, counted, grouped, short};
use crate::base::host::folded;
use hashbrown::HashMap;
use maud::{Markup, html};

/// How many alerts something has, by severity.
#[derive(Clone, Debug, Default)]
pub struct SeverityCounts {
    /// The name in the table's first column.
    pub name: String,
    /// Counts in the order of [`AlertSeverity::ALL`].
    pub counts: [u64; 5],
}

impl SeverityCounts {
    fn add(&mut self, severity: AlertSeverity) {
        self.counts[place(severity)] += 1;
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The highest severity that it has.
    pub fn worst(&self) -> AlertSeverity {
        let found = self.counts.iter().position(|count| *count > 0);
        found.map_or(AlertSeverity::Unknown, |at| AlertSeverity::ALL[at])
    }
}

fn place(severity: AlertSeverity) -> usize {
    AlertSeverity::ALL.iter().position(|other| *other == severity).unwrap_or(AlertSeverity::ALL.len() - 1)
}

/// Tallies by name, in the order in which the names came.
#[derive(Debug, Default)]
pub struct Tallies {
    /// The tallies.
    pub all: Vec<SeverityCounts>,
    places: HashMap<String, usize>,
}

impl Tallies {
    /// Counts an alert under a name, and tells the position of the tally.
    pub fn add(&mut self, key: &str, name: &str, severity: AlertSeverity) -> usize {
        let known = self.places.get(key).copied();
        let at = known.unwrap_or_else(|| {
            self.all.push(SeverityCounts { name: name.to_owned(), counts: [0; 5] });
            self.places.insert(key.to_owned(), self.all.len() - 1);
            self.all.len() - 1
        });
        self.all[at].add(severity);
        at
    }

    /// The position of the tally under a name.
    pub fn place_of(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Positions, the most severe and the most frequent first.
    pub fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by(|&left, &right| {
            let (left, right) = (&self.all[left], &self.all[right]);
            right.counts.cmp(&left.counts).then_with(|| left.name.cmp(&right.name))
        });
        order
    }
}

/// Counts by rule and host.
#[derive(Debug, Default)]
pub struct AlertCounts {
    /// All alerts.
    pub all: SeverityCounts,
    /// By host.
    pub hosts: Tallies,
    /// By rule.
    pub rules: Tallies,
    /// By tactic.
    pub tactics: Tallies,
    /// Alerts without a tactic.
    pub no_tactic: SeverityCounts,
    cells: HashMap<(usize, usize), u64>,
}

/// Positions of an alert's host, rule and tactics.
#[derive(Clone, Debug)]
pub struct Placed {
    /// In [`AlertCounts::hosts`].
    pub host: usize,
    /// In [`AlertCounts::rules`].
    pub rule: usize,
    /// In [`AlertCounts::tactics`].
    pub tactics: Vec<usize>,
}

impl AlertCounts {
    /// Counts an alert.
    pub fn add(&mut self, finding: &Finding) -> Placed {
        let severity = finding.severity;
        self.all.add(severity);
        // Hosts are one whatever letters their names are written in; rules of one name and different ids are two.
        let host = self.hosts.add(&folded(&finding.host), &finding.host, severity);
        let key = if finding.rule_id.is_empty() { &finding.rule } else { &finding.rule_id };
        let rule = self.rules.add(key, &finding.rule, severity);
        *self.cells.entry((rule, host)).or_default() += 1;
        let mut tactics = Vec::new();
        for tactic in &finding.tactics {
            let name = if tactic.name.is_empty() { &tactic.id } else { &tactic.name };
            let at = self.tactics.add(&tactic.id, name, severity);
            // A rule may name a tactic several times, each with other techniques. The card is found by it once.
            if !tactics.contains(&at) {
                tactics.push(at);
            }
        }
        if finding.tactics.is_empty() {
            self.no_tactic.add(severity);
        }
        Placed { host, rule, tactics }
    }

    /// The tiles.
    pub fn tiles(&self) -> Markup {
        html! {
            div.tiles {
                @for (severity, count) in AlertSeverity::ALL.into_iter().zip(self.all.counts) {
                    @if severity != AlertSeverity::Unknown || count > 0 {
                        a class={ "tile " (severity.name()) @if count == 0 { " none" } } href="#alerts" data-filter="s" data-value=(severity.name()) {
                            span.number { (grouped(count)) } span.label { (severity.name()) }
                        }
                    }
                }
                a.tile.total href="#alerts" data-filter="" { span.number { (grouped(self.all.total())) } span.label { "alerts in all" } }
            }
            div.columns {
                (bars("Tactics", "a", &self.tactics, Some(&self.no_tactic)))
                (bars("Hosts", "h", &self.hosts, None))
            }
        }
    }

    /// Rules against hosts.
    pub fn pivot(&self) -> Markup {
        let (rules, hosts) = (self.rules.order(), self.hosts.order());
        // The others are summed up in one more column, so that each row adds up.
        let columns = &hosts[..hosts.len().min(MOST_COLUMNS)];
        let rest = &hosts[columns.len()..];
        let cell = |rule: usize, host: usize| self.cells.get(&(rule, host)).copied().unwrap_or_default();
        let others = |rule: usize| rest.iter().map(|&host| cell(rule, host)).sum::<u64>();
        html! {
            div.scroll {
                table.pivot {
                    thead { tr {
                        th { "Rule" }
                        @for &host in columns { th.host { span title=(Attribute(&self.hosts.all[host].name)) { (Attribute(&self.hosts.all[host].name)) } } }
                        @if !rest.is_empty() { th.host { span { (grouped(rest.len() as u64)) " more hosts" } } }
                        th.number { "all" }
                    } }
                    tbody { @for &rule in rules.iter().take(MOST_ROWS) {
                        @let tally = &self.rules.all[rule];
                        tr {
                            th { span class={ "dot " (tally.worst().name()) } {} a href={ "#rule-" (rule) } { (short(&tally.name)) } }
                            @for &host in columns { (number(cell(rule, host), Some((rule, host)))) }
                            @if !rest.is_empty() { (number(others(rule), None)) }
                            td.number.sum { a href="#alerts" data-filter="r" data-value=(rule) { (grouped(tally.total())) } }
                        }
                    } }
                    tfoot { tr {
                        th { "all" @if rules.len() > MOST_ROWS { ", with " (grouped((rules.len() - MOST_ROWS) as u64)) " rules that are not shown" } }
                        @for &host in columns { td.number { a href="#alerts" data-filter="h" data-value=(host) { (grouped(self.hosts.all[host].total())) } } }
                        @if !rest.is_empty() { (number(rest.iter().map(|&host| self.hosts.all[host].total()).sum(), None)) }
                        td.number.sum { (grouped(self.all.total())) }
                    } }
                }
            }
        }
    }

    /// The alerts in one sentence.
    pub fn sentence(&self) -> String {
        let parts = AlertSeverity::ALL.into_iter().zip(self.all.counts).filter(|(_, count)| *count > 0);
        let levels: Vec<String> =
            parts.map(|(severity, count)| format!("{} {}", grouped(count), severity.name())).collect();
        if levels.is_empty() {
            return "No alerts".to_owned();
        }
        let (rules, hosts) = (self.rules.all.len() as u64, self.hosts.all.len() as u64);
        format!(
            "{} ({}) of {} on {}",
            counted(self.all.total(), "alert"),
            levels.join(", "),
            counted(rules, "rule"),
            counted(hosts, "host")
        )
    }
}

/// Columns and rows of the pivot table.
const MOST_COLUMNS: usize = 24;
const MOST_ROWS: usize = 500;

/// Bars of one list.
const MOST_BARS: usize = 12;

fn number(count: u64, cell: Option<(usize, usize)>) -> Markup {
    html! {
        td.number.zero[count == 0] {
            @if let (true, Some((rule, host))) = (count > 0, cell) {
                a href="#alerts" data-filter="r h" data-value={ (rule) " " (host) } { (grouped(count)) }
            } @else if count > 0 { (grouped(count)) } @else { "·" }
        }
    }
}

/// A list with a bar for each entry, as long as its part of the longest.
fn bars(title: &str, filter: &str, tallies: &Tallies, missing: Option<&SeverityCounts>) -> Markup {
    let mut order = tallies.order();
    // Stable: entries of one length keep the order of severity that they have from `order`.
    order.sort_by_key(|&at| std::cmp::Reverse(tallies.all[at].total()));
    let missing = missing.map(SeverityCounts::total).filter(|count| *count > 0);
    let longest = order.first().map_or(0, |&at| tallies.all[at].total()).max(missing.unwrap_or_default());
    html! {
        section.bars {
            h3 { (title) " " span.count { (grouped(order.len() as u64)) } }
            ul {
                @for &at in order.iter().take(MOST_BARS) {
                    li { a href="#alerts" data-filter=(filter) data-value=(at) {
                        span.label { (Attribute(&tallies.all[at].name)) }
                        (bar(&tallies.all[at].counts, longest))
                        span.number { (grouped(tallies.all[at].total())) }
                    } }
                }
                @if order.len() > MOST_BARS { li.cut { "… and " (grouped((order.len() - MOST_BARS) as u64)) " more" } }
                @if let Some(count) = missing { li { span.label { "(none named)" } (bar(&[0, 0, 0, 0, count], longest)) span.number { (grouped(count)) } } }
            }
        }
    }
}

/// Counts by severity side by side.
fn bar(counts: &[u64; 5], longest: u64) -> Markup {
    let mut x = 0;
    let pieces: Vec<(AlertSeverity, u64, u64)> = AlertSeverity::ALL
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(severity, count)| {
            // A single alert beside thousands is still to be seen, if a bar is a little too long for it.
            let width = (count * 1000 / longest.max(1)).max(4);
            let piece = (severity, x, width);
            x += width;
            piece
        })
        .collect();
    let percent = |thousandths: u64| format!("{}.{}%", thousandths / 10, thousandths % 10);
    html! {
        svg.bar width="100%" height="10" aria-hidden="true" {
            @for (severity, x, width) in pieces { rect class=(severity.name()) x=(percent(x)) y="0" width=(percent(width)) height="10" {} }
        }
    }
}

#[cfg(test)]
mod tests;
