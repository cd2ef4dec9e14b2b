//! `EventData` and `UserData` as tools write them that turn the XML of an event into JSON.
//!
//! Every such tool has its own way with attributes, and with elements that stand more than once. What is the same in all is that an entry is a name and a text.

use serde_json::Value;

use super::envelope::RawEnvelope;
use super::object::RawObject;

/// Where tools put the attributes of an element: in an object of their own, or beside its text under a name with a mark.
const ATTRIBUTES: &str = "#attributes";

/// An attribute of an element.
pub fn attribute<'v>(element: &'v Value, name: &str) -> Option<&'v Value> {
    let object = element.as_object()?;
    let nested = object.get(ATTRIBUTES).and_then(|attributes| attributes.get(name));
    let marked = || ["@", "-", "_", ""].iter().find_map(|mark| object.get(&format!("{mark}{name}")));
    nested.or_else(marked)
}

/// Whether a member of an object is an attribute, or the name space, and no element.
fn is_attribute(name: &str) -> bool {
    name.starts_with(['@', '-', '#']) || name == "xmlns" || name.ends_with("_attributes")
}

/// Takes everything below `EventData` or `UserData`.
pub fn read(data: &Value, envelope: &mut RawEnvelope<'_>) {
    match data {
        Value::Object(object) => read_object(object, envelope),
        Value::Array(members) => members.iter().for_each(|member| read_data(member, envelope)),
        Value::Null => {}
        // An element with nothing but text.
        scalar => {
            if scalar.as_str().is_none_or(|text| !text.trim().is_empty()) {
                envelope.unnamed(scalar);
            }
        }
    }
}

fn read_object(object: &RawObject, envelope: &mut RawEnvelope<'_>) {
    for (name, value) in object {
        if is_attribute(name) {
            continue;
        }
        match value {
            _ if name == "Data" => read_data(value, envelope),
            Value::Array(members) if members.iter().all(|member| !member.is_object() && !member.is_array()) => {
                for member in members {
                    envelope.entry(name, member);
                }
            }
            Value::Array(members) => members.iter().for_each(|member| read(member, envelope)),
            Value::Object(inner) => match inner.get("#text") {
                Some(Value::Array(texts)) => texts.iter().for_each(|text| envelope.entry(name, text)),
                Some(text) => envelope.entry(name, text),
                None if inner.keys().all(|name| is_attribute(name)) => envelope.entry_text(name, ""),
                None => read_object(inner, envelope),
            },
            scalar => envelope.entry(name, scalar),
        }
    }
}

/// Takes what stands under `Data`: one element or a list of them, with names or without, or an object of names and texts.
fn read_data(data: &Value, envelope: &mut RawEnvelope<'_>) {
    match data {
        Value::Array(members) => members.iter().for_each(|member| read_data(member, envelope)),
        Value::Object(object) => {
            let text = object.get("#text").or_else(|| object.get("_text"));
            let named = attribute(data, "Name").and_then(Value::as_str).filter(|_| is_element(object));
            match (named, text) {
                (Some(name), text) => envelope.entry(name, text.unwrap_or(&Value::Null)),
                (None, Some(Value::Array(texts))) => texts.iter().for_each(|text| envelope.unnamed(text)),
                (None, Some(text)) => envelope.unnamed(text),
                (None, None) => read_object(object, envelope),
            }
        }
        scalar => envelope.unnamed(scalar),
    }
}

/// Whether an object is an element with its attributes, and not names with their texts, one of which may be `Name`: events 19 and 20 have such an entry.
fn is_element(object: &RawObject) -> bool {
    object.keys().all(|name| is_attribute(name) || matches!(name.as_str(), "Name" | "_Name" | "_text" | "Value"))
}
