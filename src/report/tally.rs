//! What a rule has counted for an alert, or looked back to, as JSON and in words.
//!
//! The words are made from the JSON, so that a report of saved alerts says the same as the terminal.

use super::sightings_json::{sightings, sightings_json};
use crate::base::number::counted;
use crate::detect::{Alert, AlertTally};
use crate::ecs::Field;
use crate::eql::{Measure, Query};
use crate::event::Value;
use crate::rules::{IndicatorHit, MappingEntry, Rule};
use serde_json::json;

/// `evql.suppressed` of an alert document: the alerts that it stands for.
pub fn repeats_json(alert: &Alert) -> Option<serde_json::Value> {
    alert.repeated.map(|repeated| json!({ "count": repeated.count, "last": repeated.last.rfc3339() }))
}

/// Most indicators that are told for one alert.
const MOST_INDICATORS: usize = 5;

/// The indicators that the event of an alert fits, each with the fields by which it does.
fn indicators_json(rule: &Rule, alert: &Alert) -> Option<serde_json::Value> {
    let wanted = rule.origin.threat_match.as_ref()?;
    let hits = wanted.hits(&alert.last()?.document, &rule.origin.indicators, MOST_INDICATORS);
    let entry = |hit: &IndicatorHit<'_>, entry: &MappingEntry| {
        let values = hit.indicator.values(&Field::named(&entry.value)).iter().map(Value::to_json);
        json!({ "field": entry.field, "indicator_field": entry.value, "value": values.collect::<Vec<_>>(), "negate": entry.negate })
    };
    let one = |hit: &IndicatorHit<'_>| {
        let entries: Vec<_> = hit.entries.iter().map(|of| entry(hit, of)).collect();
        json!({ "entries": entries, "indicator": hit.indicator.to_json() })
    };
    Some(hits.iter().map(one).collect())
}

/// `evql.threshold_result`, `evql.new_terms` or `evql.indicators` of an alert document, with its name; `None` for alerts of other rules.
pub fn tally_json(rule: &Rule, alert: &Alert) -> Option<(&'static str, serde_json::Value)> {
    if let Some(found) = sightings(rule, alert) {
        return Some(("indicators", sightings_json(&found)));
    }
    if let Some(found) = indicators_json(rule, alert) {
        return Some(("indicators", found));
    }
    let filter = rule.query.filters().first()?;
    let value = |value: &Option<Value>| value.as_ref().map_or(serde_json::Value::Null, Value::to_json);
    let term = |(key, term): (&crate::eql::KeyField, &Option<Value>)| json!({ "field": key.field.name(), "value": value(term) });
    let terms: serde_json::Value = filter.keys().iter().zip(&alert.join_keys).map(term).collect();
    let times = || alert.present().map(|event| event.timestamp.rfc3339());
    match alert.tally? {
        AlertTally::Counted { events, values, number, is_cut } => {
            let mut found =
                json!({ "terms": terms, "count": events, "from": times().next(), "to": times().next_back() });
            let counted = filter.counted().into_iter().flat_map(|counted| &counted.fields);
            let counted = counted.map(|key| key.field.name()).collect::<Vec<_>>().join(", ");
            if let Some(values) = values {
                found["cardinality"] = json!([{ "field": counted, "value": values }]);
            }
            if let (Some(number), Some(threshold)) = (number, rule.query.threshold()) {
                let name = threshold.measure().map_or("", Measure::name);
                found["measure"] = json!({ "name": name, "field": counted, "value": number.to_f64() });
            }
            if is_cut {
                found["at_least"] = true.into();
            }
            Some(("threshold_result", found))
        }
        AlertTally::New { before, is_known } => {
            let mut found = json!({ "terms": terms, "known": is_known });
            if let Some(before) = before {
                found["last_seen"] = before.rfc3339().into();
            }
            if let Query::NewTerms(query) = &rule.query {
                found["history_seconds"] = (query.history().0 / crate::base::Ticks::PER_SECOND).into();
            }
            Some(("new_terms", found))
        }
    }
}

/// The same in words, each line with a label; `evql` is that object of an alert document.
pub fn tally_lines(evql: &serde_json::Value) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let pairs = |list: &serde_json::Value| -> Vec<(String, String)> {
        let pairs = list.as_array().into_iter().flatten();
        pairs.map(|pair| (text(&pair["field"]), text(&pair["value"]))).collect()
    };
    let terms = |found: &serde_json::Value| -> Option<String> {
        let terms: Vec<String> =
            pairs(&found["terms"]).iter().map(|(field, value)| format!("{field} = {value}")).collect();
        (!terms.is_empty()).then(|| terms.join(", "))
    };
    if let Some(found) = evql.get("threshold_result").filter(|found| found.is_object()) {
        lines.extend(terms(found).map(|terms| ("terms", terms)));
        let least = if found["at_least"] == true { "at least " } else { "" };
        let mut parts = vec![format!("{least}{}", counted(found["count"].as_u64().unwrap_or_default(), "event"))];
        let values = pairs(&found["cardinality"]);
        parts.extend(values.iter().map(|(field, value)| format!(" with {value} values of {field}")));
        if let Some(measure) = found.get("measure") {
            let of = |key: &str| text(&measure[key]);
            parts.push(format!(", the {} of {} is {}", of("name"), of("field"), of("value")));
        }
        let times = found["from"].as_str().zip(found["to"].as_str());
        parts.extend(times.map(|(from, to)| format!(", from {from} to {to}")));
        lines.push(("count", parts.concat()));
    }
    if let Some(found) = evql.get("new_terms").filter(|found| found.is_object()) {
        lines.extend(terms(found).map(|terms| ("new", terms)));
        let before = match (found["last_seen"].as_str(), found["known"].as_bool()) {
            (Some(before), _) => format!("last at {before}"),
            (None, Some(false)) => "not in this evidence, which begins too late to know that it is new".to_owned(),
            (None, _) => "never in this evidence".to_owned(),
        };
        lines.push(("before", before));
    }
    for hit in evql.get("indicators").and_then(serde_json::Value::as_array).into_iter().flatten() {
        let entry = |entry: &serde_json::Value| {
            let not = if entry["negate"] == true { "not " } else { "" };
            let values: Vec<String> = entry["value"].as_array().into_iter().flatten().map(text).collect();
            format!("{} is {not}{} ({})", text(&entry["field"]), text(&entry["indicator_field"]), values.join(", "))
        };
        if let Some(list) = hit["list"].as_str() {
            lines.push(("indicator", listed(hit, list, text)));
            continue;
        }
        let entries: Vec<String> = hit["entries"].as_array().into_iter().flatten().map(entry).collect();
        lines.push(("indicator", entries.join(" and ")));
    }
    if let Some(count) = evql["suppressed"]["count"].as_u64() {
        let last = evql["suppressed"]["last"].as_str().unwrap_or_default();
        lines.push(("stands for", format!("{} of the group, the last at {last}", counted(count, "more alert"))));
    }
    lines
}

/// An indicator of a list in words: what it is, what has it, and where it is written.
fn listed(hit: &serde_json::Value, list: &str, text: impl Fn(&serde_json::Value) -> String) -> String {
    let indicator = &hit["indicator"]["threat"]["indicator"];
    let note = indicator["description"].as_str().map_or_else(String::new, |note| format!(": {}", note.trim()));
    let field = text(&hit["entries"][0]["field"]);
    format!("{} in {field} ({list}, line {}{note})", text(&indicator["name"]), hit["line"])
}

#[cfg(test)]
mod tests;
