//! One card per alert: what, where, who, the process and what started it, the connection, and when.

use super::enriched::print_lines;
use super::line::line;
use super::{BOLD, DIM, MARK, instant, level_style, shown};
use evql::base::time::seconds_text;
use evql::detect::{Alert, RuleIndex};
use evql::ecs::{self, FieldId};
use evql::event::{Clock, Event};
use evql::process::Connection;
use evql::report::{Citation, EnrichedField, Results, citation, enriched_alert, repeats_json, tally_json, tally_lines};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

/// Longest text of one field on a card, in characters, unless everything is wanted.
const MOST: usize = 400;

/// How much of each alert is shown.
#[derive(Clone, Copy, Debug)]
pub struct AlertDetail {
    /// Everything.
    pub verbose: bool,
    /// Alerts of building-block rules too.
    pub building_blocks: bool,
    /// Triage below each card.
    pub triage: bool,
}

impl AlertDetail {
    /// Whether alerts of a rule are shown.
    pub fn shows(self, results: &Results<'_>, rule: RuleIndex) -> bool {
        self.building_blocks || !results.detector.rules()[rule].meta.building_block
    }
}

/// Prints the alerts that have no incident, being not looked up, in order; those of building-block rules only if they are wanted, as in Kibana.
pub fn print(out: &mut dyn Write, results: &Results<'_>, wanted: AlertDetail) -> io::Result<()> {
    results.alerts.for_each(|position, alert| {
        if !wanted.shows(results, alert.rule) {
            return Ok(());
        }
        print_card(out, results, (position, alert), wanted)
    })
}

/// Prints the card of the alert at a position.
pub fn print_card(
    out: &mut dyn Write,
    results: &Results<'_>,
    (position, alert): (usize, &Alert),
    wanted: AlertDetail,
) -> io::Result<()> {
    let AlertDetail { verbose, triage, .. } = wanted;
    let card = AlertCard { results, alert, enriched: enriched_alert(alert), most: (!verbose).then_some(MOST) };
    card.head(out, position)?;
    if verbose {
        card.rule_text(out)?;
    }
    card.stages(out)?;
    card.foot(out)?;
    if let Some(triage) = results.triage.filter(|_| triage) {
        super::triage::print(out, triage, alert, verbose)?;
    }
    writeln!(out)
}

/// The triage guide of each rule that found something, once.
pub fn guides(out: &mut dyn Write, results: &Results<'_>) -> io::Result<()> {
    let mut fired = BTreeSet::new();
    results.alerts.for_each_outline(&mut |outline| fired.extend([outline.rule]))?;
    for meta in fired.into_iter().map(|rule| &results.detector.rules()[rule].meta) {
        let Some(note) = &meta.note else { continue };
        writeln!(out, "{BOLD}How to triage: {}{BOLD:#}", shown(&meta.name, None))?;
        for text in note.trim().lines().chain(meta.false_positives.iter().map(String::as_str)) {
            writeln!(out, "  {}", shown(text, None))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

struct AlertCard<'a> {
    results: &'a Results<'a>,
    alert: &'a Alert,
    /// What was worked out of its events.
    enriched: Vec<EnrichedField>,
    most: Option<usize>,
}

impl AlertCard<'_> {
    fn head(&self, out: &mut dyn Write, position: usize) -> io::Result<()> {
        let meta = self.results.detector.meta(self.alert);
        let level = level_style(meta.level);
        let (name, severity) = (shown(&meta.name, self.most), meta.level.name());
        writeln!(
            out,
            "{level}#{} {severity}{level:#}  {BOLD}{name}{BOLD:#}  {DIM}risk {}{DIM:#}",
            position + 1,
            meta.risk_score
        )?;
        let host = self.first(ecs::HOST_NAME).unwrap_or_else(|| "(no computer name)".to_owned());
        line(out, "host", &format!("{BOLD}{host}{BOLD:#}"))?;
        if let Some(user) = self.user() {
            line(out, "user", &user)?;
        }
        let techniques = meta.threat.iter().flat_map(|attack| &attack.techniques);
        let subs: Vec<String> = techniques
            .filter(|technique| technique.is_sub())
            .map(|technique| {
                let id = shown(&technique.id, None);
                // The tags of a Sigma rule have the number and no name.
                if technique.name == technique.id { id } else { format!("{id} {}", shown(&technique.name, None)) }
            })
            .collect();
        if !subs.is_empty() {
            line(out, "ATT&CK", &subs.join(", "))?;
        }
        let mut evql = json!({ "suppressed": repeats_json(self.alert) });
        if let Some((name, found)) = tally_json(&self.results.detector.rules()[self.alert.rule], self.alert) {
            evql[name] = found;
        }
        for (label, text) in tally_lines(&evql) {
            line(out, label, &shown(&text, self.most))?;
        }
        Ok(())
    }

    fn rule_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let meta = self.results.detector.meta(self.alert);
        line(out, "rule", &shown(&meta.id, None))?;
        line(out, "about", &shown(&meta.description.split_whitespace().collect::<Vec<_>>().join(" "), None))?;
        for reference in &meta.references {
            line(out, "see", &shown(reference, None))?;
        }
        Ok(())
    }

    fn stages(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut previous: Option<&Arc<Event>> = None;
        for (stage, event) in self.alert.events.iter().enumerate() {
            let Some(event) = event else {
                writeln!(out, "  [{}] nothing that would fit here was logged", stage + 1)?;
                continue;
            };
            let action =
                event.document.text(ecs::EVENT_ACTION).map_or_else(String::new, |action| shown(action, self.most));
            let when = time_text(event, self.results.clock);
            let delta = previous.map_or_else(String::new, |previous| self.delta(previous, event));
            writeln!(out, "  {MARK}[{}]{MARK:#} {BOLD}{when}{BOLD:#}{delta}  {action}", stage + 1)?;
            self.facts(out, event, previous)?;
            // What the creation of the process gave stands with the first event, as its facts do.
            let here =
                |found: &&EnrichedField| found.stage == Some(stage) || found.stage.is_none() && previous.is_none();
            let lines = self.enriched.iter().filter(here).flat_map(EnrichedField::lines);
            print_lines(out, &lines.collect::<Vec<_>>(), self.most)?;
            note_order(out, event, previous)?;
            previous = Some(event);
        }
        Ok(())
    }

    /// The facts of one event that it adds to those before it.
    fn facts(&self, out: &mut dyn Write, event: &Event, previous: Option<&Arc<Event>>) -> io::Result<()> {
        // The facts of a process are printed at its first event of the alert; its later events add what they did.
        let same_process = previous.is_some_and(|before| {
            let guid = |event: &Event| event.document.first(ecs::PROCESS_ENTITY_ID).cloned();
            guid(before).is_some() && guid(before) == guid(event)
        });
        let text = |field| self.text(event, field);
        if !same_process {
            // An alert may begin with another event of the process than its creation, such as the load of an image.
            let start = self.alert.start.as_deref().filter(|_| previous.is_none());
            let text = |field| text(field).or_else(|| self.text(start?, field));
            if let Some(process) = named(text(ecs::PROCESS_EXECUTABLE), text(ecs::PROCESS_PID)) {
                line(out, "process", &process)?;
            }
            if let Some(start) = start {
                let record = shown(&citation(self.results, start).place, self.most);
                line(out, "created", &format!("{} (record {record})", time_text(start, self.results.clock)))?;
            }
            if let Some(command) = text(ecs::PROCESS_COMMAND_LINE) {
                line(out, "command", &command)?;
            }
            if let Some(level) = text(ecs::DATA_INTEGRITY_LEVEL) {
                line(out, "integrity", &level)?;
            }
            if let Some(parent) = named(text(ecs::PROCESS_PARENT_EXECUTABLE), text(ecs::PROCESS_PARENT_PID)) {
                line(out, "parent", &parent)?;
            }
            if let Some(command) = text(ecs::PROCESS_PARENT_COMMAND_LINE) {
                line(out, "", &command)?;
            }
        }
        self.object(out, event)?;
        if let Some(connection) = self.connection(event) {
            line(out, "connection", &connection)?;
        }
        Ok(())
    }

    /// Prints the object of the event: a file or image, a registry key, a name that was asked for, another process.
    fn object(&self, out: &mut dyn Write, event: &Event) -> io::Result<()> {
        let text = |field| self.text(event, field);
        // Elastic gives the load of an image the fields of a file as well as those of a library.
        let library =
            event.document.all(ecs::EVENT_CATEGORY).iter().any(|category| category.as_text() == Some("library"));
        let file = text(ecs::FILE_PATH).or_else(|| text(ecs::FILE_NAME));
        let all = |field: FieldId| {
            let values = event.document.all(field).iter().map(|value| shown(&value.to_string(), self.most));
            let values: Vec<String> = values.collect();
            (!values.is_empty()).then(|| values.join(", "))
        };
        let written = all(ecs::REGISTRY_DATA_STRINGS).map_or_else(String::new, |data| format!(" = {data}"));
        let answers = all(ecs::DNS_RESOLVED_IP).map_or_else(String::new, |data| format!(" -> {data}"));
        let access = text(ecs::DATA_GRANTED_ACCESS).map_or_else(String::new, |access| format!(" (access {access})"));
        let objects = [
            (if library { "image" } else { "file" }, file),
            ("registry", text(ecs::REGISTRY_PATH).map(|path| format!("{path}{written}"))),
            ("name", text(ecs::DNS_QUESTION_NAME).map(|name| format!("{name}{answers}"))),
            ("target", text(ecs::DATA_TARGET_IMAGE).map(|image| format!("{image}{access}"))),
        ];
        for (label, object) in objects {
            if let Some(object) = object {
                line(out, label, &object)?;
            }
        }
        Ok(())
    }

    fn connection(&self, event: &Event) -> Option<String> {
        let text = |field| self.text(event, field);
        let connection = Connection::read(text)?;
        let route = connection.route(self.results.addresses);
        let (from, to) = (route.from.text(), route.to.text());
        let (from, to) = match route.remote {
            _ if route.is_accepted => (format!("{BOLD}{from}{BOLD:#}"), format!("{to}, accepted by this host")),
            Some(_) => (from, format!("{BOLD}{to}{BOLD:#}")),
            None => (from, to),
        };
        let note = if route.note.is_empty() { String::new() } else { format!("; {}", route.note) };
        let transport = text(ecs::NETWORK_TRANSPORT).unwrap_or_default();
        let protocol = text(ecs::NETWORK_PROTOCOL).map_or_else(String::new, |name| format!(", {name}"));
        Some(format!("{transport} {from} -> {to}{protocol}{note}"))
    }

    fn foot(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut by_file: Vec<(String, Vec<String>)> = Vec::new();
        for event in self.alert.present() {
            let Citation { place, file } = citation(self.results, event);
            let mark = if event.is_recovered { " (recovered)" } else { "" };
            let (record, file) = (format!("{}{mark}", shown(&place, self.most)), shown(&file, self.most));
            match by_file.last_mut().filter(|(last, _)| *last == file) {
                // Records of one file in a row share a line; the order of the events is kept, so that a file may be named twice.
                Some((_, records)) => records.push(record),
                None => by_file.push((file, vec![record])),
            }
        }
        for (file, records) in by_file {
            line(out, "records", &format!("{} in {file}", records.join(", ")))?;
        }
        Ok(())
    }

    fn delta(&self, previous: &Event, event: &Event) -> String {
        let clock = self.results.clock;
        format!(" (+{} s)", seconds_text(event.time(clock).0 - previous.time(clock).0))
    }

    fn user(&self) -> Option<String> {
        let name = self.first(ecs::USER_NAME)?;
        Some(self.first(ecs::USER_DOMAIN).map_or_else(|| name.clone(), |domain| format!("{domain}\\{name}")))
    }

    /// The first value of a field among the events.
    fn first(&self, field: FieldId) -> Option<String> {
        self.alert.first(field).map(|value| shown(&value.to_string(), self.most))
    }

    fn text(&self, event: &Event, field: FieldId) -> Option<String> {
        event.document.first(field).map(|value| shown(&value.to_string(), self.most))
    }
}

/// Tells if Sysmon's own times are the other way round, for then Elastic's order would have missed it.
fn note_order(out: &mut dyn Write, event: &Event, previous: Option<&Arc<Event>>) -> io::Result<()> {
    let Some(previous) = previous.filter(|before| before.timestamp > event.timestamp) else { return Ok(()) };
    let gap = seconds_text(previous.timestamp.0 - event.timestamp.0);
    let note = format!(
        "by Sysmon's own UtcTime this event comes {gap} s before the one above; the order here is that of logging"
    );
    line(out, "note", &format!("{DIM}{note}{DIM:#}"))
}

/// A file and a process id as `path (pid 4)`.
fn named(path: Option<String>, pid: Option<String>) -> Option<String> {
    match (path, pid) {
        (Some(path), Some(pid)) => Some(format!("{path} (pid {pid})")),
        (Some(path), None) => Some(path),
        (None, pid) => pid.map(|pid| format!("(pid {pid})")),
    }
}

/// The time that ordered the event, in UTC, as people write it.
fn time_text(event: &Event, clock: Clock) -> String {
    instant(event.time(clock))
}
