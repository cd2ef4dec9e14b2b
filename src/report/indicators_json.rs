//! Indicators of alerts as a bundle of STIX 2.1, and as an event of MISP.
//!
//! Ids follow from what they name (UUIDs of version 5), and times are those of the alerts: the same findings give the same bytes.

use super::format::Exporter;
use super::found_indicators::{FoundIndicator, FoundIndicators, FoundKind};
use super::results::Results;
use crate::base::Ticks;
use crate::base::number::hex;
use crate::rules::Level;
use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use std::io::{self, Write};

/// `stix` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct IndicatorsStix;

/// `misp` of `scan`.
#[derive(Clone, Copy, Debug)]
pub struct IndicatorsMisp;

/// The name space of the ids that evql makes: that of DNS names in RFC 9562, in which nothing else begins with `evql:`.
const NAME_SPACE: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

/// Stands for the time of an alert that has none: 1970.
const EPOCH: Ticks = Ticks(116_444_736_000_000_000);

/// The UUID of version 5 of a name.
fn uuid(name: &str) -> String {
    let space: Vec<u8> = NAME_SPACE
        .split('-')
        .flat_map(|part| part.as_bytes().chunks(2))
        .filter_map(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
        .collect();
    let digest = Sha1::new().chain_update(space).chain_update(b"evql:").chain_update(name).finalize();
    let mut bytes: [u8; 16] = std::array::from_fn(|at| digest[at]);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex(&bytes);
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]).join("-")
}

/// The name of the event of MISP.
const INFO: &str = "Indicators of alerts, by evql";

/// Where an indicator was met, in words.
fn told(found: &FoundIndicator) -> String {
    let FoundIndicator { field, alert, rule, host, process, entity_id, .. } = found;
    let mut parts = vec![format!("{field} of alert #{alert} ({rule})")];
    parts.extend((!host.is_empty()).then(|| format!(" on {host}")));
    parts.extend((!process.is_empty()).then(|| format!(", process {process} {entity_id}")));
    parts.extend((found.alerts > 1).then(|| format!("; in {} alerts", found.alerts)));
    parts.extend(found.common.then(|| "; a file of the system that most hosts have".to_owned()));
    parts.concat()
}

impl Exporter for IndicatorsStix {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let found = FoundIndicators::new(results)?;
        let mut objects: Vec<Value> = found.all.iter().map(stix).collect();
        if let (Some(text), Some(first)) = (found.told_left_out(), objects.first()) {
            let note = json!({
                "type": "note",
                "spec_version": "2.1",
                "id": format!("note--{}", uuid(&text)),
                "created": first["created"],
                "modified": first["created"],
                "content": text,
                "object_refs": [first["id"]],
            });
            objects.push(note);
        }
        let ids: String = objects.iter().filter_map(|object| object["id"].as_str()).collect();
        let mut bundle = json!({ "type": "bundle", "id": format!("bundle--{}", uuid(&ids)) });
        // A bundle without objects has no list of them.
        if !objects.is_empty() {
            bundle["objects"] = objects.into();
        }
        writeln!(out, "{bundle:#}")
    }
}

/// The times of an indicator, which may be of an alert without one.
fn times(found: &FoundIndicator) -> (Ticks, Ticks) {
    found.span.unwrap_or((EPOCH, EPOCH))
}

fn stix(found: &FoundIndicator) -> Value {
    let pattern = pattern(found);
    let (first, last) = times(found);
    let mut labels = vec![format!("severity:{}", found.level.name())];
    if found.common {
        labels.push("common-system-file".to_owned());
    }
    json!({
        "type": "indicator",
        "spec_version": "2.1",
        "id": format!("indicator--{}", uuid(&pattern)),
        "created": first.rfc3339(),
        "modified": last.rfc3339(),
        "name": format!("{}: {}", found.kind.name(), found.value),
        "description": told(found),
        "indicator_types": [if found.common { "benign" } else { "unknown" }],
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": first.rfc3339(),
        "labels": labels,
    })
}

fn pattern(found: &FoundIndicator) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
    let value = quoted(&found.value);
    match found.kind {
        FoundKind::Sha256 => format!("[file:hashes.'SHA-256' = {value}]"),
        FoundKind::Sha1 => format!("[file:hashes.'SHA-1' = {value}]"),
        FoundKind::Md5 => format!("[file:hashes.MD5 = {value}]"),
        FoundKind::Imphash => format!("[file:hashes.IMPHASH = {value}]"),
        FoundKind::Ipv4 => format!("[ipv4-addr:value = {value}]"),
        FoundKind::Ipv6 => format!("[ipv6-addr:value = {value}]"),
        FoundKind::Domain => format!("[domain-name:value = {value}]"),
        FoundKind::Url => format!("[url:value = {value}]"),
        FoundKind::Path => {
            let at = found.value.rfind(['\\', '/']).unwrap_or_default();
            let (folder, name) = (quoted(&found.value[..at]), quoted(&found.value[at + 1..]));
            format!("[file:name = {name} AND file:parent_directory_ref.path = {folder}]")
        }
    }
}

impl Exporter for IndicatorsMisp {
    fn export(&self, results: &Results<'_>, out: &mut dyn Write) -> io::Result<()> {
        let found = FoundIndicators::new(results)?;
        let attributes: Vec<Value> = found.all.iter().map(misp).collect();
        let ids: String = attributes.iter().filter_map(|one| one["uuid"].as_str()).collect();
        let worst = found.all.iter().map(|one| one.level).max();
        let first = found.all.iter().filter_map(|one| one.span).map(|(first, _)| first).min().unwrap_or(EPOCH);
        let last = found.all.iter().filter_map(|one| one.span).map(|(_, last)| last).max().unwrap_or(EPOCH);
        let level = match worst {
            Some(Level::Critical | Level::High) => "1",
            Some(Level::Medium) => "2",
            Some(Level::Low) => "3",
            None => "4",
        };
        let event = json!({ "Event": {
            "uuid": uuid(&ids),
            "info": found.told_left_out().map_or_else(|| INFO.to_owned(), |text| format!("{INFO}; {text}")),
            "date": first.rfc3339().get(..10),
            "timestamp": seconds(last),
            "threat_level_id": level,
            "analysis": "0",
            "distribution": "0",
            "published": false,
            "Attribute": attributes,
        }});
        writeln!(out, "{event:#}")
    }
}

/// Seconds since 1970, as MISP writes times.
fn seconds(at: Ticks) -> String {
    at.unix_seconds().to_string()
}

fn misp(found: &FoundIndicator) -> Value {
    let (kind, category) = match found.kind {
        FoundKind::Sha256 => ("sha256", "Payload delivery"),
        FoundKind::Sha1 => ("sha1", "Payload delivery"),
        FoundKind::Md5 => ("md5", "Payload delivery"),
        FoundKind::Imphash => ("imphash", "Payload delivery"),
        FoundKind::Path => ("filename", "Payload delivery"),
        FoundKind::Ipv4 | FoundKind::Ipv6 => ("ip-dst", "Network activity"),
        FoundKind::Domain => ("domain", "Network activity"),
        FoundKind::Url => ("url", "Network activity"),
    };
    let (first, last) = times(found);
    json!({
        "uuid": uuid(&format!("{kind}|{}", found.value)),
        "type": kind,
        "category": category,
        "value": found.value,
        // What every host has is context, and nothing to alarm by.
        "to_ids": !found.common,
        "distribution": "5",
        "comment": told(found),
        "timestamp": seconds(last),
        "first_seen": first.rfc3339(),
        "last_seen": last.rfc3339(),
    })
}

#[cfg(test)]
mod tests;
