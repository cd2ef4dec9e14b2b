//! A JSON document becomes an event: its time, its place in the order, and its category.
//!
//! This module does not know how documents are read, nor what rules make of them.

use super::options::Roles;
use crate::base::{Ticks, guid};
use crate::ecs::{self, Field, FieldType};
use crate::enrichment::GeoLookup;
use crate::event::{Document, Event, Object, Value, instant};
use crate::source::{self, JsonDocument};
use crate::sysmon;
use hashbrown::HashSet;
use sha1::{Digest, Sha1};
use std::sync::Arc;

/// The event of a document, or why it has no place in time.
///
/// Documents that evql itself made from records say when those were logged, which orders them as the records. All others are ordered by `@timestamp`:
/// what Beats and Elastic's agent write as `event.created` is when a record was *read*, and a batch of a minute is read at one time.
/// `winlog.record_id` decides between documents of the same time. Where the caller names a field for the time or the tiebreaker, that alone counts.
pub fn event(mut given: JsonDocument, roles: &Roles, geo: Option<GeoLookup>) -> Result<Event, String> {
    let mut document = Document::from_json(&given.object);
    let name = roles.timestamp.as_deref().unwrap_or(ecs::TIMESTAMP.name());
    let value = document.values(&Field::named(name)).first().cloned();
    let value = value.ok_or_else(|| format!("the document has no `{name}`"))?;
    let timestamp = time(&value).ok_or_else(|| format!("the document's `{name}` is no time: {value}"))?;
    let named = roles.timestamp.is_some() || roles.tiebreaker.is_some();
    // A caller who names fields for time or tiebreaker knows the documents: what is known of evql's own does not count then.
    let logged = given.logged.as_deref().filter(|_| !named).and_then(Ticks::parse_rfc3339);
    let tiebreaker = match &roles.tiebreaker {
        Some(name) => document.values(&Field::named(name)).first(),
        None => document.first(ecs::WINLOG_RECORD_ID),
    };
    let tiebreaker = tiebreaker.and_then(number);
    if let Some(name) = &roles.category {
        let category = document.values(&Field::named(name)).to_vec();
        document.set_all(ecs::EVENT_CATEGORY, category);
    }
    normalise_guids(&mut document);
    if let Some(databases) = geo {
        locate(&mut document, &mut given.object, databases);
    }
    let original = Some(Arc::new(given.object));
    if given.is_recovered {
        document.set(ecs::EVQL_RECOVERED, true);
    }
    let (logged, is_logged_known) = (logged.unwrap_or(timestamp), logged.is_some());
    Ok(Event {
        document,
        timestamp,
        logged,
        is_logged_known,
        is_recovered: given.is_recovered,
        tiebreaker,
        origin: given.origin,
        original,
    })
}

/// Sets what databases say of addresses, in the event and in the document as it will be given again.
fn locate(document: &mut Document, given: &mut Object, databases: GeoLookup) {
    let before: HashSet<Field> = document.iter().map(|(field, _)| field.clone()).collect();
    sysmon::locate(document, databases);
    for (field, values) in document.iter().filter(|(field, _)| !before.contains(*field)) {
        let (Some(value), Some((end, name))) = (values.first(), field.name().split_once('.')) else { continue };
        // Names may be nested, or written with dots: what is added stands beside what is there.
        match given.get_mut(end).and_then(serde_json::Value::as_object_mut) {
            Some(of_end) => insert_nested(of_end, name, value.to_json()),
            None => drop(given.insert(field.name().to_owned(), value.to_json())),
        }
    }
}

/// Sets a dotted name of an object.
fn insert_nested(object: &mut Object, name: &str, value: serde_json::Value) {
    let Some((first, rest)) = name.split_once('.') else {
        object.insert(name.to_owned(), value);
        return;
    };
    let inner = object.entry(first).or_insert_with(|| Object::new().into());
    if let Some(inner) = inner.as_object_mut() {
        insert_nested(inner, rest, value);
    }
}

/// Gives GUIDs the one writing that those of records have; a GUID of zeros, which names nothing, goes, and so does a dash.
fn normalise_guids(document: &mut Document) {
    let is_guid = |field: &Field| {
        field.name().ends_with(".entity_id")
            || field.name().strip_prefix("winlog.event_data.").is_some_and(source::is_guid_entry)
    };
    let guids: Vec<Field> = document.iter().map(|(field, _)| field).filter(|field| is_guid(field)).cloned().collect();
    for field in guids {
        let is_usual =
            |value: &Value| value.as_text().is_none_or(|text| sysmon::says(text) && guid::rewritten(text).is_none());
        if document.values(&field).iter().all(is_usual) {
            continue;
        }
        let normal = |value: &Value| match value.as_text().and_then(guid::rewritten) {
            Some(normal) => normal.into(),
            None => value.clone(),
        };
        let mut values: Vec<Value> = document.values(&field).iter().map(normal).collect();
        values.retain(|value| value.as_text().is_none_or(sysmon::says));
        document.set_all(field, values);
    }
}

fn time(value: &Value) -> Option<Ticks> {
    match value {
        Value::Date(at) => Some(*at),
        Value::Text(text) => Ticks::parse_of_tool(text).or_else(|| instant(&text.parse().ok()?)),
        Value::Long(number) => instant(&(*number).into()),
        Value::Double(number) => instant(&serde_json::Number::from_f64(*number)?),
        Value::Boolean(_) | Value::Ip(_) => None,
    }
}

/// A tiebreaker as a number that sorts like it. Texts that are no numbers sort by their first bytes.
fn number(value: &Value) -> Option<u64> {
    Some(match value {
        Value::Long(number) => u64::try_from(*number).unwrap_or_default(),
        Value::Text(text) => text.parse().unwrap_or_else(|_| {
            let mut first = [0; 8];
            first.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
            u64::from_be_bytes(first)
        }),
        _ => return None,
    })
}

/// The event ID of a document that tells of a Sysmon record.
pub fn sysmon_id(document: &Document) -> Option<u16> {
    document.text(ecs::EVENT_CODE).filter(|_| sysmon::is_sysmon_document(document))?.parse().ok()
}

/// Fields that say how and when a copy of a document was collected, not what it is.
const OF_THE_COPY: &[&str] =
    &["log.file.path", "event.created", "event.ingested", "agent.ephemeral_id", "elastic_agent.snapshot"];

/// A hash by which copies of a document are known: of what it was read as, so that the same GUID in another writing is no difference.
/// Only a document with a record id can be a copy: others may be equal by chance, and have none.
pub fn fingerprint(event: &Event) -> Option<[u8; 16]> {
    if !event.document.has(ecs::WINLOG_RECORD_ID) {
        return None;
    }
    let mut text = Vec::with_capacity(2048);
    // Fields have one order, whatever order the copy had.
    for (field, values) in event.document.iter() {
        let name = field.name();
        if OF_THE_COPY.contains(&name) {
            continue;
        }
        push_text(name, &mut text);
        text.extend_from_slice(&(values.len() as u64).to_le_bytes());
        for value in values {
            match value {
                Value::Text(host) if *field == Field::Known(ecs::HOST_NAME) => {
                    push_text(&host.to_lowercase(), &mut text);
                }
                value => push_value(value, field, &mut text),
            }
        }
    }
    let mut fingerprint = [0; 16];
    fingerprint.copy_from_slice(&Sha1::digest(&text)[..16]);
    Some(fingerprint)
}

/// Adds a text behind its length, so that where it ends cannot be taken for something else.
fn push_text(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Adds a value, behind a mark that no length of a text begins with.
fn push_value(value: &Value, field: &Field, out: &mut Vec<u8>) {
    let (mark, bits) = match value {
        Value::Text(text) => return push_text(text, out),
        Value::Ip(ip) => return push_text(&ip.text, out),
        Value::Long(number) => (1_u8, number.to_le_bytes()),
        Value::Double(number) => (2, number.to_le_bytes()),
        Value::Boolean(flag) => (3, i64::from(*flag).to_le_bytes()),
        // Copies of a date may have more digits than Elastic keeps of it.
        Value::Date(at) => {
            let unit = if field.kind() == Some(FieldType::DateNanos) { 1 } else { Ticks::PER_MILLISECOND };
            (4, at.0.div_euclid(unit).to_le_bytes())
        }
    };
    out.extend_from_slice(&[mark, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    out.extend_from_slice(&bits);
}
