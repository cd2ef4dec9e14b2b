//! Indicators of compromise that the event of an alert has, as ECS has them.

use crate::detect::Alert;
use crate::rules::{Indicator, IndicatorKind, IndicatorSighting, Observable, Rule};
use serde_json::{Map, Value, json};

/// Most indicators that are told for one alert.
const MOST: usize = 5;

/// Longest value of a field that is told beside an indicator, in characters: a command line is part of the event anyway.
const LONGEST: usize = 200;

/// The indicators that the event of an alert has, up to a few; `None` if its rule is not about any.
pub fn sightings<'r>(rule: &'r Rule, alert: &Alert) -> Option<Vec<IndicatorSighting<'r>>> {
    let ioc = rule.origin.ioc.as_ref()?;
    let mut found = ioc.sightings(&alert.last()?.document);
    found.truncate(MOST);
    Some(found)
}

/// `evql.indicators` of an alert document: each with the field that has it and the line of its list.
pub fn sightings_json(found: &[IndicatorSighting<'_>]) -> Value {
    let one = |sighting: &IndicatorSighting<'_>| {
        let indicator = sighting.indicator;
        let name = name_of_field(indicator);
        json!({
            "entries": [{ "field": sighting.field.name(), "indicator_field": name, "value": [indicator.text], "negate": false }],
            "indicator": { "threat": { "indicator": indicator_json(indicator) } },
            "list": &*indicator.list,
            "line": indicator.line,
        })
    };
    found.iter().map(one).collect()
}

/// The same as ECS has it: `threat.enrichments`.
pub fn enrichments_json(found: &[IndicatorSighting<'_>]) -> Value {
    let one = |sighting: &IndicatorSighting<'_>| {
        let value = sighting.value.to_string();
        let cut = value.char_indices().nth(LONGEST).map_or(&*value, |(at, _)| &value[..at]);
        json!({
            "indicator": indicator_json(sighting.indicator),
            "matched": { "atomic": cut, "field": sighting.field.name(), "type": "indicator_match_rule" },
        })
    };
    found.iter().map(one).collect()
}

/// The field of ECS that an indicator is in.
fn name_of_field(indicator: &Indicator) -> String {
    let in_file = |name: &str| format!("threat.indicator.file.{name}");
    match indicator.observables.as_slice() {
        [hash @ Observable::Hash(..)] => in_file(&name_of_hash(hash)),
        [Observable::FileName(_)] => in_file("name"),
        [Observable::Path(_)] => in_file("path"),
        [Observable::Domain(_)] => "threat.indicator.url.domain".to_owned(),
        [Observable::Url(_)] => "threat.indicator.url.original".to_owned(),
        [Observable::Networks(_)] if is_address(indicator) => "threat.indicator.ip".to_owned(),
        _ => "threat.indicator.name".to_owned(),
    }
}

fn name_of_hash(hash: &Observable) -> String {
    // Of those that it may be the first: 32 digits are an MD5 before they are a hash of imports.
    let name = hash.algorithms().next().map_or("", crate::rules::HashAlgorithm::name);
    match name {
        "IMPHASH" => "pe.imphash".to_owned(),
        name => format!("hash.{}", name.replace('-', "").to_lowercase()),
    }
}

fn is_address(indicator: &Indicator) -> bool {
    indicator.text.parse::<std::net::IpAddr>().is_ok()
}

/// `threat.indicator` of ECS.
pub fn indicator_json(indicator: &Indicator) -> Value {
    let mut object = Map::new();
    let kind = match indicator.kind() {
        IndicatorKind::Hash | IndicatorKind::FileName | IndicatorKind::Path => "file",
        IndicatorKind::Address if indicator.text.contains(':') => "ipv6-addr",
        IndicatorKind::Address => "ipv4-addr",
        IndicatorKind::Domain => "domain-name",
        IndicatorKind::Url | IndicatorKind::Host => "url",
    };
    object.insert("type".into(), kind.into());
    object.insert("name".into(), indicator.text.as_str().into());
    object.extend(indicator.note.as_ref().map(|note| ("description".into(), note.as_str().into())));
    object.insert("provider".into(), (*indicator.list).into());
    let name = name_of_field(indicator);
    let path: Vec<&str> = name.split('.').skip(2).collect();
    if let Some((last, outer)) = path.split_last() {
        let mut inner = &mut object;
        for part in outer {
            let next = inner.entry(*part).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(next) = next else { return Value::Object(object) };
            inner = next;
        }
        inner.insert((*last).into(), indicator.text.as_str().into());
    }
    Value::Object(object)
}

#[cfg(test)]
mod tests;
