//! One alert as a JSON document: ECS for the finding, and the full ECS documents of its events.

use super::alert_id::{EVENT_FIELDS, alert_id};
use super::enrichment_json::write_enrichment;
use super::incident_json::write_incident;
use super::message::message_of;
use super::results::Results;
use super::sightings_json::{enrichments_json, indicator_json, sightings};
use super::tally::{repeats_json, tally_json};
use super::triage_json::push_triage;
use crate::base::Ticks;
use crate::base::json_object::{ObjectWriter, push_object};
use crate::detect::{Alert, RuleIndex};
use crate::ecs::{self, Field, FieldId};
use crate::event::{Event, Value};
use crate::process::Connection;
use crate::rules::{IndicatorSighting, Rule};
use hashbrown::HashMap;
use serde_json::{Map, json};
use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

/// The documents of alerts, as every output has them: text, without a tree of values in between.
#[derive(Debug)]
pub struct AlertDocuments<'run> {
    results: Results<'run>,
    /// Of each rule that found something the position of its first alert, and the members that all of its alerts have.
    rules: HashMap<RuleIndex, (usize, RuleMembers)>,
    /// Whether these are the alerts of some hosts only, which have no numbers yet.
    is_part: bool,
}

impl<'run> AlertDocuments<'run> {
    /// The documents of a run.
    pub fn new(results: &Results<'run>) -> io::Result<Self> {
        let (mut rules, mut position) = (HashMap::new(), 0);
        results.alerts.for_each_outline(&mut |outline| {
            let members = || (position, RuleMembers::new(&results.detector.rules()[outline.rule]));
            rules.entry(outline.rule).or_insert_with(members);
            position += 1;
        })?;
        Ok(Self { results: *results, rules, is_part: false })
    }

    /// The documents of a part of the evidence: without numbers, which alerts get when those of all parts are there, and without the texts of rules.
    pub fn of_part(results: &Results<'run>) -> io::Result<Self> {
        Ok(Self { is_part: true, ..Self::new(results)? })
    }

    /// Adds the document of the alert at a position.
    pub fn push(&self, position: usize, alert: &Alert, out: &mut Vec<u8>) {
        let Some((first, members)) = self.rules.get(&alert.rule) else { return };
        // A rule's guide and query can be longer than all of its alerts: they stand in its first one alone, and `evql report` finds them there.
        let texts =
            (*first == position && !self.is_part).then(|| rule_texts(&self.results.detector.rules()[alert.rule]));
        push_alert(&self.results, (!self.is_part).then_some(position), alert, (members, texts), out);
    }
}

/// What the documents of all alerts of a rule have in common, as JSON.
#[derive(Debug)]
struct RuleMembers {
    rule: Vec<u8>,
    threat: Vec<u8>,
    risk_score: Vec<u8>,
}

impl RuleMembers {
    fn new(rule: &Rule) -> Self {
        let meta = &rule.meta;
        let facts = json!({
            "id": meta.id,
            "name": meta.name,
            "description": meta.description,
            "reference": meta.references,
            "author": meta.authors,
            "license": meta.license,
        });
        let text = |value: serde_json::Value| value.to_string().into_bytes();
        let threat = crate::rules::threat_to_ecs(&meta.threat);
        Self { rule: text(facts), threat: text(threat), risk_score: text(meta.risk_score.into()) }
    }
}

/// The document of the alert at `position` in the results, with or without the texts of its rule.
pub fn alert_document(
    results: &Results<'_>,
    position: usize,
    alert: &Alert,
    with_rule_texts: bool,
) -> serde_json::Value {
    let (mut text, rule) = (Vec::new(), &results.detector.rules()[alert.rule]);
    let texts = with_rule_texts.then(|| rule_texts(rule));
    push_alert(results, Some(position), alert, (&RuleMembers::new(rule), texts), &mut text);
    serde_json::from_slice(&text).unwrap_or_default()
}

fn push_alert(
    results: &Results<'_>,
    position: Option<usize>,
    alert: &Alert,
    (members, texts): (&RuleMembers, Option<serde_json::Value>),
    out: &mut Vec<u8>,
) {
    let meta = results.detector.meta(alert);
    push_object(out, |object| {
        object.optional("@timestamp", alert.timestamp().map(Ticks::rfc3339).as_deref());
        object.object("event", |object| {
            object.text("id", &id_of(results, alert));
            object.text("kind", "signal");
            object.value("severity", &meta.level.severity());
            object.key("risk_score").extend_from_slice(&members.risk_score);
        });
        object.key("rule").extend_from_slice(&members.rule);
        match sightings(&results.detector.rules()[alert.rule], alert) {
            Some(found) => object.value("threat", &threat_of(&members.threat, &found)),
            None => object.key("threat").extend_from_slice(&members.threat),
        }
        if let Some(last) = alert.last() {
            // Not as the event was given: a document may write its names with dots.
            let out = object.members();
            if !last.document.push_objects(&["host"], out) {
                out.extend_from_slice(b",\"host\":null");
            }
            last.document.push_objects(COPIED, out);
            object.text("message", &message_of(last, results.addresses));
        }
        object.object("evql", |object| push_own(results, position, alert, texts, object));
        write_join_keys(alert, object);
        object.list("events", &alert.events, |event, out| match event.as_deref() {
            None => out.extend_from_slice(b"null"),
            Some(event) if tells_its_place(event) => event.push_json(out),
            Some(event) => drop(serde_json::to_writer(out, &event_document(results, event))),
        });
    });
}

/// `threat` of an alert whose event has indicators of compromise.
fn threat_of(of_rule: &[u8], found: &[IndicatorSighting<'_>]) -> serde_json::Value {
    let mut threat: serde_json::Value = serde_json::from_slice(of_rule).unwrap_or_default();
    if let Some(first) = found.first() {
        threat["indicator"] = indicator_json(first.indicator);
    }
    threat["enrichments"] = enrichments_json(found);
    threat
}

/// Adds the values of an alert's join keys; `null` is a key that may be missing.
pub fn write_join_keys(alert: &Alert, object: &mut ObjectWriter<'_>) {
    let keys = alert.join_keys.iter().map(|key| key.as_ref().map_or(serde_json::Value::Null, Value::to_json));
    object.value("join_keys", &keys.collect::<serde_json::Value>());
}

/// `evql` of an alert document.
fn push_own(
    results: &Results<'_>,
    position: Option<usize>,
    alert: &Alert,
    texts: Option<serde_json::Value>,
    object: &mut ObjectWriter<'_>,
) {
    let meta = results.detector.meta(alert);
    if let Some(position) = position {
        object.number("alert", position as u64 + 1);
    }
    object.text("severity", meta.level.name());
    if meta.building_block {
        object.flag("building_block");
    }
    if let Some(repeats) = repeats_json(alert) {
        object.value("suppressed", &repeats);
    }
    if let Some((name, found)) = tally_json(&results.detector.rules()[alert.rule], alert) {
        object.value(name, &found);
    }
    if let Some(start) = &alert.start {
        start.push_json(object.key("process_start"));
    }
    // A saved alert is read again by `evql report`, without the evidence: the addresses that decided whose end is whose go along.
    let own = own_addresses(results, alert);
    if !own.is_empty() {
        object.list("host_addresses", own, AddressOfHost::push);
    }
    write_enrichment(alert, object);
    if let Some((incidents, position)) = results.incidents.zip(position)
        && let Some(incident) = incidents.of_alert(position)
    {
        write_incident(results, incident, position, object);
    }
    if let Some(triage) = results.triage {
        push_triage(triage, alert, object.key("triage"));
    }
    if let Some(texts) = texts {
        object.value("rule", &texts);
    }
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

impl AddressOfHost {
    fn push(self, out: &mut Vec<u8>) {
        push_object(out, |object| {
            object.text("host", &self.host);
            object.text("ip", &self.ip);
        });
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
