//! One alert as a JSON document: ECS for the finding, and the full ECS documents of its events.

use super::alert_id::{EVENT_FIELDS, alert_id};
use super::message::message_of;
use super::results::Results;
use super::tally::tally_json;
use super::triage_json::triage_json;
use crate::detect::{Alert, RuleIndex};
use crate::ecs::{self, Field, FieldId};
use crate::event::{Event, Value};
use crate::process::Connection;
use crate::rules::Rule;
use hashbrown::HashSet;
use serde_json::{Map, json};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The documents of all alerts, in their order, as every output has them.
#[derive(Debug)]
pub struct AlertDocuments<'run> {
    results: Results<'run>,
    next: usize,
    told: HashSet<RuleIndex>,
}

impl<'run> AlertDocuments<'run> {
    /// The documents of a run.
    pub fn new(results: &Results<'run>) -> Self {
        Self { results: *results, next: 0, told: HashSet::new() }
    }
}

impl AlertDocuments<'_> {
    /// The next alert, with its document but for the events.
    fn next_facts(&mut self) -> Option<(&Alert, Map<String, serde_json::Value>)> {
        let alert = self.results.alerts.get(self.next)?;
        let mut facts = alert_facts(&self.results, self.next, alert);
        // A rule's guide and query can be longer than all of its alerts: they stand in its first one alone, and `evql report` finds them there.
        if self.told.insert(alert.rule) {
            facts["evql"]["rule"] = rule_texts(&self.results.detector.rules()[alert.rule]);
        }
        self.next += 1;
        Some((alert, facts))
    }

    /// Adds the next document as text, the same as that of its value; false if there is none.
    ///
    /// Events are most of it, and are written without a tree of values in between.
    pub fn push_next(&mut self, out: &mut Vec<u8>) -> bool {
        let results = self.results;
        let Some((alert, facts)) = self.next_facts() else { return false };
        // Writing to a Vec does not fail.
        drop(serde_json::to_writer(&mut *out, &facts));
        out.pop();
        out.extend_from_slice(b",\"events\":[");
        for (at, event) in alert.events.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match event.as_deref() {
                None => out.extend_from_slice(b"null"),
                Some(event) if tells_its_place(event) => event.push_json(out),
                Some(event) => drop(serde_json::to_writer(&mut *out, &event_document(&results, event))),
            }
        }
        out.extend_from_slice(b"]}");
        true
    }
}

impl Iterator for AlertDocuments<'_> {
    type Item = serde_json::Value;

    fn next(&mut self) -> Option<serde_json::Value> {
        let results = self.results;
        let (alert, facts) = self.next_facts()?;
        Some(with_events(&results, alert, facts))
    }
}

fn with_events(results: &Results<'_>, alert: &Alert, mut facts: Map<String, serde_json::Value>) -> serde_json::Value {
    let full = |event: &Event| event_document(results, event);
    let events = alert.events.iter().map(|event| event.as_deref().map_or(serde_json::Value::Null, full));
    facts.insert("events".into(), events.collect());
    facts.into()
}

/// The document of the alert at `position` in the results, without the texts of its rule.
pub fn alert_document(results: &Results<'_>, position: usize, alert: &Alert) -> serde_json::Value {
    with_events(results, alert, alert_facts(results, position, alert))
}

/// The document of an alert without its events, which come last in it.
fn alert_facts(results: &Results<'_>, position: usize, alert: &Alert) -> Map<String, serde_json::Value> {
    let meta = results.detector.meta(alert);
    let mut document = Map::new();
    if let Some(at) = alert.timestamp() {
        document.insert("@timestamp".into(), at.rfc3339().into());
    }
    document.insert(
        "event".into(),
        json!({ "id": id_of(results, alert), "kind": "signal", "severity": meta.level.severity(), "risk_score": meta.risk_score }),
    );
    document.insert(
        "rule".into(),
        json!({
            "id": meta.id,
            "name": meta.name,
            "description": meta.description,
            "reference": meta.references,
            "author": meta.authors,
            "license": meta.license,
        }),
    );
    document.insert("threat".into(), crate::rules::threat_to_ecs(&meta.threat));
    // Not as the event was given: a document may write its names with dots.
    let last = alert.last().map_or(serde_json::Value::Null, |event| event.document.to_json());
    document.insert("host".into(), last.get("host").cloned().unwrap_or_default());
    let copied = COPIED.iter().filter_map(|name| Some(((*name).to_owned(), last.get(name)?.clone())));
    document.extend(copied);
    document.extend(alert.last().map(|event| ("message".to_owned(), message_of(event, results.addresses).into())));
    let mut evql = json!({ "alert": position + 1, "severity": meta.level.name() });
    if meta.building_block {
        evql["building_block"] = true.into();
    }
    if let Some((name, found)) = tally_json(&results.detector.rules()[alert.rule], alert) {
        evql[name] = found;
    }
    if let Some(start) = &alert.start {
        evql["process_start"] = start.to_json();
    }
    // A saved alert is read again by `evql report`, without the evidence: the addresses that decided whose end is whose go along.
    let own = own_addresses(results, alert);
    if !own.is_empty() {
        evql["host_addresses"] = own.into_iter().collect();
    }
    if let Some(triage) = results.triage {
        evql["triage"] = triage_json(triage, position);
    }
    document.insert("evql".into(), evql);
    let keys = alert.join_keys.iter().map(|key| key.as_ref().map_or(serde_json::Value::Null, Value::to_json));
    document.insert("join_keys".into(), keys.collect());
    document
}

/// `evql.host_addresses` of an alert document: the addresses in its connections that tell whose end is whose where the record does not, so that whoever reads
/// a saved alert sees the same.
fn own_addresses(results: &Results<'_>, alert: &Alert) -> BTreeSet<AddressOfHost> {
    let text = |event: &Event, field: FieldId| event.document.first(field).map(ToString::to_string);
    let connections = alert.present().filter_map(|event| Connection::read(|field| text(event, field)));
    let undecided = connections.filter(|connection| connection.peer_by_itself().is_none());
    let own = |connection: Connection| -> Vec<AddressOfHost> {
        let of_host = |ip: IpAddr| AddressOfHost { host: connection.host.clone(), ip: ip.to_string() };
        connection.known_own(results.addresses).map(of_host).collect()
    };
    undecided.flat_map(own).collect()
}

/// An address that a host has.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct AddressOfHost {
    host: String,
    ip: String,
}

impl From<AddressOfHost> for serde_json::Value {
    fn from(AddressOfHost { host, ip }: AddressOfHost) -> Self {
        json!({ "host": host, "ip": ip })
    }
}

/// Objects of the event that completed an alert that the alert has too, as Elastic's alerts do, so that it can be searched and grouped without its events.
const COPIED: &[&str] = &["process", "user", "source", "destination", "network", "file", "dll", "registry", "dns"];

/// The id of an alert: see [`alert_id`].
pub fn id_of(results: &Results<'_>, alert: &Alert) -> String {
    let meta = results.detector.meta(alert);
    let text = |event: &Event, name: &str| {
        event.document.values(&Field::named(name)).first().map(ToString::to_string).unwrap_or_default()
    };
    // The last event has the host of the alert as every output shows it; a sequence across hosts has no other name.
    let host = alert.last().map(|event| text(event, "host.name")).filter(|host| !host.is_empty());
    let of_event = |event: &Option<Arc<Event>>| {
        EVENT_FIELDS.map(|name| event.as_deref().map(|event| text(event, name)).unwrap_or_default())
    };
    alert_id(&meta.id, &host.unwrap_or_default(), alert.events.iter().map(of_event))
}

/// Whether the document of an event tells its record number and file, by which it is found again.
fn tells_its_place(event: &Event) -> bool {
    event.document.has(ecs::WINLOG_RECORD_ID) && event.document.has(ecs::LOG_FILE_PATH)
}

/// The document of an event, and its place where the document itself does not tell it.
fn event_document(results: &Results<'_>, event: &Event) -> serde_json::Value {
    let mut document = event.to_json();
    let (has_number, has_file) = (event.document.has(ecs::WINLOG_RECORD_ID), event.document.has(ecs::LOG_FILE_PATH));
    if !has_file && let Some(input) = results.inputs.get(event.origin.input as usize) {
        document["evql"]["file"] = input.display.as_ref().into();
    }
    // A record is found again by its number; for anything else, the offset in its input is the only way back.
    if !has_number && document.is_object() {
        document["evql"]["offset"] = event.origin.offset.into();
    }
    document
}

/// `evql.rule` of an alert document: the texts of a rule that a person needs beside its name. They are long, so that only the first alert of each rule
/// carries them.
pub fn rule_texts(rule: &Rule) -> serde_json::Value {
    let meta = &rule.meta;
    let mut texts = Map::new();
    texts.insert("query".into(), rule.source.trim().into());
    texts.extend(meta.note.as_ref().map(|note| ("note".into(), note.trim().into())));
    texts.extend(meta.setup.as_ref().map(|setup| ("setup".into(), setup.trim().into())));
    if !meta.false_positives.is_empty() {
        texts.insert("false_positives".into(), json!(meta.false_positives));
    }
    texts.into()
}
