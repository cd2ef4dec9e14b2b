//! Exports of MISP: events with attributes and objects, or lists of attributes.
//!
//! What MISP marks as not meant for detection (`to_ids`), or as deleted, is passed over. Of a value of two parts that decides which tells more: of
//! `filename|sha256` the hash, of `ip-dst|port` the address; of `domain|ip` each of both is an indicator.

use super::super::level::Level;
use super::list_reader::{ListReader, WrittenValue};
use super::told::ValueType;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct MispEvent<'t> {
    info: Option<String>,
    threat_level_id: Option<serde_json::Value>,
    #[serde(borrow, rename = "Attribute", default)]
    attributes: Vec<&'t RawValue>,
    #[serde(borrow, rename = "Object", default)]
    objects: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct MispObject<'t> {
    #[serde(default)]
    deleted: bool,
    #[serde(borrow, rename = "Attribute", default)]
    attributes: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct MispAttribute {
    #[serde(rename = "type")]
    kind: String,
    value: String,
    #[serde(default)]
    to_ids: Option<serde_json::Value>,
    #[serde(default)]
    deleted: bool,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct MispWrapper<'t> {
    #[serde(borrow, rename = "Event")]
    event: Option<&'t RawValue>,
    #[serde(borrow)]
    response: Option<&'t RawValue>,
    #[serde(borrow, rename = "Attribute")]
    attributes: Option<Vec<&'t RawValue>>,
}

/// What all attributes of an event have in common.
#[derive(Clone, Debug, Default)]
struct MispFacts {
    info: Option<String>,
    level: Option<Level>,
}

/// The type of a sample, whose value is its name and its MD5; the sample itself stands beside it.
const SAMPLE: &str = "malware-sample";

/// Deepest nesting of what wraps events.
const DEEPEST: usize = 4;

/// Reads JSON; whether it is of MISP.
pub fn read(text: &str, reader: &mut ListReader) -> bool {
    read_value(text, text, reader, &MispFacts::default(), DEEPEST)
}

/// Where a part of a text stands in it.
pub fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr().addr()).saturating_sub(text.as_ptr().addr())
}

fn read_value(text: &str, part: &str, reader: &mut ListReader, facts: &MispFacts, depth: usize) -> bool {
    if depth == 0 {
        return false;
    }
    if part.trim_start().starts_with('[') {
        let Ok(list) = serde_json::from_str::<Vec<&RawValue>>(part) else { return false };
        let read = list.iter().filter(|item| {
            read_value(text, item.get(), reader, facts, depth - 1) || read_attribute(text, item, reader, facts)
        });
        return read.count() > 0;
    }
    let Ok(wrapper) = serde_json::from_str::<MispWrapper<'_>>(part) else { return false };
    if let Some(event) = wrapper.event {
        return read_event(text, event.get(), reader);
    }
    if let Some(response) = wrapper.response {
        return read_value(text, response.get(), reader, facts, depth - 1);
    }
    match wrapper.attributes {
        // An event that stands by itself has its attributes beside its other parts.
        Some(_) => read_event(text, part, reader),
        None => false,
    }
}

fn read_event(text: &str, part: &str, reader: &mut ListReader) -> bool {
    let Ok(event) = serde_json::from_str::<MispEvent<'_>>(part) else { return false };
    let level = event.threat_level_id.as_ref().map(ToString::to_string);
    let level = match level.as_deref().map(|id| id.trim_matches('"')) {
        Some("1") => Some(Level::High),
        Some("2") => Some(Level::Medium),
        Some("3") => Some(Level::Low),
        _ => None,
    };
    let facts = MispFacts { info: event.info, level };
    for attribute in &event.attributes {
        add_attribute(text, attribute, reader, &facts);
    }
    for object in &event.objects {
        let Ok(object) = serde_json::from_str::<MispObject<'_>>(object.get()) else { continue };
        if object.deleted {
            reader.pass_over("deleted");
            continue;
        }
        for attribute in &object.attributes {
            add_attribute(text, attribute, reader, &facts);
        }
    }
    true
}

fn read_attribute(text: &str, item: &RawValue, reader: &mut ListReader, facts: &MispFacts) -> bool {
    let is_one = serde_json::from_str::<MispAttribute>(item.get()).is_ok();
    if is_one {
        add_attribute(text, item, reader, facts);
    }
    is_one
}

fn add_attribute(text: &str, item: &RawValue, reader: &mut ListReader, facts: &MispFacts) {
    let start = offset(text, item.get());
    let place = start..start + item.get().len();
    let attribute = match serde_json::from_str::<MispAttribute>(item.get()) {
        Ok(attribute) => attribute,
        Err(error) => return reader.refuse(place, &format!("this attribute cannot be read: {error}")),
    };
    // Booleans in JSON, and "0" or "1" in exports that were made of tables.
    let is_off = |flag: &serde_json::Value| matches!(flag.to_string().trim_matches('"'), "false" | "0");
    if attribute.deleted {
        return reader.pass_over("deleted");
    }
    if attribute.to_ids.as_ref().is_some_and(is_off) {
        return reader.pass_over("not meant for detection (to_ids)");
    }
    let comment = attribute.comment.filter(|comment| !comment.trim().is_empty());
    let note = [facts.info.clone(), comment].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let value = |value_type, text| WrittenValue {
        place: place.clone(),
        text,
        value_type,
        level: facts.level,
        note: Some(note.clone()),
    };
    let (kind, text) = (&*attribute.kind, &*attribute.value);
    match (kind.split_once('|'), text.split_once('|')) {
        (Some(("domain", "ip")), Some((domain, address))) => {
            reader.add(value(ValueType::Domain, domain));
            reader.add(value(ValueType::Address, address));
        }
        (_, Some(parts)) if kind.contains('|') || kind == SAMPLE => match part_of_two(kind, parts) {
            (Some(value_type), part) => reader.add(value(value_type, part)),
            (None, _) => refuse_type(kind, place, reader),
        },
        _ => match ValueType::named(kind) {
            Some(value_type) => reader.add(value(value_type, text)),
            None => refuse_type(kind, place, reader),
        },
    }
}

fn refuse_type(kind: &str, place: std::ops::Range<usize>, reader: &mut ListReader) {
    reader.refuse(place, &format!("'{kind}' is a type of MISP that no event of Sysmon has"));
}

/// The part of a value of two parts that decides, and its type, by the type of both.
pub fn part_of_two<'v>(kind: &str, (first, second): (&'v str, &'v str)) -> (Option<ValueType>, &'v str) {
    let (of_first, of_second) = kind.split_once('|').unwrap_or((kind, ""));
    match ValueType::named(of_second) {
        Some(hash @ ValueType::Hash(_)) => (Some(hash), second),
        _ if kind == SAMPLE => (Some(ValueType::Hash(None)), second),
        _ => (ValueType::named(of_first), first),
    }
}

#[cfg(test)]
mod tests;
