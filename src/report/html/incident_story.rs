//! What happened in an incident, in order: the starts and activities of the processes of its alerts, with the alerts in their places.
//!
//! It is read from the triage of each alert, so that a page of saved alerts has it too. Alerts of one process tell the same, and what is alike is one line.
//! `evql story` tells more: every event, and what descendants did.

use super::doc::{at, flag, list, number, text, texts};
use super::finding::{AlertSeverity, Finding};
use super::text::{Attribute, counted, cut, grouped, instant, line, millis};
use crate::base::Ticks;
use hashbrown::HashMap;
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// Most lines of one incident.
const MOST_LINES: usize = 300;
/// Longest value in a line, in characters.
const MOST: usize = 240;
/// Most flags and decoded texts of a process in a line.
const MOST_NOTES: usize = 3;
/// The share of a page that stories may take: one part of so many.
const PAGE_SHARE: u64 = 8;
/// Bytes of markup around a line, at most.
const AROUND: usize = 160;
/// Ancestors that started longer before an alert have no part in its story.
const LONG_BEFORE: i64 = 24 * 60 * 60 * Ticks::PER_SECOND;

/// A line of a story.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoryLine {
    at: Ticks,
    /// Of an alert its number on the page; it comes behind the event that completed it.
    alert: Option<u64>,
    severity: String,
    text: String,
}

/// The lines that an alert adds to the story of its incident.
pub fn story_lines(document: &Value, finding: &Finding, alert: u64) -> Vec<StoryLine> {
    let mut lines = Vec::new();
    for process in list(document, "evql.triage.processes") {
        let Some(own) = at(process, "process") else { continue };
        let is_near = |node: &&Value| {
            let started = text(node, "started").and_then(|at| Ticks::parse_rfc3339(&at));
            started.zip(finding.at).is_some_and(|(started, at)| at.0.saturating_sub(started.0) <= LONG_BEFORE)
        };
        let relatives = list(process, "ancestors").iter().filter(is_near).chain(list(process, "children"));
        for node in relatives.chain([own]) {
            add(&mut lines, text(node, "started").as_deref(), started(node));
            add(&mut lines, text(node, "ended").as_deref(), format!("{} ended", name(node)));
        }
        for (key, deed) in DEEDS {
            for entry in list(process, key) {
                if let Some(deed) = deed(entry) {
                    let last = text(entry, "last").and_then(|at| Ticks::parse_rfc3339(&at));
                    let times = number(entry, "count").filter(|count| *count > 1).zip(last);
                    let times = times.map_or_else(String::new, |(count, last)| {
                        format!(" ({} times, until {})", grouped(count), millis(last))
                    });
                    add(&mut lines, text(entry, "first").as_deref(), format!("{} {deed}{times}", name(own)));
                }
            }
        }
    }
    let severity = finding.severity.name().to_owned();
    lines.extend(finding.at.map(|at| StoryLine { at, alert: Some(alert), severity, text: short(&finding.rule) }));
    lines
}

fn add(lines: &mut Vec<StoryLine>, time: Option<&str>, text: String) {
    let at = time.and_then(Ticks::parse_rfc3339);
    lines.extend(at.map(|at| StoryLine { at, alert: None, severity: String::new(), text }));
}

/// The value, cut to what fits into a line.
fn short(value: &str) -> String {
    match cut(value, MOST) {
        (whole, 0) => whole.to_owned(),
        (head, more) => format!("{head}… (+{} characters)", grouped(more as u64)),
    }
}

fn value(entry: &Value, key: &str) -> Option<String> {
    text(entry, key).map(|text| short(&text))
}

fn name(node: &Value) -> String {
    let name = value(node, "name").or_else(|| value(node, "executable")).unwrap_or_else(|| "(not known)".to_owned());
    value(node, "pid").map_or_else(|| name.clone(), |pid| format!("{name} (pid {pid})"))
}

fn started(node: &Value) -> String {
    let command = value(node, "command_line").map_or_else(String::new, |command| format!(": {command}"));
    let user = value(node, "user").map_or_else(String::new, |user| format!(", as {user}"));
    let (flags, decoded) = (list(node, "flags"), list(node, "decoded"));
    let flag = |flag: &Value| value(flag, "text").map(|text| format!("; {text}"));
    let text = |text: &Value| value(text, "text").map(|text| format!("; decoded: {text}"));
    let shown = flags.iter().filter_map(flag).chain(decoded.iter().filter_map(text));
    let notes: String = shown.take(MOST_NOTES).collect();
    let more = (flags.len() + decoded.len()).saturating_sub(MOST_NOTES);
    let more = if more > 0 { format!("; and {} more such", grouped(more as u64)) } else { String::new() };
    format!("{} started{command}{user}{notes}{more}", name(node))
}

type Deed = fn(&Value) -> Option<String>;

/// What the entries of each list of triage say that the process did.
const DEEDS: [(&str, Deed); 6] = [
    ("destinations", spoke),
    ("dns", asked),
    ("files", touched),
    ("registry", touched),
    ("images", loaded),
    ("other", acted),
];

fn spoke(entry: &Value) -> Option<String> {
    let ip = value(entry, "ip")?;
    let ip = if ip.contains(':') { format!("[{ip}]") } else { ip };
    let port = value(entry, "port").map_or_else(String::new, |port| format!(":{port}"));
    let domain = value(entry, "domain").map_or_else(String::new, |domain| format!(" ({domain})"));
    let is_accepted = text(entry, "direction").as_deref() == Some("ingress");
    Some(format!("{} {ip}{port}{domain}", if is_accepted { "was connected to from" } else { "connected to" }))
}

fn asked(entry: &Value) -> Option<String> {
    let answers: Vec<String> = texts(entry, "answers").map(|text| short(&text)).collect();
    let answers = if answers.is_empty() { String::new() } else { format!(" -> {}", answers.join(", ")) };
    Some(format!("asked for {}{}", value(entry, "name")?, short(&answers)))
}

fn touched(entry: &Value) -> Option<String> {
    let data: Vec<String> = texts(entry, "data").map(|text| short(&text)).collect();
    let data = if data.is_empty() { String::new() } else { format!(" = {}", data.join(", ")) };
    let action = value(entry, "action").unwrap_or_else(|| "event".to_owned());
    Some(format!("{action}: {}{}", value(entry, "path")?, short(&data)))
}

fn loaded(entry: &Value) -> Option<String> {
    // What is signed and trusted is loaded by the hundred.
    let is_trusted = flag(entry, "trusted");
    (!is_trusted).then(|| value(entry, "path")).flatten().map(|path| format!("loaded {path}, which is not signed"))
}

fn acted(entry: &Value) -> Option<String> {
    let target = value(entry, "target").map_or_else(String::new, |target| format!(": {target}"));
    Some(format!("{}{target}", value(entry, "action")?))
}

/// The stories of all incidents of a page.
#[derive(Debug)]
pub struct IncidentStories {
    by_incident: HashMap<String, IncidentStory>,
    /// Bytes that lines may still take.
    left: u64,
}

#[derive(Debug, Default)]
struct IncidentStory {
    lines: BTreeSet<StoryLine>,
    /// How many did not fit.
    left_out: u64,
}

impl IncidentStories {
    /// No story yet, for a page of so many bytes.
    pub fn new(page_bytes: u64) -> Self {
        Self { by_incident: HashMap::new(), left: page_bytes / PAGE_SHARE }
    }

    /// Adds lines to the story of an incident.
    pub fn add(&mut self, incident: &str, lines: Vec<StoryLine>) {
        let story = self.by_incident.entry_ref(incident).or_default();
        for line in lines {
            let bytes = (line.text.len() + AROUND) as u64;
            if story.lines.contains(&line) {
                continue;
            }
            // Alerts are what a story must not lack: their number is that of cards.
            let has_room = story.lines.len() < MOST_LINES || line.alert.is_some();
            if has_room && bytes <= self.left {
                self.left -= bytes;
                story.lines.insert(line);
            } else {
                story.left_out += 1;
            }
        }
    }

    /// The story of an incident; nothing for one of which nothing is known but its alerts.
    pub fn part(&self, incident: &str) -> Markup {
        let Some(IncidentStory { lines, left_out }) = self.by_incident.get(incident) else { return html! {} };
        if lines.iter().all(|line| line.alert.is_some()) {
            return html! {};
        }
        html! {
            details.story {
                summary { "What happened, in order " span.count { (grouped(lines.len() as u64)) } }
                // As with the body of a card, one text until somebody opens it.
                noscript {
                    ul { @for told in lines { (told_line(told)) } }
                    @if *left_out > 0 {
                        p.cut { "… and " (counted(*left_out, "line")) " more, left out to keep the report small; evql story --incident " (Attribute(incident)) " tells all" }
                    }
                }
            }
        }
    }
}

fn told_line(told: &StoryLine) -> Markup {
    let known = AlertSeverity::ALL.into_iter().find(|severity| severity.name() == told.severity);
    html! {
        li {
            time { (instant(told.at)) } " "
            @if let Some(alert) = told.alert {
                span class={ "dot " (known.unwrap_or(AlertSeverity::Unknown).name()) } {}
                a href={ "#alert-" (alert) } { b { "#" (alert) " " (line(&told.text)) } }
            } @else { (line(&told.text)) }
        }
    }
}

#[cfg(test)]
mod tests;
