//! A summary of a run in Markdown, for a ticket: what was read, what could not be seen, incidents by rank, alerts by severity, rule and host, and the worst
//! alerts with their facts.
//!
//! What was read is told by who ran; this file knows alerts.

use super::alert::id_of;
use super::citation::{Citation, citation};
use super::enriched::{EnrichedField, EnrichedLine, enriched_alert};
use super::format::Exporter;
use super::incident_json::shown_score;
use super::message::message_of;
use super::results::Results;
use super::sightings_json::sightings;
use crate::base::Ticks;
use crate::base::escape::{markdown, markdown_code};
use crate::base::number::{counted, grouped};
use crate::detect::Alert;
use crate::ecs::{self, FieldId};
use crate::rules::Level;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Most alerts that are shown with their facts.
const MOST_ALERTS: usize = 20;

/// Most of these that are of one rule: a rule that found much must not hide what others found.
const MOST_OF_RULE: usize = 3;

/// Most rows of a table.
const MOST_ROWS: usize = 30;

/// Most flags and decoded texts of an alert.
const MOST_ENRICHED: usize = 8;

/// Longest value, in characters: tickets have limits too.
const LONGEST: usize = 500;

/// `md` of `scan`.
#[derive(Clone, Debug, Default)]
pub struct SummaryMarkdown {
    /// What was read and asked, by name.
    pub facts: Vec<(&'static str, String)>,
    /// What could not be read, and what else a reader must know, a line each.
    pub faults: Vec<String>,
}

/// Alerts of one kind, counted.
#[derive(Clone, Debug, Default)]
struct AlertCount {
    alerts: u64,
    hosts: BTreeSet<String>,
    span: Option<(Ticks, Ticks)>,
}

impl AlertCount {
    fn add(&mut self, host: &str, at: Option<Ticks>) {
        self.alerts += 1;
        self.hosts.insert(host.to_owned());
        if let Some(at) = at {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
    }

    fn span(&self) -> String {
        self.span.map_or_else(String::new, |(first, last)| format!("{} to {}", first.rfc3339(), last.rfc3339()))
    }
}

/// What one pass over the alerts tells.
#[derive(Debug, Default)]
struct SummaryCounts {
    by_level: BTreeMap<Reverse<Level>, AlertCount>,
    by_rule: BTreeMap<usize, AlertCount>,
    by_host: BTreeMap<String, AlertCount>,
    /// The positions of the worst alerts, with severity and risk.
    worst: Vec<(Reverse<Level>, usize)>,
}

impl Exporter for SummaryMarkdown {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut counts = SummaryCounts::default();
        results.alerts.for_each(|position, alert| {
            counts.add(results, position, alert);
            Ok(())
        })?;
        self.head(out, results)?;
        incidents(out, results)?;
        counts.tables(out, results)?;
        counts.worst(out, results)
    }
}

impl SummaryMarkdown {
    fn head(&self, out: &mut dyn Write, results: &Results<'_>) -> io::Result<()> {
        writeln!(out, "# evql: {}\n", counted(results.alerts.count() as u64, "alert"))?;
        for (name, text) in &self.facts {
            writeln!(out, "- **{name}:** {}", markdown(text))?;
        }
        writeln!(out)?;
        if !self.faults.is_empty() {
            writeln!(out, "## What could not be seen\n")?;
            for fault in self.faults.iter().take(MOST_ROWS) {
                writeln!(out, "- {}", markdown(fault))?;
            }
            if self.faults.len() > MOST_ROWS {
                writeln!(out, "- and {} more", grouped((self.faults.len() - MOST_ROWS) as u64))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// The incidents, if they were looked up, the one with the highest score first.
fn incidents(out: &mut dyn Write, results: &Results<'_>) -> io::Result<()> {
    let Some(incidents) = results.incidents.filter(|incidents| !incidents.by_rank.is_empty()) else { return Ok(()) };
    writeln!(
        out,
        "## Incidents\n\n| | severity | score | hosts | what | alerts | when | id |\n|---:|---|---:|---|---|---:|---|---|"
    )?;
    for (rank, incident) in incidents.by_rank.iter().enumerate().take(MOST_ROWS) {
        let hosts = incident.hosts.iter().map(|host| markdown(host)).collect::<Vec<_>>().join(", ");
        let (level, score) = (incident.level.name(), shown_score(incident.score));
        // No code span: a `|` of one would end the cell.
        let (title, alerts) = (markdown(&incident.title), grouped(incident.alerts.into()));
        let (first, last) = (incident.first.rfc3339(), incident.last.rfc3339());
        writeln!(
            out,
            "| {} | {level} | {score} | {hosts} | {title} | {alerts} | {first} to {last} | {} |",
            rank + 1,
            markdown(&incident.id)
        )?;
    }
    more(out, incidents.by_rank.len(), "incident")?;
    writeln!(out, "\n`evql story --incident N` tells what happened in each.\n")
}

impl SummaryCounts {
    fn add(&mut self, results: &Results<'_>, position: usize, alert: &Alert) {
        let meta = results.detector.meta(alert);
        let host = host_of(alert);
        let at = alert.timestamp();
        self.by_level.entry(Reverse(meta.level)).or_default().add(&host, at);
        let of_rule = self.by_rule.entry(alert.rule).or_default();
        of_rule.add(&host, at);
        if of_rule.alerts <= MOST_OF_RULE as u64 {
            self.worst.push((Reverse(meta.level), position));
            // Bounded: no rule adds more than a few, and of all of them only the worst are kept.
            if self.worst.len() > 4 * MOST_ALERTS {
                self.worst.sort_unstable();
                self.worst.truncate(MOST_ALERTS);
            }
        }
        self.by_host.entry(host.clone()).or_default().add(&host, at);
    }

    fn tables(&self, out: &mut dyn Write, results: &Results<'_>) -> io::Result<()> {
        if self.by_rule.is_empty() {
            return writeln!(out, "No alert.");
        }
        writeln!(out, "## Alerts\n\n| severity | alerts | hosts | when |\n|---|---:|---:|---|")?;
        for (Reverse(level), count) in &self.by_level {
            let (alerts, hosts) = (grouped(count.alerts), grouped(count.hosts.len() as u64));
            writeln!(out, "| {} | {alerts} | {hosts} | {} |", level.name(), count.span())?;
        }
        writeln!(out, "\n| rule | severity | alerts | hosts | ATT&CK |\n|---|---|---:|---:|---|")?;
        let rules = results.detector.rules();
        let mut by_rule: Vec<_> = self.by_rule.iter().collect();
        by_rule.sort_by_key(|(rule, count)| (Reverse(rules[**rule].meta.level), Reverse(count.alerts), **rule));
        for (rule, count) in by_rule.iter().take(MOST_ROWS) {
            let meta = &rules[**rule].meta;
            let techniques = meta.threat.iter().flat_map(|attack| &attack.techniques);
            let ids: BTreeSet<&str> = techniques.map(|technique| technique.id.as_str()).collect();
            let ids = ids.into_iter().collect::<Vec<_>>().join(", ");
            let (alerts, hosts) = (grouped(count.alerts), grouped(count.hosts.len() as u64));
            let (name, level) = (markdown(&meta.name), meta.level.name());
            writeln!(out, "| {name} | {level} | {alerts} | {hosts} | {} |", markdown(&ids))?;
        }
        more(out, by_rule.len(), "rule")?;
        writeln!(out, "\n| host | alerts | when |\n|---|---:|---|")?;
        let mut by_host: Vec<_> = self.by_host.iter().collect();
        by_host.sort_by_key(|(host, count)| (Reverse(count.alerts), *host));
        for (host, count) in by_host.iter().take(MOST_ROWS) {
            let host = if host.is_empty() { "(no computer name)" } else { host };
            writeln!(out, "| {} | {} | {} |", markdown(host), grouped(count.alerts), count.span())?;
        }
        more(out, by_host.len(), "host")
    }

    fn worst(mut self, out: &mut dyn Write, results: &Results<'_>) -> io::Result<()> {
        self.worst.sort_unstable();
        self.worst.truncate(MOST_ALERTS);
        let wanted: BTreeSet<usize> = self.worst.iter().map(|(_, position)| *position).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let mut cards: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
        results.alerts.for_each(|position, alert| {
            if wanted.contains(&position) {
                let mut card = Vec::new();
                write_card(&mut card, results, position, alert)?;
                cards.insert(position, card);
            }
            Ok(())
        })?;
        writeln!(out, "\n## The worst alerts\n")?;
        for card in self.worst.iter().filter_map(|(_, position)| cards.get(position)) {
            out.write_all(card)?;
        }
        let left = results.alerts.count() - cards.len();
        if left > 0 {
            let left = counted(left as u64, "more alert");
            writeln!(out, "{left} not shown here: at most {MOST_ALERTS} are, and {MOST_OF_RULE} of a rule.")?;
        }
        Ok(())
    }
}

fn more(out: &mut dyn Write, rows: usize, noun: &str) -> io::Result<()> {
    match rows.saturating_sub(MOST_ROWS) {
        0 => Ok(()),
        more => writeln!(out, "\nand {}", counted(more as u64, &format!("more {noun}"))),
    }
}

fn host_of(alert: &Alert) -> String {
    let host = alert.last().and_then(|event| event.document.first(ecs::HOST_NAME));
    host.map(ToString::to_string).unwrap_or_default()
}

fn write_card(out: &mut Vec<u8>, results: &Results<'_>, position: usize, alert: &Alert) -> io::Result<()> {
    let meta = results.detector.meta(alert);
    let level = meta.level.name();
    writeln!(out, "### #{} {level}: {}\n", position + 1, markdown(&meta.name))?;
    let value = |field: FieldId| alert.first(field).map(|value| code(&value.to_string()));
    let user = match (value_text(alert, ecs::USER_DOMAIN), value_text(alert, ecs::USER_NAME)) {
        (Some(domain), Some(name)) => Some(code(&format!("{domain}\\{name}"))),
        (_, name) => name.map(|name| code(&name)),
    };
    let facts = [
        ("when", alert.timestamp().map(Ticks::rfc3339)),
        ("host", value(ecs::HOST_NAME)),
        ("user", user),
        ("process", value(ecs::PROCESS_EXECUTABLE)),
        ("command", value(ecs::PROCESS_COMMAND_LINE)),
        ("parent", value(ecs::PROCESS_PARENT_EXECUTABLE)),
        ("SHA-256", value(ecs::PROCESS_HASH_SHA256)),
        ("what", alert.last().map(|event| code(&message_of(event, results.addresses)))),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            writeln!(out, "- {name}: {fact}")?;
        }
    }
    let lines: Vec<EnrichedLine> = enriched_alert(alert).iter().flat_map(EnrichedField::lines).collect();
    for EnrichedLine { label, about, text, missing } in lines.iter().take(MOST_ENRICHED) {
        let about = if about.is_empty() { String::new() } else { format!(" ({about})") };
        let missing = if missing.is_empty() { String::new() } else { format!(" {missing}") };
        writeln!(out, "- {label}{about}: {}{missing}", code(text))?;
    }
    if lines.len() > MOST_ENRICHED {
        writeln!(out, "- {} more flags and decoded texts", grouped((lines.len() - MOST_ENRICHED) as u64))?;
    }
    for found in sightings(&results.detector.rules()[alert.rule], alert).unwrap_or_default() {
        let indicator = found.indicator;
        writeln!(
            out,
            "- indicator: {} in {} ({}, line {})",
            code(&indicator.text),
            markdown(found.field.name()),
            markdown(&indicator.list),
            indicator.line
        )?;
    }
    let records: Vec<String> = alert
        .present()
        .map(|event| citation(results, event))
        .map(|Citation { place, file }| format!("{} in {}", markdown(&place), code(&file)))
        .collect();
    writeln!(out, "- records: {}", records.join(", "))?;
    writeln!(out, "- id: {}\n", id_of(results, alert))
}

fn value_text(alert: &Alert, field: FieldId) -> Option<String> {
    alert.first(field).map(ToString::to_string)
}

/// A value as code, cut where it is long.
fn code(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => markdown_code(text),
        Some((at, _)) => {
            let left = text[at..].chars().count();
            format!("{} … (+{} characters)", markdown_code(&text[..at]), grouped(left as u64))
        }
    }
}
